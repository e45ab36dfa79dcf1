"""Where one is on the Training page: the view, the run that is looked at, and the run that a new one is copied from.

And how a sentence that the command line would print is worded here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

VIEWS = ("Runs", "New run", "Data")
VIEW, RUN, COPY, GALLERY, NEXT = "trn-view", "trn-run", "trn-copy", "trn-gallery", "trn-next"
TURN = "trn-turn"  # how often the page itself changed the view
state = st.session_state


def open_run(name: str | None) -> None:
    """Look at a run; None: at all of them. For callbacks (`on_click=`)."""
    state[RUN] = name
    turn(VIEWS[0])


def show_run(name: str) -> None:
    """Look at a run from the next drawing of the page on: to be called where the switch of views is drawn already."""
    state[NEXT] = name


def go(view: str) -> None:
    """Another view. For callbacks."""
    state[RUN] = None
    turn(view)


def choose_view(key: str) -> None:
    """As another view is picked by the switch of that key. For callbacks."""
    if key == picker():
        state[VIEW] = state[key]
        state[RUN] = None


def picker() -> str:
    """Key of the switch of views: another after each change by the page itself.

    The browser would else tell the old choice again, some time later, as if it had been picked.
    """
    return f"{VIEW}-{state.get(TURN, 0)}"


def turn(view: str) -> None:
    """Change the view, where nobody picked it."""
    state[TURN] = state.get(TURN, 0) + 1
    state[VIEW] = view


def start_from(name: str) -> None:
    """Open the form for a new run, filled in as the run of that name was. For callbacks."""
    state[COPY] = name
    state[RUN] = None
    turn(VIEWS[1])


def look_at_data(gallery: str) -> None:
    """Open the view of a gallery's training crops. For callbacks."""
    state[GALLERY] = gallery
    state[RUN] = None
    turn(VIEWS[2])


def choose_gallery(galleries: Sequence[GalleryInfo]) -> None:
    """Where none is chosen yet: the gallery of the other pages if it can be trained on, else the first that can."""
    names = [info.name for info in galleries]
    if state.get(GALLERY) in names:
        return
    trained = [info.name for info in galleries if info.splits.get("train")] or names
    elsewhere = state.get("gallery")
    state[GALLERY] = elsewhere if elsewhere in trained else trained[0]


def names_no_camera(workspace: Workspace, gallery: str) -> bool:
    """Whether no crop of the gallery says its camera; False where it is gone."""
    found = [info for info in workspace.catalogue.galleries() if info.name == gallery]
    return bool(found) and not found[0].cameras


def in_form(sentence: str) -> str:
    """A sentence of the command line, whose options are fields here: "--batch-size 8" becomes "batch size 8".

    A whole command, as `reid draw people`, stays as it is: it is to be copied.
    """
    parts = sentence.split("`")
    return "`".join(
        part
        if place % 2 and part.startswith("reid ")
        else re.sub(r"--([a-z][a-z-]+)", lambda found: found[1].replace("-", " "), part)
        for place, part in enumerate(parts)
    )
