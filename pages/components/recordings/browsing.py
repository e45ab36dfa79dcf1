"""The way from a recording to its crops on the view Browse."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery.browse_rail import show_recording
from pages.components.gallery.state import VIEW, gallery_state
from pages.components.shared.address import from_labels


def browse_crops(gallery: str, recording: str) -> None:
    """From the next run on the view Browse shows the crops of that recording alone; for what is called before a run.

    The address is written at once: as two steps, of the view and of the filter, it would take two to come back.
    """
    gallery_state().group = None
    show_recording(gallery, recording)
    st.session_state[VIEW] = "Browse"
    there = {name: st.query_params[name] for name in ("gallery",) if name in st.query_params}
    st.query_params.from_dict({**there, "recordings": from_labels([recording])})
