"""Which recordings there are, and the one that is meant."""

from __future__ import annotations

from reid_core.errors import NotThere
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import (
    NUMBERED,
    RecordingRow,
    TakenUp,
    newest_deletion,
    number_of,
    of_key,
    read,
)
from reid_core.workspace.catalogue.rows import gallery_key


def every(catalogue: Catalogue, gallery: str) -> list[RecordingRow]:
    """The gallery's recordings, by camera and start."""
    with catalogue.transaction() as database:
        return read(database, "recording.gallery = ?", (gallery_key(database, gallery),))


def names(catalogue: Catalogue, gallery: str) -> list[str]:
    """Of all recordings of the gallery. Raises ReidError when there is no such gallery."""
    with catalogue.transaction() as database:
        key = gallery_key(database, gallery)
        return [name for (name,) in database.execute("SELECT name FROM recording WHERE gallery = ?", (key,))]


def named(catalogue: Catalogue, gallery: str, name: str) -> RecordingRow:
    """Raises ReidError, naming those that there are, when the gallery has no recording of that name."""
    rows = every(catalogue, gallery)
    for row in rows:
        if row.name == name:
            return row
    there = f"There are: {', '.join(row.name for row in rows)}." if rows else "It has none; add one with `reid video`."
    raise NotThere(f"Gallery {gallery!r} has no recording {name!r}. {there}")


def of_file(catalogue: Catalogue, gallery: str, sha256: bytes) -> RecordingRow | None:
    """The recording of a file with these bytes, wherever it lies."""
    with catalogue.transaction() as database:
        where = "recording.gallery = ? AND recording.sha256 = ?"
        return next(iter(read(database, where, (gallery_key(database, gallery), sha256))), None)


def at_path(catalogue: Catalogue, gallery: str, path: str) -> RecordingRow | None:
    """The newest recording of the file that lies, or lay, there."""
    with catalogue.transaction() as database:
        where = "recording.gallery = ? AND recording.path = ?"
        rows = read(database, where, (gallery_key(database, gallery), path))
        return max(rows, key=lambda row: row.key, default=None)


def take_up(catalogue: Catalogue, recording: int) -> TakenUp:
    """What its analysis goes on from. Raises ReidError when the recording was deleted.

    No number of a track is given again, so a name never comes to mean another person: the highest one is kept with the
    recording, and of recordings of earlier programs it is looked for in the names that are left.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        row = of_key(database, recording)
        state = database.execute("SELECT state FROM recording WHERE key = ?", (recording,)).fetchone()[0]
        names = database.execute("SELECT name FROM tracklet WHERE recording = ?", (recording,)).fetchall()
        numbered = max([row.settings.get(NUMBERED, 0), *(number_of(name) for (name,) in names)])
        return TakenUp(row, state, numbered, newest_deletion(database, row.gallery))


def is_copied(catalogue: Catalogue, recording: int) -> bool:
    """Whether the workspace keeps its file, too; False where the recording was deleted."""
    with catalogue.transaction() as database:
        row = database.execute("SELECT copied FROM recording WHERE key = ?", (recording,)).fetchone()
        return row is not None and bool(row[0])
