"""A recording of which something is deleted while its analysis is stopped or running: it goes on without what it
remembers from before, and no name is given twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.errors import NotThere, ReidError
from reid_core.signals import StopRequest
from reid_core.video.boxes import Detections
from reid_core.video.detection import DetectorCard
from reid_core.video.detection.card import Input
from reid_core.video.stream.start import Proposal
from reid_core.workspace.catalogue.recordings import DeletedMeanwhile, named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.tracklets import TrackletLine, tracklets_of
from reid_core.workspace.imports import recordings
from reid_core.workspace.imports.planned_recordings import Planned, keep_copy
from reid_core.workspace.imports.recordings import RecordingReport, Standing, import_recording
from reid_core.workspace.imports.tracklet_crops import Still, keep_still
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.layout import ORIGINALS
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support import films

RATE, SECONDS, SEEN = 5, 40, ((1, 5), (9, 13), (18, 30), (34, 38))  # seconds in which somebody is in view
TOWN = "town"
GATE = Selection(recordings=frozenset({"gate"}))


class Bright:
    """Finds what is bright, as one person."""

    card = DetectorCard(name="bright", format="nanodet", input=Input(160, 128))
    id = "bright"

    def input_size(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        return frame_width, frame_height

    def detect(self, picture: np.ndarray) -> Detections:
        rows, columns = np.nonzero(picture.min(axis=2) > 127)
        boxes = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]] if len(rows) else []
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), 0.9, np.float32))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = []
    for number in range(RATE * SECONDS):
        picture = np.full((128, 160, 3), 16, np.uint8)
        for first, last in SEEN:
            if first <= number / RATE < last:
                left = 10 + round(4 * (number / RATE - first))
                picture[20:100, left : left + 30] = 235
        pictures.append(picture)
    return films.film(tmp_path_factory.mktemp("films") / "gate.mp4", pictures, rate=RATE)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@dataclass(frozen=True)
class Analysing:
    workspace: Workspace
    recording: Path
    model: Path

    def __call__(
        self, until: float = 1e9, *, watch: Callable[[float], None] = lambda second: None, copy: bool = False
    ) -> RecordingReport:
        """Stops at that second."""
        stop = StopRequest()

        def look(standing: Standing) -> None:
            stop.requested = standing.done >= until
            watch(standing.done)

        start = Proposal("stated", 1_772_434_800.0, "")
        return import_recording(
            self.workspace, Planned(self.recording, "gate", SECONDS, start, copy=copy), TOWN, Bright(),
            Embedder(self.model, "cpu"), stop=stop, on_progress=look,
        )  # fmt: skip


@pytest.fixture
def analyse(workspace: Workspace, recording: Path, tiny_model: Path) -> Analysing:
    return Analysing(workspace, recording, tiny_model)


def spans(lines: list[TrackletLine]) -> list[tuple[int, int]]:
    return [(round(line.start_moment), round(line.end_moment)) for line in lines]


def originals(workspace: Workspace) -> list[Path]:
    return [path for path in (workspace.path / ORIGINALS).rglob("*") if path.is_file()]


def once(second: float, act: Callable[[], object]) -> Callable[[float], None]:
    """Called with each frame's second, acts at the first one from `second` on."""
    left = [act]

    def watch(now: float) -> None:
        if left and now >= second:
            left.pop()()

    return watch


@pytest.mark.parametrize("deleted", [0, 1])
def test_it_goes_on_with_an_empty_scene_and_new_names(workspace: Workspace, analyse: Analysing, deleted: int) -> None:
    assert analyse(until=24.0).stopped
    first = tracklets_of(workspace.catalogue, TOWN)
    assert spans(first) == [(1, 5), (9, 13)]
    delete(workspace, TOWN, Selection(tracklets=frozenset({first[deleted].name})), "request 17")
    assert not named(workspace.catalogue, TOWN, "gate").has_state
    assert not analyse().stopped
    lines = tracklets_of(workspace.catalogue, TOWN)
    assert spans(lines) == [spans(first)[1 - deleted], (24, 30), (34, 38)]
    assert [line.open_at_start for line in lines] == [False, True, False]
    assert len({line.name for line in lines} | {first[deleted].name}) == 4, "the newest one's is not given again"
    assert all(line.crops for line in lines)


def test_a_running_analysis_does_not_bring_back_who_is_in_view(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each frame is a step, so nobody is found again who was seen before the deletion."""
    monkeypatch.setattr(recordings, "STEP", 0.0)

    def remove() -> None:
        first = tracklets_of(workspace.catalogue, TOWN)
        delete(workspace, TOWN, Selection(tracklets=frozenset({first[1].name})), "request 17")

    report = analyse(watch=once(24.0, remove))
    lines = tracklets_of(workspace.catalogue, TOWN)
    assert spans(lines) == [(1, 5), (24, 30), (34, 38)]
    assert not workspace.catalogue.crops(TOWN)["moment"].between(5.0, 23.7).any()
    assert len({line.name for line in lines}) == 3
    assert (report.tracklets, report.stopped) == (4, False)
    assert named(workspace.catalogue, TOWN, "gate").finished is not None


def test_what_a_running_analysis_remembers_is_looked_for_again_from_its_last_step(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(recordings, "STEP", 0.0)
    seen: list[float] = []
    remove = once(33.0, lambda: delete(workspace, TOWN, Selection(ids=frozenset({1, 2, 3, 4})), "request 17"))

    def watch(second: float) -> None:
        seen.append(second)
        if second >= 16.0:
            monkeypatch.setattr(recordings, "STEP", 1e9)
        remove(second)

    analyse(watch=watch)
    lines = tracklets_of(workspace.catalogue, TOWN)
    assert spans(lines)[-2:] == [(18, 30), (34, 38)]
    assert sum(18 <= second < 19 for second in seen) == 2 * RATE
    assert len(originals(workspace)) == len(workspace.catalogue.crops(TOWN)) + 1, "its still, and no other file"


def test_a_recording_that_is_deleted_while_it_is_analysed_leaves_no_file(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "STEP", 1e9)
    with pytest.raises(NotThere, match="was deleted while it was analysed"):
        analyse(watch=once(24.0, lambda: delete(workspace, TOWN, GATE, "closed")))
    assert originals(workspace) == []
    assert not list(workspace.thumbnails.hashes())


def test_a_dropped_film_that_goes_while_it_is_analysed_ends_the_analysis_in_words(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "STEP", 0.0)
    film = keep_upload(workspace, [("gate.mp4", analyse.recording.read_bytes())]) / "gate.mp4"
    dropped = dataclasses.replace(analyse, recording=film)
    remove = once(24.0, lambda: delete(workspace, TOWN, Selection(ids=frozenset({1, 2, 3, 4})), "request 17"))
    with pytest.raises(NotThere, match="drop the film again to analyse the rest"):
        dropped(watch=remove, copy=True)
    assert not film.exists()
    assert not analyse().stopped, "it goes on with the same film"
    assert spans(tracklets_of(workspace.catalogue, TOWN))[-1] == (34, 38)


def test_a_still_from_before_a_deletion_is_not_laid_out(workspace: Workspace, analyse: Analysing) -> None:
    analyse(until=24.0)
    row = named(workspace.catalogue, TOWN, "gate")
    delete(workspace, TOWN, Selection(ids=frozenset({1})), "request 17")
    before = originals(workspace)
    with pytest.raises(DeletedMeanwhile):
        keep_still(workspace, row, Still(0, 0.0, b"a person"), deletion=0)
    assert originals(workspace) == before


def test_a_copy_of_a_recording_that_is_deleted_while_it_is_copied_does_not_stay(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_slowly(*given: Any) -> None:
        delete(workspace, TOWN, GATE, "closed")
        keep_copy(*given)

    monkeypatch.setattr(recordings, "keep_copy", copy_slowly)
    with pytest.raises(NotThere, match="was deleted while it was analysed"):
        analyse(copy=True)
    assert originals(workspace) == []


def test_a_copy_that_failed_can_be_left_out(
    workspace: Workspace, analyse: Analysing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise ReidError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(recordings, "keep_copy", fail)
        with pytest.raises(ReidError, match="no room"):
            analyse(copy=True)
    analyse()
    row = named(workspace.catalogue, TOWN, "gate")
    assert (row.copied, row.finished is None) == (False, False)
    assert not (workspace.originals(row.source) / "gate.mp4").exists()
