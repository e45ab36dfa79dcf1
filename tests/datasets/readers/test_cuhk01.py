from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature


def pictures(people: int) -> list[str]:
    return [f"campus/{person:04d}{picture:03d}.png" for person in range(1, people + 1) for picture in (1, 2, 3, 4)]


def test_names_tell_the_identity_and_the_camera(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([f"CUHK01/{name}" for name in pictures(2)]))
    assert dataset.format == "CUHK01"
    assert dataset.skipped == ()
    identities, cameras = miniature.column(dataset, "identity"), miniature.column(dataset, "camera")
    names = [f"CUHK01/{name}" for name in pictures(2)]
    assert [identities[name] for name in names] == ["0001"] * 4 + ["0002"] * 4
    assert [cameras[name] for name in names] == ["1", "1", "2", "2"] * 2


def test_each_test_person_is_asked_once_and_found_once_in_each_camera(miniature: Miniature) -> None:
    table = read_dataset(miniature.make(pictures(10)), train_share=0.0).records.table
    counts = table.groupby(["identity", "camera", "split"]).size()
    assert counts.to_dict() == {
        (f"{person:04d}", camera, split): 1
        for person in range(1, 11)
        for camera in ("1", "2")
        for split in ("query", "gallery")
    }


def test_identities_are_divided_by_the_share_for_training(miniature: Miniature) -> None:
    assert set(read_dataset(miniature.make(pictures(2)), train_share=1.0).records.table["split"]) == {"train"}


def test_pictures_of_another_kind_are_skipped_by_name(miniature: Miniature) -> None:
    odd = ["campus/0001005.png", "campus/portrait.png", "0001001.png"]
    assert set(miniature.skipped(read_dataset(miniature.make([*pictures(1), *odd])))) == set(odd)


def test_two_of_them_in_one_place_are_refused_by_both_names(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match=r"more than one data set: '.*x/campus' and '.*y/campus'"):
        read_dataset(miniature.make([f"{top}/{name}" for top in "xy" for name in pictures(1)]))


@pytest.mark.parametrize(
    "names",
    [
        ["0001001.png", "0001002.png"],
        ["photos/0001001.png", "photos/0001002.png"],
        ["campus/0001005.png", "campus/20240001.png"],
        ["campus/0001001.png", "holiday.png"],  # half is not enough
    ],
)
def test_numbered_photos_are_left_to_other_readers(miniature: Miniature, names: list[str]) -> None:
    assert read_dataset(miniature.make(names)).format in ("flat folder", "folder per identity")
