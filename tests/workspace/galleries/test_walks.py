"""Crops by the walk that they were cut from: counted, and found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.browsing import numbers, view_groups, view_ids
from reid_core.workspace.galleries.walks import WalkCounts
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.support.tiny_walks import give_walks
from tests.workspace.catalogue.filmed import cut, film, walk

RIGHT = Selection(directions=frozenset({"to the right"}))
LEFT = Selection(directions=frozenset({"to the left"}))
DOOR = Selection(zones=frozenset({"door"}))


@pytest.fixture
def walked(tiny_workspace: Workspace) -> Catalogue:
    """Two crops of each of twelve tracklets: eight go to the right, three to the left through the door, one stays."""
    give_walks(tiny_workspace)
    return tiny_workspace.catalogue


def names(catalogue: Catalogue, selection: Selection) -> set[str]:
    return set(catalogue.crops_of(view_ids(catalogue, TINY_GALLERY, selection).tolist())["tracklet"])


def test_crops_are_counted_by_direction_and_zone(walked: Catalogue) -> None:
    found = numbers(walked, TINY_GALLERY).walks
    assert found == WalkCounts({"to the left": 6, "to the right": 16, "stays": 2}, {"door": 6})
    assert list(found.directions) == ["to the left", "to the right", "stays"], "in the order of the Search page"


def test_a_walk_selects_all_of_its_crops_and_no_others(walked: Catalogue) -> None:
    assert names(walked, LEFT) == names(walked, DOOR) == {"1-stairs", "2-stairs", "3-stairs"}
    assert len(view_ids(walked, TINY_GALLERY, RIGHT)) == 16
    both = Selection(directions=LEFT.directions | frozenset({"stays"}) if LEFT.directions else None)
    assert len(view_ids(walked, TINY_GALLERY, both)) == 8
    assert not len(view_ids(walked, TINY_GALLERY, replace(RIGHT, zones=DOOR.zones)))
    assert not len(view_ids(walked, TINY_GALLERY, Selection(zones=frozenset({"doo"})))), "a part of a name is none"
    assert [group.crops for group in view_groups(walked, TINY_GALLERY, "tracklet", LEFT)] == [2, 2, 2]


def test_a_tracklet_of_that_name_in_another_gallery_or_of_no_recording_is_another_one(
    walked: Catalogue, tiny_workspace: Workspace
) -> None:
    row = film(tiny_workspace, "other", camera="hall")
    keep(walked, row.key, [walk("1-stairs")], [cut("1-stairs", 11.0)], Progress(analysed=60.0, frames=300))
    assert len(view_ids(walked, TINY_GALLERY, LEFT)) == 6
    with walked.transaction() as database:
        database.execute("UPDATE crop SET recording = NULL, moment = NULL WHERE tracklet = '2-stairs'")
    assert len(view_ids(walked, TINY_GALLERY, LEFT)) == 4
    assert numbers(walked, TINY_GALLERY).walks.zones == {"door": 4}


def test_without_recordings_there_is_nothing_to_count(tiny_workspace: Workspace) -> None:
    assert numbers(tiny_workspace.catalogue, TINY_GALLERY).walks == WalkCounts()
