"""`reid video --follow`: a recording that is analysed while it is still written."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from reid_core.video.boxes import Detections
from reid_core.video.stream import Following
from reid_core.video.stream.files import RecordingFile
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.support.walkers import SECONDS, WALKERS, ColourDetector, Interrupting, Walker, filmed

Reid = Callable[..., Ended]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.video.stream.Following", partial(Following, patience=1.5))


def test_a_file_that_grows_is_followed_to_its_end(
    video: Reid, workspace: Workspace, tmp_path: Path, impatient: None
) -> None:
    data = filmed(tmp_path / "whole.ts", WALKERS, SECONDS).read_bytes()
    path = tmp_path / "gate.ts"
    path.write_bytes(data[: len(data) // 3])

    def record() -> None:
        with path.open("ab", buffering=0) as file:
            for place in range(len(data) // 3, len(data), len(data) // 10):
                time.sleep(0.1)
                file.write(data[place : place + len(data) // 10])

    recorder = threading.Thread(target=record)
    recorder.start()
    (one,) = video(path, "--start", "unknown", "--camera", "gate", "--follow", "--json").json()["recordings"]
    recorder.join()
    assert one["analysed"] == pytest.approx(SECONDS - 0.2)
    assert len(tracklets_of(workspace.catalogue, "town")) == 2
    (again,) = video(path, "--start", "unknown", "--camera", "gate", "--json").json()["recordings"]
    assert again["already"], "it is known by its bytes when it is finished"


def test_what_was_followed_goes_on_without_following(
    video: Reid, workspace: Workspace, tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filmed(tmp_path / "gate.ts", WALKERS, SECONDS)
    stated = ["--start", "2026-03-02T08:00Z", "--camera", "gate", "--json"]
    with monkeypatch.context() as patch:
        stopping = Interrupting(20, signal.SIGTERM)
        patch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: stopping)
        assert video(path, "--follow", *stated).code == 130
    (one,) = video(path, *stated).json()["recordings"]
    assert (one["recording"], one["already"], one["stopped"]) == ("gate", False, False)
    assert len(tracklets_of(workspace.catalogue, "town")) == 2


def test_a_name_that_a_recorder_uses_again_is_another_recording(video: Reid, tmp_path: Path, impatient: None) -> None:
    path = filmed(tmp_path / "now.ts", WALKERS, SECONDS)
    stated = ["--start", "unknown", "--camera", "gate", "--follow", "--json"]
    assert not video(path, *stated).json()["recordings"][0]["already"]
    assert video(path, *stated).json()["recordings"][0]["already"]
    filmed(path, (Walker(2, 1.0, 11.0),), 2 * SECONDS)
    (one,) = video(path, *stated).json()["recordings"]
    assert (one["recording"], one["already"]) == ("now-2", False)


def test_another_film_under_the_name_of_one_that_was_begun_is_another_recording(
    video: Reid, tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filmed(tmp_path / "now.ts", WALKERS, SECONDS)
    stated = ["--start", "unknown", "--camera", "gate", "--follow", "--json"]
    with monkeypatch.context() as patch:
        stopping = Interrupting(20, signal.SIGTERM)
        patch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: stopping)
        assert video(path, *stated).code == 130
    filmed(path, (Walker(2, 1.0, 11.0),), 3 * SECONDS)
    (one,) = video(path, *stated).json()["recordings"]
    assert (one["recording"], one["already"]) == ("now-2", False)


def test_who_stops_while_nothing_new_comes_can_go_on(
    video: Reid, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = filmed(tmp_path / "whole.ts", WALKERS, SECONDS).read_bytes()
    path = tmp_path / "gate.ts"
    path.write_bytes(data[: len(data) * 2 // 3])
    read = RecordingFile.read

    def stop_at_the_end(self: RecordingFile, size: int) -> bytes:
        following = self._following
        if following is not None and self.tell() >= path.stat().st_size and not following.stop():
            os.kill(os.getpid(), signal.SIGTERM)  # to the main thread, which waits for this one
            while not following.stop():
                time.sleep(0.01)
        return read(self, size)

    stated = ["--start", "unknown", "--camera", "gate", "--json"]
    with monkeypatch.context() as patch:
        patch.setattr(RecordingFile, "read", stop_at_the_end)
        assert video(path, "--follow", *stated).code == 130
    path.write_bytes(data)
    (one,) = video(path, *stated).json()["recordings"]
    assert (one["recording"], one["already"]) == ("gate", False)
    assert one["analysed"] == pytest.approx(SECONDS - 0.2)
    assert len(tracklets_of(workspace.catalogue, "town")) == 2


def test_what_was_written_after_the_end_is_said_not_to_be_analysed(
    video: Reid, tmp_path: Path, impatient: None
) -> None:
    path = filmed(tmp_path / "now.ts", WALKERS, SECONDS)
    stated = ["--start", "unknown", "--camera", "gate", "--follow"]
    assert "has grown" not in video(path, *stated).err
    filmed(path, WALKERS, 2 * SECONDS)
    said = video(path, *stated)
    assert "already analysed" in said.out
    assert "The file has grown since it was analysed, and the rest of it is not analysed." in said.err


def test_a_recording_that_is_renamed_when_it_ends_is_kept(
    video: Reid, workspace: Workspace, tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filmed(tmp_path / "gate.part.ts", WALKERS, SECONDS)
    detect = ColourDetector.detect

    def rename(self: ColourDetector, picture: np.ndarray) -> Detections:
        if path.is_file():
            path.rename(tmp_path / "gate.ts")
        return detect(self, picture)

    monkeypatch.setattr(ColourDetector, "detect", rename)
    ended = video(path, "--start", "unknown", "--camera", "gate", "--follow")
    assert ended.code == 0
    assert "The file was moved or deleted at the end" in ended.err
    assert len(tracklets_of(workspace.catalogue, "town")) == 2


def test_a_file_that_is_only_readable_when_it_is_finished_is_not_followed(video: Reid, street: Path) -> None:
    ended = video(street, "--start", "name", "--follow")
    assert ended.code == 1
    assert "cannot be followed while it grows" in ended.err


def test_a_disk_that_gives_no_more_is_no_end_of_a_recording(
    video: Reid, workspace: Workspace, street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = RecordingFile._read, 6

    def read(self: RecordingFile, size: int) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(5, "Input/output error")
        return real(self, min(size, 4096))

    with monkeypatch.context() as patch:
        patch.setattr(RecordingFile, "_read", read)
        ended = video(street, "--start", "name", "--json")
    assert ended.code == 1
    assert "cannot be read any further (Input/output error)" in ended.json()["error"]
    (one,) = video(street, "--start", "name", "--json").json()["recordings"]
    assert not one["already"]
