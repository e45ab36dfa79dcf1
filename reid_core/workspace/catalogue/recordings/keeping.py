"""How a recording is added, and what its analysis keeps, step by step.

A recording has a source of its own, whose folder `originals/<source>/` holds the copies of its crops and one still.
Whoever lays out files there holds the lock `layout.LOCK` until their rows are written, as an import does: a deletion in
between would take them for leftovers.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np

from reid_core.errors import Refused, ReidError
from reid_core.times import FIRST_CLOCK_TIME, LAST_CLOCK_TIME, format_time
from reid_core.video.walks import Walk, Zone, walk_of
from reid_core.workspace.catalogue.audit_recordings import AddRecording, MendClock
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import (
    NUMBERED,
    START_SOURCES,
    NewRecording,
    NewTracklet,
    Progress,
    RecordingRow,
    Vectors,
    cell,
    number_of,
    of_key,
    read,
    untouched,
)
from reid_core.workspace.catalogue.recordings.spans import BLURRED
from reid_core.workspace.catalogue.recordings.walks import WALK, path_to_bytes, walk_cells, zones_in
from reid_core.workspace.catalogue.rows import NewCrop, gallery_key, insert_crops, insert_rows, model_key, now
from reid_core.workspace.catalogue.vectors import insert_vectors

FORMAT = "video"  # of the source that a recording has
_TRACKLET = tuple(one.name for one in dataclasses.fields(NewTracklet) if one.name not in ("entry", "exit", "path"))


def add(catalogue: Catalogue, gallery: str, new: NewRecording, *, purpose: str = "") -> RecordingRow:
    """Add the recording with a source of its own, and say so in the log. A name that is taken gets a number.

    Raises ReidError when there is no such gallery.
    """
    if math.isnan(new.start) != (new.start_source is None) or new.start_source not in (None, *START_SOURCES):
        raise ValueError("a start comes with its source, and an unknown one with none")
    if not math.isnan(new.start) and not FIRST_CLOCK_TIME <= new.start <= LAST_CLOCK_TIME:
        raise ReidError(f"{new.path} cannot begin at {new.start:g} seconds since 1970. State its start with --start.")
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        path = _free(database, "SELECT 1 FROM source WHERE gallery = ? AND path = ?", key, new.path)
        source = database.execute(
            "INSERT INTO source (gallery, path, format, imported, copied) VALUES (?, ?, ?, ?, 1) RETURNING key",
            (key, path, FORMAT, now()),
        ).fetchall()[0][0]
        row = {one.name: cell(one.name, getattr(new, one.name)) for one in dataclasses.fields(NewRecording)}
        row["name"] = _free(database, "SELECT 1 FROM recording WHERE gallery = ? AND name = ?", key, new.name)
        row |= {"gallery": key, "source": source, "frames": 0, "problems": "{}", "imported": now()}
        into = f"INSERT INTO recording ({', '.join(row)})"
        number = insert_rows(database, into, [tuple(row.values())], "RETURNING key")[0][0]
        event = AddRecording(
            gallery=gallery, recording=number, detector=new.detector, camera=new.camera or "",
            start=format_time(new.start) or "", start_source=new.start_source or "", path=new.path,
            sha256="" if new.sha256 is None else new.sha256.hex(), purpose=purpose,
        )  # fmt: skip
        write_log(database, catalogue.actor, event)
        if new.clock_offset:
            mended = MendClock(
                gallery=gallery, camera=new.camera or "", recording=number, by=new.clock_offset, recordings=1, crops=0,
                before=0.0, after=new.clock_offset, purpose=f"as on the earlier recordings of camera {new.camera}",
            )  # fmt: skip
            write_log(database, catalogue.actor, mended)
        return read(database, "recording.key = ?", (number,))[0]


def keep(
    catalogue: Catalogue,
    recording: int,
    tracklets: Sequence[NewTracklet],
    crops: Sequence[NewCrop],
    progress: Progress,
    *,
    vectors: Vectors | None = None,
) -> list[int | None]:
    """In one transaction all that a step of the analysis found, and how far it is; the numbers of the crops.

    Each crop belongs to one of the recording's tracklets, or to none, and has its `moment`; its camera and time are
    given here, by the clock as it is mended now. A crop that is there already has no number; see `rows.insert_crops`.
    Raises ReidError when the recording was deleted, and DeletedMeanwhile after `progress.deletion`.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        row = untouched(database, recording, progress.deletion)
        gallery = gallery_key(database, row.gallery)
        numbered = max([progress.numbered, *(number_of(one.name) for one in tracklets)])
        _keep_progress(database, recording, dataclasses.replace(progress, numbered=numbered))
        zones = zones_in(database, gallery, row.camera)
        insert_rows(
            database,
            f"INSERT INTO tracklet (gallery, recording, detector, entry_x, entry_y, exit_x, exit_y, path, "
            f"{', '.join((*WALK, *_TRACKLET))})",
            [
                (
                    gallery, recording, row.detector, *one.entry, *one.exit, path_to_bytes(one.path),
                    *walk_cells(_walk(one, row, zones)), *(getattr(one, name) for name in _TRACKLET),
                )
                for one in tracklets
            ],
        )  # fmt: skip
        ids: list[int | None] = []
        if crops:
            _check_tracklets(database, recording, crops)
            placed = [
                dataclasses.replace(crop, recording=recording, camera=row.camera, time=row.time_of(crop.moment))
                for crop in crops
            ]
            ids = insert_crops(database, gallery, row.source, placed)
            if vectors is not None:
                _keep_vectors(database, ids, vectors)
        return ids


def _walk(one: NewTracklet, row: RecordingRow, zones: Sequence[Zone]) -> Walk:
    opened, ended = one.open_at_start, one.open_at_end
    return walk_of(one.path, one.moved, (row.width, row.height), zones, open_at_start=opened, open_at_end=ended)


def check(catalogue: Catalogue, recording: int, deletion: int | None) -> None:
    """Raises what `keep` would raise because of a deletion: to be asked before files are laid out."""
    with catalogue.transaction() as database:
        untouched(database, recording, deletion)


def finish(catalogue: Catalogue, recording: int, progress: Progress, *, sha256: bytes | None = None) -> RecordingRow:
    """The analysis has come to the end, and needs no state any more. `sha256` is of a file that has grown till now."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        of_key(database, recording)
        _keep_progress(database, recording, dataclasses.replace(progress, state=None))
        database.execute(
            "UPDATE recording SET finished = ?, sha256 = COALESCE(?, sha256) WHERE key = ?", (now(), sha256, recording)
        )
        return of_key(database, recording)


def note_file(catalogue: Catalogue, recording: int, path: Path, sha256: bytes, head: Mapping[str, Any]) -> None:
    """The recording's file lies there now, and has that SHA-256; `head` is what its first bytes are known by. Raises
    ReidError when the recording was deleted."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        of_key(database, recording)
        database.execute(
            "UPDATE recording SET path = ?, bytes = ?, sha256 = ?, facts = json_set(facts, '$.head', json(?)) "
            "WHERE key = ?",
            (str(path), path.stat().st_size, sha256, json.dumps(dict(head)), recording),
        )


def note_still(catalogue: Catalogue, recording: int, moment: float, deletion: int | None = None) -> None:
    """The folder of its source has a still, `layout.STILL`, of that second of the recording. See the lock above.

    Raises what `keep` raises because of a deletion.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        untouched(database, recording, deletion)
        database.execute("UPDATE recording SET still_moment = ? WHERE key = ?", (moment, recording))


def adopt_copy(catalogue: Catalogue, recording: int) -> RecordingRow:
    """The workspace is to keep the recording's file from now on, unless somebody of it was deleted, whom it shows."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "UPDATE recording SET copied = 1 WHERE key = ?1 "
            "AND NOT EXISTS (SELECT 1 FROM deleted_span WHERE recording = ?1)",
            (recording,),
        )
        return of_key(database, recording)


def note_no_copy(catalogue: Catalogue, recording: int) -> None:
    """The workspace does not keep the recording's file."""
    with catalogue.transaction() as database:
        database.execute(
            f"UPDATE recording SET copied = 0, settings = json_remove(settings, '$.{BLURRED}') WHERE key = ?",
            (recording,),
        )


def _check_tracklets(database: Connection, recording: int, crops: Sequence[NewCrop]) -> None:
    there = {name for (name,) in database.execute("SELECT name FROM tracklet WHERE recording = ?", (recording,))}
    if strange := {crop.tracklet for crop in crops} - there - {None}:
        raise ValueError(f"no tracklet of the recording is called {sorted(map(str, strange))[0]}")


def _keep_vectors(database: Connection, ids: Sequence[int | None], vectors: Vectors) -> None:
    new = [(row, id) for row, id in enumerate(ids) if id is not None]
    directed = [(row, id) for row, id in new if not np.isnan(vectors.rows[row]).any()]
    insert_vectors(database, vectors.model, [id for _, id in directed], vectors.rows[[row for row, _ in directed]])
    model = model_key(database, vectors.model)
    database.executemany(
        "INSERT INTO no_direction (model, crop) VALUES (?, ?)",
        [(model, id) for row, id in new if (row, id) not in set(directed)],
    )


def _keep_progress(database: Connection, recording: int, progress: Progress) -> None:
    there = database.execute(
        "UPDATE recording SET analysed = ?, frames = ?, problems = ?, state = ?, duration = COALESCE(?, duration), "
        f"bytes = COALESCE(?, bytes), settings = json_set(settings, '$.{NUMBERED}', "
        f"max(COALESCE(json_extract(settings, '$.{NUMBERED}'), 0), ?)) "
        "WHERE key = ? AND frames = COALESCE(?, frames) RETURNING 1",
        (
            progress.analysed, progress.frames, json.dumps(progress.problems), progress.state,
            cell("duration", progress.duration), progress.bytes, progress.numbered, recording, progress.after,
        ),
    ).fetchall()  # fmt: skip
    if not there:
        raise Refused("Another process is analysing this recording. Wait for it, or stop it first.")


def _free(database: Connection, query: str, gallery: int, wanted: str) -> str:
    """The name, or with the first number behind it that makes it a new one."""
    name, number = wanted, 1
    while database.execute(query, (gallery, name)).fetchone():
        number += 1
        name = f"{wanted}-{number}"
    return name
