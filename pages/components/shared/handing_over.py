"""Crops that one page hands to another to be searched for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

SEARCH_FROM = "search-from"  # crops that another page hands to Search


def hand_to_search(gallery: str, crops: Sequence[int]) -> None:
    """Go to the Search page with these crops as the photos that are searched for; `handed_crops` gives them there."""
    st.session_state[SEARCH_FROM] = tuple(crops)
    st.switch_page("pages/search.py", query_params={"gallery": gallery})


def handed_crops() -> tuple[int, ...]:
    """What another page wants searched for, once; to be asked before anything is drawn."""
    handed = st.session_state.pop(SEARCH_FROM, ())
    return handed if isinstance(handed, tuple) else ()
