from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

NAMES = ["cam_a/000_45.bmp", "cam_b/000_90.bmp", "cam_a/873_0.bmp", "cam_b/873_180.bmp"]


def test_folders_tell_the_camera_and_names_the_identity(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([f"VIPeR/{name}" for name in NAMES]))
    assert dataset.format == "VIPeR"
    assert dataset.skipped == ()
    identities, cameras = miniature.column(dataset, "identity"), miniature.column(dataset, "camera")
    assert [identities[f"VIPeR/{name}"] for name in NAMES] == ["000", "000", "873", "873"]
    assert [cameras[f"VIPeR/{name}"] for name in NAMES] == ["a", "b", "a", "b"]


def test_one_picture_of_each_test_person_asks_for_the_other(miniature: Miniature) -> None:
    path = miniature.make([f"cam_{camera}/{person:03d}_45.bmp" for camera in "ab" for person in range(20)])
    table = read_dataset(path, train_share=0.0).records.table
    assert table.groupby("identity")["split"].agg(set).tolist() == [{"query", "gallery"}] * 20


def test_identities_are_divided_by_the_share_for_training(miniature: Miniature) -> None:
    path = miniature.make(NAMES)
    assert set(read_dataset(path, train_share=1.0).records.table["split"]) == {"train"}


def test_pictures_of_another_kind_are_skipped_by_name(miniature: Miniature) -> None:
    odd = ["cam_a/portrait.bmp", "cam_b/001_37.bmp", "000_45.bmp"]
    assert set(miniature.skipped(read_dataset(miniature.make([*NAMES, *odd])))) == set(odd)


def test_two_of_them_in_one_place_are_refused_by_both_names(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match=r"more than one data set: '.*x/cam_a' and '.*y/cam_a'"):
        read_dataset(miniature.make([f"{top}/{name}" for top in "xy" for name in NAMES]))


@pytest.mark.parametrize(
    "names",
    [
        NAMES[::2],  # one camera only
        ["cam_a/anna_45.bmp", "cam_b/anna_90.bmp"],
        ["cam_1/000_45.bmp", "cam_2/000_90.bmp"],
        [*NAMES, *(f"cam_c/00{n}_45.bmp" for n in range(4))],  # a third camera with as many pictures
    ],
)
def test_other_cameras_and_names_are_left_to_other_readers(miniature: Miniature, names: list[str]) -> None:
    assert read_dataset(miniature.make(names)).format == "flat folder"
