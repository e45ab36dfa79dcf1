"""What an analysis has brought in so far, recording by recording, and its newest people."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from reid_core.workspace.catalogue.recordings import Progress, finish
from reid_core.workspace.galleries.arrivals import arrivals
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import filmed


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def test_each_recording_has_its_tracklets_and_the_newest_people_come_first(workspace: Workspace) -> None:
    first = filmed(workspace, name="a.mp4")
    second = filmed(workspace, name="b.mp4", camera="door")
    finish(workspace.catalogue, first.key, Progress(analysed=120.0, frames=600))
    found = arrivals(workspace.catalogue, "town", None, 3)
    assert [(one.recording, one.tracklets, one.crops, one.finished) for one in found.recordings] == [
        (first.name, 2, 3, True), (second.name, 2, 3, False),
    ]  # fmt: skip
    assert len(found.newest) == 3  # of four tracklets one picture each
    ids = [one.id for one in found.newest]
    assert ids == sorted(ids, reverse=True)
    assert found.newest[0].camera == "door"
    assert len(found.newest[0].sha256) == 64


def test_only_the_files_that_are_asked_for_are_counted(workspace: Workspace) -> None:
    first = filmed(workspace, name="a.mp4")
    filmed(workspace, name="b.mp4", camera="door")
    found = arrivals(workspace.catalogue, "town", [first.path], 9)
    assert [one.recording for one in found.recordings] == [first.name]
    assert len(found.newest) == 2
    assert not math.isnan(found.recordings[0].seconds)


def test_a_gallery_that_is_not_there_yet_has_nothing(workspace: Workspace) -> None:
    found = arrivals(workspace.catalogue, "town", None, 9)
    assert (found.recordings, found.newest) == ((), ())
