"""When and where the hits are: a row for each camera, and a span of time that can be brushed over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken

_HERE = Path(__file__).parent
Span = tuple[float, float]
ROW, AROUND = 22, 58  # pixels, as hit_timeline.js has them: kept free until it is drawn

_timeline = st.components.v2.component(
    "retrace_hit_timeline",
    html='<div class="timeline"></div>',
    css=(_HERE / "hit_timeline.css").read_text(encoding="utf-8"),
    js=TELLER + (_HERE / "hit_timeline.js").read_text(encoding="utf-8"),
)


def hit_timeline(
    hits: Sequence[dict[str, Any]],
    cameras: Sequence[str],
    *,
    range: Span,
    brushed: Span | None,
    clock: bool,
    untimed: int,
    key: str,
    taken: Mapping[str, int],
) -> None:
    """Draw the timeline. What is done is told by `events.new_events`: `brushed` (with `span`, None for all times) and
    `opened` (with `crop`).

    A hit has `id`, `time` (seconds), `row` (place of its camera in `cameras`), `share` (0 to 1, how dark its mark is),
    `title` and `verdict`. `range` are the times at both ends; with `clock` they are dates, else seconds into a
    recording. `untimed` hits are only counted.
    """
    data: dict[str, Any] = {
        "hits": list(hits), "cameras": list(cameras), "range": list(range), "clock": clock, "untimed": untimed,
        "brushed": None if brushed is None else list(brushed), "label": f"{len(hits)} hits in time, by camera",
        "taken": last_taken(key, taken),
    }  # fmt: skip
    with st.container(key=f"room-{key}", height=ROW * len(cameras) + AROUND, border=False):
        _timeline(key=key, data=data, on_did_change=lambda: None)
