"""The timeline of a recording: its tracklets in rows, how many are in view in each minute, gaps and what is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken

_HERE = Path(__file__).parent
Span = tuple[float, float]
BAR, BARS, BETWEEN, AXIS, WORDS = 38, 58, 10, 24, 23  # pixels
MOST_HIGH, ROW, LEAST_HIGH = 264, 12, 24  # pixels of the rows

_timeline = st.components.v2.component(
    "retrace_recording_timeline",
    html='<div class="timeline"></div>',
    css=(_HERE / "recording_timeline.css").read_text(encoding="utf-8"),
    js=TELLER
    + (_HERE / "recording_timeline.js").read_text(encoding="utf-8")
    + (_HERE / "recording_timeline_paint.js").read_text(encoding="utf-8"),
)


def recording_timeline(
    spans: Sequence[Span],
    rows: Sequence[int],
    ignored: Sequence[bool],
    minutes: Sequence[int],
    ignored_minutes: Sequence[int],
    *,
    length: float,
    analysed: float,
    begins: float,
    gaps: Sequence[Span],
    damaged: Sequence[float],
    hidden: Sequence[Span],
    blurred: bool,
    chosen: int | None,
    label: str,
    key: str,
    taken: Mapping[str, int],
) -> None:
    """Draw the timeline. The tracklet that is opened is told by `events.new_events`: `opened` (with `index`).

    `spans` are the tracklets in the order of their starts, in seconds into the recording, each with its row and whether
    it is ignored; those have rows of their own, from 0, too. `minutes` are how many are in view in each minute, and of
    those to ignore. `begins` is when the recording begins in seconds since 1970, NaN where unknown; `analysed` how far
    it is analysed. The stretches of `hidden`, in which somebody is in view who was deleted, are not shown anywhere, or
    only `blurred`. `chosen` is the place of the tracklet that is looked at.
    """
    data: dict[str, Any] = {
        "starts": [round(start, 2) for start, _ in spans], "ends": [round(end, 2) for _, end in spans],
        "rows": list(rows), "ignored": [int(one) for one in ignored], "minutes": list(minutes),
        "ignoredMinutes": list(ignored_minutes), "length": length, "analysed": min(analysed, length),
        "begins": None if math.isnan(begins) else begins, "gaps": [list(gap) for gap in gaps],
        "damaged": list(damaged), "hidden": [[round(start, 2), round(end, 2)] for start, end in hidden],
        "blurred": blurred, "chosen": chosen, "label": label, "taken": last_taken(key, taken),
    }  # fmt: skip
    with st.container(key=f"room-{key}", height=_height(rows, ignored), border=False):
        _timeline(key=key, data=data, on_did_change=lambda: None)


def _height(rows: Sequence[int], ignored: Sequence[bool]) -> int:
    """Pixels that it takes where its bar is on one line, as recording_timeline_paint.js has them: they are kept free
    until it is drawn.
    """
    lanes = 1 + max((row for row, is_ignored in zip(rows, ignored, strict=True) if not is_ignored), default=0)
    return round(BAR + BARS + BETWEEN + min(MOST_HIGH, max(LEAST_HIGH, ROW * lanes)) + AXIS + WORDS)
