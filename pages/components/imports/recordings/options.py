"""How recordings are analysed and where they go: gallery, model, detector, frames a second, time zone, copies."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.components.imports.destination import Target, draw_gallery, draw_model, free_name
from pages.components.imports.recordings.state import COPY, DETECTOR, RATE, ZONE
from pages.components.imports.recordings.words import measured
from pages.components.shared import cached, markup
from reid_core.workspace.imports import previewing
from reid_core.workspace.models.detectors import DetectorEntry, detectors
from reid_core.workspace.workspace import Workspace

USUAL_RATE = 5
FEWEST = 3  # analysed frames in which somebody must be found to be kept
NO_ZONE = ""
state = st.session_state


@dataclass(frozen=True)
class How:
    """The choices for all recordings; `detector` is None where there is none that can be used."""

    target: Target
    model: str | None
    detector: DetectorEntry | None
    rate: int
    copy: bool


def chosen_zone() -> str | None:
    return state.get(ZONE) or None


def draw_how(workspace: Workspace, path: Path, uploaded: bool, camera: str | None) -> How:
    """Draws the choices; `camera` is that of a single recording, by which a new gallery may be called."""
    taken = {info.name for info in cached.galleries(workspace)}
    proposed = previewing.gallery_name(Path(camera)) if camera else ""
    if path.is_dir() and not uploaded:
        proposed = previewing.gallery_name(path)
    target = draw_gallery(workspace, free_name(proposed or "recordings", taken))
    model = draw_model(workspace, target, may_wait=False)
    copy = uploaded
    if uploaded:
        words = "The recordings are kept in the workspace, so that walks can be watched; what you dropped is removed."
    else:
        copy = st.toggle("Keep a copy of the recordings in the workspace", key=COPY, persist_state="session")
        words = (
            "The workspace then holds all that it needs, until somebody in a recording is deleted."
            if copy
            else "They are left where they are. Walks can be watched as long as the files stay there."
        )
    markup.text('<p class="rt-small">{words}</p>', words=words)
    markup.text('<p class="im-group">How they are analysed</p>')
    detector = _draw_detector(workspace)
    state.setdefault(RATE, USUAL_RATE)
    rate = st.slider("Frames analysed per second of video", 1, 15, key=RATE, persist_state="session")
    seconds = f"{FEWEST / rate:.1g} s" if rate > FEWEST else f"{FEWEST / rate:.2g} s"
    words = f"Somebody who is in view for less than {seconds} is left out. "
    if rate > USUAL_RATE:
        words += "More than 5 take longer, and tracks were no better on the street that we measured on."
    elif rate < USUAL_RATE:
        words += "Fewer than 5 are faster, and lose people who pass quickly."
    else:
        words += "More take longer, fewer lose people who pass quickly."
    markup.text('<p class="rt-small">{words}</p>', words=words)
    state.setdefault(ZONE, NO_ZONE)
    st.selectbox(
        "Time zone of the cameras", [NO_ZONE, *_zones()], key=ZONE, persist_state="session",
        format_func=lambda name: name or "Not stated",
    )  # fmt: skip
    markup.text('<p class="rt-small">For times that name no zone, as in most names of files.</p>')
    return How(target, model, detector, rate, copy)


def _draw_detector(workspace: Workspace) -> DetectorEntry | None:
    entries = {entry.name: entry for entry in detectors(workspace)[0]}
    chosen = st.selectbox("Detector of people", list(entries), key=DETECTOR, persist_state="session")
    entry = entries.get(chosen or "")
    if entry is None:
        markup.problem("There is no detector", "Add one with `reid detector add FILE.onnx`.")
        return None
    markup.text(
        '<p class="rt-small">{words} Licence: {terms}</p>', words=measured(entry.card), terms=entry.card.licence
    )
    return entry


@st.cache_data
def _zones() -> list[str]:
    return sorted(zoneinfo.available_timezones() | {"UTC"})
