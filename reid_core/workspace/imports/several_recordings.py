"""Bringing several recordings in, some at once: one that fails is named, and the others go on.

A gallery that is made for recordings of which none comes in is gone again.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from reid_core.datasets import Skipped
from reid_core.embedder.inference import Embedder
from reid_core.errors import NotThere, ReidError, is_full, why
from reid_core.files import one_at_a_time
from reid_core.signals import StopRequest
from reid_core.video.detection import Detector
from reid_core.video.motchallenge import check_place
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recordings import RecordingReport, Standing, import_recording
from reid_core.workspace.imports.whole_files import Stopped
from reid_core.workspace.layout import LOCK
from reid_core.workspace.workspace import Workspace


@contextmanager
def gallery_for(workspace: Workspace, name: str) -> Iterator[None]:
    """The gallery is there in this block, and stays if it was there before or if something came in."""
    catalogue = workspace.catalogue
    try:
        catalogue.gallery(name)
        is_new = False
    except NotThere:
        is_new = True
    catalogue.add_gallery(name)
    try:
        yield
    finally:
        if is_new:
            with one_at_a_time(workspace.path / LOCK):  # another process may be adding a recording to it
                catalogue.remove_gallery_if_empty(name)


def import_recordings(
    workspace: Workspace,
    plans: Sequence[Planned],
    gallery: str,
    detector: Detector,
    embedder: Embedder,
    *,
    stop: StopRequest,
    at_once: int = 1,
    on_progress: Callable[[Standing], None] = lambda standing: None,
    on_reading: Callable[[str], None] = lambda doing: None,
    tracks: Path | None = None,
) -> list[RecordingReport | Skipped]:
    """As `import_recording` for each, with the progress of all together; in the order of `plans`.

    `on_reading` hears what is read besides frames, and how far: "hashing gate.mp4: 12 % of 40.0 GB". `tracks` is the
    file for the tracks of one recording, or the folder for those of several. Raises what a single recording raises, and
    DiskFull. After a stop there is no report of what was not begun.
    """
    several = len(plans) > 1
    if several and tracks is not None:
        _make(tracks)
    names = _names(plans)
    standings = _Standings([plan.seconds for plan in plans], on_progress, on_reading)

    def bring_in(place: int) -> RecordingReport | Skipped | None:
        plan = plans[place]
        if stop.requested:
            return None
        lines = tracks / names[place] if several and tracks is not None else tracks
        try:
            if lines is not None:
                check_place(lines)  # before the recording has a row
            workspace.catalogue.gallery(gallery)  # it may have been deleted: then it is not made again
            report = import_recording(
                workspace, plan, gallery, detector, embedder, stop=stop, tracks=lines,
                on_progress=lambda standing: standings.show(place, standing), on_reading=standings.read,
            )  # fmt: skip
            if report.already and not math.isnan(plan.seconds):
                standings.show(place, Standing(plan.seconds, plan.seconds, 0.0))
            return report
        except Stopped:
            return None
        except ReidError as error:
            if not several or is_full(error):
                raise
            return Skipped(str(plan.path), str(error))

    with gallery_for(workspace, gallery), ThreadPoolExecutor(at_once) as pool:
        return [report for report in pool.map(bring_in, range(len(plans))) if report is not None]


def _names(plans: Sequence[Planned]) -> list[str]:
    """Of the files of tracks: after the recordings, and of two of one name the later one with a number."""
    counts: Counter[str] = Counter()
    names = []
    for plan in plans:
        counts[plan.path.stem] += 1
        number = counts[plan.path.stem]
        names.append(f"{plan.path.stem}.txt" if number == 1 else f"{plan.path.stem}-{number}.txt")
    return names


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full(error):
            raise
        raise ReidError(f"Tracks cannot be written to the folder {folder} ({why(error)}). Name another one.") from error


class _Standings:
    """The progress of several recordings as one: their seconds add up."""

    def __init__(
        self, seconds: Sequence[float], on_progress: Callable[[Standing], None], on_reading: Callable[[str], None]
    ) -> None:
        """`seconds` are the recordings' lengths as far as they are known, else NaN."""
        self._each = [Standing(0.0, length, 0.0) for length in seconds]
        self._first: dict[int, float] = {}  # what earlier runs had done of each
        self._on_progress, self._on_reading = on_progress, on_reading
        self._lock = Lock()
        self._began = time.monotonic()

    def read(self, doing: str) -> None:
        with self._lock:
            self._on_reading(doing)

    def show(self, place: int, standing: Standing) -> None:
        with self._lock:
            self._each[place] = standing
            self._first.setdefault(place, standing.done)
            done, total = sum(one.done for one in self._each), sum(one.total for one in self._each)
            now_done = done - sum(self._first.values())
            self._on_progress(Standing(done, total, now_done / max(time.monotonic() - self._began, 1e-3)))
