"""The clock of a recording: where its start comes from, and how it is corrected, shown before and taken back after."""

from __future__ import annotations

import math
import time
from datetime import UTC

import streamlit as st

from pages.components.recordings import known
from pages.components.recordings.state import (
    BY,
    HOW,
    MOMENT,
    SHOWN,
    WHOSE,
    WHY,
    Correction,
    RecordingsState,
    Undo,
    recordings_state,
)
from pages.components.shared import markup, wording
from pages.components.widgets.focus.focus import focus_first
from reid_core.datasets.choices import find_time_zone
from reid_core.errors import ReidError, shown
from reid_core.records import plural
from reid_core.times import recorded_time
from reid_core.workspace.catalogue.recordings.clock import (
    Mended,
    mend,
    put_back,
    set_start,
    would_mend,
    would_set_start,
)
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

COMPARE, ADD = "Compare with the burnt-in clock", "Add seconds"
LISTED = 5  # recordings of a correction


def draw_clock(workspace: Workspace, gallery: GalleryInfo, rows: list[RecordingRow], row: RecordingRow) -> None:
    now = recordings_state()
    known.section("Clock", _about(row))
    alike = [one for one in rows if one.camera == row.camera and not math.isnan(one.time_of(0))]
    if now.correction is not None:
        with focus_first("clock"):
            _draw_preview(workspace, now, now.correction, {one.name: one for one in rows})
    else:
        _draw_fields(workspace, gallery.name, row, len(alike))
    if now.clock_trouble:
        markup.problem("The clock was not changed", now.clock_trouble)
    elif now.clock_said:
        with st.container(horizontal=True, vertical_alignment="center", key="rec-row-clock"):
            markup.text('<p class="rt-small rt-said" role="status">{said}</p>', said=now.clock_said)
            if now.undo is not None:
                st.button("Undo", on_click=_take_back, args=(workspace, now.undo), key="rec-clock-undo")


def _about(row: RecordingRow) -> str:
    """The start, who says so, the correction, and what other sources said."""
    begins = row.time_of(0)
    if math.isnan(begins):
        first = "When it begins is not known, so its crops have no time."
    else:
        first = f"It begins at {wording.shown_time(begins)} UTC, {known.source_of(row)}."
    words = {"name": "its name", "container": "its container", "file": "the file's date", "stated": "who added it"}
    others = [
        f"{words.get(source, source)} says {str(said).replace('T', ' ').removesuffix('Z')}"
        for source, said in row.said.items()
        if source != row.start_source
    ]
    return first + (f" For comparison, {'; '.join(others)}." if others else "")


def _draw_fields(workspace: Workspace, gallery: str, row: RecordingRow, alike: int) -> None:
    state = st.session_state
    unknown = math.isnan(row.time_of(0))
    everyone = f"All {plural(alike, 'recording')} of {wording.camera_name(row.camera)}"
    choices = ("This recording", everyone) if alike > 1 and not unknown and row.camera is not None else ()

    def look() -> None:
        _look(workspace, gallery, row, whole_camera=bool(choices) and state.get(WHOSE) == everyone)

    with st.container(key="rec-clock"):
        compare = unknown or st.radio("Correct it", (COMPARE, ADD), key=HOW, horizontal=True) == COMPARE
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if compare:
                st.text_input("Moment of the recording", key=MOMENT, placeholder="0:00:00", width=180,
                              help="Hours, minutes and seconds after its first frame.")  # fmt: skip
                zone = f"{row.zone} time" if row.zone else "UTC"
                st.text_input(
                    "The clock in the picture shows", key=SHOWN, placeholder=_example(row), width=280,
                    help=f"Date and time, taken as {zone} unless it names a zone: 2026-03-02 08:00:05+01:00.",
                )  # fmt: skip
            else:
                st.number_input("Seconds to add", key=BY, step=1.0, format="%g", width=180,
                                help="More than 0 where the clock was slow.")  # fmt: skip
            st.text_input("Why (the log keeps it)", key=WHY, width=280)
        if choices:
            st.radio("For", choices, key=WHOSE, horizontal=True)
        st.button("Show what changes", on_click=look, key="rec-clock-look")


def _example(row: RecordingRow) -> str:
    begins = row.time_of(0)
    return "2026-03-02 08:00:05" if math.isnan(begins) else wording.shown_time(begins)


def _look(workspace: Workspace, gallery: str, row: RecordingRow, *, whole_camera: bool) -> None:
    """Take up the fields, and ask what that would do."""
    now, state = recordings_state(), st.session_state
    now.clock_said = now.clock_trouble = ""
    now.undo = None
    camera = row.camera if whole_camera else None
    try:
        if math.isnan(row.time_of(0)):
            by, start = None, _shown(row) - _moment()
            mended = would_set_start(workspace.catalogue, gallery, row.name, start)
        else:
            start = None
            by = float(state.get(BY) or 0.0) if state.get(HOW) == ADD else _shown(row) - row.time_of(_moment())
            if not by:
                raise ReidError("The clock shows what the recording says already: there is nothing to correct.")
            recording = None if whole_camera else row.name
            mended = would_mend(workspace.catalogue, gallery, by, camera=camera, recording=recording)
    except ReidError as error:
        now.clock_trouble = str(error)
        return
    why = str(state.get(WHY) or "").strip()
    now.typed = {key: state[key] for key in (HOW, MOMENT, SHOWN, BY, WHY, WHOSE) if key in state}
    now.correction = Correction(gallery, row.name, camera, by, start, why, mended)


def _moment() -> float:
    """Seconds into the recording, as typed. Raises ReidError."""
    text = str(st.session_state.get(MOMENT) or "0:00:00")
    seconds = recorded_time(text)
    if seconds is None:
        raise ReidError(f"{shown(text)} is no moment of a recording. Write hours, minutes and seconds: 0:12:30.")
    return seconds


def _shown(row: RecordingRow) -> float:
    """Seconds since 1970 that the clock in the picture shows, as typed. Raises ReidError."""
    from reid_core.video.stream.start import stated_start, written_moment  # slow to import

    text = str(st.session_state.get(SHOWN) or "").strip()
    if not text:
        raise ReidError("Write what the clock in the picture shows: date and time.")
    if written_moment(text) is None:
        raise ReidError(f"{shown(text)} is not a date with a time. Write both, such as {_example(row)}.")
    zone = find_time_zone(row.zone) if row.zone else UTC
    return stated_start(text, zone, time.time())


def _draw_preview(workspace: Workspace, now: RecordingsState, asked: Correction, rows: dict[str, RecordingRow]) -> None:
    def correct() -> None:
        _correct(workspace, asked, rows[asked.recording])

    def cancel() -> None:
        now.correction = None
        st.session_state.update(now.typed)  # the fields were not drawn, so the session has dropped what they held

    lines = [
        f"{row.name} would begin at {wording.shown_time(row.time_of(0))}"
        + (f" instead of {_start(rows[row.name])}" if row.name in rows else "")
        for row in asked.mended.recordings[:LISTED]
    ]
    more = len(asked.mended.recordings) - LISTED
    if more > 0:
        lines.append(f"and {more:,} more")
    by = "" if asked.by is None else f" by {known.seconds_of(asked.by)}"
    markup.note(f"{_moved(asked.mended)} would move{by}", "; ".join(lines) + f". {_left_out(asked.mended)}")
    with st.container(horizontal=True):
        st.button("Correct the clock", on_click=correct, key="rec-clock-correct", type="primary")
        st.button("Cancel", on_click=cancel, key="rec-clock-cancel")


def _correct(workspace: Workspace, asked: Correction, before: RecordingRow) -> None:
    now = recordings_state()
    now.correction = None
    try:
        if asked.start is not None:
            did = set_start(workspace.catalogue, asked.gallery, asked.recording, asked.start, purpose=asked.why)
        else:
            did = _mend(workspace, asked, float(asked.by or 0.0), asked.why)
    except ReidError as error:
        now.clock_trouble = str(error)
        return
    now.undo = Undo(asked, before)
    by = "" if asked.by is None else f" by {known.seconds_of(asked.by)}"
    now.clock_said = f"{_moved(did)} moved{by}. {_left_out(did)}"


def _take_back(workspace: Workspace, undo: Undo) -> None:
    now, asked = recordings_state(), undo.correction
    now.clock_said = now.clock_trouble = ""
    now.undo = None
    try:
        if asked.start is not None:
            did = put_back(workspace.catalogue, undo.before, purpose="undone")
        else:
            did = _mend(workspace, asked, -float(asked.by or 0.0), "undone")
    except ReidError as error:
        now.clock_trouble = str(error)
        return
    now.clock_said = f"Undone: {_moved(did)} moved back."


def _mend(workspace: Workspace, asked: Correction, by: float, why: str) -> Mended:
    recording = None if asked.camera is not None else asked.recording
    return mend(workspace.catalogue, asked.gallery, by, camera=asked.camera, recording=recording, purpose=why)


def _moved(mended: Mended) -> str:
    return f"{plural(len(mended.recordings), 'recording')} with {plural(mended.crops, 'crop')}"


def _left_out(mended: Mended) -> str:
    return f"{plural(mended.unknown, 'recording')} of unknown start left out." if mended.unknown else ""


def _start(row: RecordingRow) -> str:
    return wording.shown_time(row.time_of(0)) or "at an unknown time"
