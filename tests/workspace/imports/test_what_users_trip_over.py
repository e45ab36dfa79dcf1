"""From a film to the catalogue, on films that broke other tools: who returns, lies on a side, or comes at any rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.video.analysis import Analysis
from reid_core.video.boxes import Detections
from reid_core.video.stream import Reading, open_recording
from reid_core.video.tracklets import Tracklet
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recordings import RecordingReport
from reid_core.workspace.imports.several_recordings import import_recordings
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support.films import film
from tests.support.walkers import WALKERS, ColourDetector, Picture, Walker, filmed, picture_of

SCENE = (Walker(0, 0.0, 6.0, top=10), Walker(1, 2.0, 9.0, left=240, speed=-30, top=95), Walker(2, 5.0, 12.0, top=10))


def tracklets(path: Path, rate: float = 5.0, reading: Reading = Reading()) -> list[Tracklet]:
    """What an analysis finds in the film, by its beginning."""
    analysis = Analysis(ColourDetector())
    found = [one for frame in open_recording(path, reading).frames(rate=rate) for one in analysis.add(frame)[1]]
    return sorted([*found, *analysis.end()], key=lambda one: (one.start, one.number))


class Patient(ColourDetector):
    """Looks at the first frame and says the same of all others."""

    _found: Detections | None = None

    def detect(self, picture: Picture) -> Detections:
        self._found = self._found or super().detect(picture)
        return self._found


def bring_in(folder: Path, model: Path, *plans: Planned, detector: ColourDetector | None = None) -> Workspace:
    """Into gallery "town" of a workspace of its own."""
    workspace = open_workspace(folder, TESTER)
    found = import_recordings(
        workspace, plans, "town", detector or ColourDetector(), Embedder(model, "cpu"), stop=StopRequest()
    )
    assert len(found) == len(plans)
    return workspace


def planned(path: Path, rate: float = 5.0) -> Planned:
    return Planned(path, path.stem, float("nan"), rate=rate)


def test_who_returns_is_another_tracklet_and_no_number_is_shown_as_a_person(tmp_path: Path, tiny_model: Path) -> None:
    """After 5 seconds, a minute and ten minutes: only looks say that it is one person, and a user confirms that."""
    starts = (0.0, 11.0, 77.0, 683.0)
    path = filmed(tmp_path / "gate.mp4", [Walker(0, start, start + 6) for start in starts], 692, rate=2)
    workspace = bring_in(tmp_path / "workspace", tiny_model, planned(path, rate=2.0))
    lines = sorted(tracklets_of(workspace.catalogue, "town"), key=lambda line: line.start_moment)
    assert [line.start_moment for line in lines] == pytest.approx(starts, abs=0.5)
    assert len({line.name for line in lines}) == 4
    assert {line.identities for line in lines} == {()}
    crops = workspace.catalogue.crops("town")
    assert len(crops) >= 4
    assert crops["identity"].isna().all()
    with workspace.catalogue.transaction() as database:
        assert database.execute("SELECT COUNT(*) FROM crop WHERE identity IS NOT NULL").fetchone() == (0,)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_film_that_lies_on_its_side_gives_the_tracks_of_the_upright_one(tmp_path: Path, turn: int) -> None:
    pictures = [picture_of(SCENE, number / 5) for number in range(60)]
    upright = tracklets(film(tmp_path / "upright.mp4", pictures, rate=5))
    lying = [np.ascontiguousarray(np.rot90(picture, -turn // 90)) for picture in pictures]
    found = tracklets(film(tmp_path / f"{turn}.mp4", lying, rate=5, rotation=turn))
    assert len(found) == len(upright) == 3
    for one, other in zip(found, upright, strict=True):
        assert (one.start, one.end, one.detections) == (other.start, other.end, other.detections)
        assert (one.width, one.height) == (320, 180)
        path = np.array([point[1:3] for point in one.path])
        assert np.allclose(path, [point[1:3] for point in other.path], atol=3)


@pytest.mark.parametrize("rate", [25, 10, 5, 2])
def test_one_scene_gives_the_same_walks_at_any_rate(tmp_path: Path, rate: int) -> None:
    """In the file, and in the analysis of a file of 25 pictures a second."""
    pictures = [picture_of(SCENE, number / 25) for number in range(300)]
    full = film(tmp_path / "full.mp4", pictures, rate=25)
    slow = filmed(tmp_path / "slow.mp4", SCENE, 12, rate=rate)
    for found in (tracklets(full, rate), tracklets(slow, 25)):
        assert [one.start for one in found] == pytest.approx([0.0, 2.0, 5.0], abs=1 / rate + 0.01)
        assert [one.end for one in found] == pytest.approx([6.0, 9.0, 12.0], abs=1 / rate + 0.05)
        for one, walker in zip(found, SCENE, strict=True):
            for seconds, x, y, *_ in one.path:
                box = walker.box(seconds)
                assert box is not None
                assert (x, y) == pytest.approx(((box[0] + box[2]) / 2, box[3]), abs=4)


def test_a_recording_after_another_gives_what_it_gives_alone(tmp_path: Path, tiny_model: Path) -> None:
    """The first ends with people in view, where the second begins with others: nothing leaks."""
    first = filmed(tmp_path / "first.mp4", (Walker(0, 0, 20), Walker(1, 3, 20, top=20)), 10)
    second = filmed(tmp_path / "second.mp4", (Walker(2, 0.0, 8.0), Walker(1, 0.0, 6.0, top=20)), 10)
    both = bring_in(tmp_path / "both", tiny_model, planned(first), planned(second))
    alone = bring_in(tmp_path / "alone", tiny_model, planned(second))
    query = (
        "SELECT name, start_moment, end_moment, path, detections, score, open_at_start, open_at_end FROM tracklet "
        "WHERE name LIKE 'second-%' ORDER BY name"
    )
    found = []
    for workspace in (both, alone):
        with workspace.catalogue.transaction() as database:
            found.append(database.execute(query).fetchall())
        crops = workspace.catalogue.crops("town")
        found[-1] += sorted(crops[crops["camera"] == "second"]["path"])
    assert found[0] == found[1]
    assert len(found[0]) > 4


def test_what_damage_costs_of_a_recording_is_said(tmp_path: Path, tiny_model: Path) -> None:
    """Cut off in the middle: what was there is kept, with how much of the stated length that is."""
    path = filmed(tmp_path / "gate.mkv", WALKERS, 10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    (report,) = import_recordings(
        workspace, [planned(path)], "town", ColourDetector(), Embedder(tiny_model, "cpu"), stop=StopRequest()
    )
    assert isinstance(report, RecordingReport)
    assert any("The file states 10 s; frames could be read up to" in sentence for sentence in report.problems)
    assert len(tracklets_of(workspace.catalogue, "town")) == 2


def test_a_still_of_hours_costs_little_and_is_one_tracklet(tmp_path: Path, tiny_model: Path) -> None:
    """A poster of a person, two hours at a picture a second."""
    poster = picture_of((Walker(0, 0, 9),), 1.0)
    path = film(tmp_path / "gate.mp4", [poster] * 7200, rate=1, key_every=600)
    workspace = bring_in(tmp_path / "workspace", tiny_model, planned(path), detector=Patient())
    (line,) = tracklets_of(workspace.catalogue, "town")
    assert (line.open_at_start, line.open_at_end, line.end_moment) == (True, True, 7199)
    assert len(workspace.catalogue.crops("town")) <= 4
    with workspace.catalogue.transaction() as database:
        ((moved, size),) = database.execute("SELECT moved, LENGTH(path) FROM tracklet").fetchall()
    assert moved < 0.05
    assert size < 12 * 1000, "its path is short, since it stands"
