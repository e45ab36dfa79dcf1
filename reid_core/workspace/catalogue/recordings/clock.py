"""Mending the clock of a camera or of one recording: all its crops move at once, and every index follows.

A mended clock may do no more than a new recording: one camera films one thing at a time, and nothing in the future.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from reid_core.errors import NotThere, Refused, ReidError, shown
from reid_core.records import plural
from reid_core.times import FIRST_CLOCK_TIME, LAST_CLOCK_TIME, format_time, said_time
from reid_core.workspace.catalogue.audit_base import Event
from reid_core.workspace.catalogue.audit_recordings import MendClock, SetStart
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import RecordingRow, read
from reid_core.workspace.catalogue.rows import gallery_key, next_numbers

OVERLAP = 2.0  # seconds that recordings of one camera may share: recorders cut so
AHEAD = 60.0  # seconds that clocks may differ before a time lies in the future
_SAME = 1e-3  # seconds; a crop whose time is that far from what its recording says has got it from a person


@dataclass(frozen=True)
class Mended:
    """How many crops moved, with which recordings as they are now. `unknown` recordings have no start to correct."""

    crops: int
    recordings: tuple[RecordingRow, ...]
    unknown: int = 0


def mend(
    catalogue: Catalogue,
    gallery: str,
    by: float,
    *,
    camera: str | None = None,
    recording: str | None = None,
    purpose: str = "",
) -> Mended:
    """Add `by` seconds to the offset of the camera's recordings, or of one, by its name; a clock that is slow gets
    more. Times that people gave to single crops stay.

    Raises ReidError when there is none, when no start is known, or when a recording would begin where no date is, reach
    into the future, or overlap with another one of its camera.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        known, unknown = _to_mend(database, gallery, by, camera, recording)
        crops = sum(_move(database, row, row.start, row.clock_offset + by) for row in known)
        offsets = {row.clock_offset for row in known}
        before = offsets.pop() if len(offsets) == 1 else None
        event = MendClock(
            gallery=gallery, camera=known[0].camera or "", recording=known[0].key if recording is not None else None,
            by=by, recordings=len(known), crops=crops, before=before, purpose=purpose,
            after=None if before is None else before + by,
        )  # fmt: skip
        return _done(database, catalogue, event, crops, known, unknown)


def would_mend(
    catalogue: Catalogue, gallery: str, by: float, *, camera: str | None = None, recording: str | None = None
) -> Mended:
    """What `mend` would do, with the recordings as they would be. Raises what it would raise, and changes nothing."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        known, unknown = _to_mend(database, gallery, by, camera, recording)
        crops = sum(_count(database, row) for row in known)
        return Mended(
            crops, tuple(dataclasses.replace(row, clock_offset=row.clock_offset + by) for row in known), unknown
        )


def set_start(catalogue: Catalogue, gallery: str, recording: str, start: float, *, purpose: str = "") -> Mended:
    """The recording begins `start` seconds after 1970: stated, so that its clock needs no correction any more.

    Raises ReidError when there is no such recording or no such date, and when it would reach into the future or overlap
    with another one of its camera.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        row = _to_start(database, gallery, recording, start)
        crops = _move(database, row, start, 0.0)
        return _done(database, catalogue, _started(row, start, crops, purpose), crops, [row], 0)


def would_set_start(catalogue: Catalogue, gallery: str, recording: str, start: float) -> Mended:
    """What `set_start` would do, as `would_mend` says it."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        row = _to_start(database, gallery, recording, start)
        source = row.start_source if row.start == start else "stated"
        now = dataclasses.replace(row, start=start, start_source=source, clock_offset=0.0)
        return Mended(_count(database, row), (now,))


def put_back(catalogue: Catalogue, before: RecordingRow, *, purpose: str = "") -> Mended:
    """Give a recording the start, its source and the offset that it had, which may be an unknown start: its crops then
    have no time again. It is logged as a change of its start.

    Raises ReidError when the recording is gone, and what `set_start` raises.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        rows = read(database, "recording.key = ?", (before.key,))
        if not rows:
            raise NotThere(f"Recording {before.name} is gone from gallery {before.gallery!r}.")
        (row,) = rows
        start = before.time_of(0)
        if not math.isnan(start):
            _check(row, start)
            _refuse_overlap(_others(database, row), row, start)
        crops = _move(database, row, before.start, before.clock_offset, before.start_source)
        return _done(database, catalogue, _started(row, start, crops, purpose), crops, [row], 0)


def _to_mend(
    database: Connection, gallery: str, by: float, camera: str | None, recording: str | None
) -> tuple[list[RecordingRow], int]:
    """The recordings whose clock can be moved by so many seconds, and how many have no start. Raises ReidError."""
    rows = _meant(database, gallery, camera, recording)
    known = [row for row in rows if row.time_of(0) == row.time_of(0)]
    if not known:
        raise Refused(f"The start of {_all(rows)} is not known, so there is no time to correct. State it with --start.")
    # Those that move alike may share what they share now, and those without a start overlap with nothing.
    others = [] if recording is None else _others(database, known[0])
    for row in known:
        _check(row, row.time_of(0) + by)
        _refuse_overlap(others, row, row.time_of(0) + by)
    return known, len(rows) - len(known)


def _to_start(database: Connection, gallery: str, recording: str, start: float) -> RecordingRow:
    """The recording, which may begin then. Raises ReidError."""
    (row,) = _meant(database, gallery, None, recording)
    _check(row, start)
    _refuse_overlap(_others(database, row), row, start)
    return row


def _started(row: RecordingRow, start: float, crops: int, purpose: str) -> SetStart:
    return SetStart(
        gallery=row.gallery, recording=row.key, before=format_time(row.time_of(0)) or "",
        after=format_time(start) or "", crops=crops, purpose=purpose,
    )  # fmt: skip


def _meant(database: Connection, gallery: str, camera: str | None, recording: str | None) -> list[RecordingRow]:
    key = gallery_key(database, gallery)
    if recording is not None:
        rows = read(database, "recording.gallery = ? AND recording.name = ?", (key, recording))
        rows = [row for row in rows if camera in (None, row.camera)]
    else:
        rows = read(database, "recording.gallery = ? AND recording.camera = ?", (key, camera))
    if not rows:
        of_it = f"recording {shown(recording)}" if recording is not None else "recording"
        where = f" of camera {shown(camera)}" if camera is not None else ""
        raise NotThere(f"Gallery {gallery!r} has no {of_it}{where}. See `reid recordings {gallery}`.")
    return rows


# Crops that follow their recording: ?1 is its key, ?2 its former start, ?3 what counts as the same time.
_FOLLOWING = "recording = ?1 AND (time IS NULL AND ?2 IS NULL OR abs(time - (?2 + moment)) < ?3)"


def _count(database: Connection, row: RecordingRow) -> int:
    """How many crops would move."""
    values = (row.key, row.time_of(0), _SAME)  # SQLite takes NaN for NULL
    return int(database.execute(f"SELECT COUNT(*) FROM crop WHERE {_FOLLOWING}", values).fetchone()[0])


def _move(database: Connection, row: RecordingRow, start: float, offset: float, source: str | None = "stated") -> int:
    """Write the new start, with its source where it is another one, and offset, and the new times of the crops; how
    many crops moved. NaN is an unknown start."""
    database.execute(
        "UPDATE recording SET start = ?1, clock_offset = ?2, start_source = CASE WHEN start IS ?1 THEN start_source "
        "ELSE ?4 END WHERE key = ?3",
        (start, offset, row.key, source),
    )
    former, seq = row.time_of(0), next_numbers(database, 1)
    before = None if former != former else former
    # What was written down to take a change of labels back moves as well, or it would bring the wrong time.
    database.execute(
        "UPDATE edit_row SET time = ?4 + crop.moment FROM crop WHERE crop.id = edit_row.crop AND crop.recording = ?1 "
        "AND (edit_row.time IS NULL AND ?2 IS NULL OR abs(edit_row.time - (?2 + crop.moment)) < ?3)",
        (row.key, before, _SAME, start + offset),
    )
    return database.execute(
        f"UPDATE crop SET time = ?4 + moment, seq = ?5 WHERE {_FOLLOWING}",
        (row.key, before, _SAME, start + offset, seq),
    ).rowcount


def _done(
    database: Connection, catalogue: Catalogue, event: Event, crops: int, rows: Sequence[RecordingRow], unknown: int
) -> Mended:
    write_log(database, catalogue.actor, event)
    now = [one for row in rows for one in read(database, "recording.key = ?", (row.key,))]
    return Mended(crops, tuple(now), unknown)


def overlap(begins: float, seconds: float, other: RecordingRow) -> bool:
    """Whether one camera cannot have filmed both: they share more than their ends. Of one that does not say how long
    it is, its beginning counts; one of unknown start (NaN) overlaps with nothing.
    """
    first, last = _inner(begins, seconds)
    other_first, other_last = _inner(other.time_of(0), length_of(other))
    return first < other_last and other_first < last


def length_of(row: RecordingRow) -> float:
    """In seconds; of one that does not say how long it is, as far as it is analysed."""
    return row.analysed if math.isnan(row.duration) else row.duration


def refuse_future(subject: str, begins: float, seconds: float = 0.0) -> None:
    """Raises Refused where what begins then and lasts so many seconds lies in the future."""
    ends = begins + seconds
    if ends > time.time() + AHEAD:
        does = f"begin at {said_time(begins)}" if begins > time.time() + AHEAD else f"end at {said_time(ends)}"
        raise Refused(f"{subject} would {does}, which lies in the future. Check the correction or the start.")


def _check(row: RecordingRow, start: float) -> None:
    if not FIRST_CLOCK_TIME <= start <= LAST_CLOCK_TIME:
        raise ReidError(
            f"Recording {row.name} cannot begin at {start:,.0f} seconds since 1970. Check the correction or the start."
        )
    if not start <= row.time_of(0):  # one that moves back, towards the truth, may still be ahead
        refuse_future(f"Recording {row.name}", start, length_of(row))


def _others(database: Connection, row: RecordingRow) -> list[RecordingRow]:
    """The other recordings of its camera and gallery."""
    return read(
        database,
        "recording.camera = ?1 AND recording.key != ?2 AND recording.gallery = "
        "(SELECT gallery FROM recording WHERE key = ?2)",
        (row.camera, row.key),
    )


def _refuse_overlap(others: Sequence[RecordingRow], row: RecordingRow, start: float) -> None:
    for other in others:
        if overlap(start, length_of(row), other):
            raise Refused(
                f"Recording {row.name} of camera {row.camera} would begin at {said_time(start)} and overlap with "
                f"{other.name}, which begins at {said_time(other.time_of(0))}: one camera cannot film both. Correct "
                "all recordings of the camera with --camera, or the other one first."
            )


def _inner(begins: float, seconds: float) -> tuple[float, float]:
    """Without what recorders let overlap at either end, and never nothing."""
    cut = OVERLAP / 2
    return begins + cut, begins + max(seconds - cut, cut + 0.01)


def _all(rows: Sequence[RecordingRow]) -> str:
    return f"recording {rows[0].name}" if len(rows) == 1 else plural(len(rows), "recording")
