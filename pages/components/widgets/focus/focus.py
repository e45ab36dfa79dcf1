"""Keeps the focus where the user works, though Streamlit draws its widgets anew.

When what has the focus is gone after a run, the focus goes to the first field of the step that was opened (see
`focus_first`), or without a field to the step itself; else to what stands there again under the same key, or, where a
step was closed, to what had opened it; else to what is left around. Nothing is taken from a user who has gone on
meanwhile. A popover gets the focus when it is opened, and Tab leads from its ends to its button.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_HERE = Path(__file__).parent

_keeper = st.components.v2.component(
    "retrace_focus", html="<i></i>", js=(_HERE / "focus.js").read_text(encoding="utf-8")
)


def keep_focus() -> None:
    """To be drawn once, by every page."""
    _keeper(key="focus")


def focus_first(step: str) -> DeltaGenerator:
    """A container for a step that takes the place of the button that opened it; `step` names it on its page."""
    return st.container(key=f"focus-first-{step}")
