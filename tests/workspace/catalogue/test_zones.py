"""Zones of a camera's picture: what tracklets are in them, also of recordings that come later."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.errors import NotThere, ReidError
from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings.zones import keep_zone, remove_zone, zone_names, zones_of
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.editing import relabel, undo
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import filmed

TOWN = "town"
# Both walks of `filmed` go from x = 200 or 400 at y = 500 to the right, in a picture of 1920 × 1080.
EARLY = Zone("early", ((0.08, 0.4), (0.15, 0.4), (0.15, 0.5), (0.08, 0.5)))  # 154 to 288 px
LEFT_HALF = Zone("window", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), ignored=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def described(workspace: Workspace) -> dict[str, tuple[str | None, int]]:
    with workspace.catalogue.transaction() as database:
        return {name: (zones, ignored) for name, zones, ignored in database.execute(
            "SELECT name, zones, ignored FROM tracklet ORDER BY name"
        )}  # fmt: skip


def numbers(workspace: Workspace) -> list[int]:
    with workspace.catalogue.transaction() as database:
        return [seq for (seq,) in database.execute("SELECT seq FROM crop ORDER BY id")]


def test_a_zone_changes_the_tracklets_in_it_and_tells_indexes_of_their_crops(workspace: Workspace) -> None:
    filmed(workspace, name="gate")
    before = numbers(workspace)
    assert keep_zone(workspace.catalogue, TOWN, "gate", EARLY) == 1
    assert described(workspace) == {"gate-1": ("early", 0), "gate-2": (None, 0)}
    after = numbers(workspace)
    assert [new > old for old, new in zip(before, after, strict=True)] == [True, True, False]
    assert zones_of(workspace.catalogue, TOWN, "gate") == [EARLY]
    assert remove_zone(workspace.catalogue, TOWN, "gate", "early") == 1
    assert described(workspace) == {"gate-1": (None, 0), "gate-2": (None, 0)}


def test_recordings_that_come_later_know_the_zones_of_their_camera(workspace: Workspace) -> None:
    filmed(workspace, name="gate")
    keep_zone(workspace.catalogue, TOWN, "gate", LEFT_HALF)
    filmed(workspace, name="later", start=1_772_438_400.0)
    filmed(workspace, name="hall", camera="hall")
    assert {name: ignored for name, (_, ignored) in described(workspace).items()} == {
        "gate-1": 1, "gate-2": 1, "later-1": 1, "later-2": 1, "hall-1": 0, "hall-2": 0,
    }  # fmt: skip
    assert zone_names(workspace.catalogue, TOWN) == []


def test_a_recording_that_turns_out_to_be_of_another_camera_gets_its_zones(workspace: Workspace) -> None:
    filmed(workspace, name="gate")
    filmed(workspace, name="hall", camera="hall", start=1_772_438_400.0)
    keep_zone(workspace.catalogue, TOWN, "gate", LEFT_HALF)
    of_hall = Selection(cameras=frozenset({"hall"}))
    before = numbers(workspace)
    relabel(workspace.catalogue, TOWN, of_hall, "camera", "gate")
    assert {name: ignored for name, (_, ignored) in described(workspace).items()} == {
        "gate-1": 1, "gate-2": 1, "hall-1": 1, "hall-2": 1,
    }  # fmt: skip
    assert all(new > old for old, new in zip(before[3:], numbers(workspace)[3:], strict=True))
    undo(workspace.catalogue, TOWN)
    assert {name: ignored for name, (_, ignored) in described(workspace).items()} == {
        "gate-1": 1, "gate-2": 1, "hall-1": 0, "hall-2": 0,
    }  # fmt: skip


def test_a_zone_of_the_same_name_takes_the_place_of_the_former(workspace: Workspace) -> None:
    filmed(workspace, name="gate")
    keep_zone(workspace.catalogue, TOWN, "gate", EARLY)
    keep_zone(workspace.catalogue, TOWN, "gate", Zone("early", LEFT_HALF.corners))
    assert described(workspace) == {"gate-1": ("early", 0), "gate-2": ("early", 0)}
    assert zone_names(workspace.catalogue, TOWN) == ["early"]
    actions = [line["action"] for line in workspace.catalogue.audit() if line["action"] == "change zone"]
    assert len(actions) == 2


@pytest.mark.parametrize(
    "zone",
    [
        Zone("", LEFT_HALF.corners),
        Zone("two\nlines", LEFT_HALF.corners),
        Zone("line", ((0.1, 0.1), (0.9, 0.9), (0.5, 0.5))),
        Zone("outside", ((0.1, 0.1), (1.9, 0.9), (0.5, 0.9))),
        Zone("two corners", ((0.1, 0.1), (0.9, 0.9))),
    ],
)
def test_a_zone_without_a_name_or_an_area_is_refused(workspace: Workspace, zone: Zone) -> None:
    filmed(workspace, name="gate")
    with pytest.raises(ReidError):
        keep_zone(workspace.catalogue, TOWN, "gate", zone)
    assert zones_of(workspace.catalogue, TOWN, "gate") == []


def test_zones_are_of_cameras_that_are_there(workspace: Workspace) -> None:
    filmed(workspace, name="gate")
    with pytest.raises(NotThere, match="no recording of camera"):
        keep_zone(workspace.catalogue, TOWN, "roof", EARLY)
    with pytest.raises(NotThere, match="no zone"):
        remove_zone(workspace.catalogue, TOWN, "gate", "early")
