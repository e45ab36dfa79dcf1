"""The blurred copy of a recording that the workspace keeps: whoever was deleted is in view of it and not recognisable.

The boxes of the deleted are gone, so the whole picture is blurred then, and whoever else is in view is hidden, too. A
deletion wins over a copy that is being made: the copy is begun again, with the new stretches.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reid_core.errors import DiskFull, NotThere, Refused, ReidError, is_full, why
from reid_core.files import one_at_a_time
from reid_core.signals import StopRequest
from reid_core.temporary import sweep, temporary_file
from reid_core.video import blurring as film
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, check_spans, copy_name, keep_blurred, lengths, spans_in
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.clips.cache import LEAST_FREE
from reid_core.workspace.clips.cache import wipe as wipe_clips
from reid_core.workspace.clips.shown_file import (
    ShownFile,
    blurred_of,
    fault_of,
    file_of,
    head_in,
    original_of,
    reading_of,
)
from reid_core.workspace.imports import whole_files
from reid_core.workspace.imports.planned_recordings import hash_of
from reid_core.workspace.layout import LOCK
from reid_core.workspace.reserve import with_room
from reid_core.workspace.workspace import Workspace

LOOK_EVERY = 0.5  # seconds of work between two looks whether something was deleted
PIXELS_A_SECOND = 4.0e7  # for a guess how long it takes; two cores blurred 5.5e7 with nothing else to do
# A deletion that has to blur first does not work on a full disk: it is no advice here.
_MAKE_ROOM = "remove other files from this disk. Then try again."
OnProgress = Callable[[float, float | None], None]  # seconds of video that are done, and in all where that is known


@dataclass(frozen=True)
class BlurredCopy:
    """Of the recording so many `stretches` are blurred, of `seconds` together; `already` says that it was so before."""

    recording: RecordingRow
    path: Path
    stretches: int
    seconds: float
    already: bool = False
    stopped: bool = False


def blur_recording(
    workspace: Workspace,
    gallery: str,
    name: str,
    *,
    stop: StopRequest,
    on_progress: OnProgress = lambda done, total: None,
    purpose: str = "",
) -> BlurredCopy:
    """Keep a copy of the recording of that name in the workspace, blurred where somebody was deleted.

    Raises ReidError where nobody was, where its file is not there or is another one, where it cannot be read, and on a
    full disk; then nothing is kept.
    """
    while True:
        row = finding.named(workspace.catalogue, gallery, name)
        with workspace.catalogue.transaction() as database:
            spans = spans_in(database, row)
        place = workspace.originals(row.source) / copy_name(row)
        if not spans:
            raise Refused(f"Nobody was deleted of recording {name}, so there is nothing to blur.")
        found = BlurredCopy(row, place, len(spans), lengths(spans))
        if blurred_of(row) is not None and not fault_of(file_of(workspace, row)):
            return dataclasses.replace(found, already=True)
        _check(row)
        try:
            work = _Work(workspace, row, spans, place, stop)
            return dataclasses.replace(found, recording=work.made(on_progress, purpose))
        except whole_files.Stopped:
            return dataclasses.replace(found, stopped=True)
        except DeletedMeanwhile:  # what was written shows who was deleted
            continue


def seconds_for(row: RecordingRow) -> float:
    """About how long it takes to blur it; NaN where its length is not known."""
    rate = row.frames / row.analysed if row.analysed > 0 else 25.0
    return row.duration * rate * row.width * row.height / PIXELS_A_SECOND


def _check(row: RecordingRow) -> None:
    if row.sha256 is None:
        raise Refused(f"{row.name} is still being recorded. Blur it when its analysis has come to the end.")
    fault = fault_of(original_of(row))
    if fault == "gone":
        raise NotThere(f"The file of recording {row.name} is not at {row.path} any more. Put it back to blur it.")
    if fault:
        is_other = "is not the file that was analysed" if fault == "changed" else "cannot be read"
        raise Refused(_is_another(row, Path(row.path), is_other))


class _Work:
    """One try to make the copy."""

    def __init__(
        self, workspace: Workspace, row: RecordingRow, spans: list[Span], place: Path, stop: StopRequest
    ) -> None:
        self.workspace, self.row, self.spans, self.place, self.stop = workspace, row, spans, place, stop
        self._looked = time.monotonic()

    def made(self, on_progress: OnProgress, purpose: str) -> RecordingRow:
        film_of_it = blurred_film(
            self.row, self.spans, original_of(self.row), self.row.sha256 or b"", self.place, self.stop,
            on_progress=on_progress, is_over=self._is_over,
        )  # fmt: skip
        with film_of_it as made, in_words(self.row):
            return self._kept(made, purpose)

    def _kept(self, made: BlurredFilm, purpose: str) -> RecordingRow:
        catalogue = self.workspace.catalogue
        with one_at_a_time(self.workspace.path / LOCK):
            self._check()
            made.temporary.replace(self.place)
            wipe_clips(self.workspace.path, str(self.row.key))  # they were cut from the original
            try:
                return with_room(
                    self.workspace.path, lambda: keep_blurred(catalogue, self.row, self.spans, made.known, purpose)
                )
            except BaseException:
                self.place.unlink(missing_ok=True)
                raise

    def _is_over(self) -> bool:
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._check()
            self._looked = time.monotonic()
        return self.stop.requested

    def _check(self) -> None:
        with self.workspace.catalogue.transaction() as database:
            check_spans(database, self.row, self.spans)


@dataclass(frozen=True)
class BlurredFilm:
    """A whole film under a temporary name, to be renamed to `place`, and what the catalogue is to know of it."""

    row: RecordingRow
    spans: Sequence[Span]
    temporary: Path
    place: Path
    known: Mapping[str, Any]


@contextmanager
def blurred_film(
    row: RecordingRow,
    spans: Sequence[Span],
    source: ShownFile,
    sha256: bytes,
    place: Path,
    stop: StopRequest,
    *,
    on_progress: OnProgress = lambda done, total: None,
    is_over: Callable[[], bool] | None = None,
) -> Iterator[BlurredFilm]:
    """The film of that file of the recording, which has that SHA-256, blurred in these stretches, in the folder of
    `place`. It is gone after the block unless it was renamed.

    `is_over` is asked for each frame instead of `stop`. Raises ReidError where there is no room, where the file is
    another one or cannot be read, and `whole_files.Stopped`.
    """
    with in_words(row):
        place.parent.mkdir(parents=True, exist_ok=True)
        sweep(place.parent.glob(".writing-*"))  # what a killed process left
        check_room(row, place.parent, source.bytes)
        if hash_of(source.path, watch=whole_files.Watch(stop)) != sha256:
            raise Refused(_is_another(row, source.path, "is not the file that was analysed"))
    with temporary_file(place) as (file, temporary):
        with in_words(row):
            reading = reading_of(row, source)
            try:
                film.write_blurred(
                    source.path, spans, file, reading=reading, on_progress=on_progress,
                    stop=is_over or (lambda: stop.requested),
                )  # fmt: skip
            except film.Stopped as stopped:
                raise whole_files.Stopped from stopped
            file.flush()
            os.fsync(file.fileno())
            known = {
                "at": now(), "spans": len(spans), "of": None if row.sha256 is None else row.sha256.hex(),
                "sha256": hash_of(temporary, watch=whole_files.Watch(stop)).hex(), "bytes": file.seek(0, 2),
                "head": head_in(file), "file": place.name,
            }  # fmt: skip
        yield BlurredFilm(row, spans, temporary, place, known)


def check_room(row: RecordingRow, folder: Path, size: int) -> None:
    """Raises DiskFull where the disk of the folder has no room for a blurred copy of a file of so many bytes: the copy
    has about as many."""
    needed, free = size + LEAST_FREE, shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFull(
            f"To blur recording {row.name}, {needed / 1e6:,.0f} MB must be free on the disk of the workspace; there "
            f"are {free / 1e6:,.0f} MB. Nothing was written: {_MAKE_ROOM}"
        )


@contextmanager
def in_words(row: RecordingRow) -> Iterator[None]:
    """What the disk says in this block as a sentence. A blurred copy is whole or not there."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise DiskFull(
                f"The disk is full, and nothing of the blurred copy of recording {row.name} was kept: {_MAKE_ROOM}"
            ) from error
        raise ReidError(
            f"The blurred copy of {row.name} could not be written into the workspace ({why(error)}). Run the same "
            "command again."
        ) from error


def _is_another(row: RecordingRow, path: Path, what: str) -> str:
    return f"{path} {what}, so recording {row.name} is not blurred. Put its file back."
