"""Bringing a recording in: what was filmed becomes tracklets with crops, step by step, and no stop loses any of it.

A step is one transaction: the tracklets that ended, their crops and vectors, how far the recording is analysed, and
the state of what is still in view. Whoever goes on after a stop or a kill goes on from there, and finds what an
unbroken analysis would have found.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from reid_core.embedder.inference import Embedder
from reid_core.errors import Refused
from reid_core.images import encoded_crop
from reid_core.signals import StopRequest
from reid_core.times import short_time
from reid_core.video.analysis import RATE, Analysis
from reid_core.video.boxes import Detections
from reid_core.video.detection import Detector
from reid_core.video.motchallenge import TrackFile
from reid_core.video.purity import Purity
from reid_core.video.stream import Facts, Frame, Problems, Reading, Recording, open_recording
from reid_core.video.stream.start import Proposal
from reid_core.video.tracklets import Tracklet
from reid_core.workspace.catalogue.recordings import finding, keeping
from reid_core.workspace.catalogue.recordings.rows import NewRecording, Progress, RecordingRow
from reid_core.workspace.imports.tracklet_crops import Still, keep_still, keep_tracklets, prepared
from reid_core.workspace.workspace import Workspace

STEP = 10.0  # seconds of work in one transaction: the most that a crash makes an analysis do again
OVERLAP = 2.0  # seconds that recordings of one camera may share: recorders cut so
LONGEST_NAME = 80  # characters; tracklets are named by it


@dataclass(frozen=True)
class Planned:
    """A recording to bring in: which camera filmed it, when it began, and what else says when.

    `seconds` is how long it is, NaN where it does not say so. `start` is None where that stays unknown: then its crops
    have no time. `zone` is the name of the camera's time zone. `purpose` stands in the log.
    """

    path: Path
    camera: str
    seconds: float
    start: Proposal | None = None
    said: tuple[Proposal, ...] = ()
    zone: str | None = None
    reading: Reading = field(default_factory=Reading)
    rate: float = RATE
    purpose: str = ""


@dataclass(frozen=True)
class RecordingReport:
    """What became of a recording: `tracklets` and `crops` that were kept now, and whether it was there `already`.

    `problems` are sentences about what was wrong with it.
    """

    recording: RecordingRow
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
    tracks: Path | None = None,
) -> RecordingReport:
    """Analyse the recording into the gallery, which is made where it is not there; run again it goes on.

    Its crops are embedded by `embedder`, whose vectors also show where a tracker took two people for one. `tracks` is a
    file for the tracks as MOTChallenge lines. Raises ReidError for what is no recording, for one that overlaps another
    of its camera, and for one that was begun with another detector.
    """
    with open_recording(planned.path, planned.reading) as recording:
        catalogue = workspace.catalogue
        catalogue.add_gallery(gallery)
        catalogue.add_model(embedder.id, embedder.card.name, embedder.card.embedding_size)
        sha256 = None if planned.reading.following else hash_of(planned.path)
        row = _row_of(workspace, planned, recording.facts, gallery, detector, sha256)
        if row.finished is not None:
            return RecordingReport(row, already=True, problems=tuple(Problems.from_state(row.problems).sentences()))
        work = _Work(workspace, row, recording, detector, embedder, tracks)
        try:
            return work.run(stop, on_progress)
        finally:
            work.close()


class _Work:
    """The analysis of one recording, from where it stands to its end or to a stop."""

    def __init__(
        self,
        workspace: Workspace,
        row: RecordingRow,
        recording: Recording,
        detector: Detector,
        embedder: Embedder,
        tracks: Path | None,
    ) -> None:
        self.workspace = workspace
        self.row = row
        self.recording = recording
        self.embedder = embedder
        self.tracks = None if tracks is None else TrackFile(tracks, row.frames)
        state = _read_state(finding.state_of(workspace.catalogue, row.key))
        self.analysis = Analysis(
            detector, state.get("analysis"), self.tracks.add if self.tracks else lambda line: None,
            first_track=finding.last_number(workspace.catalogue, row.key) + 1,
        )  # fmt: skip
        # What it learnt of one model's vectors says nothing of another's.
        known = state.get("model") == embedder.id
        self.purity = Purity.from_state(state["purity"]) if known else Purity()
        self.ended: list[Tracklet] = []
        self.still: Still | None = None
        self.tracklets = self.crops = 0

    def run(self, stop: StopRequest, on_progress: Callable[[Standing], None]) -> RecordingReport:
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
        self.ended += self.analysis.end()
        progress = self._step(moment, number, at_end=True)
        sha256 = hash_of(self.recording.path) if self.row.sha256 is None else None
        self.row = keeping.finish(
            self.workspace.catalogue, self.row.key, dataclasses.replace(progress, after=number), sha256=sha256
        )
        return self._report()

    def _step(self, moment: float, number: int, *, at_end: bool = False) -> Progress:
        found = prepared(self.row, self.ended, self.embedder, self.purity)
        problems = self.recording.problems
        progress = Progress(
            analysed=moment, frames=number, problems=problems.state(),
            state=None if at_end else self._state(), duration=problems.seconds,
            bytes=self.recording.path.stat().st_size, after=self.row.frames,
        )  # fmt: skip
        if self.tracks is not None:
            self.tracks.keep()
        self.crops += keep_tracklets(self.workspace, self.row, found, progress, self.embedder.id)
        self.tracklets += len(found.tracklets)
        self.ended = []
        self.row = dataclasses.replace(self.row, analysed=moment, frames=number)
        if self.still is not None and math.isnan(self.row.still_moment):
            keep_still(self.workspace, self.row, self.still)
            self.row = dataclasses.replace(self.row, still_moment=self.still.moment)
        return progress

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
        return RecordingReport(self.row, self.tracklets, self.crops, False, stopped, sentences)


def _read_state(state: bytes | None) -> dict[str, Any]:
    return {} if state is None else json.loads(zlib.decompress(state))


def _row_of(
    workspace: Workspace, planned: Planned, facts: Facts, gallery: str, detector: Detector, sha256: bytes | None
) -> RecordingRow:
    """The recording in the catalogue, added unless it is there. Raises ReidError where it may not go on, or come in."""
    catalogue, path = workspace.catalogue, str(planned.path.resolve())
    row = (
        finding.of_file(catalogue, gallery, sha256) if sha256 is not None else finding.at_path(catalogue, gallery, path)
    )
    if row is not None:
        if row.finished is None and row.detector != detector.id:
            raise Refused(
                f"{planned.path.name} was begun with another detector ({row.settings.get('detector')}). Go on with "
                f"that one (--detector), or delete recording {row.name} of gallery {gallery} and begin again."
            )
        return row
    _refuse_overlap(workspace, planned, facts, gallery)
    return keeping.add(
        catalogue,
        gallery,
        NewRecording(
            name=planned.path.stem[:LONGEST_NAME] or planned.path.name, path=path, camera=planned.camera,
            width=facts.width, height=facts.height, bytes=planned.path.stat().st_size, detector=detector.id,
            sha256=sha256, start=planned.start.seconds if planned.start else float("nan"),
            start_source=planned.start.source if planned.start else None, zone=planned.zone,
            duration=facts.duration if facts.duration is not None else float("nan"),
            said={one.source: short_time(one.seconds) for one in planned.said}, facts=_plain(facts),
            settings={"rate": planned.rate, "detector": detector.card.name},
        ),
        purpose=planned.purpose,
    )  # fmt: skip


def _refuse_overlap(workspace: Workspace, planned: Planned, facts: Facts, gallery: str) -> None:
    if planned.start is None or facts.duration is None:
        return
    begins, length = planned.start.seconds, max(facts.duration - OVERLAP, 0.0)
    others = finding.overlapping(workspace.catalogue, gallery, planned.camera, begins + OVERLAP / 2, length)
    if others:
        other = others[0]
        raise Refused(
            f"{planned.path.name} of camera {planned.camera} would begin at {short_time(begins)} and overlap with "
            f"{other.name}, which begins at {short_time(other.time_of(0))}: one camera cannot film both. "
            "Check its --camera and --start, or correct the clock of the other with `reid clock`."
        )


def _plain(facts: Facts) -> dict[str, Any]:
    """As JSON has it."""
    values = dataclasses.asdict(facts)
    return {**values, "pixel_aspect": str(facts.pixel_aspect), "streams": len(facts.streams)}


def hash_of(path: Path) -> bytes:
    """The file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
