"""Similarities of one person and of different people, with a line to be dragged and what it would mean there.

The browser counts: the page is only told where the line was let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from reid_core.evaluation.calibration.meaning import one_in
from reid_core.evaluation.intervals import LEAST_ERRORS
from reid_core.evaluation.presentation.charts import similarities, similarity_range
from reid_core.evaluation.presentation.svg import LEFT, RIGHT, WIDTH
from reid_core.evaluation.report import EvaluationReport
from reid_core.evaluation.report_parts import BIN_WIDTH, Verification

_HERE = Path(__file__).parent

_threshold = st.components.v2.component(
    "retrace_threshold",
    html='<div class="thresholds"></div>',
    css=(_HERE / "threshold.css").read_text(encoding="utf-8"),
    js=(_HERE / "threshold.js").read_text(encoding="utf-8"),
)


def draw_thresholds(reports: Sequence[EvaluationReport], *, key: str) -> None:
    """A panel for each report that compared pairs."""
    panels = [_panel(one, one.verification) for one in reports if one.verification]
    kept = st.session_state.setdefault(f"{key}-kept", {})  # what a component says is forgotten when it is not drawn

    def keep() -> None:
        kept.update((st.session_state.get(key) or {}).get("lines") or {})

    for panel in panels:
        panel["line"] = float(kept.get(panel["id"], panel["line"]))
    ends = [LEFT / WIDTH, 1 - RIGHT / WIDTH]  # of the axis, as shares of the drawing's width
    _threshold(
        key=key, data={"panels": panels, "ends": ends, "bin": BIN_WIDTH, "least": LEAST_ERRORS}, on_lines_change=keep
    )


def _panel(report: EvaluationReport, verified: Verification) -> dict[str, Any]:
    first, last = similarity_range(verified)
    marks = [(one_in(rate.fmr), rate.threshold) for rate in verified.true_match_rates if rate.threshold is not None]
    start = marks[min(1, len(marks) - 1)][1] if marks else (first + last) / 2 * BIN_WIDTH - 1
    return {
        "id": report.tested.model,
        "name": report.tested.name,
        "svg": similarities(verified),
        "range": [first * BIN_WIDTH - 1, last * BIN_WIDTH - 1],
        "marks": [{"words": words, "at": at} for words, at in marks],
        "line": start,
        **{name: _from_above(getattr(verified, name)) for name in ("same", "different", "closest_other")},
        "first": first,
    }


def _from_above(counts: Sequence[int]) -> list[int]:
    """How many at or above each bin's lower edge."""
    return np.cumsum(np.array(counts, np.int64)[::-1])[::-1].tolist()
