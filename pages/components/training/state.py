"""The standing of the Training page in this visit: the view, the run that is looked at, and the form for a new run.

And how a sentence that the command line would print is worded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from pages.components.shared.chosen_gallery import turn_to
from pages.components.shared.session import kept
from reid_core.training.recipe import Recipe
from reid_core.workspace.workspace import Workspace

VIEWS = ("Runs", "New run", "Data")
SECTION = "trn-section"  # key of the switch between sections of a run


@dataclass
class RunForm:
    """The form for a new run: `values` are its fields as texts, filled from the recipe `base` out of `source`.

    `filled` counts how often: the widgets are then made anew, or they would keep what was typed. `is_typed` says that
    the name was, else it is made of `stem`. `trouble` is why the last run did not start. `probe` is the folder of the
    job that measures the speed."""

    base: Recipe = field(default_factory=Recipe)
    source: str = ""
    values: dict[str, str] = field(default_factory=dict)
    filled: int = 0
    name: str = ""
    is_typed: bool = False
    stem: str = ""
    probe: Path | None = None
    trouble: str = ""


@dataclass
class TrainingState:
    """`run` is looked at, None: all of them. `copy` is a run that the form is to be filled from, `next` one that is
    shown from the next drawing on; `starting` is the folder of a job and the name of the run that it will be.

    `turn` counts how often the page itself changed the view. `compared` are runs whose curves are laid over each other,
    None until some were chosen. `stopping` and `removing` are runs that are asked to stop, or that may be removed by
    the next press. `newest` is, of each run, the newest epoch of which predictions were shown."""

    view: str = VIEWS[0]
    run: str | None = None
    copy: str | None = None
    next: str | None = None
    starting: tuple[Path, str] | None = None
    turn: int = 0
    compared: list[str] | None = None
    stopping: str | None = None
    removing: str | None = None
    trouble: str = ""
    has_waited: bool = False
    newest: dict[str, int] = field(default_factory=dict)
    form: RunForm = field(default_factory=RunForm)


def training_state() -> TrainingState:
    return kept(TrainingState)


def open_run(name: str | None) -> None:
    """Look at a run; None: at all of them. For callbacks (`on_click=`)."""
    training_state().run = name
    turn(VIEWS[0])


def show_run(name: str) -> None:
    """Look at a run from the next drawing of the page on: to be called where the switch of views is drawn already."""
    training_state().next = name


def go(view: str) -> None:
    """Another view. For callbacks."""
    training_state().run = None
    turn(view)


def choose_view(key: str) -> None:
    """As another view is picked by the switch of that key. For callbacks."""
    now = training_state()
    if key == picker():
        now.view, now.run = st.session_state[key], None


def picker() -> str:
    """Key of the switch of views: another after each change by the page itself.

    The browser would else tell the old choice again, some time later, as if it had been picked.
    """
    return f"trn-view-{training_state().turn}"


def turn(view: str) -> None:
    """Change the view, where nobody picked it."""
    now = training_state()
    now.turn += 1
    now.view = view


def start_from(name: str) -> None:
    """Open the form for a new run, filled in as the run of that name was. For callbacks."""
    training_state().copy = name
    go(VIEWS[1])


def look_at_data(gallery: str) -> None:
    """Open the view of a gallery's training crops. For callbacks."""
    turn_to(gallery)
    go(VIEWS[2])


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
