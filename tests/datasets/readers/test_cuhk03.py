"""CUHK03 in folders of pictures, with and without the file of the new protocol."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.io import savemat

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

PROTOCOL = "cuhk03_new_protocol_config_detected.mat"
FILES = ["1_001_1_01.png", "1_001_2_06.png", "1_002_1_02.png", "1_002_1_03.png", "1_002_2_07.png", "2_001_1_01.png"]


def protocol(files: list[str], train: list[int], query: list[int], gallery: list[int]) -> bytes:
    """The published file: places count from 1."""
    names = np.empty((len(files), 1), object)
    names[:, 0] = files
    columns = {"train_idx": train, "query_idx": query, "gallery_idx": gallery}
    buffer = io.BytesIO()
    savemat(buffer, {"filelist": names} | {key: np.array(values)[:, None] for key, values in columns.items()})
    return buffer.getvalue()


def detected(files: list[str]) -> list[str]:
    return [f"images_detected/{file}" for file in files]


def test_names_tell_the_person_of_a_pair_and_the_camera_of_a_pair(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(detected(FILES)))
    assert dataset.format == "CUHK03 detected"
    assert dataset.skipped == ()
    people = ["1_001", "1_001", "1_002", "1_002", "1_002", "2_001"]
    cameras = ["1-1", "1-2", "1-1", "1-1", "1-2", "2-1"]
    assert miniature.column(dataset, "identity") == dict(zip(detected(FILES), people, strict=True))
    assert miniature.column(dataset, "camera") == dict(zip(detected(FILES), cameras, strict=True))


def test_the_detected_boxes_are_read_unless_the_labeled_are_asked_for(miniature: Miniature) -> None:
    path = miniature.make([*detected(FILES), "images_labeled/1_001_1_01.png", "images_labeled/1_001_2_06.png"])
    assert len(read_dataset(path).records) == 6
    assert len(read_dataset(path, format="cuhk03-detected").records) == 6
    labeled = read_dataset(path, format="cuhk03-labeled")
    assert labeled.format == "CUHK03 labeled"
    assert sorted(miniature.column(labeled, "identity")) == [
        "images_labeled/1_001_1_01.png",
        "images_labeled/1_001_2_06.png",
    ]
    assert labeled.skipped == ()


def test_labeled_boxes_alone_are_recognised(miniature: Miniature) -> None:
    assert read_dataset(miniature.make(["images_labeled/1_001_1_01.png"])).format == "CUHK03 labeled"


@pytest.mark.parametrize(("pictures", "place"), [("", ""), ("images/", ""), ("a/b/", "a/b/"), ("a/b/", "a/")])
def test_the_new_protocol_divides_where_its_file_lies_beside_or_above(
    miniature: Miniature, pictures: str, place: str
) -> None:
    names = [f"{pictures}{name}" for name in detected(FILES)]
    content = protocol(FILES, train=[1, 2], query=[3, 5], gallery=[4, 6])
    dataset = read_dataset(miniature.make(names, {f"{place}{PROTOCOL}": content}))
    wanted = ["train", "train", "query", "gallery", "query", "gallery"]
    assert miniature.column(dataset, "split") == dict(zip(names, wanted, strict=True))


def test_the_protocol_of_the_other_boxes_is_not_used(miniature: Miniature) -> None:
    content = protocol(FILES, train=[1, 2], query=[3, 5], gallery=[4, 6])
    path = miniature.make(detected(FILES), {PROTOCOL.replace("detected", "labeled"): content})
    assert set(miniature.column(read_dataset(path, train_share=1.0), "split").values()) == {"train"}


def test_pictures_and_names_that_do_not_match_are_skipped_by_name(miniature: Miniature) -> None:
    content = protocol([*FILES[:5], "3_001_1_01.png"], train=[1, 2], query=[3, 5], gallery=[4, 6])
    dataset = read_dataset(miniature.make([*detected(FILES), "images_detected/cover.png"], {PROTOCOL: content}))
    assert len(dataset.records) == 5
    assert miniature.skipped(dataset) == {
        "3_001_1_01.png": "the protocol's file names it, but it is not there",
        "images_detected/2_001_1_01.png": "the protocol's file does not name it",
        "images_detected/cover.png": "it is not like images_detected/1_001_1_01.png",
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no MATLAB file", "it is not a MATLAB 5 file"),
        (protocol(FILES, [1, 2], [3], [7]), "gallery_idx names file 7 of 6"),
        (protocol(FILES, [0], [3], [4]), "train_idx names file 0 of 6"),
        (protocol(FILES, [1, 3], [3], [4]), "1_002_1_02.png is in two splits"),
        (protocol(["x.png"], [1], [1], [1]), "x.png is in two splits"),
    ],
)
def test_a_protocol_that_cannot_be_used_is_a_sentence(miniature: Miniature, content: bytes, reason: str) -> None:
    with pytest.raises(ReidError, match=f"{PROTOCOL} cannot be used: .*{reason}"):
        read_dataset(miniature.make(detected(FILES), {PROTOCOL: content}))


def test_a_protocol_that_names_none_of_the_pictures_is_a_sentence(miniature: Miniature) -> None:
    content = protocol(["3_001_1_01.png", "3_002_1_01.png", "3_002_2_06.png"], [1], [2], [3])
    with pytest.raises(ReidError, match="names none of the pictures"):
        read_dataset(miniature.make(detected(FILES), {PROTOCOL: content}))


def test_one_person_on_both_sides_of_a_protocol_is_refused(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match="'1_001' is in the training split and in"):
        read_dataset(miniature.make(detected(FILES), {PROTOCOL: protocol(FILES, [1], [2], [3, 4, 5])}))


def test_two_copies_are_refused(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match="holds more than one data set"):
        read_dataset(miniature.make(["a/images_detected/1_001_1_01.png", "b/images_detected/1_001_1_01.png"]))
