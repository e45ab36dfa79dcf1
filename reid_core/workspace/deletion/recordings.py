"""What goes of recordings with crops: tracklets, the still, what a stopped analysis goes on from, the recording itself.

A tracklet goes with its last crop. One without crops goes when its time, camera or recording is what was selected,
unless a hold keeps a crop of that recording. A copy of the video goes with the first tracklet, for it shows that
person; a blurred one may take its place, see `kept_copies`. The still goes with the first crop or tracklet of a person
who was in view when it was taken. A recording goes with its gallery, with its last crop once it is analysed, and when
it, or no more than its camera, is what was selected. An analysis that is not finished holds pictures of people that no
selection can find: whatever is deleted of its gallery, what it would go on from goes, too, and with any crop of it its
copy. It then goes on with an empty scene, also where it is running now: see `catalogue.recordings.rows.untouched`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from reid_core.workspace.catalogue.recordings.rows import RecordingRow, read
from reid_core.workspace.catalogue.recordings.spans import BLURRED, BLURRED_FILE, Span, end_of, merged
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.keeper import Going, Left
from reid_core.workspace.deletion.rows import DOOMED
from reid_core.workspace.layout import CLIPS, INCOMING, STILL

_SEEN_AROUND = 2.0  # seconds: a person is in view before a tracker knows, and may be when it has lost her
_STAYS = f"SELECT 1 FROM crop WHERE crop.recording = recording.key AND NOT crop.id {DOOMED}"
_GOES = f"SELECT 1 FROM crop WHERE crop.recording = recording.key AND crop.id {DOOMED}"
_THEN = f"still_moment BETWEEN start_moment - {_SEEN_AROUND} AND end_moment + {_SEEN_AROUND}"
_IN_VIEW = (
    "SELECT recording.key FROM recording JOIN crop ON crop.recording = recording.key LEFT JOIN tracklet "
    "ON tracklet.gallery = crop.gallery AND tracklet.name = crop.tracklet "
    f"WHERE recording.gallery = ? AND still_moment IS NOT NULL AND crop.id {DOOMED} "
    f"AND (tracklet.key IS NULL OR {_THEN})"
)
_OF_TRACKLETS = "SELECT tracklet.recording FROM tracklet WHERE tracklet.key IN (SELECT value FROM json_each(?))"
_WITHOUT_TRACKLET = (
    f"SELECT recording, max(moment - {_SEEN_AROUND}, 0), moment + {_SEEN_AROUND} FROM crop "
    f"WHERE id {DOOMED} AND recording IS NOT NULL AND moment IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM tracklet WHERE tracklet.gallery = ? AND tracklet.name = crop.tracklet)"
)
_KEPT = "(recording.copied OR instr(recording.path, ?) = 1)"  # the value is that of `_uploads`
_HELD = "SELECT crop.recording FROM hold CROSS JOIN crop ON crop.id = hold.crop WHERE crop.recording IS NOT NULL"


def recordings_that_go(database: Connection, gallery: int, selection: Selection) -> list[int]:
    """Keys of those of which nothing stays when the doomed crops are gone."""
    where, values = selection.where_recordings()
    rows = database.execute(
        f"SELECT key FROM recording WHERE gallery = ? AND NOT EXISTS ({_STAYS}) "
        f"AND ({where} OR finished IS NOT NULL AND EXISTS ({_GOES}))",
        (gallery, *values),
    )
    return [key for (key,) in rows]


def tracklets_that_go(database: Connection, gallery: int, selection: Selection, recordings: Sequence[int]) -> list[int]:
    """Keys of those that have no crops and fit, or go with their recording, of which `recordings` are the keys."""
    where, values = selection.where_tracklets()
    if where == "0" and not recordings:  # single crops, of perhaps a great many tracklets
        return []
    rows = database.execute(
        "SELECT tracklet.key FROM tracklet JOIN recording ON recording.key = tracklet.recording "
        f"WHERE tracklet.gallery = ? AND (recording.key IN (SELECT value FROM json_each(?)) OR {where} "
        f"AND recording.key NOT IN ({_HELD})) AND NOT EXISTS "
        "(SELECT 1 FROM crop WHERE crop.recording = tracklet.recording AND crop.tracklet = tracklet.name)",
        (gallery, json.dumps(list(recordings)), *values),
    )
    return [key for (key,) in rows]


def lost_tracklets(database: Connection, gallery: int, tracklets: Sequence[int]) -> list[int]:
    """Keys of those that lose the last of their crops, and of those without any that go."""
    emptied = database.execute(
        f"WITH touched AS (SELECT DISTINCT recording, tracklet FROM crop WHERE id {DOOMED} AND recording IS NOT NULL) "
        "SELECT key FROM touched JOIN tracklet ON +tracklet.recording = touched.recording AND tracklet.gallery = ? "
        "AND tracklet.name = touched.tracklet WHERE NOT EXISTS "
        f"(SELECT 1 FROM crop WHERE crop.recording = tracklet.recording AND crop.tracklet = tracklet.name "
        f"AND NOT crop.id {DOOMED})",
        (gallery,),
    )
    return [*(key for (key,) in emptied), *tracklets]


def seconds_in_view(
    database: Connection, gallery: int, people: Sequence[str], lost: Sequence[int]
) -> list[tuple[int, float, float]]:
    """While the crops are there: numbers of recordings, and from when to when somebody who goes was in view of them."""
    # A tracklet is a walk of one person: of one who goes altogether, no crop of it that stays may show the rest.
    of_people = database.execute(
        f"SELECT DISTINCT key FROM crop JOIN tracklet ON +tracklet.recording = crop.recording "
        "AND tracklet.gallery = ? AND tracklet.name = crop.tracklet "
        f"WHERE crop.id {DOOMED} AND crop.identity IN (SELECT value FROM json_each(?))",
        (gallery, json.dumps(list(people))),
    )
    keys = json.dumps(sorted({*lost, *(key for (key,) in of_people)}))
    return database.execute(
        f"SELECT recording, max(start_moment - {_SEEN_AROUND}, 0), end_moment + {_SEEN_AROUND} FROM tracklet "
        f"WHERE key IN (SELECT value FROM json_each(?)) UNION ALL {_WITHOUT_TRACKLET}",
        (keys, gallery),
    ).fetchall()


@dataclass(frozen=True)
class Taken:
    """A recording of which the workspace has a copy, or may have the dropped file, which is there until its import has
    ended, however that ended: it shows somebody who goes, or goes itself (`gone`).

    `spans` are the seconds that may not be shown of it after the deletion, and `stays` counts its tracklets then.
    """

    row: RecordingRow
    spans: Sequence[Span]
    stays: int
    gone: bool


def keeps_films(database: Connection, workspace: Path, gallery: int) -> bool:
    """Whether the workspace has, or may have, a film of any recording of the gallery."""
    query = f"SELECT 1 FROM recording WHERE gallery = ? AND {_KEPT} LIMIT 1"
    return database.execute(query, (gallery, _uploads(workspace))).fetchone() is not None


def copies_taken(
    database: Connection,
    workspace: Path,
    gallery: int,
    in_view: Sequence[tuple[int, float, float]],
    recordings: Sequence[int],
    lost: Sequence[int],
) -> list[Taken]:
    """While the crops are there: `recordings` go, `lost` tracklets too, and `in_view` is as `seconds_in_view` says."""
    gone, seen = set(recordings), {recording for recording, _, _ in in_view}
    rows = read(
        database,
        f"recording.gallery = ? AND {_KEPT} AND (recording.key IN (SELECT value FROM json_each(?)) "
        f"OR finished IS NULL AND (EXISTS ({_GOES}) OR recording.key IN ({_OF_TRACKLETS})))",
        (gallery, _uploads(workspace), json.dumps(sorted(gone | seen)), json.dumps(list(lost))),
    )
    found = []
    for row in rows:
        before = database.execute("SELECT start_moment, end_moment FROM deleted_span WHERE recording = ?", (row.key,))
        spans = [*before.fetchall(), *((start, end) for recording, start, end in in_view if recording == row.key)]
        (stays,) = database.execute(
            "SELECT COUNT(*) FROM tracklet WHERE recording = ? AND key NOT IN (SELECT value FROM json_each(?))",
            (row.key, json.dumps(list(lost))),
        ).fetchone()
        is_gone = row.key in gone
        found.append(Taken(row, merged(spans, end_of(row)), 0 if is_gone else int(stays), is_gone))
    return found


def forget_tracklets(going: Going) -> None:
    """While the crops are there: tracklets that lose all of theirs, and those without any that go; and what shows
    people in recordings that stay."""
    stills = [(source,) for source in _sources_of_doomed_stills(going)]
    going.database.executemany("UPDATE recording SET still_moment = NULL WHERE source = ?", stills)
    going.database.execute(
        f"UPDATE recording SET copied = 0, settings = json_remove(settings, '$.{BLURRED}') "
        "WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(going.copies)),),
    )
    going.database.execute("UPDATE recording SET state = NULL WHERE gallery = ? AND state IS NOT NULL", (going.key,))
    lost = lost_tracklets(going.database, going.key, going.tracklets)
    going.database.executemany(
        "INSERT INTO deleted_span (recording, start_moment, end_moment) VALUES (?, ?, ?)", going.in_view
    )
    going.database.execute(
        "DELETE FROM tracklet WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(lost)),)
    )


def forget_recordings(going: Going) -> None:
    """Once the crops are gone; tracklets that never had any go by the tables' own rule, and so does an empty source."""
    for key in going.recordings:
        (source,) = going.database.execute("DELETE FROM recording WHERE key = ? RETURNING source", (key,)).fetchone()
        going.sources = [*going.sources, source]


def doomed_pictures(going: Going) -> Iterator[str]:
    """Stills and copies of videos, as copies of crops: the source, and the path in its folder."""
    yield from (f"{source}/{STILL}" for source in _sources_of_doomed_stills(going))
    rows = going.database.execute(
        f"SELECT source, path, {BLURRED_FILE} FROM recording WHERE copied AND key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(going.copies)),),
    )
    yield from (f"{source}/{blurred or Path(path).name}" for source, path, blurred in rows)


def doomed_uploads(going: Going) -> Iterator[str]:
    """Of an import that was interrupted the dropped video is there, which shows who is to go."""
    folder = _uploads(going.workspace)
    rows = going.database.execute(
        "SELECT substr(path, ?) FROM recording WHERE instr(path, ?) = 1 AND key IN (SELECT value FROM json_each(?))",
        (len(folder) + 1, folder, json.dumps(list(going.copies))),
    )
    yield from (f"{INCOMING}/{path}" for (path,) in rows)


def all_recordings(going: Going) -> list[str]:
    """Keys of all recordings of the gallery, also of those that stay."""
    return [str(key) for (key,) in going.database.execute("SELECT key FROM recording WHERE gallery = ?", (going.key,))]


def orphaned_clips(left: Left) -> Iterator[str]:
    """Folders of clips of recordings that are gone."""
    known = {str(key) for (key,) in left.database.execute("SELECT key FROM recording")}
    return (folder.name for folder in (left.workspace / CLIPS).glob("*") if folder.name not in known)


def _sources_of_doomed_stills(going: Going) -> list[int]:
    rows = going.database.execute(
        "SELECT source FROM recording WHERE still_moment IS NOT NULL "
        f"AND (key IN (SELECT value FROM json_each(?)) OR key IN ({_IN_VIEW}) OR key IN ({_OF_TRACKLETS} AND {_THEN}))",
        (json.dumps(list(going.recordings)), going.key, json.dumps(list(going.tracklets))),
    )
    return [source for (source,) in rows]


def _uploads(workspace: Path) -> str:
    """With which the path of a dropped file begins."""
    return f"{(workspace / INCOMING).resolve()}/"
