"""A recording becomes tracklets, crops and vectors; stopped or killed, it goes on and finds the same."""

from __future__ import annotations

import dataclasses
import json
import math
import multiprocessing
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.errors import NotThere, Refused
from reid_core.signals import StopRequest
from reid_core.video.stream.start import Proposal
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import vectors_of
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.imports import recordings
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recordings import RecordingReport, import_recording
from reid_core.workspace.imports.several_recordings import import_recordings
from reid_core.workspace.imports.under_way import is_under_way
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, open_with_model
from tests.support.walkers import ColourDetector, Walker, filmed

START = 1_772_439_000.0  # 2026-03-02T08:10:00Z
WALKERS = (
    Walker(0, 0.0, 6.0), Walker(1, 2.0, 10.0, top=20), Walker(2, 8.0, 16.0, left=250, speed=-25), Walker(0, 15.0, 22.0),
    Walker(3, 18.0, 28.0, top=5), Walker(1, 24.0, 32.0, left=270, speed=-30, top=95),
)  # fmt: skip
SECONDS = 30.0
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["reid_core.workspace.imports.recordings", "tests.support.walkers"])


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory.mktemp("film") / "gate.mp4", WALKERS, SECONDS)


@pytest.fixture
def workspace(tmp_path: Path, tiny_model: Path) -> Workspace:
    return open_with_model(tmp_path / "workspace", tiny_model)


def planned(path: Path, start: float | None = START, camera: str = "gate") -> Planned:
    return Planned(path, camera, SECONDS, None if start is None else Proposal("stated", start, "what was stated"))


def bring_in(workspace: Workspace, plan: Planned, stop: StopRequest | None = None, **options: Any) -> RecordingReport:
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    return import_recording(
        workspace, plan, "town", ColourDetector(), embedder, stop=stop or StopRequest(), **options
    )  # fmt: skip


def all_that_is_kept(workspace: Workspace) -> list[Any]:
    """Tracklets with their paths, crops with what they show, and vectors: without numbers that a kill may skip."""
    with workspace.catalogue.transaction() as database:
        tracklets = database.execute(
            "SELECT name, start_moment, end_moment, entry_x, entry_y, exit_x, exit_y, path, detections, score, moved, "
            "open_at_start, open_at_end FROM tracklet ORDER BY name"
        ).fetchall()
    crops = workspace.catalogue.crops("town").sort_values("path")
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    ids, vectors = vectors_of(workspace.catalogue, embedder.id, crops["id"].tolist())
    by_crop = dict(zip(ids.tolist(), vectors.tolist(), strict=True))
    rows = crops[["path", "tracklet", "camera", "time", "sha256", "width", "height"]].to_dict("records")
    return [tracklets, rows, [by_crop[crop] for crop in crops["id"]]]


def test_each_walk_becomes_a_tracklet_with_its_times_and_crops(workspace: Workspace, recording: Path) -> None:
    report = bring_in(workspace, planned(recording))
    found = sorted((line.start - START, line.end - START) for line in tracklets_of(workspace.catalogue, "town"))
    expected = sorted((walker.start, min(walker.end, SECONDS) - 0.2) for walker in WALKERS)
    assert report.tracklets == len(WALKERS)
    assert np.allclose(found, expected, atol=0.21)  # a frame
    crops = workspace.catalogue.crops("town")
    assert report.crops == len(crops)
    assert set(crops["camera"]) == {"gate"}
    for crop in crops.to_dict("records"):
        moment = crop["time"] - START
        boxes = [box for walker in WALKERS if (box := walker.box(moment)) is not None]
        assert any(abs(crop["box_left"] - box[0]) <= 3 and abs(crop["box_top"] - box[1]) <= 3 for box in boxes)
        assert (workspace.originals(1) / crop["path"]).is_file()


def test_a_recording_that_is_there_is_not_analysed_twice(workspace: Workspace, recording: Path, tmp_path: Path) -> None:
    bring_in(workspace, planned(recording))
    before = all_that_is_kept(workspace)
    other_place = shutil.copy(recording, tmp_path / "copied.mp4")
    assert bring_in(workspace, planned(Path(other_place))).already
    assert all_that_is_kept(workspace) == before


def test_a_job_that_is_stopped_again_and_again_finds_what_an_unbroken_one_finds(
    workspace: Workspace, recording: Path, tmp_path: Path, tiny_model: Path
) -> None:
    whole = open_with_model(tmp_path / "whole", tiny_model)
    bring_in(whole, planned(recording), tracks=tmp_path / "whole.txt")
    for second in (0.1, 5.0, 9.1, 16.3, 24.0, 29.7):
        stop = StopRequest()

        def ask(standing: recordings.Standing, stop: StopRequest = stop, second: float = second) -> None:
            stop.requested = standing.done >= second

        report = bring_in(workspace, planned(recording), stop, on_progress=ask, tracks=tmp_path / "parts.txt")
        assert report.stopped
    assert not bring_in(workspace, planned(recording), tracks=tmp_path / "parts.txt").stopped
    assert all_that_is_kept(workspace) == all_that_is_kept(whole)
    assert sorted((tmp_path / "parts.txt").read_text().splitlines()) == sorted(
        (tmp_path / "whole.txt").read_text().splitlines()
    )


def analyse_slowly(path: Path, recording: Path, tracks: Path, acknowledged: Path) -> None:
    """In a process that is killed: each frame is a step, and what is kept is written down."""
    recordings.STEP = 0.0
    workspace = open_workspace(path, TESTER)
    with acknowledged.open("a", buffering=1) as file:

        def say(standing: recordings.Standing) -> None:
            file.write(json.dumps(sorted(line.name for line in tracklets_of(workspace.catalogue, "town"))) + "\n")

        bring_in(workspace, planned(recording), on_progress=say, tracks=tracks)


def test_a_job_that_is_killed_loses_nothing_and_finds_nothing_twice(
    workspace: Workspace, recording: Path, tmp_path: Path, tiny_model: Path
) -> None:
    whole = open_with_model(tmp_path / "whole", tiny_model)
    bring_in(whole, planned(recording), tracks=tmp_path / "whole.txt")
    chance, tracks = random.Random(0), tmp_path / "parts.txt"
    acknowledged = tmp_path / "acknowledged"
    for _ in range(3):
        process = PROCESSES.Process(target=analyse_slowly, args=(workspace.path, recording, tracks, acknowledged))
        process.start()
        lines = len(acknowledged.read_text().splitlines()) if acknowledged.is_file() else 0
        wanted = lines + chance.randrange(5, 30)
        while process.is_alive() and (
            not acknowledged.is_file() or len(acknowledged.read_text().splitlines()) < wanted
        ):
            time.sleep(0.002)
        assert process.is_alive()
        process.kill()
        process.join()
        kept = set(json.loads(acknowledged.read_text().splitlines()[-1]))
        assert kept <= {line.name for line in tracklets_of(workspace.catalogue, "town")}
    bring_in(workspace, planned(recording), tracks=tracks)
    assert all_that_is_kept(workspace) == all_that_is_kept(whole)
    assert sorted(tracks.read_text().splitlines()) == sorted((tmp_path / "whole.txt").read_text().splitlines())


def test_people_who_are_in_view_at_either_end_are_marked(workspace: Workspace, recording: Path) -> None:
    bring_in(workspace, planned(recording))
    lines = sorted(tracklets_of(workspace.catalogue, "town"), key=lambda line: line.start)
    assert [(line.open_at_start, line.open_at_end) for line in lines] == [
        (True, False), (False, False), (False, False), (False, False), (False, False), (False, True),
    ]  # fmt: skip


def test_of_an_unknown_start_the_crops_have_no_time(workspace: Workspace, recording: Path) -> None:
    bring_in(workspace, planned(recording, start=None))
    assert workspace.catalogue.crops("town")["time"].isna().all()


def test_two_recordings_of_one_camera_may_not_overlap(workspace: Workspace, recording: Path, tmp_path: Path) -> None:
    bring_in(workspace, planned(recording))
    other = filmed(tmp_path / "other.mp4", WALKERS[1:], SECONDS)
    with pytest.raises(
        Refused, match=r"other\.mp4 would begin at .* and overlap with gate, .* camera gate cannot film both"
    ):
        bring_in(workspace, planned(other, start=START + 20))
    bring_in(workspace, planned(other, start=START + 20, camera="hall"))
    third = filmed(tmp_path / "third.mp4", WALKERS[2:], SECONDS)
    bring_in(workspace, planned(third, start=START + SECONDS - 1))  # recorders cut so
    assert len(finding.every(workspace.catalogue, "town")) == 3


def test_another_detector_does_not_go_on_with_a_recording(workspace: Workspace, recording: Path) -> None:
    stop = StopRequest()
    bring_in(workspace, planned(recording), stop, on_progress=lambda standing: setattr(stop, "requested", True))
    other = ColourDetector()
    other.id = "other"
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    with pytest.raises(Refused, match="begun with an earlier version of the detector colours. That one is gone"):
        import_recording(workspace, planned(recording), "town", other, embedder, stop=StopRequest())
    other.card = dataclasses.replace(other.card, name="other")
    with pytest.raises(Refused, match=r"begun with another detector \(colours\). Go on with that one"):
        import_recording(workspace, planned(recording), "town", other, embedder, stop=StopRequest())


def test_a_recording_that_is_deleted_meanwhile_says_so(workspace: Workspace, recording: Path) -> None:
    def remove(standing: recordings.Standing) -> None:
        if 15 < standing.done < 15.3:
            delete(workspace, "town", Selection(recordings=frozenset({"gate"})), "test")

    with pytest.raises(NotThere, match="was deleted while it was analysed"):
        bring_in(workspace, planned(recording), on_progress=remove)
    assert workspace.catalogue.gallery("town").crops == 0


def test_two_processes_do_not_analyse_one_recording(workspace: Workspace, recording: Path) -> None:
    def interfere(standing: recordings.Standing) -> None:
        if 10 < standing.done < 10.3:
            assert bring_in(workspace, planned(recording)).tracklets == len(WALKERS)

    with pytest.raises(Refused, match="Another process is analysing this recording"):
        bring_in(workspace, planned(recording), on_progress=interfere)
    assert len(tracklets_of(workspace.catalogue, "town")) == len(WALKERS)


def test_the_still_shows_the_place_with_the_fewest_people(workspace: Workspace, tmp_path: Path) -> None:
    film = filmed(tmp_path / "gate.mp4", (Walker(0, 0.0, 4.0), Walker(1, 5.0, 9.0)), 10)
    bring_in(workspace, planned(film))
    (row,) = finding.every(workspace.catalogue, "town")
    assert 4.0 <= row.still_moment < 5.0
    assert (workspace.originals(row.source) / "still.jpg").is_file()


def test_of_several_recordings_one_that_fails_is_named_and_the_others_come_in(
    workspace: Workspace, recording: Path, tmp_path: Path
) -> None:
    other = filmed(tmp_path / "hall.mp4", WALKERS[:2], 12)
    plans = [planned(recording), planned(recording, camera="stairs", start=None), planned(tmp_path / "none.mp4")]
    plans.append(Planned(other, "hall", 12.0, None))
    reports = import_recordings(
        workspace, plans, "town", ColourDetector(), Embedder(workspace.find_model("stripes"), "cpu"),
        stop=StopRequest(),
    )  # fmt: skip
    done = [one.recording.name for one in reports if isinstance(one, RecordingReport) and not one.already]
    assert done == ["gate", "hall"]
    assert "none.mp4 does not exist" in str(reports[2])


def test_it_is_under_way_while_it_is_analysed(workspace: Workspace, recording: Path) -> None:
    seen: set[bool] = set()
    report = bring_in(workspace, planned(recording), on_progress=lambda _: seen.add(is_under_way(workspace.path, 1)))
    assert (report.recording.key, seen) == (1, {True})
    assert not is_under_way(workspace.path, 1)


def test_progress_counts_seconds_of_video(workspace: Workspace, recording: Path) -> None:
    seen: list[recordings.Standing] = []
    bring_in(workspace, planned(recording), on_progress=seen.append)
    assert [standing.done for standing in seen] == sorted(standing.done for standing in seen)
    assert math.isclose(seen[-1].done, SECONDS - 0.2, abs_tol=1e-6)
    assert {round(standing.total) for standing in seen} == {SECONDS}


def test_a_copy_of_the_recording_is_kept_where_that_is_wanted_and_goes_with_the_first_tracklet(
    workspace: Workspace, recording: Path
) -> None:
    bring_in(workspace, dataclasses.replace(planned(recording), copy=True))
    copy = workspace.originals(1) / "gate.mp4"
    assert copy.read_bytes() == recording.read_bytes()
    crops = workspace.catalogue.crops("town")
    of_one = frozenset(crops["id"][crops["tracklet"] == crops["tracklet"].iloc[0]].tolist())
    delete(workspace, "town", Selection(ids=of_one), "test")
    assert not copy.exists()
    assert recording.is_file()
    assert bring_in(workspace, dataclasses.replace(planned(recording), copy=True)).already
    assert not copy.exists()


def test_a_copy_goes_with_its_recording(workspace: Workspace, recording: Path) -> None:
    bring_in(workspace, dataclasses.replace(planned(recording), copy=True))
    delete(workspace, "town", Selection(recordings=frozenset({"gate"})), "test")
    assert [path for path in workspace.originals(1).rglob("*") if path.is_file()] == []


def test_without_being_asked_no_copy_is_kept(workspace: Workspace, recording: Path) -> None:
    bring_in(workspace, planned(recording))
    assert not (workspace.originals(1) / "gate.mp4").exists()


def test_tracks_that_an_earlier_run_did_not_write_are_said_to_be_missing(
    workspace: Workspace, recording: Path, tmp_path: Path
) -> None:
    stop = StopRequest()

    def ask(standing: recordings.Standing) -> None:
        stop.requested = standing.done >= 9

    bring_in(workspace, planned(recording), stop, on_progress=ask)
    (said,) = bring_in(workspace, planned(recording), tracks=tmp_path / "late.txt").problems
    assert said == "The file of tracks begins after frame 46, where the analysis resumed."


def test_progress_of_several_counts_what_is_done_now_and_what_was_there(workspace: Workspace, recording: Path) -> None:
    bring_in(workspace, planned(recording))
    seen: list[recordings.Standing] = []
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    import_recordings(
        workspace, [planned(recording), planned(recording)], "town", ColourDetector(), embedder, stop=StopRequest(),
        on_progress=seen.append,
    )  # fmt: skip
    assert seen[-1].done == seen[-1].total == 2 * SECONDS
    assert seen[-1].times_real_time == 0
