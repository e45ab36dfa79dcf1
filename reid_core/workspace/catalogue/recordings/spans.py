"""When somebody who was deleted is in view of a recording, and the blurred copy in which nobody can tell who it was."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from reid_core.errors import NotThere
from reid_core.workspace.catalogue.audit_recordings import BlurRecording
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow, read
from reid_core.workspace.catalogue.rows import gallery_key

Span = tuple[float, float]  # seconds into the recording
BLURRED = "blurred"  # in the settings of a recording: the workspace's own copy of it is a blurred one
BLURRED_FILE = f"json_extract(settings, '$.{BLURRED}.file')"  # its name, where it has one of its own; see `copy_name`


def copy_name(row: RecordingRow) -> str:
    """Of the workspace's own copy of the recording, in the folder of its source: a blurred one may have a name of its
    own, so that it can be written while the one that it is made of is there."""
    blurred = row.settings.get(BLURRED)
    named = blurred.get("file") if isinstance(blurred, dict) else None
    return str(named or Path(row.path).name)


def spans_of(catalogue: Catalogue, gallery: str) -> dict[int, list[Span]]:
    """By the number of a recording of the gallery, of which somebody was deleted: when, in order."""
    with catalogue.transaction() as database:
        rows = read(database, "recording.gallery = ?", (gallery_key(database, gallery),))
        return {row.key: spans for row in rows if (spans := spans_in(database, row))}


def spans_of_one(catalogue: Catalogue, row: RecordingRow) -> list[Span]:
    """When somebody who was deleted is in view of that recording, in order."""
    with catalogue.transaction() as database:
        return spans_in(database, row)


def spans_in(database: Connection, row: RecordingRow) -> list[Span]:
    """Of that recording."""
    found = database.execute("SELECT start_moment, end_moment FROM deleted_span WHERE recording = ?", (row.key,))
    return merged(found.fetchall(), end_of(row))


def end_of(row: RecordingRow) -> float:
    """Seconds; NaN before it is analysed to its end, for till then its length is only what the file states."""
    return math.nan if row.finished is None else row.duration


def merged(spans: Iterable[Span], end: float = math.nan) -> list[Span]:
    """In order, those that overlap or touch as one; what begins before the end of the recording does not go on behind
    it, where that is known.

    >>> merged([(8.0, 16.0), (12.0, 20.0), (1.0, 2.0)], 18.0)
    [(1.0, 2.0), (8.0, 18.0)]
    """
    found: list[Span] = []
    for start, last in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((start, last))
    return found if math.isnan(end) else [(start, min(last, end) if start < end else last) for start, last in found]


def check_spans(database: Connection, row: RecordingRow, spans: Sequence[Span]) -> RecordingRow:
    """The recording as it is now. Raises DeletedMeanwhile where somebody else was deleted of it since it had these
    `spans`, and NotThere where the recording was."""
    rows = read(database, "recording.key = ?", (row.key,))
    if not rows:
        raise NotThere(f"Recording {row.name} was deleted while it was blurred. Nothing of the copy was kept.")
    if spans_in(database, rows[0]) != list(spans):
        raise DeletedMeanwhile(f"Somebody was deleted of recording {row.name} while it was blurred. Blur it again.")
    return rows[0]


def keep_blurred(
    catalogue: Catalogue, row: RecordingRow, spans: Sequence[Span], blurred: Mapping[str, Any], purpose: str
) -> RecordingRow:
    """The workspace's own copy of the recording is a blurred one, which `blurred` describes: see `shown_file`.

    Raises as `check_spans`. The caller holds `layout.LOCK`.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        check_spans(database, row, spans)
        note_blurred(database, catalogue, row, spans, blurred, purpose)
        return read(database, "recording.key = ?", (row.key,))[0]


def note_blurred(
    database: Connection,
    catalogue: Catalogue,
    row: RecordingRow,
    spans: Sequence[Span],
    blurred: Mapping[str, Any],
    purpose: str,
) -> None:
    """As `keep_blurred`, within a transaction that has checked the spans."""
    database.execute(
        f"UPDATE recording SET copied = 1, settings = json_set(settings, '$.{BLURRED}', json(?)) WHERE key = ?",
        (json.dumps(dict(blurred)), row.key),
    )
    event = BlurRecording(
        gallery=row.gallery, recording=row.key, stretches=len(spans), seconds=lengths(spans), purpose=purpose
    )
    write_log(database, catalogue.actor, event)


def lengths(spans: Sequence[Span]) -> float:
    """Seconds of all of them together."""
    return sum(end - start for start, end in spans)
