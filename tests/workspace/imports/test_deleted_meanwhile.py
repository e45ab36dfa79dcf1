"""A recording of which something is deleted while its analysis is stopped: it goes on, and no name is given twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.video.boxes import Detections
from reid_core.video.detection import DetectorCard
from reid_core.video.detection.card import Input
from reid_core.video.stream.start import Proposal
from reid_core.workspace.catalogue.recordings import named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.tracklets import TrackletLine, tracklets_of
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recordings import RecordingReport, Standing, import_recording
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support import films

RATE, SECONDS, SEEN = 5, 40, ((1, 5), (9, 13), (18, 30), (34, 38))  # seconds in which somebody is in view
TOWN = "town"


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


def bring_in(workspace: Workspace, recording: Path, model: Path, until: float = 1e9) -> RecordingReport:
    """Stops at that second."""
    stop = StopRequest()

    def look(standing: Standing) -> None:
        stop.requested = standing.done >= until

    planned = Planned(recording, "gate", SECONDS, Proposal("stated", 1_772_434_800.0, ""))
    return import_recording(workspace, planned, TOWN, Bright(), Embedder(model, "cpu"), stop=stop, on_progress=look)


def spans(lines: list[TrackletLine]) -> list[tuple[int, int]]:
    return [(round(line.start_moment), round(line.end_moment)) for line in lines]


def test_it_goes_on_with_an_empty_scene_and_new_names(recording: Path, tiny_model: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    assert bring_in(workspace, recording, tiny_model, until=24.0).stopped
    first = tracklets_of(workspace.catalogue, TOWN)
    assert spans(first) == [(1, 5), (9, 13)]
    delete(workspace, TOWN, Selection(tracklets=frozenset({first[0].name})), "request 17")
    assert not named(workspace.catalogue, TOWN, "gate").has_state
    assert not bring_in(workspace, recording, tiny_model).stopped
    lines = tracklets_of(workspace.catalogue, TOWN)
    assert spans(lines) == [(9, 13), (24, 30), (34, 38)]
    assert [line.open_at_start for line in lines] == [False, True, False]
    assert len({line.name for line in lines} | {first[0].name}) == 4
    assert all(line.crops for line in lines)
