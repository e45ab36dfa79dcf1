"""The command that makes clips."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reid_core.workspace.catalogue.recordings import RecordingRow
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended
from tests.workspace.clips.played import TOWN, WALK, delete_spans, played

Reid = Callable[..., Ended]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@pytest.fixture
def reid(workspace: Workspace, run_command: Callable[..., Ended]) -> Reid:
    return partial(run_command, workspace.path)


@pytest.fixture
def row(workspace: Workspace, tmp_path: Path) -> RecordingRow:
    return played(workspace, tmp_path, kind="avi", drawn={"codec": "mjpeg", "b_frames": 0})


def test_a_clip_is_made_and_converted_where_it_has_to_be(reid: Reid, row: RecordingRow, workspace: Workspace) -> None:
    told = reid("clip", TOWN, WALK, "--json").json()
    assert (told["said"], told["first"], told["last"], told["frames"]) == ("converted to H.264", 7.0, 17.0, 51)
    assert len(told["times"]) == 51
    assert Path(told["file"]) == workspace.path / "clips" / str(row.key) / "7000-17000-converted.mp4"
    assert f"{WALK}: 10.0 s from second 7, converted to H.264" in reid("clip", TOWN, WALK).out


def test_a_clip_of_ones_own_is_written_outside_and_the_log_says_so(
    reid: Reid, row: RecordingRow, workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    assert str(out) in reid("clip", TOWN, WALK, "--at", "0:00:12", "--out", out).out
    assert out.read_bytes()[4:8] == b"ftyp"
    assert f"Exported a clip of gallery {TOWN}: seconds 7 to 17 of recording {row.key}." in reid("audit").out
    for place, reason in ((workspace.path, "is in the workspace"), (tmp_path / "nowhere", "cannot be written")):
        ended = reid("clip", TOWN, WALK, "--out", place / "out.mp4")
        assert ended.code == 1
        assert reason in ended.err


def test_why_there_is_no_clip_is_a_sentence(reid: Reid, row: RecordingRow, workspace: Workspace) -> None:
    assert "no tracklet 'gate-0009'" in reid("clip", TOWN, "gate-0009").err
    delete_spans(workspace, row, (12.0, 13.0))
    told = reid("clip", TOWN, WALK, "--json")
    assert (told.code, told.json()["kind"]) == (1, "deleted")
    assert "somebody who was deleted" in told.err
    Path(row.path).unlink()
    assert "is not where it was any more" in reid("clip", TOWN, "gate-0002").err
