"""A gallery that is looked through page by page: nobody loads a million rows to see forty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.catalogue import Catalogue
from reid_core.workspace.rows import NewCrop


def _crop(path: str, identity: str | None, camera: str | None, time: float = np.nan) -> NewCrop:
    return NewCrop(path, identity, camera, time, None, "gallery", 64, 128, path.encode().ljust(32, b"."))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    catalogue.add_gallery("yard")
    catalogue.add_gallery("other")
    catalogue.add_crops("other", catalogue.add_source("other", "/else", "folder"), [_crop("x", "a", "gate", 5.0)])
    crops = [
        _crop("1", "b", "gate", 30.0), _crop("2", "a", "door", 10.0), _crop("3", "b", "door", 20.0),
        _crop("4", DISTRACTOR, "gate"), _crop("5", JUNK, "gate"), _crop("6", None, None), _crop("7", "c", "gate"),
    ]  # fmt: skip
    catalogue.add_crops("yard", catalogue.add_source("yard", "/yard", "folder"), crops)
    return catalogue


def test_pages_hold_every_crop_once_and_keep_cameras_together(catalogue: Catalogue) -> None:
    pages = [catalogue.page_of_crops("yard", offset=offset, limit=3)["path"].tolist() for offset in (0, 3, 6, 9)]
    assert pages == [["6", "2", "3"], ["1", "4", "5"], ["7"], []]


def test_pages_of_one_camera_hold_its_crops_alone(catalogue: Catalogue) -> None:
    assert catalogue.page_of_crops("yard", offset=0, limit=9, camera="gate")["path"].tolist() == ["1", "4", "5", "7"]
    assert catalogue.page_of_crops("yard", offset=3, limit=9, camera="gate")["path"].tolist() == ["7"]
    assert catalogue.count_of_camera("yard", "gate") == 4
    assert catalogue.count_of_camera("yard", "roof") == 0


def test_people_are_shown_by_their_first_crop_without_distractors_and_junk(catalogue: Catalogue) -> None:
    people = catalogue.page_of_people("yard", offset=0, limit=9)
    assert list(zip(people["identity"], people["path"], strict=True)) == [("a", "2"), ("b", "1"), ("c", "7")]
    assert catalogue.page_of_people("yard", offset=1, limit=1)["identity"].tolist() == ["b"]


def test_the_time_range_is_that_of_the_gallery_alone(catalogue: Catalogue) -> None:
    assert catalogue.time_range("yard") == (10.0, 30.0)


def test_a_gallery_of_unknown_times_has_no_time_range(catalogue: Catalogue) -> None:
    catalogue.add_gallery("still")
    catalogue.add_crops("still", catalogue.add_source("still", "/s", "folder"), [_crop("1", None, None)])
    assert catalogue.time_range("still") is None


def test_a_page_of_an_unknown_gallery_names_those_that_there_are(catalogue: Catalogue) -> None:
    with pytest.raises(ReidError, match=r"no gallery 'cellar'\. There are: yard, other"):
        catalogue.page_of_people("cellar", offset=0, limit=1)


def test_the_version_changes_with_galleries_crops_and_vectors_and_stays_otherwise(catalogue: Catalogue) -> None:
    versions = [catalogue.version()]
    catalogue.add_gallery("new")
    versions.append(catalogue.version())
    catalogue.add_crops("new", catalogue.add_source("new", "/new", "folder"), [_crop("1", "a", "gate")])
    versions.append(catalogue.version())
    catalogue.add_model("m", "model", 2)
    catalogue.add_vectors("m", [1], np.array([[0.6, 0.8]], np.float32))
    versions.append(catalogue.version())
    assert len(set(versions)) == 4
    catalogue.log("search", "why")
    assert catalogue.version() == versions[-1]
