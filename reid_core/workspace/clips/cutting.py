"""The clip of a walk: copied where a browser can play what was recorded, else encoded anew when somebody asks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from reid_core.errors import FREE_SPACE, DiskFull, NotThere, ReidError, is_full, why
from reid_core.files import Busy
from reid_core.signals import StopRequest
from reid_core.video.clips import Clip, NotPlain, Place, Stopped
from reid_core.video.clips.copying import copied
from reid_core.video.clips.encoding import OnProgress, encoded
from reid_core.video.clips.packets import Patience
from reid_core.video.stream import Reading
from reid_core.video.stream.examining import Examined, examined
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow, newest_deletion
from reid_core.workspace.catalogue.recordings.spans import Span
from reid_core.workspace.clips import cache
from reid_core.workspace.clips.cache import Kept
from reid_core.workspace.clips.originals import NoClip, deleted, place_of
from reid_core.workspace.clips.spans import overlaps
from reid_core.workspace.clips.walks import Walk, walk_of
from reid_core.workspace.workspace import Workspace

CONVERTED_BYTES = 500_000  # a second, at most
_CONVERT = "Convert this clip to play it."
_BUSY = "Another process is still making this clip."
_NO_TRACKLET = "Only clips of tracklets are converted, and this crop belongs to none."
_WOULD_SHOW = "As recorded, this clip would also show somebody who was deleted."
_SECONDS_BETWEEN_LOOKS = 0.5  # whether something is deleted
AGAIN = 3  # times that a clip is cut, where deletions come between


@dataclass(frozen=True)
class Cut:
    """A walk and its clip, or None and why: see `NoClip`."""

    walk: Walk
    clip: Kept | None
    problem: NoClip | None = None


def clip_of(workspace: Workspace, crop: int, at: float | None = None, patience: Patience | None = None) -> Cut:
    """The walk of the crop and its clip, where that is kept or can be copied, which takes no time; in a file without an
    index as long as the `patience` has it.

    Raises NotThere for a crop that is gone, or is of no recording, and Stopped where the patience stops.
    """
    for _ in range(AGAIN):
        walk = walk_of(workspace, crop, at)
        try:
            _stretch(walk)
            place = place_of(workspace, walk.row)
            return Cut(walk, _found(workspace, walk) or _copied(workspace, walk, place, patience))
        except NoClip as error:
            return Cut(walk, None, error)
        except DeletedMeanwhile:  # what was read of the walk may hold no more
            continue
    return Cut(walk, None, _deleted_meanwhile(walk.row))


def made(
    workspace: Workspace,
    crop: int,
    at: float | None = None,
    *,
    on_progress: OnProgress = lambda done, total: None,
    stop: StopRequest | None = None,
) -> Kept:
    """The clip, converted where it cannot be copied, however long it takes to find its place in the recording.

    Raises NotThere for a crop that is gone, NoClip where there can be none, and Stopped.
    """
    stop = stop or StopRequest()
    cut = clip_of(workspace, crop, at, Patience(math.inf, lambda: stop.requested))
    if cut.clip is not None:
        return cut.clip
    assert cut.problem is not None
    if not cut.problem.can_convert:
        raise cut.problem
    return _converted(workspace, cut.walk, on_progress, stop)


def _found(workspace: Workspace, walk: Walk) -> Kept | None:
    names = (cache.name_of(_stretch(walk), is_converted=converted) for converted in (False, True))
    found = (cache.kept(workspace.path, walk.row.key, name, walk.spans) for name in names)
    return next((one for one in found if one is not None), None)


def _copied(workspace: Workspace, walk: Walk, place: Place, patience: Patience | None) -> Kept:
    stretch, path = _stretch(walk), place.path

    def make(file: Path) -> Clip:
        try:
            told = path.stat()
            found = _first_look(path, place.reading, told.st_size, told.st_mtime_ns)
            return copied(place, *stretch, file, found, check, patience)
        except NotPlain as error:
            raise _not_plain(walk, str(error)) from error

    def check(clip: Clip, size: int) -> None:
        if overlaps(clip.span, walk.spans):
            raise _not_plain(walk, _WOULD_SHOW)
        cache.make_room(workspace.path, size)

    # A job may look for this place for long: a page says so instead of waiting for it.
    seconds = (patience or Patience()).seconds
    return _kept(workspace, walk, make, is_converted=False, seconds=seconds)


def _converted(workspace: Workspace, walk: Walk, on_progress: OnProgress, stop: StopRequest) -> Kept:
    stretch = _stretch(walk)
    place = place_of(workspace, walk.row)

    def make(file: Path) -> Clip:
        cache.make_room(workspace.path, CONVERTED_BYTES * (stretch[1] - stretch[0]))
        is_over = _over(workspace, walk, stop)
        try:
            return encoded(place, *stretch, file, on_progress=on_progress, stop=is_over)
        except Stopped:
            if stop.requested:
                raise
            raise _deleted_meanwhile(walk.row) from None

    try:
        return _kept(workspace, walk, make, is_converted=True)
    except DeletedMeanwhile as error:
        raise _deleted_meanwhile(walk.row) from error


def _kept(
    workspace: Workspace,
    walk: Walk,
    make: Callable[[Path], Clip],
    *,
    is_converted: bool,
    seconds: float = math.inf,
) -> Kept:
    name = cache.name_of(_stretch(walk), is_converted=is_converted)
    try:
        return cache.keep(workspace, walk, name, make, seconds)
    except (NoClip, DeletedMeanwhile):
        raise
    except NotThere as error:
        raise NoClip("gone", f"The recording {walk.row.name} was deleted, or its file was moved.") from error
    except Busy as error:
        raise _not_plain(walk, _BUSY) from error
    except OSError as error:
        if is_full(error):
            raise NoClip("space", f"The disk is full, so there is no room for a clip; {FREE_SPACE}") from error
        raise NoClip("unreadable", f"The clip cannot be made ({why(error)}). Check the disk and try again.") from error
    except DiskFull as error:
        raise NoClip("space", str(error)) from error
    except ReidError as error:
        raise NoClip("unreadable", str(error)) from error


def _stretch(walk: Walk) -> Span:
    if walk.stretch is None:
        seen = [start for start, end in walk.spans if overlaps((walk.start, walk.end), [(start, end)])]
        raise deleted(max(walk.start, min(seen, default=0.0)))
    return walk.stretch


def _over(workspace: Workspace, walk: Walk, stop: StopRequest) -> Callable[[], bool]:
    """Asks for each frame: a deletion does not wait for a clip that it forbids anyway."""
    looked = time.monotonic()

    def is_over() -> bool:
        nonlocal looked
        if stop.requested:
            return True
        if time.monotonic() - looked < _SECONDS_BETWEEN_LOOKS:
            return False
        looked = time.monotonic()
        with workspace.catalogue.transaction() as database:
            return newest_deletion(database, walk.row.gallery) > walk.deletion

    return is_over


def _not_plain(walk: Walk, reason: str) -> NoClip:
    """`reid clip` converts, and asks for a tracklet."""
    if not walk.in_tracklet:
        return NoClip("codec", f"{reason} {_NO_TRACKLET}")
    return NoClip("codec", f"{reason} {_CONVERT}", can_convert=True)


def _deleted_meanwhile(row: RecordingRow) -> NoClip:
    return NoClip(
        "unreadable",
        f"Something of gallery {row.gallery} was deleted while this clip was made, so it was not kept. Ask for it "
        "again.",
        can_convert=True,
    )


@lru_cache(maxsize=64)
def _first_look(path: Path, reading: Reading, size: int, changed: int) -> Examined:
    """It decodes a frame, which takes as long as cutting a clip: of a file that is as it was, the last look counts."""
    return examined(path, reading)
