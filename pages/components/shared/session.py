"""What a page keeps of a visit between its runs: one object of the session for each kind, changed in place.

Each access to Streamlit's session state is a point at which a run may be ended for the next key that was pressed. So a
page's state is no bag of keys that are written one after the other: whoever changes it asks for its object first, and
then only sets attributes. Keys of widgets stay where Streamlit wants them; a page's `state.py` names them.
"""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

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
