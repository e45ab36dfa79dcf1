"""What a player is told of a crop's walk."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.errors import NotThere
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.recordings import NewTracklet, Progress, finish, keep, note_still, set_start
from reid_core.workspace.clips import contract
from reid_core.workspace.clips.spans import kept_clear
from reid_core.workspace.clips.walks import crop_of, walk_of
from reid_core.workspace.layout import STILL
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, walk
from tests.workspace.clips.played import CROP, CROP_OF_LATER, LATER, TOWN, WALK, played
from tests.workspace.test_job_kinds import make_job


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def one_walk(workspace: Workspace, first: float, last: float, *moments: float, **given: Any) -> int:
    """The number of the recording of a walk with crops at these moments, or one in its middle."""
    row = film(workspace, **given)
    name = f"{row.name}-1"
    crops = [cut(name, moment) for moment in moments or [(first + last) / 2]]
    keep(workspace.catalogue, row.key, [walk(name, first, last)], crops, Progress(analysed=60, frames=300))
    return row.key


# --- the answer ---


def test_the_answer_has_all_that_the_player_needs(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path)
    (workspace.originals(row.source)).mkdir(parents=True)
    (workspace.originals(row.source) / STILL).write_bytes(b"still")
    note_still(workspace.catalogue, row.key, 5.25)
    told = json.loads(json.dumps(contract.answer(workspace, CROP)))
    clip, path = told.pop("clip"), told.pop("path")
    sha256 = cut(WALK, 12.0).sha256.hex()
    assert told == {
        "crop": CROP, "tracklet": WALK, "recording": "gate", "camera": "gate", "size": [96, 64], "start": 10.0,
        "end": 14.0, "moment": 12.0, "clock": START, "box": [100.0, 380.0, 50.0, 120.0], "earlier": None,
        "later": CROP_OF_LATER, "stretch": [7.0, 17.0], "still": f"/stills/{row.key}/still-5250.jpg",
        "picture": f"/pictures/{CROP}/{sha256}.jpg", "problem": "", "kind": "", "convert": False, "converting": None,
    }  # fmt: skip
    assert path[0] == [10.0, 200.0, 500.0, 50.0, 120.0]
    assert path[-1] == [14.0, 240.0, 500.0, 50.0, 120.0]
    assert (clip["address"], clip["said"]) == (f"/clips/{row.key}/7000-17000.mp4", "as recorded")
    assert clip["first"] == clip["times"][0] == 0.0
    assert clip["times"][:3] == [0.0, 0.2, 0.4]
    assert contract.answer(workspace, CROP_OF_LATER)["earlier"] == CROP
    assert contract.still_file(workspace, row.key, "still-5250") is not None
    assert contract.still_file(workspace, row.key, "still-5251") is None
    assert contract.still_file(workspace, 99, "still-5250") is None


def test_a_problem_is_told_with_what_helps(workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path, kind="avi", drawn={"codec": "mjpeg", "b_frames": 0})
    told = contract.answer(workspace, CROP)
    assert (told["clip"], told["kind"], told["convert"], told["converting"]) == (None, "codec", True, None)
    job = ["clip", TOWN, "--at=12.000", WALK]
    make_job(workspace, "running", job)
    told = contract.answer(workspace, CROP)
    assert (told["convert"], told["converting"]) == (False, {"share": 0.003, "seconds_left": None})
    assert contract.answer(workspace, CROP_OF_LATER)["converting"] is None
    make_job(workspace, "failed", job)
    folder = workspace.path / jobs.FOLDER / "made"
    (folder / "progress.json").write_text(json.dumps({"status": "failed", "message": "It is broken."}))
    told = contract.answer(workspace, CROP)
    assert (told["problem"], told["kind"], told["convert"]) == ("It is broken.", "unreadable", True)


def test_a_conversion_is_a_job_that_is_started_once(workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path, kind="avi", drawn={"codec": "mjpeg", "b_frames": 0})
    contract.convert(workspace, CROP)
    contract.convert(workspace, CROP)
    [job] = jobs.all_jobs(workspace.path)
    assert job.title == f"Convert clip {WALK} of {TOWN}"
    end = time.monotonic() + 60
    while (told := contract.answer(workspace, CROP))["clip"] is None:
        assert told["converting"] is not None, (told["problem"], jobs.log_tail(job.folder))
        assert time.monotonic() < end
        time.sleep(0.1)
    assert told["clip"]["said"] == "converted to H.264"
    assert told["clip"]["first"] == 7.0
    contract.convert(workspace, CROP)
    assert len(jobs.all_jobs(workspace.path)) == 1, "there is nothing to convert"


def test_crops_of_pictures_and_crops_that_are_gone_have_no_walk(tiny_workspace: Workspace) -> None:
    for crop in (1, 10**9):
        with pytest.raises(NotThere):
            walk_of(tiny_workspace, crop)


# --- which part ---


def test_a_long_walk_is_shown_around_the_moment_that_is_asked_for(workspace: Workspace) -> None:
    one_walk(workspace, 100.0, 400.0, 200.0, duration=500.0)
    found = {at: walk_of(workspace, 1, at) for at in (None, 0.0, 100.0, 250.0, 399.0, 1e9)}
    for at, one in found.items():
        assert one.stretch is not None
        low, high = one.stretch
        assert high - low == pytest.approx(60.0)
        assert 97.0 <= low < high <= 403.0
        assert low <= min(max(200.0 if at is None else at, 100.0), 400.0) <= high
        assert walk_of(workspace, 1, one.asked).stretch == one.stretch, "a job asks by it"
    assert walk_of(workspace, 1, 251.0).stretch == found[250.0].stretch, "one clip serves many moments"


def test_a_clip_ends_with_its_recording_once_that_is_analysed(workspace: Workspace) -> None:
    key = one_walk(workspace, 1.0, 19.0, duration=20.0)
    assert walk_of(workspace, 1).stretch == (0.0, 22.0)
    finish(workspace.catalogue, key, Progress(analysed=20.0, frames=99))
    assert walk_of(workspace, 1).stretch == (0.0, 20.0)


def test_padding_is_cut_at_spans_and_never_the_walk() -> None:
    assert kept_clear((10, 14), (7, 17), []) == (7, 17)
    assert kept_clear((10, 14), (7, 17), [(1, 6), (18, 20)]) == (7, 17)
    assert kept_clear((10, 14), (7, 17), [(1, 8), (2, 9), (15, 16), (30, 31)]) == (9.001, 14.999)
    assert kept_clear((10, 14), (7, 17), [(14, 16)]) is None
    assert kept_clear((10, 14), (7, 17), [(0, 50)]) is None


# --- neighbours ---


def test_neighbours_are_those_of_the_camera_across_recordings_where_times_are_known(workspace: Workspace) -> None:
    one_walk(workspace, 10, 14, 11.0, 12.4, name="a", start=START + 1000)  # crops 1 and 2
    one_walk(workspace, 10, 14, name="b", start=START)  # crop 3, filmed earlier
    one_walk(workspace, 10, 14, name="c", start=START + 500, camera="yard")  # crop 4
    third = one_walk(workspace, 10, 14, name="d", start=START + 2000)  # crop 5
    one_walk(workspace, 10, 14, name="e", start=float("nan"), start_source=None)  # crop 6
    beside = {crop: (walk_of(workspace, crop).earlier, walk_of(workspace, crop).later) for crop in range(1, 7)}
    assert beside == {1: (3, 5), 2: (3, 5), 3: (None, 2), 4: (None, None), 5: (2, None), 6: (None, None)}
    set_start(workspace.catalogue, TOWN, "d", START - 500)
    assert walk_of(workspace, 3).earlier == 5
    assert walk_of(workspace, 1).later is None
    keep(workspace.catalogue, third, [walk("no crops", 20, 30)], [], Progress(analysed=60, frames=300))
    assert walk_of(workspace, 5).later == 3, "what has no crops cannot be shown"


def test_two_who_come_at_once_are_both_met(workspace: Workspace) -> None:
    row = film(workspace)
    names = ["one", "two", "three"]
    keep(
        workspace.catalogue, row.key, [walk(name, 10, 14) for name in names], [cut(name, 12) for name in names],
        Progress(analysed=60, frames=300),
    )  # fmt: skip
    assert [walk_of(workspace, crop).later for crop in (1, 2, 3)] == [2, 3, None]
    assert [walk_of(workspace, crop).earlier for crop in (1, 2, 3)] == [None, 1, 2]


def test_a_tracklet_is_found_by_its_name(workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path)
    assert [crop_of(workspace, TOWN, name) for name in (WALK, LATER)] == [CROP, CROP_OF_LATER]
    with pytest.raises(NotThere, match="reid tracklets town"):
        crop_of(workspace, TOWN, "gate-0099")


def test_neighbours_are_found_across_many_recordings(workspace: Workspace) -> None:
    seconds = np.linspace(0, 3600, 50)
    for number in range(10):
        row = film(workspace, name=f"r{number}", start=START + 3600 * number, duration=3600.0)
        walks: list[NewTracklet] = [walk(f"{number}-{place}", s, s + 4) for place, s in enumerate(seconds)]
        crops = [cut(one.name, one.start_moment + 2) for one in walks]
        keep(workspace.catalogue, row.key, walks, crops, Progress(analysed=3600, frames=9))
    for crop in (1, 49, 50, 51, 250, 499, 500):
        found = walk_of(workspace, crop)
        assert found.earlier == (crop - 1 if crop > 1 else None)
        assert found.later == (crop + 1 if crop < 500 else None)
