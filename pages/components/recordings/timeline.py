"""The tracklets of a recording in time, and the one that is looked at."""

from __future__ import annotations

import math

import streamlit as st

from pages.components.recordings import known
from pages.components.recordings.state import recordings_state
from pages.components.shared import markup, wording
from pages.components.shared.tables import draw_table
from pages.components.widgets.events.events import done, new_events
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from pages.components.widgets.player.player import player
from pages.components.widgets.recording_timeline.recording_timeline import recording_timeline
from reid_core.records import plural
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.clips.shown_file import blurred_of
from reid_core.workspace.recordings.still_shown import not_shown
from reid_core.workspace.recordings.timeline import SeenWalk, best_crop_of_walk, crops_of_walk, packed, per_minute
from reid_core.workspace.workspace import Workspace

KEY = "rec-timeline"
GAP = 0.4  # seconds between two tracklets in a row
LISTED = 200  # tracklets in the table


def draw_timeline(workspace: Workspace, gallery: GalleryInfo, row: RecordingRow) -> None:
    now = recordings_state()
    walks, spans = known.walks(workspace, row), known.spans(workspace, row)
    for event in new_events(KEY, now.taken):
        done(event, now.taken)
        if event["what"] == "opened" and 0 <= int(event["index"]) < len(walks):
            now.walk = walks[int(event["index"])].name
    if not walks and not spans:
        known.section("Tracklets", "Nobody was found in it" + ("." if row.finished else " yet."))
        return
    known.section(
        "Tracklets",
        "A tracklet is one walk of one person past the camera; one person may have several. The bars at the top count "
        "the tracklets in view in each minute.",
    )
    chosen = next((place for place, walk in enumerate(walks) if walk.name == now.walk), None)
    _draw_line(row, walks, spans, chosen)
    if chosen is not None:
        _draw_card(workspace, gallery, row, walks[chosen])
    if walks:
        _draw_table(row, walks)


def _draw_line(row: RecordingRow, walks: list[SeenWalk], spans: list[Span], chosen: int | None) -> None:
    last = max([*(walk.end for walk in walks), *(end for _, end in spans)])
    missing = not_shown(row, spans)
    length = max(row.analysed if math.isnan(row.duration) else row.duration, last, 1.0)
    kinds = {kind: [(walk.start, walk.end) for walk in walks if walk.ignored == kind] for kind in (False, True)}
    rows = {kind: iter(packed(spans, GAP)) for kind, spans in kinds.items()}
    ignored = len(kinds[True])
    recording_timeline(
        [(walk.start, walk.end) for walk in walks],
        [next(rows[walk.ignored]) for walk in walks],
        [walk.ignored for walk in walks],
        per_minute(kinds[False], length).tolist(),
        per_minute(kinds[True], length).tolist() if ignored else [],
        length=length, analysed=length if row.finished else row.analysed, begins=row.time_of(0),
        gaps=[(float(start), float(end)) for start, end in row.problems.get("gaps", [])],
        damaged=[float(at) for at in row.problems.get("damaged_at", [])], chosen=chosen,
        hidden=spans, blurred=blurred_of(row) is not None,
        label=f"{plural(len(walks), 'tracklet')} of {row.name} in time."
        f"{missing and f' {missing}'}{' A table follows.' if walks else ''}", key=KEY,
        taken=recordings_state().taken,
    )  # fmt: skip


def _draw_card(workspace: Workspace, gallery: GalleryInfo, row: RecordingRow, walk: SeenWalk) -> None:
    crops = crops_of_walk(workspace.catalogue, row.key, walk.name)
    best = best_crop_of_walk(workspace.catalogue, row.key, walk)
    with st.container(key="rec-card"):
        markup.text(
            '<p class="rec-facts"><b>{name}</b>, {when}, {long}<span>{about}</span></p>',
            name=walk.name, when=_time(row, walk.start), long=known.long_time(walk.end - walk.start),
            about=about(walk),
        )  # fmt: skip
        if best is None:
            markup.text(
                '<p class="rt-small">No crop of it was kept: it was too small, hidden or blurred, or its crops were '
                "deleted.</p>"
            )
        else:
            table = workspace.catalogue.crops_of(crops)
            cards = [card_of(one) for one in rows_of(table)]
            opened = gallery_grid(cards, kind="strip", label=f"Crops of {walk.name}", key="rec-crops")
            if opened is not None:
                _open(opened)
                st.rerun()
            player(best, key="rec-film")
        with st.container(horizontal=True, vertical_alignment="center", key="rec-card-acts"):
            if best is not None:
                st.button("Open crop", on_click=_open, args=(best,), key="rec-open")
                if st.button("Search for this person", key="rec-search", type="primary"):
                    st.switch_page("pages/search.py", query_params={"gallery": gallery.name, "crop": str(best)})
            st.button("Close the tracklet", on_click=_close, key="rec-close", type="tertiary")


def _open(crop: int) -> None:
    """From the next run on the crop is shown on the view Browse."""
    recordings_state().crop = crop


def _close() -> None:
    recordings_state().walk = None


def about(walk: SeenWalk) -> str:
    """Which way it went, where it came from and left, and how long it stood, in one sentence."""
    ways = [f"Goes {walk.direction}" if walk.direction not in ("stays", "there and back") else walk.direction]
    ways[0] = {"stays": "Stays where it is", "there and back": "Goes there and back"}.get(walk.direction, ways[0])
    enters = {"inside the picture": "first seen inside the picture", "in view already": "in view already"}
    leaves = {"inside the picture": "last seen inside the picture", "in view at the end": "in view at the end"}
    ways.append(enters.get(walk.entered, f"enters at the {walk.entered}"))
    ways.append(leaves.get(walk.left, f"leaves at the {walk.left}"))
    if walk.standing >= 5:
        ways.append(f"stands for {known.long_time(walk.standing)}")
    if walk.zones:
        ways.append(f"in {', '.join(walk.zones)}")
    if walk.ignored:
        ways.append("ignored, for it never leaves a zone to ignore")
    return ", ".join(ways) + "."


def _draw_table(row: RecordingRow, walks: list[SeenWalk]) -> None:
    shown = walks[:LISTED]
    count = f"the first {LISTED} of {len(walks):,}" if len(walks) > LISTED else f"all {len(walks):,}"
    with st.expander(f"As a table ({count if len(walks) > 1 else '1'})"):
        draw_table(
            ["Tracklet", "From", "Seconds", "Direction", "Entered", "Left", "Stood (s)", "Zones"],
            [
                [
                    walk.name, _time(row, walk.start), f"{walk.end - walk.start:.1f}", walk.direction, walk.entered,
                    walk.left, "" if math.isnan(walk.standing) else f"{walk.standing:.0f}",
                    "ignored" if walk.ignored else ", ".join(walk.zones),
                ]
                for walk in shown
            ],
            label="Tracklets of the recording",
        )  # fmt: skip


def _time(row: RecordingRow, moment: float) -> str:
    begins = row.time_of(0)
    return wording.shown_time(moment if math.isnan(begins) else begins + moment)
