"""The blurred copy of a recording that the workspace keeps: whoever was deleted is in view of it and not recognisable.

The boxes of the deleted are gone, so the whole picture is blurred then, and whoever else is in view is hidden, too. A
deletion wins over a copy that is being made: the copy is begun again, with the new stretches.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reid_core.errors import NotThere, Refused, ReidError, disk_full, is_full, why
from reid_core.files import one_at_a_time
from reid_core.signals import StopRequest
from reid_core.temporary import sweep, temporary_file
from reid_core.video import blurring as film
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, check_spans, keep_blurred, lengths, spans_in
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.clips.cache import wipe as wipe_clips
from reid_core.workspace.clips.shown_file import blurred_of, fault_of, file_of, head_in, original_of, reading_of
from reid_core.workspace.imports import whole_files
from reid_core.workspace.imports.planned_recordings import hash_of
from reid_core.workspace.layout import LOCK
from reid_core.workspace.reserve import with_room
from reid_core.workspace.workspace import Workspace

LOOK_EVERY = 0.5  # seconds of work between two looks whether something was deleted
PIXELS_A_SECOND = 4.0e7  # for a guess how long it takes; two cores blurred 5.5e7 with nothing else to do
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
        place = workspace.originals(row.source) / Path(row.path).name
        if not spans:
            raise Refused(f"Nobody was deleted of recording {name}, so there is nothing to blur.")
        found = BlurredCopy(row, place, len(spans), lengths(spans))
        if blurred_of(row) is not None and not fault_of(file_of(workspace, row)):
            return dataclasses.replace(found, already=True)
        _check(row)
        try:
            work = _Work(workspace, row, spans, place, stop)
            return dataclasses.replace(found, recording=work.made(on_progress, purpose))
        except (film.Stopped, whole_files.Stopped):
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
        raise Refused(f"{row.path} {is_other}, so recording {row.name} is not blurred. Put its file back.")


class _Work:
    """One try to make the copy."""

    def __init__(
        self, workspace: Workspace, row: RecordingRow, spans: list[Span], place: Path, stop: StopRequest
    ) -> None:
        self.workspace, self.row, self.spans, self.place, self.stop = workspace, row, spans, place, stop
        self._looked = time.monotonic()

    def made(self, on_progress: OnProgress, purpose: str) -> RecordingRow:
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            sweep(self.place.parent.glob(".writing-*"))  # what a killed process left
            with temporary_file(self.place) as (file, temporary):
                reading = reading_of(self.row, original_of(self.row))
                film.write_blurred(
                    Path(self.row.path), self.spans, file, reading=reading, on_progress=on_progress, stop=self._is_over
                )
                file.flush()
                os.fsync(file.fileno())
                return self._kept(file, temporary, purpose)
        except OSError as error:
            if is_full(error):
                raise disk_full(error) from error
            raise ReidError(
                f"The blurred copy of {self.row.name} could not be written into the workspace ({why(error)}). Run the "
                "same command again."
            ) from error

    def _kept(self, file: BinaryIO, temporary: Path, purpose: str) -> RecordingRow:
        sha256 = hash_of(temporary, watch=whole_files.Watch(self.stop)).hex()
        blurred = {
            "at": now(), "spans": len(self.spans), "of": None if self.row.sha256 is None else self.row.sha256.hex(),
            "sha256": sha256, "bytes": file.seek(0, 2), "head": head_in(file),
        }  # fmt: skip
        catalogue = self.workspace.catalogue
        with one_at_a_time(self.workspace.path / LOCK):
            self._check()
            temporary.replace(self.place)
            wipe_clips(self.workspace.path, str(self.row.key))  # they were cut from the original
            try:
                return with_room(
                    self.workspace.path, lambda: keep_blurred(catalogue, self.row, self.spans, blurred, purpose)
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
