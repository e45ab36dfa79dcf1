from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.readers.mars import parse_name
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

TRAIN = ["bbox_train/0001/0001C1T0001F001.jpg", "bbox_train/0001/0001C2T0003F002.jpg"]
TEST = [
    "bbox_test/0002/0002C1T0001F001.jpg",
    "bbox_test/0000/0000C4T0010F003.jpg",
    "bbox_test/00-1/00-1C6T0002F001.jpg",
]


def crops(*names: str) -> list[str]:
    return [f"bbox_test/{name[:4]}/{name}.jpg" for name in names]


def queries(miniature: Miniature, *names: str) -> list[str]:
    splits = miniature.column(read_dataset(miniature.make(crops(*names))), "split")
    return sorted(path.rpartition("/")[2].removesuffix(".jpg") for path, split in splits.items() if split == "query")


def test_names_tell_identity_camera_and_tracklet_and_folders_the_split(miniature: Miniature) -> None:
    names = [*TRAIN, *TEST]
    dataset = read_dataset(miniature.make([f"MARS/{name}" for name in names]))
    assert dataset.format == "MARS"
    assert dataset.skipped == ()
    columns = {column: miniature.column(dataset, column) for column in ("identity", "camera", "tracklet", "split")}
    told = {column: [values[f"MARS/{name}"] for name in names] for column, values in columns.items()}
    assert told["identity"] == ["0001", "0001", "0002", "distractor", "junk"]
    assert told["camera"] == ["1", "2", "1", "4", "6"]
    assert told["tracklet"] == ["0001C1T0001", "0001C2T0003", "0002C1T0001", "0000C4T0010", "00-1C6T0002"]
    assert told["split"] == ["train", "train", "gallery", "gallery", "gallery"]
    assert dataset.records.table["time"].isna().all()


def test_the_first_frame_of_each_cameras_lowest_tracklet_is_the_query(miniature: Miniature) -> None:
    one = ["0002C1T0010F001", "0002C1T0009F002", "0002C1T0009F010", "0002C1T0009F009"]
    two = ["0002C3T0011F002", "0002C3T0011F001"]
    assert queries(miniature, *one, *two) == ["0002C1T0009F002", "0002C3T0011F001"]


def test_an_identity_of_one_camera_asks_nothing(miniature: Miniature) -> None:
    assert queries(miniature, "0002C1T0001F001", "0002C1T0001F002", "0002C1T0002F001") == []


def test_the_only_frame_of_a_camera_stays_to_be_found(miniature: Miniature) -> None:
    names = ["0002C1T0001F001", "0002C2T0002F001", "0002C2T0002F002"]
    assert queries(miniature, *names) == ["0002C2T0002F001"]


def test_distractors_and_junk_ask_nothing(miniature: Miniature) -> None:
    people = [f"{who}C{camera}T0001F00{frame}" for who in ("0000", "00-1") for camera in (1, 2) for frame in (1, 2)]
    assert queries(miniature, *people) == []


def test_pictures_of_another_kind_are_skipped_by_name(miniature: Miniature) -> None:
    odd = ["bbox_train/0001/portrait.jpg", "bbox_train/0001C1T0001F001.jpg", "extra/0001/0001C1T0001F001.jpg"]
    assert set(miniature.skipped(read_dataset(miniature.make([*TRAIN, *odd])))) == set(odd)


def test_two_of_them_in_one_place_are_refused_by_both_names(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match=r"more than one data set: '.*a/bbox_train' and '.*b/bbox_train'"):
        read_dataset(miniature.make([f"{top}/{name}" for top in "ab" for name in TRAIN]))


@pytest.mark.parametrize("file", ["1.jpg", "0001_c1s1_000451_03.jpg", "0001C1T0001.jpg", "0001C1T0001F001x.jpg"])
def test_other_pictures_in_such_folders_are_left_to_other_readers(miniature: Miniature, file: str) -> None:
    path = miniature.make([f"bbox_train/0001/{file}", f"bbox_test/0002/{file}"])
    assert read_dataset(path).format == "folder per identity"


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(1, 9), st.integers(0, 9999), st.integers(1, 999))
def test_any_name_tells_what_it_was_made_of(identity: int, camera: int, tracklet: int, frame: int) -> None:
    told = parse_name(f"{identity:04d}C{camera}T{tracklet:04d}F{frame:03d}.jpg")
    assert told is not None
    assert (told.identity, told.camera) == (f"{identity:04d}", str(camera))
    assert told.order == (tracklet, frame)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_at_all_makes_the_parser_fail(text: str) -> None:
    told = parse_name(text)
    assert told is None or told.camera.isdigit()
