"""The view Recordings of the Gallery page: the list of a gallery's recordings, or one of them."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery.deletion_dialog import draw_deletion
from pages.components.recordings import known
from pages.components.recordings.browsing import browse_crops
from pages.components.recordings.one import draw_recording
from pages.components.recordings.state import KEYS, PART, RecordingsState, look_at, recordings_state
from pages.components.shared import address, markup
from pages.components.widgets.recording_list.recording_list import recording_list
from reid_core.records import plural
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.recordings.analysis import ANALYSED, ANALYSING, ELSEWHERE, standings
from reid_core.workspace.recordings.overview import RecordingLine, lines_of
from reid_core.workspace.recordings.still_shown import not_shown
from reid_core.workspace.workspace import Workspace

PAGE = 100  # lines on a page


def draw_recordings(workspace: Workspace, gallery: GalleryInfo, *, from_another_page: bool) -> None:
    rows = known.recordings(workspace, gallery.name)
    now = recordings_state()
    if now.gallery != gallery.name:
        look_at(gallery.name, None)
    asked = address.asked(PART, KEYS, from_another_page=from_another_page, back_at_once=True)
    if asked is not None:
        look_at(gallery.name, asked.get("recording"))
    row = next((row for row in rows if row.name == now.open), None)
    if now.open is not None and row is None:
        markup.note("This recording is not here", f"Gallery {gallery.name} has no recording {now.open}.")
        look_at(gallery.name, None)
    address.say(PART, KEYS, {"recording": now.open or ""})
    if row is None:
        _draw_list(workspace, gallery, rows, now)
    else:
        draw_recording(workspace, gallery, rows, row)
    draw_deletion(workspace, gallery.name)
    followed = [row] if row is not None else rows
    if _is_any_at_work(standings(workspace, gallery.name, followed)):
        _follow(workspace, gallery.name, [one.key for one in followed], _how_far(workspace, gallery.name, followed))


@st.fragment(run_every=2.0)
def _follow(workspace: Workspace, gallery: str, followed: list[int], before: list[tuple[int, float, str]]) -> None:
    """Draw the page anew when an analysis has kept a step, which it does every ten seconds or so, or has ended."""
    rows = [row for row in known.recordings(workspace, gallery) if row.key in followed]
    if _how_far(workspace, gallery, rows) != before:
        st.rerun()


def _how_far(workspace: Workspace, gallery: str, rows: list[RecordingRow]) -> list[tuple[int, float, str]]:
    found = standings(workspace, gallery, rows)
    return [(row.key, row.analysed, found[row.key]) for row in rows]


def _is_any_at_work(found: dict[int, str]) -> bool:
    return not {ANALYSING, ELSEWHERE}.isdisjoint(found.values())


def _draw_list(workspace: Workspace, gallery: GalleryInfo, rows: list[RecordingRow], now: RecordingsState) -> None:
    if not rows:
        markup.note("No recordings", f"Gallery {gallery.name} has none any more.")
        return
    now.offset = min(now.offset, (len(rows) - 1) // PAGE * PAGE)
    shown = rows[now.offset : now.offset + PAGE]
    with st.container(horizontal=True, vertical_alignment="center", key="rec-bar"):
        cameras = len({row.camera for row in rows})
        markup.text(
            '<p class="rt-count"><b>{recordings}</b> of {cameras}</p>',
            recordings=plural(len(rows), "recording"), cameras=plural(cameras, "camera"),
        )  # fmt: skip
        if len(rows) > PAGE:
            _draw_pager(now, len(rows))
    found = standings(workspace, gallery.name, shown)
    lines = [_line(workspace, line, found[line.row.key]) for line in lines_of(workspace.catalogue, shown)]

    def browse(name: str) -> None:
        browse_crops(gallery.name, name)

    if (opened := recording_list(lines, key="rec-list", on_browse=browse)) is not None:
        look_at(gallery.name, opened)
        st.rerun()


def _draw_pager(now: RecordingsState, total: int) -> None:
    def turn(by: int) -> None:
        now.offset = max(0, now.offset + by * PAGE)

    last = min(now.offset + PAGE, total)
    with st.container(horizontal=True, vertical_alignment="center", key="rec-pager", width="content"):
        markup.text(
            '<p class="rt-small">{first}–{last} of {total}</p>',
            first=f"{now.offset + 1:,}", last=f"{last:,}", total=f"{total:,}",
        )  # fmt: skip
        st.button("Previous", on_click=turn, args=(-1,), disabled=now.offset == 0, key="rec-back")
        st.button("Next", on_click=turn, args=(1,), disabled=last == total, key="rec-on")


def _line(workspace: Workspace, line: RecordingLine, state: str) -> dict[str, str]:
    row, upto = line.row, known.length_of(line.row.analysed)
    words = {
        ANALYSED: "Analysed", ANALYSING: f"Analysing, up to {upto}",
        ELSEWHERE: f"Being analysed by another program, up to {upto}",
    }.get(state, f"Stopped at {upto}")  # fmt: skip
    return {
        "name": row.name, "camera": row.camera or "camera unknown", "picture": known.small_still(workspace, row),
        "time": known.span_of(row), "source": known.source_of(row), "length": known.length_of(row.duration),
        "state": state, "standing": words, "tracklets": f"{line.tracklets:,}",
        "ignored": f"+ {line.ignored:,} ignored" if line.ignored else "", "busiest": f"{line.busiest:,}",
        "problem": line.problem, "unseen": not_shown(row, line.spans),
    }  # fmt: skip
