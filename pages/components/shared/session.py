"""What a page keeps of a visit between its runs: one object of the session for each kind, changed in place; and who
sits before it.

Each access to Streamlit's session state is a point at which a run may be ended for the next key that was pressed. So a
page's state is no bag of keys that are written one after the other: whoever changes it asks for its object first, and
then only sets attributes. Keys of widgets stay where Streamlit wants them; a page's `state.py` names them.
"""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from reid_core.workspace.actor import SIGNED, Actor, system_user
from reid_core.workspace.workspace import Workspace

ANALYST = "analyst"  # key of the name's field
Kind = TypeVar("Kind")


def kept(kind: type[Kind]) -> Kind:
    """The session's object of this class, made without arguments when it is first asked for."""
    key = key_of(kind)
    found: Kind | None = st.session_state.get(key)
    if found is None:
        found = st.session_state[key] = kind()
    return found


def key_of(kind: type) -> str:
    """Under which key the session has it."""
    return f"{kind.__module__}.{kind.__qualname__}"


def analyst() -> str | None:
    """The name that was typed. Several analysts share the server's user of the operating system: under that name one
    would take back what another decided, and they could not contradict each other."""
    return str(st.session_state.get(ANALYST) or "").strip() or None


def as_analyst(workspace: Workspace) -> Workspace:
    """A view of the workspace acting for the analyst who typed a name, else for the operating system's user.

    Pages are given one; what is drawn or pressed beside the name's field asks anew, as the name may have just come.
    """
    name = analyst()
    return workspace.acting(system_user() if name is None else Actor(name, SIGNED))


def draw_name_field() -> None:
    st.text_input(
        "Your name (stored with each decision and search)", key=ANALYST, persist_state="session",
        placeholder="As your decisions are signed", autocomplete="name", max_chars=80,
        help="Two analysts may contradict each other, and nobody takes back what another decided.",
    )  # fmt: skip
