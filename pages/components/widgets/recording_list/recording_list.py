"""The list of recordings: a line for each with its still, opened by one click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent

_list = st.components.v2.component(
    "retrace_recording_list",
    html='<div class="recordings"></div>',
    css=(_HERE / "recording_list.css").read_text(encoding="utf-8"),
    js=(_HERE / "recording_list.js").read_text(encoding="utf-8"),
)


def recording_list(rows: Sequence[dict[str, Any]], *, key: str, on_browse: Callable[[str], None]) -> str | None:
    """Draw the lines; returns the name of the recording that was opened in this very run. `on_browse` is called before
    a run with the name of the one whose crops are to be browsed.

    A line has texts: `name`, `camera`, `picture` (an address, "" for none), `time`, `source`, `length`, `state` (one of
    "analysed", "analysing", "elsewhere", "stopped"), `standing`, `tracklets`, `ignored`, `busiest`, `problem` and
    `unseen`, a sentence about what is not shown of it.
    """

    def browse() -> None:
        name = (st.session_state.get(key) or {}).get("browsed")
        if name is not None:
            on_browse(str(name))

    result = _list(key=key, data={"rows": list(rows)}, on_opened_change=lambda: None, on_browsed_change=browse)
    return None if result.opened is None else str(result.opened)
