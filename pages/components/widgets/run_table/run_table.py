"""The table of runs: sorted and filtered in the browser, some chosen to be compared, one opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent

_table = st.components.v2.component(
    "retrace_run_table",
    html='<div class="runs"></div>',
    css=(_HERE / "run_table.css").read_text(encoding="utf-8"),
    js=(_HERE / "run_table.js").read_text(encoding="utf-8"),
)


def run_table(rows: Sequence[dict[str, Any]], chosen: Sequence[str], *, key: str) -> tuple[list[str], str | None]:
    """Draw the table; returns the names that are chosen, and the one opened in this very run.

    A row has `name`, `status`, `word` (the status for people), `gallery`, `network`, `changed`, `epochs` (text),
    `share` (0 to 1, how far it is), `mAP` and `rank1` (0 to 1 or None), `speed` (images/s or None), `created`
    (ISO 8601), `when` (text) and, where it cannot be read, `trouble`.
    """
    result = _table(
        key=key,
        data={"rows": list(rows), "chosen": list(chosen)},
        on_chosen_change=lambda: None,
        on_opened_change=lambda: None,
    )
    names = {row["name"] for row in rows}
    told = result.chosen
    now = [str(name) for name in (chosen if told is None else told) if name in names]
    return now, None if result.opened is None else str(result.opened)
