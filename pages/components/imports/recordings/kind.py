"""Whether what was chosen is taken for recordings or for pictures: asked where a folder holds both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.imports.recordings.state import KIND
from pages.components.imports.state import import_state
from pages.components.shared import markup
from reid_core.records import plural

if TYPE_CHECKING:
    from reid_core.workspace.imports.video.kinds import Kinds

state = st.session_state


def recordings_to_take(path: Path) -> tuple[Path, ...]:
    """The recordings that are to come in; none where pictures are."""
    if not path.exists():
        return ()
    with st.spinner("Looking through the names"):
        kinds = _kinds(str(path), import_state().asked)
    if not kinds.are_both:
        return kinds.recordings
    recordings, pictures = plural(len(kinds.recordings), "recording"), plural(kinds.pictures, "picture")
    words = {"recordings": recordings.capitalize(), "pictures": pictures.capitalize()}
    markup.text(
        '<p class="rt-text">It holds {recordings} and {pictures}. One of the two is taken. For the other, import it '
        "again.</p>",
        recordings=recordings, pictures=pictures,
    )  # fmt: skip
    state.setdefault(KIND, "recordings" if len(kinds.recordings) >= kinds.pictures else "pictures")
    chosen = st.segmented_control(
        "Take", list(words), format_func=words.__getitem__, required=True, key=KIND, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    return kinds.recordings if chosen == "recordings" else ()


@st.cache_resource(max_entries=4, show_spinner=False)
def _kinds(path: str, asked: int) -> Kinds:
    from reid_core.workspace.imports.video.kinds import kinds_in

    return kinds_in(Path(path))
