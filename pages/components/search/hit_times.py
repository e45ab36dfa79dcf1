"""When and where the hits of an answer are, as the timeline draws it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.search.blind import is_told
from pages.components.search.filters import brushed_key
from pages.components.search.state import desk
from pages.components.search.verdicts import TIMELINE
from pages.components.shared import wording
from pages.components.widgets.hit_timeline.hit_timeline import Span, hit_timeline
from reid_core.records import natural_order
from reid_core.retrieval.grouping import Group
from reid_core.workspace.search.searching import Answer

ROWS = 12  # cameras that are drawn, those with most hits
state = st.session_state


def draw_timeline(times: Span | None, gallery: str, answer: Answer, shown: Sequence[Group]) -> None:
    """The timeline of these groups; `times` are the gallery's first and last, None where it has none."""
    ids = [hit.id for group in shown for hit in group.hits]
    rows = answer.crops.set_index("id").loc[ids]
    timed = rows[rows["time"].notna()]
    brushed = state.get(brushed_key(gallery))
    if times is None or (len(timed) < 2 and brushed is None):
        return
    clock = wording.is_clock_time(times[0])
    counts = timed["camera"].map(wording.camera_name).value_counts()
    cameras = natural_order(counts.index[:ROWS])
    similar = {hit.id: hit.similarity for group in shown for hit in group.hits}
    low, high = min(similar.values()), max(similar.values())
    hidden = {crop for crop in ids if not is_told(answer, crop)}
    hits = []
    for crop, row in timed.sort_values(["time", "sha256"]).iterrows():  # an order that tells nothing of the ranks
        name = wording.camera_name(row["camera"])
        if name not in cameras:
            continue
        secret = int(str(crop)) in hidden
        share = 1.0 if secret or high == low else (similar[int(str(crop))] - low) / (high - low)
        standing = None if secret else answer.standing.get(int(str(crop)))
        hits.append({
            "id": int(str(crop)), "time": float(row["time"]), "row": cameras.index(name), "share": round(share, 3),
            "title": f"{name}, {wording.shown_time(row['time'])}", "verdict": standing and standing.decision,
        })  # fmt: skip
    span = (float(timed["time"].min()), float(timed["time"].max())) if len(timed) else times
    spans = desk().spans
    if brushed is None:
        spans[gallery] = span
    else:  # the whole stays in sight, so that the span can be made wider again
        before = spans.get(gallery, times)
        span = min(before[0], brushed[0]), max(before[1], brushed[1])
    hit_timeline(
        hits, cameras, range=span, brushed=brushed, clock=clock, untimed=len(rows) - len(timed), key=TIMELINE,
        taken=desk().taken,
    )  # fmt: skip
