"""A gallery that is looked through page by page: nobody loads a million rows to see forty."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.catalogue.audit import Search
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.galleries import browsing
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER


def _crop(path: str, identity: str | None, camera: str | None, time: float = np.nan) -> NewCrop:
    return NewCrop(path, identity, camera, time, None, "gallery", 64, 128, path.encode().ljust(32, b"."))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", TESTER)
    catalogue.add_gallery("yard")
    catalogue.add_gallery("other")
    catalogue.add_crops("other", catalogue.add_source("other", "/else", "folder"), [_crop("x", "a", "gate", 5.0)])
    crops = [
        _crop("1", "b", "gate", 30.0), _crop("2", "a", "door", 10.0), _crop("3", "b", "door", 20.0),
        _crop("4", DISTRACTOR, "gate"), _crop("5", JUNK, "gate"), _crop("6", None, None), _crop("7", "c", "gate"),
    ]  # fmt: skip
    catalogue.add_crops("yard", catalogue.add_source("yard", "/yard", "folder"), crops)
    return catalogue


def paths(catalogue: Catalogue, ids: Iterable[int]) -> list[str]:
    return catalogue.crops_of(list(ids))["path"].tolist()


def test_a_view_has_every_crop_of_the_gallery_once_in_its_order(catalogue: Catalogue) -> None:
    assert paths(catalogue, browsing.view_ids(catalogue, "yard")) == list("1234567")
    assert paths(catalogue, browsing.view_ids(catalogue, "yard", order="camera")) == list("2314576")
    assert paths(catalogue, browsing.view_ids(catalogue, "yard", order="time")) == list("2314567")
    assert paths(catalogue, browsing.view_ids(catalogue, "yard", order="newest")) == list("1324567")
    for order in browsing.ORDERS:
        assert sorted(paths(catalogue, browsing.view_ids(catalogue, "yard", order=order))) == list("1234567")


@pytest.mark.parametrize(
    ("selection", "fit"),
    [
        (Selection(cameras=frozenset({"gate"})), "1457"),
        (Selection(cameras=frozenset({"roof"})), ""),
        (Selection(identities=frozenset({"b", "c"})), "137"),
        (Selection(after=20.0), "13"),
        (Selection(before=20.0), "23"),
        (Selection(missing="identity"), "6"),
        (Selection(missing="time"), "4567"),
        (Selection(ids=frozenset({3, 4, 1})), "23"),  # crop 1 is another gallery's
        (Selection(flaw="any"), ""),
        (Selection(cameras=frozenset({"gate"}), missing="time"), "457"),
    ],
)
def test_a_selection_keeps_what_fits_all_of_it(catalogue: Catalogue, selection: Selection, fit: str) -> None:
    assert "".join(paths(catalogue, browsing.view_ids(catalogue, "yard", selection))) == fit
    assert browsing.count(catalogue, "yard", selection) == len(fit)
    assert Selection.from_json(selection.to_json()) == selection


def test_groups_are_people_cameras_tracklets_or_days(catalogue: Catalogue) -> None:
    people = browsing.view_groups(catalogue, "yard", "identity")
    assert [(group.label, group.crops, group.cameras) for group in people] == [("a", 1, 1), ("b", 2, 2), ("c", 1, 1)]
    assert paths(catalogue, [group.cover for group in people]) == ["2", "1", "7"]
    cameras = browsing.view_groups(catalogue, "yard", "camera")
    assert [(group.label, group.crops) for group in cameras] == [("door", 2), ("gate", 4)]
    assert browsing.view_groups(catalogue, "yard", "tracklet") == []
    (day,) = browsing.view_groups(catalogue, "yard", "day")
    assert (day.crops, day.first, day.last) == (3, 10.0, 30.0)


@pytest.mark.parametrize("by", browsing.GROUPS)
def test_a_group_opens_to_its_own_crops(catalogue: Catalogue, by: str) -> None:
    for group in browsing.view_groups(catalogue, "yard", by):
        selection = Selection(**browsing.of_group(by, group.label))
        assert browsing.count(catalogue, "yard", selection) == group.crops


def test_some_people_are_the_first_crops_of_the_first_labels(catalogue: Catalogue) -> None:
    assert paths(catalogue, browsing.some_people(catalogue, "yard", 9)) == ["2", "1", "7"]
    assert paths(catalogue, browsing.some_people(catalogue, "yard", 1)) == ["2"]


def test_the_time_range_is_that_of_the_gallery_alone(catalogue: Catalogue) -> None:
    assert catalogue.time_range("yard") == (10.0, 30.0)


def test_a_gallery_of_unknown_times_has_no_time_range(catalogue: Catalogue) -> None:
    catalogue.add_gallery("still")
    catalogue.add_crops("still", catalogue.add_source("still", "/s", "folder"), [_crop("1", None, None)])
    assert catalogue.time_range("still") is None


def test_crops_are_found_by_where_their_pictures_are_read_from(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws", TESTER)
    workspace.catalogue.add_gallery("yard")
    there = workspace.catalogue.add_source("yard", "/yard", "folder")
    copied = workspace.catalogue.add_source("yard", "/card", "folder", copied=True)
    workspace.catalogue.add_crops("yard", there, [_crop("1", "a", "gate")])
    workspace.catalogue.add_crops("yard", copied, [_crop("1", "b", "gate"), _crop("2", "b", "gate")])
    here = str(workspace.originals(copied))
    found = browsing.crops_at(workspace, "yard", [("/yard", "1"), (here, "2"), ("/card", "2"), ("/yard", "9")])
    assert {place: id for place, (id, _) in found.items()} == {("/yard", "1"): 1, (here, "2"): 3}
    assert found[here, "2"][1] == b"2".ljust(32, b".").hex()


def test_a_page_of_an_unknown_gallery_names_those_that_there_are(catalogue: Catalogue) -> None:
    with pytest.raises(ReidError, match=r"no gallery 'cellar'\. There are: yard, other"):
        browsing.view_ids(catalogue, "cellar")


def test_the_version_changes_with_galleries_crops_and_vectors_and_stays_otherwise(catalogue: Catalogue) -> None:
    versions = [catalogue.version()]
    catalogue.add_gallery("new")
    versions.append(catalogue.version())
    catalogue.add_crops("new", catalogue.add_source("new", "/new", "folder"), [_crop("1", "a", "gate")])
    versions.append(catalogue.version())
    catalogue.add_model("m", "model", 2)
    add_vectors(catalogue, "m", [1], np.array([[0.6, 0.8]], np.float32))
    versions.append(catalogue.version())
    assert len(set(versions)) == 4
    catalogue.log(Search(purpose="why", gallery="site", hits=3))
    assert catalogue.version() == versions[-1]
