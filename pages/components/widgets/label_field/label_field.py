"""A field for a label: what is there is suggested while it is typed, and anything else may be typed as well.

Unlike a select box that accepts new options it keeps what was typed when somebody clicks elsewhere, on the button
beside it for example.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
state = st.session_state
SUGGESTED = 5_000  # labels that a browser is sent to suggest; any other can be typed

_field = st.components.v2.component(
    "retrace_label_field",
    html='<input class="field" type="text" maxlength="200" autocomplete="off" spellcheck="false"><datalist></datalist>',
    css=(_HERE / "label_field.css").read_text(encoding="utf-8"),
    js=(_HERE / "label_field.js").read_text(encoding="utf-8"),
)


def label_field(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    placeholder: str = "",
    value: str = "",
    on_enter: Callable[[], object] | None = None,
) -> None:
    """Draw the field, with `value` in it at first; what it holds is told by `typed`. Enter does what the form's button
    does: `on_enter` is called as a button's callback is, before the page is drawn."""
    data = {"label": label, "options": list(options[:SUGGESTED]), "placeholder": placeholder, "value": value}

    def entered() -> None:
        if on_enter is not None and (state.get(key) or {}).get("entered") is not None:
            on_enter()

    _field(key=key, data=data, on_typed_change=lambda: None, on_entered_change=entered)


def typed(key: str, value: str = "") -> str:
    """What the field of that key holds, `value` while nobody has typed; also right within a button's callback."""
    now = state.get(key) or {}
    told = now.get("typed") if now.get("entered") is None else now["entered"]
    return value if told is None else str(told).strip()
