"""What goes of the workspace's files with crops, where no other room has a function for it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from reid_core.temporary import has_writer, is_ours
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.recordings.spans import BLURRED_FILE
from reid_core.workspace.deletion.keeper import Going, Left, Stayed
from reid_core.workspace.deletion.rows import DOOMED
from reid_core.workspace.layout import DEMO, DEMO_VIDEOS, INCOMING, ORIGINALS, STILL, truth_of

# Pictures that are ours: copies, and what Retrace drew itself. The value is the folder of the latter.
OWN = f"(source.copied OR source.path = ?) AND crop.id {DOOMED}"


def doomed_thumbnails(going: Going) -> Iterator[str]:
    query = f"SELECT DISTINCT lower(hex(sha256)) FROM crop WHERE id {DOOMED}"
    return (sha256 for (sha256,) in going.database.execute(query))


def orphaned_thumbnails(left: Left) -> Iterator[str]:
    """Their import was interrupted before it had rows for them."""
    known = {sha256 for (sha256,) in left.database.execute("SELECT sha256 FROM crop")}
    return (sha256.hex() for sha256 in left.thumbnails.hashes() if sha256 not in known)


def wipe_thumbnails(left: Left, names: Sequence[str]) -> Stayed:
    """All at once: each time by itself would take as long. What another crop shares stays."""
    query = "SELECT 1 FROM crop WHERE sha256 = ? LIMIT 1"
    hashes = map(bytes.fromhex, names)
    left.thumbnails.remove([sha256 for sha256 in hashes if not left.database.execute(query, (sha256,)).fetchone()])
    return {}


def doomed_originals(going: Going) -> Iterator[str]:
    rows = going.database.execute(
        "SELECT crop.source || '/' || crop.path FROM crop JOIN source ON source.key = crop.source "
        f"WHERE source.copied AND crop.id {DOOMED}"
    )
    return (name for (name,) in rows)


def orphaned_originals(left: Left) -> Iterator[str]:
    """As thumbnails. An import that is at work holds the lock until its rows are there."""
    copied = {key for (key,) in left.database.execute("SELECT key FROM source WHERE copied")}
    for folder in (left.workspace / ORIGINALS).glob("*"):
        there: set[str] = set()
        if folder.name.isdecimal() and int(folder.name) in copied:
            found = left.database.execute("SELECT path FROM crop WHERE source = ?", (int(folder.name),))
            there = {path for (path,) in found} | _of_recording(left, int(folder.name))
        files = (file for file in folder.rglob("*") if file.is_file() and not (is_ours(file.name) and has_writer(file)))
        paths = (file.relative_to(folder).as_posix() for file in files)
        yield from (f"{folder.name}/{path}" for path in paths if path not in there)


def _of_recording(left: Left, source: int) -> set[str]:
    """Names of what lies there besides copies of crops, of a recording: its still, and the file where it is kept."""
    query = f"SELECT path, copied, still_moment, {BLURRED_FILE} FROM recording WHERE source = ?"
    return {
        name
        for path, copied, still, blurred in left.database.execute(query, (source,))
        for name, there in ((blurred or Path(path).name, copied), (STILL, still is not None))
        if there
    }


def wipe_original(left: Left, name: str) -> None:
    source, _, path = name.partition("/")
    values = (int(source), path)
    kept = left.database.execute("SELECT 1 FROM crop WHERE source = ? AND path = ?", values).fetchone()
    if not kept and path not in _of_recording(left, int(source)):
        unlink(left.workspace / ORIGINALS / source, path)


def doomed_drawings(going: Going) -> Iterator[str]:
    rows = going.database.execute(
        "SELECT crop.path FROM crop JOIN source ON source.key = crop.source "
        f"WHERE source.path = ? AND NOT source.copied AND crop.id {DOOMED}",
        (str(going.workspace / DEMO),),
    )
    yield from (f"{DEMO}/{path}" for (path,) in rows)
    recordings = going.database.execute(
        "SELECT path FROM recording WHERE key IN (SELECT value FROM json_each(?))", (json.dumps([*going.recordings]),)
    )
    yield from (name for (path,) in recordings if (name := _drawn_video(path)) is not None)


def wipe_drawing(left: Left, name: str) -> None:
    """A video goes with the last recording that was made of it, and with it the table of who is where in it."""
    if _drawn_video(name) is None:
        unlink(left.workspace, name)
    elif name not in {_drawn_video(path) for (path,) in left.database.execute("SELECT path FROM recording")}:
        unlink(left.workspace, name)
        unlink(left.workspace, truth_of(Path(name)).as_posix())


def _drawn_video(path: str) -> str | None:
    """Its name below the workspace, wherever that lay when the path was written down; None for other files."""
    name = "/".join(Path(path).parts[-3:])
    return name if name.rpartition("/")[0] == DEMO_VIDEOS else None


def doomed_uploads(going: Going) -> Iterator[str]:
    """Of an upload whose import was interrupted the dropped file is there, beside its copy."""
    query = (
        "SELECT substr(source.path || '/' || crop.path, ?) FROM crop JOIN source ON source.key = crop.source "
        f"WHERE instr(source.path, ?) = 1 AND crop.id {DOOMED}"
    )
    values = (len(f"{going.workspace}/") + 1, f"{going.workspace / INCOMING}/")
    return (path for (path,) in going.database.execute(query, values))


def import_reports(going: Going) -> Iterable[str]:
    """What imports left out, whether any of their crops go or not: files are often named after people."""
    rows = going.database.execute("SELECT key FROM source WHERE gallery = ?", (going.key,))
    return [f"reports/{key}.csv" for (key,) in rows]


def wipe_file(left: Left, name: str) -> None:
    unlink(left.workspace, name)


def wipe_backups(left: Left, _: str) -> None:
    """Copies of the databases from before they were brought up to date, which hold what was deleted."""
    for database in (left.catalogue.path, left.thumbnails.path):
        for backup in backups(database):
            backup.unlink(missing_ok=True)


def empty_logs(left: Left, pattern: str) -> None:
    """The app may be writing them: they stay, and are empty."""
    for log in left.workspace.glob(pattern):
        if log.is_file() and not log.is_symlink():
            os.truncate(log, 0)


def wipe_of_gallery(left: Left, folder: str, gallery: str) -> None:
    """Files of that folder that are named after the gallery, as "site.json" or "site@MODEL.json"."""
    for file in [left.workspace / folder / f"{gallery}.json", *(left.workspace / folder).glob(f"{gallery}@*")]:
        unlink(left.workspace, file.relative_to(left.workspace).as_posix())


def unlink(root: Path, path: str) -> None:
    """Remove the file and the folders below `root` that it leaves empty. Raises OSError when it cannot be removed."""
    file = root / path
    with suppress(NotADirectoryError):  # the path leads through what is a file now: there is nothing
        file.unlink(missing_ok=True)
    for folder in file.parents:
        if folder == root:
            return
        with suppress(OSError):
            folder.rmdir()
