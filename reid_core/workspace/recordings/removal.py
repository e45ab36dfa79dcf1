"""Removing the file that a recording was analysed from, where the user keeps it.

Only that very file goes: no link, and no other file that has come to lie there. The recording stays in its gallery.
"""

from __future__ import annotations

import os
import stat
from sqlite3 import Connection

from reid_core.errors import NotThere, Refused, ReidError, why
from reid_core.records import listed, plural
from reid_core.workspace.catalogue.audit_recordings import RemoveFile
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import RecordingRow, read
from reid_core.workspace.clips.shown_file import ShownFile, fault_of, file_of, is_that_file, original_of
from reid_core.workspace.imports.allowed_folders import check_allowed
from reid_core.workspace.recordings.still_shown import StillShown
from reid_core.workspace.reserve import with_room
from reid_core.workspace.workspace import Workspace

_LOGGED = "The log already says that this file was removed"


def removal_plan(workspace: Workspace, gallery: str, name: str) -> str:
    """Sentences for a person who is about to decide. Raises ReidError where the file would not be removed."""
    row = finding.named(workspace.catalogue, gallery, name)
    with workspace.catalogue.transaction() as database:
        _check_row(database, row)
        others = _others(database, row.path, row.key)
        tracklets = database.execute("SELECT COUNT(*) FROM tracklet WHERE recording = ?", (row.key,)).fetchone()[0]
    os.close(_opened(original_of(row)))
    size = f"{row.path} ({row.bytes / 1e6:,.1f} MB) would be removed from the disk."
    stays = f"Recording {name} stays in gallery {gallery} with its tracklets and crops."
    also = f" It is also the file of {listed(others)}." if others else ""
    return f"{size}{also} {stays} {_what_is_left(workspace, row, tracklets)}"


def _what_is_left(workspace: Workspace, row: RecordingRow, tracklets: int) -> str:
    own = file_of(workspace, row)
    if row.copied and not fault_of(own):
        kind = "blurred copy" if own.blurred else "copy"
        return f"The workspace's {kind} is then the only file of it that is known, and is what is played."
    if not tracklets:
        return "No other file of it is known."
    return f"No other file of it is known: {plural(tracklets, 'tracklet')} could not be played any more."


def remove_file(workspace: Workspace, gallery: str, name: str, purpose: str, *, by_page: bool = False) -> int:
    """Remove it from the disk for good; how many other names (hard links) that file has left.

    With `by_page` it has to lie in a folder that pages may import from. Raises ReidError where it is gone, a link or
    another file, where a hold keeps crops of the recording, and where its analysis still needs it. An error that comes
    after the line of the log was written says so; the next try writes a line of its own.
    """
    row = finding.named(workspace.catalogue, gallery, name)
    event = RemoveFile(gallery=gallery, recording=row.key, bytes=row.bytes, path=row.path, purpose=purpose.strip())
    return _remove(workspace, original_of(row), event, by_page)


def remove_known_file(workspace: Workspace, known: StillShown, purpose: str, *, by_page: bool = False) -> int:
    """The same of a recording that a deletion took altogether: the log does not keep the path."""
    if not known.gone:
        return remove_file(workspace, known.gallery, known.recording, purpose, by_page=by_page)
    event = RemoveFile(gallery=known.gallery, recording=known.key, bytes=known.file.bytes, purpose=purpose.strip())
    return _remove(workspace, known.file, event, by_page)


def _remove(workspace: Workspace, file: ShownFile, event: RemoveFile, by_page: bool) -> int:
    """The log comes first: no file goes without a line, whenever the disk is full or the process ends.

    Nothing reads the user's disk while the catalogue is locked.
    """
    os.close(_checked(workspace, file, by_page))
    if not os.access(file.path.parent, os.W_OK | os.X_OK):
        raise ReidError(f"{file.path} cannot be removed (Permission denied). Check who may write its folder.")
    with_room(workspace.path, lambda: _log(workspace, file, event))
    try:
        return _unlinked(file, _checked(workspace, file, by_page))
    except NotThere as error:
        raise NotThere(f"{error} It went in this moment, and not by this command. {_LOGGED}.") from error
    except ReidError as error:
        raise type(error)(f"{error} {_LOGGED}, and it is still there: try again once that is put right.") from error


def _checked(workspace: Workspace, file: ShownFile, by_page: bool) -> int:
    """A handle of the file, which may be removed. Raises ReidError."""
    if by_page:
        check_allowed(file.path)
    with workspace.catalogue.transaction() as database:
        _check_rows(database, file)
    return _opened(file)


def _log(workspace: Workspace, file: ShownFile, event: RemoveFile) -> None:
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        _check_rows(database, file)
        write_log(database, workspace.actor, event)


def _unlinked(file: ShownFile, handle: int) -> int:
    """How many other names the file of that handle has, once it is gone from its path. Closes the handle."""
    try:
        links = os.fstat(handle).st_nlink
        if not os.path.samestat(os.fstat(handle), os.lstat(file.path)):
            raise Refused(f"{file.path} was exchanged in this moment. Look at it, and try again.")
        os.unlink(file.path)
    except FileNotFoundError as error:
        raise NotThere(f"{file.path} is not there any more.") from error
    except OSError as error:
        raise ReidError(f"{file.path} cannot be removed ({why(error)}). Check who may write its folder.") from error
    finally:
        os.close(handle)
    return links - 1


def _check_rows(database: Connection, file: ShownFile) -> None:
    for row in read(database, "recording.path = ?", (str(file.path),)):
        _check_row(database, row)


def _check_row(database: Connection, row: RecordingRow) -> None:
    holds = database.execute(
        "SELECT DISTINCT hold.name FROM hold JOIN crop ON crop.id = hold.crop WHERE crop.recording = ? ORDER BY 1",
        (row.key,),
    ).fetchall()
    if holds:
        names = listed([name for (name,) in holds])
        raise Refused(f"Crops of recording {row.name} are held by {names}, so its file stays. Release them first.")
    if row.finished is None:
        raise Refused(
            f"Recording {row.name} of gallery {row.gallery} is not analysed to its end, which needs its file. "
            "Import its file again (or run `reid video`) to analyse the rest, or delete the recording."
        )


def _opened(file: ShownFile) -> int:
    """A handle of the file, which is that one. Raises ReidError."""
    path = file.path
    if not file.head_sha256:
        raise Refused(f"Nothing is known of the first bytes of {path}, so it may be another file. Remove it yourself.")
    if os.path.islink(path) or os.path.realpath(path) != str(path):
        raise Refused(f"{path} leads through a link. Nothing was removed: look where it leads, and remove it yourself.")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise NotThere(f"{path} is not there any more.") from error
    except OSError as error:
        raise ReidError(f"{path} cannot be read ({why(error)}), so nothing tells whether it is that film.") from error
    try:
        with open(handle, "rb", closefd=False) as opened:
            same = stat.S_ISREG(os.fstat(handle).st_mode) and is_that_file(file, opened)
    except OSError as error:
        os.close(handle)
        raise ReidError(f"{path} cannot be read ({why(error)}), so nothing tells whether it is that film.") from error
    if not same:
        os.close(handle)
        raise Refused(
            f"{path} is not the file that was analysed: its size, its beginning or a piece of it differs. It stays."
        )
    return handle


def _others(database: Connection, path: str, key: int) -> list[str]:
    rows = read(database, "recording.path = ? AND recording.key <> ?", (path, key))
    return [f"recording {row.name} of gallery {row.gallery}" for row in rows]


def say_links(left: int) -> str:
    """A sentence where the file has other names, which keep it on the disk; else ""."""
    return f"It has {plural(left, 'other name')} on the disk, which keep it there: remove them, too." if left else ""
