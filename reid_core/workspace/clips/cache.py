"""Clips as files, `clips/<recording>/<start>-<end>[-converted].mp4` with what is true of each in a JSON beside it.

They are only copies: the ones that were played longest ago go when there are too many, and all of a gallery's when
anything of it is deleted.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import FREE_SPACE, DiskFull
from reid_core.files import one_at_a_time, write_atomically
from reid_core.json_text import read_json
from reid_core.temporary import temporary_file
from reid_core.video.clips import Clip
from reid_core.video.clips.clip import AS_RECORDED, CONVERTED
from reid_core.workspace.catalogue.recordings import keeping
from reid_core.workspace.catalogue.recordings.rows import read
from reid_core.workspace.catalogue.recordings.spans import Span
from reid_core.workspace.clips.spans import overlaps
from reid_core.workspace.clips.walks import Walk, spans_shown
from reid_core.workspace.layout import CLIPS, LOCK
from reid_core.workspace.reserve import BYTES as RESERVE
from reid_core.workspace.workspace import Workspace

QUOTA = 500 * 10**6  # bytes of all clips
LEAST_FREE = 4 * RESERVE  # bytes that clips leave on the disk for what matters more
NAME = re.compile(r"[0-9]{1,9}-[0-9]{1,9}(-converted)?")
FILES = ("*.mp4", "*.json", "*.lock")
Make = Callable[[Path], Clip]


@dataclass(frozen=True)
class Kept:
    """A clip that lies in the cache; `name` is without ".mp4"."""

    recording: int
    name: str
    file: Path
    clip: Clip


def folder_of(workspace: Path, recording: int) -> Path:
    return workspace / CLIPS / str(recording)


def name_of(stretch: Span, *, is_converted: bool) -> str:
    """
    >>> name_of((9.4, 28.0), is_converted=True)
    '9400-28000-converted'
    """
    first, last = (round(1000 * moment) for moment in stretch)
    return f"{first}-{last}{'-converted' if is_converted else ''}"


def file_of(workspace: Workspace, recording: int, name: str) -> Path | None:
    """The MP4 of that name, which counts as played now; None where there is none, or no clip is called so, and where
    it shows somebody who was deleted: a deletion wipes it only after it has said so.

    Raises ReidError where the catalogue cannot be read.
    """
    if not NAME.fullmatch(name):
        return None
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        rows = read(database, "recording.key = ?", (recording,))
        if not rows:
            return None
        spans = spans_shown(database, rows[0])
    found = kept(workspace.path, recording, name, spans)
    return None if found is None else found.file


def kept(workspace: Path, recording: int, name: str, spans: Iterable[Span]) -> Kept | None:
    """The clip of that name, where it lies here whole and has no frame in those spans, in which somebody was who is
    deleted. What was copied begins before its stretch, so that its name does not tell."""
    file = folder_of(workspace, recording) / f"{name}.mp4"
    try:
        told = read_json(file.with_suffix(".json").read_bytes())
        clip = Clip(tuple(map(float, told["times"])), str(told["said"]))
        if file.stat().st_size != told["bytes"] or not clip.times or clip.said not in (AS_RECORDED, CONVERTED):
            return None
        if overlaps(clip.span, spans):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    _is_played(file)
    return Kept(recording, name, file, clip)


def keep(workspace: Workspace, walk: Walk, name: str, make: Make, seconds: float = math.inf) -> Kept:
    """The clip of that name: as it lies here, or as `make` writes it into a file, once it knows that there is room: see
    `make_room`. Of one name only one is made at a time, by whichever process; after so many `seconds` of waiting for
    another one it raises Busy.

    Raises what `make` raises, DiskFull, DeletedMeanwhile where something of the gallery was deleted since the walk was
    read, and NotThere where the recording was: then nothing is kept.
    """
    recording, path = walk.row.key, workspace.path
    with _alone(folder_of(path, recording), name, seconds):
        if (there := kept(path, recording, name, walk.spans)) is not None:
            keeping.check(workspace.catalogue, recording, walk.deletion)
            return there
        file = folder_of(path, recording) / f"{name}.mp4"
        with temporary_file(file) as (_, temporary):
            clip = make(temporary)
            told = {"times": clip.times, "said": clip.said, "bytes": temporary.stat().st_size}
            # A deletion wipes what lies here, and may not look between the check and the move: see `keep_tracklets`.
            with one_at_a_time(path / LOCK):
                keeping.check(workspace.catalogue, recording, walk.deletion)
                text = json.dumps(told).encode()
                write_atomically(file.with_suffix(".json"), lambda out: out.write(text))
                temporary.replace(file)
        prune(path, spare=file)
        return Kept(recording, name, file, clip)


def make_room(workspace: Path, size: float) -> None:
    """Older clips go where the disk has no room for `size` bytes. Raises DiskFull where that does not help: then none
    goes that could have stayed."""
    clips = _by_age(workspace)
    may_go = sum(clips.values())
    while (lacking := size + LEAST_FREE - shutil.disk_usage(workspace).free) > 0:
        if may_go < lacking:
            raise DiskFull(f"The disk is nearly full, and there is no room for a clip; {FREE_SPACE}")
        oldest = next(iter(clips))
        may_go -= clips.pop(oldest)
        _remove(oldest)


def prune(workspace: Path, *, spare: Path | None = None) -> None:
    """Those that were played longest ago go until the rest keeps to the quota; `spare` stays. What lies here without
    its MP4 goes, too."""
    _sweep(workspace)
    sizes = _by_age(workspace)
    total = sum(sizes.values())
    for file, size in sizes.items():
        if total <= QUOTA:
            return
        if file != spare:
            _remove(file)
            total -= size


def wipe(workspace: Path, recording: str) -> None:
    """All clips of the recording of that key. What is being written now has a temporary name, and is not put in place:
    see `keep`. Raises OSError where one cannot be removed."""
    folder = workspace / CLIPS / recording
    for pattern in FILES:
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        with suppress(OSError):
            empty.rmdir()


@contextmanager
def _alone(folder: Path, name: str, seconds: float) -> Iterator[None]:
    """Waits until no other process or thread makes the clip of that name. Raises Busy after the seconds."""
    with ExitStack() as stack:
        while True:
            folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # a deletion took the folder away in this moment
                stack.enter_context(one_at_a_time(folder / f"{name}.lock", seconds))
                break
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield
        finally:
            if not (folder / f"{name}.mp4").exists():  # it was refused
                (folder / f"{name}.lock").unlink(missing_ok=True)


def _by_age(workspace: Path) -> dict[Path, int]:
    """All clips and how many bytes they have, those that were played longest ago first."""
    found = []
    for file in (workspace / CLIPS).glob("*/*.mp4"):
        with suppress(OSError):
            told = file.stat()
            found.append((told.st_mtime, file, told.st_size))
    return {file: size for _, file, size in sorted(found)}


def _sweep(workspace: Path) -> None:
    """Locks and JSON without an MP4 go, which a process left that was killed, unless one is at work on that clip."""
    import fcntl  # Linux and macOS

    left = {file.with_suffix("") for file in (workspace / CLIPS).glob("*/*") if file.suffix in (".json", ".lock")}
    for clip in left:
        if clip.with_suffix(".mp4").exists():
            continue
        with suppress(OSError), clip.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not clip.with_suffix(".mp4").exists():
                _remove(clip.with_suffix(".mp4"))


def _is_played(file: Path) -> None:
    with suppress(OSError):
        os.utime(file)


def _remove(file: Path) -> None:
    for suffix in (".mp4", ".json", ".lock"):
        file.with_suffix(suffix).unlink(missing_ok=True)
