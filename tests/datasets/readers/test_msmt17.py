from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

TRAIN = "0000/0000_000_01_0303morning_0008_0.jpg"
VALIDATION = "0001/0001_001_14_0302afternoon_0500_1.jpg"
QUERY = "0000/0000_000_01_0303morning_0015_0.jpg"
GALLERY = "0000/0000_003_10_0113noon_1200_2.jpg"
LISTS = {
    "list_train.txt": f"{TRAIN} 0\n",
    "list_val.txt": f"{VALIDATION} 1\n",
    "list_query.txt": f"{QUERY} 0\n",
    "list_gallery.txt": f"{GALLERY} 0\n",
}


def pictures(train: str = "train", test: str = "test") -> list[str]:
    return [f"{train}/{TRAIN}", f"{train}/{VALIDATION}", f"{test}/{QUERY}", f"{test}/{GALLERY}"]


def below(folder: str) -> dict[str, str]:
    return {f"{folder}/{name}": lines for name, lines in LISTS.items()}


@pytest.mark.parametrize(
    ("folder", "train", "test"), [("MSMT17_V1", "train", "test"), ("a/MSMT17_V2", "mask_train_v2", "mask_test_v2")]
)
def test_lists_tell_the_split_and_names_the_camera(miniature: Miniature, folder: str, train: str, test: str) -> None:
    names = [f"{folder}/{name}" for name in pictures(train, test)]
    dataset = read_dataset(miniature.make(names, below(folder)))
    assert dataset.format == "MSMT17"
    assert dataset.skipped == ()
    splits, cameras = miniature.column(dataset, "split"), miniature.column(dataset, "camera")
    assert [splits[name] for name in names] == ["train", "train", "query", "gallery"]
    assert [cameras[name] for name in names] == ["1", "14", "1", "10"]
    assert dataset.records.table["time"].isna().all()
    assert dataset.records.table["tracklet"].isna().all()


def test_person_0_of_one_side_is_not_person_0_of_the_other(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(pictures(), LISTS))
    identities = miniature.column(dataset, "identity")
    assert [identities[name] for name in pictures()] == ["t0000", "t0001", "0000", "0000"]


def test_lines_that_cannot_be_used_are_skipped_by_file_and_line(miniature: Miniature) -> None:
    odd = "0000/portrait.jpg"
    lines = [f"{GALLERY} 0", "", f"{GALLERY} person", "0002/0002_000_01_0303morning_0015_0.jpg 2", "../../secret.jpg 1"]
    lists = LISTS | {"list_gallery.txt": "\r\n".join([*lines, f"{QUERY} 0", f"{odd} 0"])}
    dataset = read_dataset(miniature.make([*pictures(), f"test/{odd}"], lists))
    reasons = {skip.path.replace("top/", ""): skip.reason.replace("top/", "") for skip in dataset.skipped}
    assert reasons == {
        "line 3 of list_gallery.txt": f"'{GALLERY} person' is not a path and a person's number",
        "line 4 of list_gallery.txt": "there is no picture test/0002/0002_000_01_0303morning_0015_0.jpg",
        "line 5 of list_gallery.txt": "there is no picture test/../../secret.jpg",
        "line 6 of list_gallery.txt": f"test/{QUERY} is already in a list",
        "line 7 of list_gallery.txt": f"the name of test/{odd} is not like 0000_000_01_0303morning_0015_0.jpg",
        f"test/{odd}": "no list names it",
    }
    assert set(miniature.column(dataset, "path")) == set(pictures())


def test_bytes_that_are_no_text_cost_their_line_only(miniature: Miniature) -> None:
    lists: dict[str, str | bytes] = {**LISTS, "list_val.txt": b"\xff\x00\xfe\n" + LISTS["list_val.txt"].encode()}
    dataset = read_dataset(miniature.make(pictures(), lists))
    assert len(dataset.records) == 4
    assert [skip.path.replace("top/", "") for skip in dataset.skipped] == ["line 1 of list_val.txt"]


def test_a_missing_list_is_skipped_with_the_pictures_that_it_would_name(miniature: Miniature) -> None:
    lists = {name: lines for name, lines in LISTS.items() if name != "list_val.txt"}
    dataset = read_dataset(miniature.make(pictures(), lists))
    assert len(dataset.records) == 3
    assert set(miniature.skipped(dataset)) == {"list_val.txt", f"train/{VALIDATION}"}


def test_without_any_list_the_lists_are_asked_for(miniature: Miniature) -> None:
    path = miniature.make(pictures())
    with pytest.raises(
        ReidError, match=r"looks like MSMT17, .*list_train.txt.*Put the lists beside the folders"
    ) as error:
        read_dataset(path)
    assert str(path) in str(error.value)


def test_a_list_too_long_to_be_one_is_not_read(miniature: Miniature) -> None:
    lists = LISTS | {"list_query.txt": LISTS["list_query.txt"] + " " * (16 * 2**20)}
    skipped = miniature.skipped(read_dataset(miniature.make(pictures(), lists)))
    assert "more than the 16 MB" in skipped["list_query.txt"]


@pytest.mark.parametrize("other", [[f"b/{name}" for name in pictures()], pictures("mask_train_v2", "mask_test_v2")])
def test_two_of_them_in_one_place_are_refused(miniature: Miniature, other: list[str]) -> None:
    with pytest.raises(ReidError, match=r"more than one data set: that of '.*train' and that of '.*train"):
        read_dataset(miniature.make([*pictures(), *other], LISTS))


@pytest.mark.parametrize(
    "names",
    [
        ["train/ada/1.jpg", "test/bo/1.jpg"],
        ["train/0000/1.jpg", "test/0001/0001_c1s1_000451_03.jpg"],
        ["train/0000/0000_000_01_0303morning.jpg", "test/0001/1.jpg"],
        ["train/0000_000_01_0303morning_0015_0.jpg", "train/ada/1.jpg", "test/bo/1.jpg"],
    ],
)
def test_training_and_test_folders_of_others_are_left_to_other_readers(miniature: Miniature, names: list[str]) -> None:
    assert read_dataset(miniature.make(names, LISTS)).format == "folder per identity"
