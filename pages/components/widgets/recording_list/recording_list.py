"""The list of recordings: a line for each with its still, opened by one click."""

from __future__ import annotations

from collections.abc import Sequence
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


def recording_list(rows: Sequence[dict[str, Any]], *, key: str) -> str | None:
    """Draw the lines; returns the name of the recording that was opened in this very run.

    A line has texts: `name`, `camera`, `picture` (an address, "" for none), `time`, `source`, `length`, `state` (one of
    "analysed", "analysing", "elsewhere", "stopped"), `standing`, `tracklets`, `ignored`, `busiest`, `problem` and
    `unseen`, a sentence about what is not shown of it.
    """
    result = _list(key=key, data={"rows": list(rows)}, on_opened_change=lambda: None)
    return None if result.opened is None else str(result.opened)
