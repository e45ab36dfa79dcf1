"""The commands about what is filmed: recordings, clock, tracklets, and delete --recording."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reid_core.cli.video.clock import seconds_of
from reid_core.errors import ReidError
from reid_core.video.stream import Problems
from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings import Progress, finish, keep
from reid_core.workspace.catalogue.recordings.zones import keep_zone
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended
from tests.workspace.catalogue.filmed import START, cut, film, filmed, walk

Reid = Callable[..., Ended]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Gallery "town" of two recordings: half of gate.mp4 is analysed, door.mp4 begins at an unknown time."""
    workspace = Workspace(tmp_path / "workspace", TESTER)
    filmed(workspace)
    door = filmed(workspace, name="door.mp4", camera="door", start=math.nan, start_source=None)
    problems = Problems(damaged_packets=12, damaged_at=[3.0], gaps=[(3.0, 8.0)]).state()
    finish(workspace.catalogue, door.key, Progress(analysed=120, frames=600, problems=problems))
    return workspace


@pytest.fixture
def reid(workspace: Workspace, run_command: Callable[..., Ended]) -> Reid:
    return partial(run_command, workspace.path)


def cells(out: str, first: str) -> list[str]:
    """Words of the line that begins so."""
    return next(line.split() for line in out.splitlines() if line.startswith(first))


def test_tracklets_in_zones_to_ignore_are_counted_apart(reid: Reid, workspace: Workspace) -> None:
    everywhere = Zone("all of it", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), ignored=True)
    keep_zone(workspace.catalogue, "town", "gate", everywhere)
    said = reid("recordings", "town")
    assert "0 and 2 ignored" in said.out
    door, gate = reid("recordings", "town", "--json").json()["recordings"]
    assert [(one["tracklets"], one["ignored"]) for one in (door, gate)] == [(2, 0), (0, 2)]


def test_recordings_are_listed_with_where_their_start_comes_from(reid: Reid) -> None:
    said = reid("recordings", "town")
    assert said.code == 0
    assert cells(said.out, "gate.mp4") == [
        "gate.mp4", "gate", "2026-03-02T07:00:00Z", "stated", "not", "corrected", "0:02:00", "50", "%", "2", "–",
    ]  # fmt: skip
    assert cells(said.out, "door.mp4")[:7] == ["door.mp4", "door", "–", "–", "not", "corrected", "0:02:00"]
    assert "1 gap without frames, 5 s in all; the first at 0:00:03." in said.out
    door, gate = reid("recordings", "town", "--json").json()["recordings"]
    assert (gate["start"], gate["start_source"], gate["tracklets"], gate["finished"]) == (
        "2026-03-02T07:00:00Z", "stated", 2, None,
    )  # fmt: skip
    assert (door["start"], door["problems"][0][:19], door["analysed"]) == (None, "12 damaged packets ", 120)
    assert gate["problems"] == []


def test_a_gallery_without_recordings_says_how_to_add_one(reid: Reid, workspace: Workspace) -> None:
    workspace.catalogue.add_gallery("empty")
    assert "Add one with `reid video`" in reid("recordings", "empty").out
    assert "has no tracklets" in reid("tracklets", "empty").out
    assert reid("recordings", "nowhere").code == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("37", 37), ("+37", 37), ("+37s", 37), ("-1.5", -1.5), ("2m", 120), ("-1h", -3600), ("-1:00:00", -3600),
        ("0:01:02.5", 62.5),
    ],
)  # fmt: skip
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "soon", "1:2", "37 apples", "--3", "nan", "1e9"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ReidError, match=r"is not a length of time; write \+37"):
        seconds_of(text)


def test_a_clock_is_corrected_for_all_that_the_camera_filmed(reid: Reid, workspace: Workspace) -> None:
    said = reid("clock", "town", "--camera", "gate", "--by", "+37s", "--purpose", "seen on the tower")
    assert said.code == 0
    assert "Corrected the time of 1 recording with 3 crops." in said.out
    assert "gate.mp4 begins 2026-03-02T07:00:37Z (corrected by +37 s)" in said.out
    assert workspace.catalogue.crops("town")["time"].iloc[0] == START + 37 + 11
    assert "corrected by +37 s" in reid("recordings", "town").out
    assert "seen on the tower" in reid("audit").out
    minus = reid("clock", "town", "--recording", "gate.mp4", "--by", "-37", "--json").json()
    assert (minus["crops"], minus["recordings"][0]["clock_offset"]) == (3, 0)


def test_a_start_is_stated(reid: Reid, workspace: Workspace) -> None:
    assert reid("clock", "town", "--camera", "door", "--by", "37").code == 1
    said = reid("clock", "town", "--recording", "door.mp4", "--start", "2026-03-02T08:30:00+01:00")
    assert "door.mp4 begins 2026-03-02T07:30:00Z" in said.out
    assert reid("tracklets", "town", "--camera", "door", "--json").json()["tracklets"][0]["start"] == (
        "2026-03-02T07:30:10Z"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--camera", "gate"], "how far the clock is off with --by"),
        (["--by", "3"], "--camera or --recording"),
        (["--by", "3", "--start", "2026-03-02T08:00Z", "--camera", "gate"], "how far the clock is off"),
        (["--start", "2026-03-02T08:00:00Z", "--camera", "gate"], "Name it with --recording"),
        (["--start", "2026-03-02T08:00:00", "--recording", "gate.mp4"], "has no time zone. Add it"),
        (["--start", "2026-03-02", "--recording", "gate.mp4"], "Write date, time and zone"),
        (["--start", "1970-01-02T00:00:00Z", "--recording", "gate.mp4"], "Check the year"),
        (["--start", "9000-03-02T08:00Z", "--recording", "gate.mp4"], "lies in the future"),
        (["--by", "soon", "--camera", "gate"], "not a length of time"),
        (["--by", "3", "--camera", "hall"], "no recording of camera 'hall'"),
    ],
)
def test_a_correction_that_says_too_little_is_refused(reid: Reid, arguments: list[str], said: str) -> None:
    ended = reid("clock", "town", *arguments)
    assert ended.code == 1
    assert said in ended.err


def test_tracklets_are_listed_and_written(reid: Reid, tmp_path: Path) -> None:
    shown = reid("tracklets", "town", "--camera", "gate").out
    assert cells(shown, "gate.mp4-1") == [
        "gate.mp4-1", "gate", "2026-03-02T07:00:10Z", "2026-03-02T07:00:14Z", "4.0", "2", "100,500", "140,500", "–",
        "gate.mp4", "–",
    ]  # fmt: skip
    assert "door.mp4-1" not in shown
    file = tmp_path / "tracklets.csv"
    assert f"4 tracklets of gallery town written to {file}" in reid("tracklets", "town", "--csv", file).out
    with file.open() as opened:
        assert [row["tracklet"] for row in csv.DictReader(opened)] == [
            "gate.mp4-1", "gate.mp4-2", "door.mp4-1", "door.mp4-2",
        ]  # fmt: skip
    assert reid("tracklets", "town", "--csv", tmp_path / "nowhere" / "x.csv").code == 1


def test_a_recording_is_deleted_by_its_name(reid: Reid, workspace: Workspace) -> None:
    film(workspace, name="a, b.mp4")
    asked = ["delete", "--gallery", "town", "--recording"]
    dry = reid(*asked, "gate.mp4", "--dry-run")
    assert "3 crops would be deleted, with 0 vectors. 1 recording would be removed from the gallery." in dry.out
    assert "Receipt 1: 3 crops" in reid(*asked, "gate.mp4", "--purpose", "closed", "--yes").out
    assert "Receipt 2: 0 crops" in reid(*asked, "a, b.mp4", "--purpose", "closed", "--yes").out
    assert [row["name"] for row in reid("recordings", "town", "--json").json()["recordings"]] == ["door.mp4"]
    assert "has no recording 'gate.mp4'. There are: door.mp4." in reid(*asked, "gate.mp4", "--dry-run").err


def test_a_hold_is_put_on_a_recording(reid: Reid, workspace: Workspace) -> None:
    row = film(workspace, name="hall.mp4", camera="hall")
    keep(workspace.catalogue, row.key, [walk("w")], [cut("w", 11)], Progress(analysed=20, frames=9))
    assert (
        "1 crop of gallery town held by case-7."
        in reid("hold", "case-7", "--gallery", "town", "--recording", "hall.mp4").out
    )
    assert reid("delete", "--gallery", "town", "--camera", "hall", "--purpose", "x", "--yes").code == 1
