"""Deletion for good, with a receipt; and the legal hold that keeps crops from it.

A deletion removes rows, vectors, thumbnails, index entries and copied originals, and leaves a receipt that says how
many crops of what kind went, when, on whose word and why, with a hash of their ids, but nothing of the people.
Pictures that were imported where they lie are not Retrace's to delete: the receipt counts them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from reid_core.errors import DiskFull, NotThere, Refused, ReidError
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.audit import DeleteCrops
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow, read
from reid_core.workspace.catalogue.recordings.spans import end_of, merged
from reid_core.workspace.catalogue.rows import check_text, gallery_key, now
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.keeper import Going, When
from reid_core.workspace.deletion.keepers import FILES, ROWS
from reid_core.workspace.deletion.kept_copies import KeptCopy, OnProgress, Prepared, expected, kept_copies, prepared
from reid_core.workspace.deletion.marking import copies_now, count_own, footage_of, mark, people_who_go
from reid_core.workspace.deletion.recordings import recordings_that_go, tracklets_that_go
from reid_core.workspace.deletion.wiping import finish
from reid_core.workspace.layout import upload_of
from reid_core.workspace.recordings.still_shown import Concerned, StillShown, told_of
from reid_core.workspace.reserve import with_room
from reid_core.workspace.workspace import Workspace

TOLD = ("recordings", "copies")  # of a receipt: told when the deletion is done, and not kept


@dataclass(frozen=True)
class Plan:
    """What a deletion would do: `crops` go, `held` stay because of the holds named in `holds`.

    `files_kept` originals lie where they were imported from and stay there; `files_wiped` lie in the workspace.
    `identities` are people of whom no crop would be left, `recordings` those that would go with their last crops,
    `tracklets` those that have no crops and would go. `copies` are films in the workspace that show somebody who goes.
    """

    crops: int
    held: int
    holds: tuple[str, ...]
    identities: int
    cameras: int
    vectors: int
    files_wiped: int
    files_kept: int
    recordings: int = 0
    tracklets: int = 0
    copies: tuple[KeptCopy, ...] = ()

    def without_blurring(self) -> Plan:
        """The same where copies are removed instead."""
        return dataclasses.replace(self, copies=tuple(one.removed() for one in self.copies))

    @property
    def blurs(self) -> bool:
        """Whether a copy is the only file of a recording that is known, and can be blurred first."""
        return any(one.blurs for one in self.copies)

    def describe(self) -> str:
        """Sentences for a person who is about to decide."""
        parts = [f"{plural(self.crops, 'crop')} would be deleted, with {plural(self.vectors, 'vector')}."]
        if self.identities:
            parts.append(f"Nothing would be left of {plural(self.identities, 'identity')}.")
        if self.tracklets:
            parts.append(f"{plural(self.tracklets, 'tracklet')} without crops would be deleted.")
        if self.recordings:
            parts.append(f"{plural(self.recordings, 'recording')} would be removed from the gallery.")
        if self.files_wiped:
            parts.append(f"{plural(self.files_wiped, 'picture')} kept in the workspace would be deleted.")
        if self.files_kept:
            parts.append(f"{plural(self.files_kept, 'original')} would stay where they were imported from.")
        if self.held:
            parts.append(f"{plural(self.held, 'crop')} would stay: held by {', '.join(self.holds)}.")
        return " ".join(parts)


@dataclass(frozen=True)
class Receipt:
    """Proof of a deletion. `ids_sha256` is the SHA-256 of the crop ids in rising order, as decimal text with a comma
    between; `finished` is when the last byte was wiped, None while another process still reads.

    `recordings` are files where the user keeps them that still show the deleted, and other recordings of the same film.
    `copies` were films in the workspace that showed them. Both are told when the deletion is done, and not kept: a path
    may be named after a person.
    """

    number: int
    at: str
    who: str
    purpose: str
    gallery: str
    selection: str
    crops: int
    held: int
    files_kept: int
    ids_sha256: str
    finished: str | None
    recordings: tuple[StillShown, ...] = ()
    copies: tuple[KeptCopy, ...] = ()


def plan(workspace: Workspace, gallery: str, selection: Selection) -> Plan:
    """The dry run: counts what `delete` would do now, and changes nothing."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        key = gallery_key(database, gallery)
        held, holds = mark(database, key, selection)
        crops, cameras = database.execute(
            "SELECT COUNT(*), COUNT(DISTINCT camera) FROM crop WHERE id IN (SELECT id FROM doomed)"
        ).fetchone()
        identities = len(people_who_go(database, key))
        vectors = database.execute("SELECT COUNT(*) FROM vector WHERE crop IN (SELECT id FROM doomed)").fetchone()[0]
        wiped = count_own(database, workspace)
        recordings = recordings_that_go(database, key, selection)
        tracklets = tracklets_that_go(database, key, selection, recordings)
        taken = footage_of(database, workspace, key, recordings, tracklets).taken
    return Plan(
        crops, held, holds, identities, cameras, vectors, wiped, crops - wiped, len(recordings), len(tracklets),
        kept_copies(workspace, taken),
    )  # fmt: skip


def delete(
    workspace: Workspace,
    gallery: str,
    selection: Selection,
    purpose: str,
    *,
    remove_copies: bool = False,
    stop: StopRequest | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Receipt:
    """Delete the selected crops that no hold keeps, and tracklets without crops that fit; whole, or not at all.

    With a selection of everything the gallery itself goes too, unless a hold keeps some of it. A film in the workspace
    that is the only file known of its recording is blurred first, which may take minutes and tells `on_progress`;
    `remove_copies` removes it instead. Raises ReidError when nothing fits, when all of it is held, when no purpose is
    given, and when such a film cannot be blurred; `whole_files.Stopped` where `stop` says so before anything is gone.
    """
    if not purpose.strip():
        raise ReidError("Say why these crops are deleted; the receipt keeps it (--purpose).")
    check_text(purpose)
    while True:
        taken = with_room(workspace.path, lambda: copies_now(workspace, gallery, selection))
        copies = kept_copies(workspace, taken)
        if remove_copies:
            copies = tuple(one.removed() for one in copies)
        try:
            with prepared(workspace, taken, copies, stop or StopRequest(), on_progress) as films:
                number, concerned = _delete_in_room(workspace, gallery, selection, purpose.strip(), films)
            break
        except DeletedMeanwhile:  # the films that were made show somebody, or a copy has come in
            continue
        except ReidError:  # another deletion may have wiped the very film that was to be blurred
            if expected(copies_now(workspace, gallery, selection)) == expected(taken):
                raise
    from reid_core.workspace.search.gallery_index import refresh_indexes  # slow to import

    refresh_indexes(workspace, gallery)
    finish(workspace.catalogue, workspace.thumbnails)
    receipt = next(receipt for receipt in receipts(workspace) if receipt.number == number)
    return dataclasses.replace(receipt, recordings=told_of(workspace, concerned), copies=copies)


def _delete_in_room(
    workspace: Workspace, gallery: str, selection: Selection, purpose: str, films: Prepared
) -> tuple[int, list[Concerned]]:
    try:
        with films.in_place():
            return with_room(workspace.path, lambda: _delete_rows(workspace, gallery, selection, purpose, films))
    except DiskFull as error:
        raise DiskFull(
            "The disk is full, and there is no room to delete so many crops at once. Nothing was deleted. "
            "Delete fewer at once, such as one person or one camera (--identity, --camera), or remove other files."
        ) from error


def _delete_rows(
    workspace: Workspace, gallery: str, selection: Selection, purpose: str, films: Prepared
) -> tuple[int, list[Concerned]]:
    """The first half of a deletion, in one transaction: the number of its receipt, and of which recordings it took
    somebody. Raises DeletedMeanwhile where the films are not those of this deletion."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        held, holds = mark(database, key, selection)
        ids = [id for (id,) in database.execute("SELECT id FROM doomed ORDER BY id")]
        recordings = recordings_that_go(database, key, selection)
        tracklets = tracklets_that_go(database, key, selection, recordings)
        if not ids and not tracklets and held:
            raise Refused(f"All {plural(held, 'crop')} are held by {', '.join(holds)}. Release them first.")
        if not ids and not tracklets and not recordings and not selection.is_everything():
            raise NotThere(f"No crop of gallery {gallery!r} fits: {selection.describe()}.")
        footage = footage_of(database, workspace, key, recordings, tracklets)
        films.check(footage.taken)
        gone = selection.is_everything() and not held  # the gallery itself goes, too
        digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
        number = database.execute(
            "INSERT INTO deletion (at, who, purpose, gallery, selection, crops, held, files_kept, ids_sha256) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key",
            (
                now(), workspace.actor.name, purpose, gallery, selection.describe(names=False), len(ids), held,
                len(ids) - count_own(database, workspace), digest,
            ),
        ).fetchall()[0][0]  # fmt: skip
        going = Going(
            database, workspace.path, gallery, key, footage.people,
            _sources(database, key, everything=selection.is_everything()), recordings, tracklets, whole=gone,
            in_view=footage.in_view, copies=[one.row.key for one in footage.taken],
        )  # fmt: skip
        _write_down_what_is_left(going, number)
        lost = read(database, "recording.key IN (SELECT value FROM json_each(?))", (json.dumps(recordings),))
        for rows in ROWS:
            if rows.forget is not None:
                rows.forget(going)
        films.note(database, workspace.catalogue, f"receipt {number}")
        database.execute("DROP TABLE doomed")
        concerned = _concerned(going, lost)
        event = DeleteCrops(
            purpose=purpose, gallery=gallery, crops=len(ids), held=held, receipt=number, ids_sha256=digest,
            log_lines=going.log_lines, recordings=_with_a_file_elsewhere(workspace, concerned, films) or None,
        )  # fmt: skip
        write_log(database, workspace.actor, event)
        return int(number), concerned


def receipts(workspace: Workspace) -> list[Receipt]:
    """All receipts, newest first."""
    names = [field.name for field in dataclasses.fields(Receipt) if field.name not in TOLD]
    columns = ", ".join("key" if name == "number" else name for name in names)
    with workspace.catalogue.transaction() as database:
        return [Receipt(*row) for row in database.execute(f"SELECT {columns} FROM deletion ORDER BY key DESC")]


def _sources(database: Connection, gallery: int, *, everything: bool) -> list[int]:
    """Sources that the deletion touches."""
    which = "" if everything else "AND key IN (SELECT source FROM crop WHERE id IN (SELECT id FROM doomed))"
    return [key for (key,) in database.execute(f"SELECT key FROM source WHERE gallery = ? {which}", (gallery,))]


def _concerned(going: Going, lost: Sequence[RecordingRow]) -> list[Concerned]:
    """Those that are `lost`, and those that stay."""
    keys = json.dumps(sorted({recording for recording, _, _ in going.in_view}))
    found = [Concerned(row, (), gone=True) for row in lost]
    for row in read(going.database, "recording.key IN (SELECT value FROM json_each(?))", (keys,)):
        spans = [(start, end) for recording, start, end in going.in_view if recording == row.key]
        found.append(Concerned(row, merged(spans, end_of(row))))
    return found


def _with_a_file_elsewhere(workspace: Workspace, concerned: Sequence[Concerned], films: Prepared) -> int:
    """How many of them have a file that is not the workspace's, as far as is known without looking for it."""
    blurred = {film.row.key for film in films.films}  # of these no other file was there
    return sum(
        one.row.key not in blurred and upload_of(workspace.incoming, Path(one.row.path)) is None for one in concerned
    )


def _write_down_what_is_left(going: Going, number: int) -> None:
    times = (When.CROPS, When.GALLERY) if going.whole else (When.CROPS,)
    for keeper in FILES:
        if keeper.wipe is not None and keeper.when in times:
            rows = ((number, keeper.kind, name) for name in keeper.write_down(going))
            going.database.executemany("INSERT INTO removal VALUES (?, ?, ?)", rows)
