"""Bringing a recording in: what was filmed becomes tracklets with crops, step by step, and no stop loses any of it.

A step is one transaction: the tracklets that ended, their crops and vectors, how far the recording is analysed, and
the state of what is still in view. Whoever goes on after a stop or a kill goes on from there, and finds what an
unbroken analysis would have found. A deletion wins: what an analysis remembers from before it is kept no more, and the
analysis goes on from its last step with an empty scene.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import math
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.files import one_at_a_time
from reid_core.images import encoded_crop
from reid_core.signals import StopRequest
from reid_core.video.analysis import Analysis
from reid_core.video.boxes import Detections
from reid_core.video.detection import Detector
from reid_core.video.motchallenge import TrackFile, TrackLine
from reid_core.video.purity import Purity
from reid_core.video.stream import Frame, Problems, Recording, open_recording
from reid_core.video.tracklets import Tracklet
from reid_core.workspace.catalogue.recordings import finding, keeping
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, Progress, RecordingRow, TakenUp
from reid_core.workspace.catalogue.recordings.spans import copy_name
from reid_core.workspace.imports.planned_recordings import Planned, differing, hash_of, keep_copy, row_of, size_of
from reid_core.workspace.imports.tracklet_crops import Still, keep_still, keep_tracklets, prepared
from reid_core.workspace.imports.under_way import under_way
from reid_core.workspace.imports.uploads import check_there, let_go
from reid_core.workspace.imports.whole_files import Watch
from reid_core.workspace.layout import LOCK
from reid_core.workspace.workspace import Workspace

STEP = 10.0  # seconds of work in one transaction: the most that a crash makes an analysis do again


@dataclass(frozen=True)
class RecordingReport:
    """What became of a recording: `tracklets` and `crops` that were kept now, and whether it was there `already`.

    `problems` are sentences about what was wrong with it, or with going on with it.
    """

    recording: RecordingRow
    path: Path  # of the file that was given: another one of these bytes may be there
    tracklets: int = 0
    crops: int = 0
    already: bool = False
    stopped: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """How far an analysis is, in seconds of video; `total` is NaN where the file states no duration."""

    done: float
    total: float
    times_real_time: float


def import_recording(
    workspace: Workspace,
    planned: Planned,
    gallery: str,
    detector: Detector,
    embedder: Embedder,
    *,
    stop: StopRequest,
    on_progress: Callable[[Standing], None] = lambda standing: None,
    on_reading: Callable[[str], None] = lambda said: None,
    tracks: Path | None = None,
) -> RecordingReport:
    """Analyse the recording into the gallery, which is made where it is not there; run again it goes on.

    Its crops are embedded by `embedder`, whose vectors also show where a tracker took two people for one. `tracks` is a
    file for the tracks as MOTChallenge lines; `on_reading` hears how far the file is hashed or copied. Raises
    ReidError for what is no recording, for one that overlaps another of its camera, and for one that was begun with
    another detector; and `whole_files.Stopped` for a stop while the file is hashed or copied.
    """
    watch = Watch(stop, on_reading)
    with open_recording(planned.path, planned.reading) as recording:
        catalogue = workspace.catalogue
        catalogue.add_model(embedder.id, embedder.card.name, embedder.card.embedding_size)
        sha256 = None if planned.reading.following else hash_of(planned.path, watch=watch)
        with one_at_a_time(workspace.path / LOCK):  # two copies of a file that come at once are one recording
            catalogue.add_gallery(gallery)
            row = row_of(workspace, planned, recording.facts, gallery, detector, sha256)
        if (
            planned.copy and not row.copied and not Path(row.path).is_file()
        ):  # the one that is there now is the only one
            row = keeping.adopt_copy(catalogue, row.key)
        if row.copied:
            _keep_copy(workspace, row, planned, watch)
        if row.finished is not None:
            said = [*Problems.from_state(row.problems).sentences(), *differing(planned, row)]
            if tracks is not None:
                said.append("No tracks were written: they are written while a recording is analysed.")
            let_go(workspace, planned.path)
            return RecordingReport(row, planned.path, already=True, problems=tuple(said))
        tracklets = crops = 0
        with under_way(workspace.path, row.key):
            while True:
                work = _Work(workspace, finding.take_up(catalogue, row.key), recording, detector, embedder, tracks)
                try:
                    report = work.run(watch, on_progress)
                    break
                except DeletedMeanwhile:  # what it remembers may show who was deleted
                    tracklets, crops = tracklets + work.tracklets, crops + work.crops
                    check_there(workspace, planned.path, row.name)
                finally:
                    work.close()
        said = [*report.problems, *differing(planned, row)]
        if work.tracks is not None and work.tracks.lacks:
            said.append(f"The file of tracks begins after frame {work.tracks.lacks:,}, where the analysis resumed.")
        if not report.stopped:
            let_go(workspace, planned.path)
        return dataclasses.replace(
            report, tracklets=tracklets + report.tracklets, crops=crops + report.crops, problems=tuple(said)
        )


def _keep_copy(workspace: Workspace, row: RecordingRow, planned: Planned, watch: Watch) -> None:
    """The copy is there if, and only if, the catalogue has it: a deletion may come while the file is copied, which is
    too long to hold the lock, and a copy that failed earlier may not be wanted any more."""
    if planned.copy:
        keep_copy(workspace, row, planned.path, watch)
    place = workspace.originals(row.source) / copy_name(row)
    with one_at_a_time(workspace.path / LOCK):
        if not finding.is_copied(workspace.catalogue, row.key):
            place.unlink(missing_ok=True)
        elif not place.is_file():
            keeping.note_no_copy(workspace.catalogue, row.key)


class _Work:
    """The analysis of one recording, from where it stands to its end or to a stop."""

    def __init__(
        self,
        workspace: Workspace,
        taken_up: TakenUp,
        recording: Recording,
        detector: Detector,
        embedder: Embedder,
        tracks: Path | None,
    ) -> None:
        self.workspace = workspace
        self.row = taken_up.row
        self.deletion = taken_up.deletion
        self.numbered = taken_up.numbered
        self.recording = recording
        self.embedder = embedder
        self.tracks = None if tracks is None else TrackFile(tracks, self.row.frames)
        state = _read_state(taken_up.state)
        self.analysis = Analysis(detector, state.get("analysis"), self._hear, first_track=self.numbered + 1)
        # What it learnt of one model's vectors says nothing of another's.
        known = state.get("model") == embedder.id
        self.purity = Purity.from_state(state["purity"]) if known else Purity()
        self.ended: list[Tracklet] = []
        self.still: Still | None = None
        self.tracklets = self.crops = 0

    def run(self, watch: Watch, on_progress: Callable[[Standing], None]) -> RecordingReport:
        stop = watch.stop
        first, number = self.row.analysed, self.row.frames
        moment, total = first, self.recording.facts.duration or float("nan")
        if number:
            self.recording.problems = Problems.from_state(self.row.problems)
        gone_on = (first, number) if number else (None, None)
        began = stepped = time.monotonic()
        for frame in self.recording.frames(rate=self.row.settings["rate"], after=gone_on[0], after_number=gone_on[1]):
            people, ended = self.analysis.add(frame)
            self.ended += ended
            self._offer_still(frame, people)
            moment, number = frame.seconds, frame.number
            on_progress(Standing(moment, total, (moment - first) / max(time.monotonic() - began, 1e-3)))
            stopping = stop.requested  # asked once: what is asked for after the step waits for the next one
            if stopping or time.monotonic() - stepped >= STEP:
                self._step(moment, number)
                stepped = time.monotonic()
            if stopping:
                return self._report(stopped=True)
        if stop.requested and self.row.sha256 is None:  # while it waited for a file that grows
            self._step(moment, number)
            return self._report(stopped=True)
        self.ended += self.analysis.end()
        progress = self._step(moment, number, at_end=True)
        sha256 = None
        if self.row.sha256 is None:
            try:
                sha256 = hash_of(self.recording.path, watch=watch)
            except ReidError:  # a recorder renames what it has finished
                progress = dataclasses.replace(progress, problems=self._moved())
        self.row = keeping.finish(
            self.workspace.catalogue, self.row.key, dataclasses.replace(progress, after=number), sha256=sha256
        )
        return self._report()

    def _step(self, moment: float, number: int, *, at_end: bool = False) -> Progress:
        found = prepared(self.row, self.ended, self.embedder, self.purity)
        problems = self.recording.problems
        progress = Progress(
            analysed=moment, frames=number, problems=problems.state(),
            state=None if at_end else self._state(), duration=problems.seconds if at_end else float("nan"),
            bytes=size_of(self.recording.path), after=self.row.frames, deletion=self.deletion, numbered=self.numbered,
        )  # fmt: skip
        if self.tracks is not None:
            self.tracks.keep()
        self.crops += keep_tracklets(self.workspace, self.row, found, progress, self.embedder.id)
        self.tracklets += len(found.tracklets)
        self.ended = []
        self.row = dataclasses.replace(self.row, analysed=moment, frames=number)
        if self.still is not None and math.isnan(self.row.still_moment):
            keep_still(self.workspace, self.row, self.still, self.deletion)
            self.row = dataclasses.replace(self.row, still_moment=self.still.moment)
        _give_back()
        return progress

    def _hear(self, line: TrackLine) -> None:
        self.numbered = max(self.numbered, line.track)
        if self.tracks is not None:
            self.tracks.add(line)

    def _moved(self) -> dict[str, Any]:
        self.recording.problems.note(
            "The file was moved or deleted at the end: it is not recognised when it comes again."
        )
        return self.recording.problems.state()

    def _state(self) -> bytes:
        """Compressed JSON, from which `_read_state` goes on."""
        parts = {"analysis": self.analysis.state(), "purity": self.purity.state(), "model": self.embedder.id}
        return zlib.compress(json.dumps(parts).encode(), 1)

    def _offer_still(self, frame: Frame, people: Detections) -> None:
        """Of the frames of the first step the one with the fewest people: it is there to show the place."""
        if (
            math.isnan(self.row.still_moment)
            and not frame.damaged
            and (self.still is None or len(people) < self.still.people)
        ):
            picture = encoded_crop(Image.fromarray(frame.rgb()))
            self.still = Still(len(people), frame.seconds, picture)

    def close(self) -> None:
        if self.tracks is not None:
            self.tracks.close()

    def _report(self, *, stopped: bool = False) -> RecordingReport:
        sentences = tuple(self.recording.problems.sentences())
        return RecordingReport(self.row, self.recording.path, self.tracklets, self.crops, False, stopped, sentences)


def _read_state(state: bytes | None) -> dict[str, Any]:
    return {} if state is None else json.loads(zlib.decompress(state))


def _give_back() -> None:
    """Memory that is free goes back to the system, where its C library can do that: pieces of frames and crops between
    what lives on would stay with the process otherwise, some 40 MB after a quarter of an hour. It takes 5 ms."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
