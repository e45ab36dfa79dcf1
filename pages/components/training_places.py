"""Where one is on the Training page: the view, the run that is looked at, and the run that a new one is copied from.

And how a sentence that the command line would print is worded here.
"""

from __future__ import annotations

import re

import streamlit as st

VIEWS = ("Runs", "New run", "Data")
VIEW, RUN, COPY, GALLERY, NEXT = "trn-view", "trn-run", "trn-copy", "trn-gallery", "trn-next"
state = st.session_state


def open_run(name: str | None) -> None:
    """Look at a run; None: at all of them. For callbacks (`on_click=`)."""
    state[RUN] = name
    state[VIEW] = VIEWS[0]


def show_run(name: str) -> None:
    """Look at a run from the next drawing of the page on: to be called where the switch of views is drawn already."""
    state[NEXT] = name


def go(view: str) -> None:
    """Another view. For callbacks."""
    state[RUN] = None
    state[VIEW] = view


def leave_run() -> None:
    state[RUN] = None


def start_from(name: str) -> None:
    """Open the form for a new run, filled in as the run of that name was. For callbacks."""
    state[COPY] = name
    state[RUN] = None
    state[VIEW] = VIEWS[1]


def look_at_data(gallery: str) -> None:
    """Open the view of a gallery's training crops. For callbacks."""
    state[GALLERY] = gallery
    state[RUN] = None
    state[VIEW] = VIEWS[2]


def in_form(sentence: str) -> str:
    """A sentence of the command line, whose options are fields here: "--batch-size 8" becomes "batch size 8"."""
    return re.sub(r"--([a-z][a-z-]+)", lambda found: found[1].replace("-", " "), sentence)
