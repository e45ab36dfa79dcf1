"""`reid video`: what it proposes, what it asks for, what it says, and how it stops and goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reid_core.video.boxes import Detections
from reid_core.video.motchallenge import read_tracks
from reid_core.workspace import jobs
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.job_reporter import Reporter
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.support.films import film
from tests.support.walkers import WALKERS, ColourDetector, Interrupting, filmed, picture_of

Reid = Callable[..., Ended]
# --- what is proposed ---


def test_a_dry_run_says_what_would_come_in_and_keeps_nothing(reid: Reid, video: Reid, street: Path) -> None:
    said = video(street, "--dry-run")
    assert said.code == 0
    assert "gate_2026-03-02T08-30-00Z.mp4: H.264, 320 × 180, 0:00:10 long; camera gate (from its name)." in said.out
    assert "Proposed start: 2026-03-02T08:30:00Z, from the file's name" in said.out
    assert "the file's modification time minus its length" in said.out
    (one,) = video(street, "--dry-run", "--json").json()["recordings"]
    assert (one["camera"], one["starts"]["name"], one["codec"]) == ("gate", "2026-03-02T08:30:00Z", "h264")
    assert reid("list", "--json").json()["galleries"] == []


def test_no_start_is_taken_without_being_asked_for(reid: Reid, video: Reid, street: Path) -> None:
    ended = video(street)
    assert ended.code == 1
    assert "Proposed start: 2026-03-02T08:30:00Z, from the file's name" in ended.out
    assert "Say when gate_2026-03-02T08-30-00Z.mp4 began with --start: name, file, unknown" in ended.err
    answer = video(street, "--json")
    assert answer.code == 1
    assert "Proposed start: 2026-03-02T08:30:00Z, from the file's name" in answer.json()["error"], (
        "a program is told, too"
    )
    assert reid("list", "--json").json()["galleries"] == []


@pytest.mark.parametrize(
    ("chosen", "begins"),
    [
        (["--start", "name"], "2026-03-02T08:30:00Z"),
        (["--start", "container"], "2025-01-01T10:00:00Z"),
        (["--start", "file"], "2026-03-02T09:00:00Z"),
        (["--start", "2026-03-02T08:00+01:00"], "2026-03-02T07:00:00Z"),
        (["--start", "2026-07-02T08:00", "--time-zone", "Europe/London"], "2026-07-02T07:00:00Z"),
        (["--start", "unknown"], None),
    ],
)
def test_the_start_is_the_chosen_one(
    reid: Reid, video: Reid, workspace: Workspace, tmp_path: Path, chosen: list[str], begins: str | None
) -> None:
    pictures = [picture_of(WALKERS, number / 5) for number in range(15)]
    path = film(tmp_path / "gate_2026-03-02T08-30-00Z.mp4", pictures, rate=5, created="2025-01-01T10:00:00Z")
    os.utime(path, (1_772_442_003.0, 1_772_442_003.0))  # 2026-03-02T09:00:03Z, and it is 3 s long
    (one,) = video(path, *chosen, "--json").json()["recordings"]
    assert one["start"] == begins
    (row,) = reid("recordings", "town", "--json").json()["recordings"]
    assert row["start_source"] == (None if begins is None else chosen[1] if chosen[1].isalpha() else "stated")
    assert row["said"]["container"] == "2025-01-01T10:00:00Z", "what the others say stays"
    crops = workspace.catalogue.crops("town")
    assert len(crops)
    assert crops["time"].isna().all() == (begins is None)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("container", "has no start from the container's creation time"),
        ("2099-01-01T00:00Z", "lies in the future (2099-01-01 00:00:00 UTC). Check the date and the zone"),
        ("2026-03-02T08:00", "has no time zone. Add it (2026-03-02T08:00+01:00"),
        ("yesterday", "'yesterday' is not a start. Write date, time and zone"),
        ("1850-01-01T00:00Z", "Check the year"),
    ],
)
def test_a_start_that_cannot_be_is_refused(video: Reid, street: Path, start: str, said: str) -> None:
    ended = video(street, "--start", start, "--json")
    assert ended.code == 1
    assert said in ended.json()["error"]
    assert "Traceback" not in ended.err


def test_a_recording_that_nothing_says_the_camera_of_is_asked_for_it(video: Reid, street: Path, tmp_path: Path) -> None:
    unnamed = shutil.copy(street, tmp_path / "2026-03-02T08-30-00Z.mp4")
    (tmp_path / "other").mkdir()
    ended = video(Path(shutil.move(unnamed, tmp_path / "other" / "1.mp4")), "--start", "unknown", "--camera", "")
    assert ended.code == 0, "its folder names it"
    ended = video(tmp_path, "--start", "unknown", "--dry-run")
    assert "camera other (from its folder)" in ended.out


@pytest.mark.parametrize("camera", ["c" * 5_000, "gate\nhall", "gate\x1b[31m"])
def test_a_camera_has_a_short_name_on_one_line(video: Reid, street: Path, camera: str) -> None:
    ended = video(street, "--start", "name", "--camera", camera)
    assert ended.code == 1
    assert "cannot name a camera" in ended.err
    assert "\x1b" not in ended.err


def test_a_file_s_name_does_nothing_to_a_terminal(reid: Reid, video: Reid, street: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(street, tmp_path / "ga\nte\x1b[2J.mp4"))
    said = video(path, "--start", "unknown", "--camera", "gate")
    assert said.code == 0
    assert "ga_te_[2J: 2 tracklets" in said.out
    assert "\x1b" not in said.out + reid("recordings", "town").out
    assert "te\\x1b[2J.mp4: H.264" in said.out


# --- what comes in ---


def test_people_are_found_and_embedded(reid: Reid, video: Reid, workspace: Workspace, street: Path) -> None:
    said = video(street, "--start", "name")
    assert said.code == 0
    assert "gate_2026-03-02T08-30-00Z: 2 tracklets with " in said.out
    lines = sorted(tracklets_of(workspace.catalogue, "town"), key=lambda line: line.start)
    assert [(line.camera, round(line.end - line.start)) for line in lines] == [("gate", 5), ("gate", 7)]
    crops = workspace.catalogue.crops("town")
    found = reid("search", "--gallery", "town", "--crop", str(crops["id"].iloc[0]), "--json", "--same-camera")
    assert found.code in (0, 2)
    assert reid("list", "--json").json()["galleries"][0]["crops"] == len(crops)


def test_one_object_is_printed_and_the_second_time_says_already(video: Reid, street: Path, tmp_path: Path) -> None:
    (one,) = video(street, "--start", "name", "--json").json()["recordings"]
    assert (one["camera"], one["start"], one["tracklets"], one["already"]) == ("gate", "2026-03-02T08:30:00Z", 2, False)
    copied = shutil.copy(street, tmp_path / "copied.mp4")
    again = video(copied, "--start", "unknown", "--camera", "hall", "--write-tracks", tmp_path / "t.txt")
    assert "copied.mp4: already analysed, as recording gate_2026-03-02T08-30-00Z of camera gate." in again.out
    assert "It is in the gallery with camera gate, not hall" in again.err
    assert "No tracks were written" in again.err


def test_tracks_are_written_by_the_frames_of_the_recording(video: Reid, tmp_path: Path) -> None:
    pictures = [picture_of(WALKERS, number / 25) for number in range(250)]
    path = film(tmp_path / "gate.mp4", pictures, rate=25)
    tracks = tmp_path / "tracks.txt"
    assert video(path, "--start", "unknown", "--write-tracks", tracks).code == 0
    with tracks.open() as lines:
        found = sorted(read_tracks(lines, "tracks.txt"), key=lambda line: line.frame)
    assert {line.frame % 5 for line in found} == {1}, "every fifth of 25 a second"
    for line in found:
        second = (line.frame - 1) / 25
        boxes = [box for walker in WALKERS if (box := walker.box(second)) is not None]
        assert any(abs(line.left - box[0]) <= 3 and abs(line.top - box[1]) <= 3 for box in boxes)


def test_tracks_are_never_written_over_a_recording(video: Reid, street: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(street, tmp_path / "gate.mp4"))
    before = path.read_bytes()
    ended = video(path, "--start", "unknown", "--write-tracks", path)
    assert ended.code == 1
    assert "holds something else than tracks" in ended.err
    assert path.read_bytes() == before
    for nowhere in (tmp_path, tmp_path / "no" / "tracks.txt"):
        ended = video(path, "--start", "unknown", "--write-tracks", nowhere)
        assert ended.code == 1
        assert "Tracks cannot be written to" in ended.err


# --- a folder ---


@pytest.fixture
def folder(tmp_path: Path, street: Path) -> Path:
    """Three recordings of two cameras, of which one says no start, and two files that are none."""
    folder = tmp_path / "export"
    (folder / "hall").mkdir(parents=True)
    shutil.copy(street, folder)
    filmed(folder / "hall" / "2026-03-02T09-00-00Z.mp4", WALKERS[:1], 6)
    filmed(folder / "stairs.mp4", WALKERS[1:], 10)
    (folder / "notes.txt").write_text("the gate's clock is slow")
    (folder / "cut.mp4").write_bytes(street.read_bytes()[:3000])
    return folder


def test_a_folder_comes_in_with_cameras_and_times_of_its_names(reid: Reid, video: Reid, folder: Path) -> None:
    said = video(folder, "--start", "name", "--at-once", "2")
    assert said.code == 0
    rows = reid("recordings", "town", "--json").json()["recordings"]
    assert sorted((row["camera"], row["start"]) for row in rows) == [
        ("gate", "2026-03-02T08:30:00Z"), ("hall", "2026-03-02T09:00:00Z"),
    ]  # fmt: skip
    told = reid("recordings", "town", "--json").json()["coverage"]
    assert [one["recordings"] for one in told["cameras"]] == [1, 1]
    assert f"Analysed: 2 cameras, {int(told['seconds_searched'])} s of video in all" in reid("recordings", "town").out
    assert "3 files left out:" in said.err
    assert "  notes.txt: it is not a video that can be read here" in said.err
    assert "its table of contents (moov) is missing" in said.err
    assert "stairs.mp4: it has no start from the file's name" in said.err
    assert [said.err.count(name) for name in ("notes.txt", "cut.mp4", "stairs.mp4")] == [1, 1, 1]
    (folder / "notes.txt").unlink()
    again = video(folder, "--start", "file", "--json").json()
    assert sorted((one["camera"], one["already"]) for one in again["recordings"]) == [
        ("gate", True), ("hall", True), ("stairs", False),
    ]  # fmt: skip
    assert again["left_out"] == 1


def test_tracks_of_a_folder_are_a_file_each(video: Reid, folder: Path, tmp_path: Path) -> None:
    assert video(folder, "--start", "unknown", "--write-tracks", folder / "notes.txt").code == 1
    assert video(folder, "--start", "unknown", "--write-tracks", tmp_path / "tracks").code == 0
    written = sorted((tmp_path / "tracks").iterdir())
    assert [file.name for file in written] == [
        "2026-03-02T09-00-00Z.txt", "gate_2026-03-02T08-30-00Z.txt", "stairs.txt",
    ]  # fmt: skip
    assert all(file.stat().st_size for file in written)


def test_a_stated_start_is_of_one_recording(video: Reid, folder: Path) -> None:
    ended = video(folder, "--start", "2026-03-02T08:00Z")
    assert ended.code == 1
    assert "they do not all begin at 2026-03-02T08:00Z" in ended.err


def test_a_folder_in_which_every_recording_lacks_something_says_what(video: Reid, folder: Path) -> None:
    ended = video(folder, "--start", "container")
    assert ended.code == 1
    assert "None of the 3 recordings came in." in ended.err
    assert "has no start from the container's creation time" in ended.err


def test_two_names_of_one_file_are_one_recording_also_when_they_come_at_once(
    reid: Reid, video: Reid, street: Path, tmp_path: Path
) -> None:
    (tmp_path / "two").mkdir()
    for name in ("gate.mp4", "gate (copy).mp4"):
        shutil.copy(street, tmp_path / "two" / name)
    said = video(tmp_path / "two", "--start", "unknown", "--at-once", "2")
    assert said.code == 0
    assert len(reid("recordings", "town", "--json").json()["recordings"]) == 1
    assert len(reid("tracklets", "town", "--json").json()["tracklets"]) == 2


# --- stopping, going on, jobs ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_with_130_and_the_same_command_goes_on(
    video: Reid, workspace: Workspace, street: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patch:
        stopping = Interrupting(30, number)
        patch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: stopping)
        ended = video(street, "--start", "name")
    assert ended.code == 130
    assert "analysed up to 0:00:0" in ended.out
    assert "Stopped; nothing is lost: run the same command to go on." in ended.err
    assert len(tracklets_of(workspace.catalogue, "town")) < 2
    (one,) = video(street, "--start", "name", "--json").json()["recordings"]
    assert not one["stopped"]
    assert len(tracklets_of(workspace.catalogue, "town")) == 2


def test_a_stop_between_the_recordings_of_a_folder_is_a_stop(
    video: Reid, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last frame of the first: its analysis is whole, and those behind it have not begun."""
    with monkeypatch.context() as patch:
        stopping = Interrupting(50, signal.SIGTERM)
        patch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: stopping)
        assert video(folder, "--start", "unknown").code == 130


def test_a_stop_before_the_first_recording_is_a_stop(
    video: Reid, street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(folder: Path, *, threads: int = 1) -> ColourDetector:
        os.kill(os.getpid(), signal.SIGTERM)
        return ColourDetector()

    monkeypatch.setattr("reid_core.video.detection.load_detector", load)
    ended = video(street, "--start", "name", "--json")
    assert (ended.code, ended.json()["recordings"]) == (130, [])


def test_what_differs_from_how_it_was_begun_is_said(video: Reid, street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        stopping = Interrupting(30, signal.SIGTERM)
        patch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: stopping)
        video(street, "--start", "name")
    said = video(street, "--start", "2026-03-02T07:00Z", "--camera", "hall", "--fps", "2", "--copy")
    assert said.code == 0
    assert "The workspace keeps no copy of recording gate_2026-03-02T08-30-00Z: it came in without one, or" in said.err
    assert (
        "It is in the gallery with camera gate, not hall; start 2026-03-02 08:30:00 UTC, not 2026-03-02 07:00:00 UTC; "
        "5 frames a second, not 2." in said.err
    )
    assert "differ" not in video(street, "--start", "name").err


def test_a_job_says_how_far_it_is_in_seconds_of_video(
    video: Reid, workspace: Workspace, street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.path / "jobs" / "one"
    folder.mkdir(parents=True)
    monkeypatch.setenv(jobs.VARIABLE, str(folder))
    reporter = Reporter()
    for place in ("reid_core.cli.video.recordings.REPORTER", "reid_core.cli.REPORTER"):
        monkeypatch.setattr(place, reporter)
    told: list[dict] = []
    detect = ColourDetector.detect

    def look(self: ColourDetector, picture: np.ndarray) -> Detections:
        if (folder / "progress.json").is_file():
            told.append(json.loads((folder / "progress.json").read_text()))
        time.sleep(0.02)
        return detect(self, picture)

    monkeypatch.setattr(ColourDetector, "detect", look)
    assert video(street, "--start", "name").code == 0
    assert {(one["stage"], one["total"]) for one in told} == {("Analysing", 10)}
    done = [one["done"] for one in told]
    assert done == sorted(done)
    assert done[-1] >= 5
    assert json.loads((folder / "progress.json").read_text())["status"] == "finished"
    (result,) = jobs.results(folder)
    assert result["recordings"][0]["tracklets"] == 2
