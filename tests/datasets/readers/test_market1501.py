from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.readers.market1501 import parse_name
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Miniature

NAMES = [
    "bounding_box_train/0002_c1s1_000450_03.jpg",
    "bounding_box_train/0002_c2s3_000025_01.jpg",
    "query/0007_c1s1_000000_00.jpg",
    "bounding_box_test/0007_c3s2_000100_01.jpg",
    "bounding_box_test/-1_c3s2_000100_02.jpg",
    "bounding_box_test/0000_c1s1_000151_01.jpg",
]


def test_the_layout_is_recognised_and_names_tell_identity_camera_and_time(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(NAMES))
    assert dataset.format == "Market-1501"
    assert dataset.skipped == ()
    identities, cameras = miniature.column(dataset, "identity"), miniature.column(dataset, "camera")
    assert [identities[name] for name in NAMES] == ["0002", "0002", "0007", "0007", "junk", "distractor"]
    assert [cameras[name] for name in NAMES] == ["1", "2", "1", "3", "3", "1"]
    splits = miniature.column(dataset, "split")
    assert [splits[name] for name in NAMES] == ["train", "train", "query", "gallery", "gallery", "gallery"]
    times = miniature.column(dataset, "time")
    assert [times[name] for name in NAMES] == [18.0, 1.0, 0.0, 4.0, 4.0, 6.04]  # frames at 25 per second


def test_crops_that_follow_each_other_at_one_camera_are_a_walk(miniature: Miniature) -> None:
    names = ["0002_c1s1_000450_03", "0002_c1s1_000475_01", "0002_c1s1_000700_01", "0007_c1s2_000450_01"]
    dataset = read_dataset(miniature.make([f"bounding_box_train/{name}.jpg" for name in names]))
    walks = [miniature.column(dataset, "tracklet")[f"bounding_box_train/{name}.jpg"] for name in names]
    assert walks == ["c1s1-18.00s", "c1s1-18.00s", "c1s1-28.00s", "c1s2-18.00s"]  # 25 frames are one second
    assert dataset.notes == ()


def test_where_that_mixes_people_there_are_no_tracklets_and_that_is_said(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(NAMES))  # 7 and a junk crop are in the same frame
    assert set(miniature.column(dataset, "tracklet").values()) == {None}
    assert dataset.notes == (
        "There are no tracklets, only crops: of 1 run of crops that follow each other within 2.5 s at one camera, "
        "100 % (1) have the labels of several people.",
    )


def test_describe_counts_people_without_distractors_and_junk(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(NAMES))
    assert dataset.describe() == "Market-1501: 2 train, 1 query, 3 gallery crops, 2 identities, 3 cameras"


def test_the_source_and_paths_name_pictures_that_can_be_read(miniature: Miniature) -> None:
    path = miniature.make(NAMES)
    dataset = read_dataset(path)
    assert dataset.source == path
    prefix = "top/" if miniature.is_zip else ""
    assert set(dataset.records.table["path"]) == {prefix + name for name in NAMES}


def test_any_depth_of_folders_above_is_ignored(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([f"a/b/Market-1501-v15.09.15/{name}" for name in NAMES]))
    assert dataset.format == "Market-1501"
    assert len(dataset.records) == len(NAMES)


def test_a_training_folder_alone_is_enough(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(NAMES[:2]))
    assert dataset.describe() == "Market-1501: 2 train crops, 1 identity, 2 cameras"


def test_names_of_another_kind_are_skipped_by_name_and_other_files_in_silence(miniature: Miniature) -> None:
    odd = ["query/0007_c1.jpg", "query/portrait.jpg", "extra/0009_c1s1_000001_00.jpg"]
    silent = {"query/Thumbs.db": "x", "readme.txt": "x", "__MACOSX/query/._0007_c1s1_000000_00.jpg": "x"}
    drawn = "gt_bbox/0007_c1s1_000000_00.jpg"
    path = miniature.make([*NAMES, *odd, drawn], silent)
    skipped = miniature.skipped(read_dataset(path))
    assert set(skipped) == {*odd, drawn}  # nothing is left out uncounted
    assert list(skipped)[-1] == drawn
    assert "the same people once more" in skipped[drawn]
    assert "is not like 0002_c1s1_000451_03.jpg" in skipped["query/portrait.jpg"]
    assert "outside" in skipped["extra/0009_c1s1_000001_00.jpg"]


def test_dukemtmc_names_are_read_at_its_frame_rate(miniature: Miniature) -> None:
    names = ["bounding_box_train/0001_c2_f0060000.jpg", "query/0005_c8_f0000060.jpg"]
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "DukeMTMC-reID"
    times = miniature.column(dataset, "time")
    assert times[names[0]] == pytest.approx(1001.0)  # 60000 frames at 60000/1001 per second
    assert miniature.column(dataset, "tracklet")[names[1]] == "c8-1.00s"
    assert miniature.column(dataset, "camera") == {names[0]: "2", names[1]: "8"}


def test_two_data_sets_in_one_place_are_refused_by_both_names(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match=r"more than one data set: '.*a/(\w+)' and '.*b/\1'"):
        read_dataset(miniature.make([f"{top}/{name}" for top in "ab" for name in NAMES]))


def test_a_person_in_training_and_query_is_refused_and_the_path_named(miniature: Miniature) -> None:
    path = miniature.make(["bounding_box_train/0007_c1s1_000000_00.jpg", "query/0007_c1s1_000009_00.jpg"])
    with pytest.raises(ReidError, match="Identity '0007' is in the training split") as error:
        read_dataset(path)
    assert str(path) in str(error.value)


@settings(deadline=None)
@given(
    identity=st.integers(1, 99999),
    camera=st.integers(1, 20),
    sequence=st.integers(1, 30),
    frame=st.integers(0, 999999),
    detection=st.integers(0, 99),
    suffix=st.sampled_from(["jpg", "png", "JPG"]),
)
def test_any_market_name_tells_what_it_was_made_of(
    identity: int, camera: str | None, sequence: int, frame: int, detection: int, suffix: str
) -> None:
    told = parse_name(f"{identity:04d}_c{camera}s{sequence}_{frame:06d}_{detection:02d}.{suffix}")
    assert told is not None
    assert told.identity == f"{identity:04d}"
    assert told.camera == str(camera)
    assert math.isclose(told.time * 25, frame, abs_tol=1e-6)
    assert told.place == f"c{camera}s{sequence}"


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(1, 8), st.integers(0, 9999999))
def test_any_duke_name_tells_what_it_was_made_of(identity: int, camera: str | None, frame: int) -> None:
    told = parse_name(f"{identity:04d}_c{camera}_f{frame:07d}.jpg")
    assert told is not None
    assert (told.identity, told.camera) == (f"{identity:04d}", str(camera))
    assert math.isclose(told.time / 1001 * 60000, frame, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("label", "identity"), [("-1", "junk"), ("0000", "distractor"), ("0", "distractor"), ("0010", "0010"), ("10", "10")]
)
def test_junk_and_distractors_have_one_spelling_and_people_keep_theirs(label: str, identity: str) -> None:
    told = parse_name(f"{label}_c1s1_000001_00.jpg")
    assert told is not None
    assert told.identity == identity


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_at_all_makes_the_parser_fail(text: str) -> None:
    told = parse_name(text)
    assert told is None or told.camera.isdigit()


@pytest.mark.parametrize(
    "name", ["", "a.jpg", "0002_c1s1_000451.jpg", "-2_c1s1_000451_03.jpg", "x0002_c1s1_000451_03.jpg", "٢_c1s1_0_0.jpg"]
)
def test_other_names_are_not_market_names(name: str) -> None:
    assert parse_name(name) is None


def market(folder: str, people: Iterable[int]) -> list[str]:
    return [f"{folder}/{person:04d}_c{camera}s1_001_00.jpg" for person in people for camera in (1, 2)]


@pytest.mark.parametrize("name", ["bounding_box_val", "bounding_box_Validation", "Bounding_Box_Dev"])
def test_people_of_the_validation_folder_are_tested_and_never_trained(miniature: Miniature, name: str) -> None:
    dataset = read_dataset(miniature.make([*market("bounding_box_train", range(1, 7)), *market(name, range(7, 17))]))
    splits = miniature.column(dataset, "split")
    assert {split for path, split in splits.items() if path.startswith("bounding_box_train")} == {"train"}
    assert {split for path, split in splits.items() if path.startswith(name)} == {"query", "gallery"}


def test_capitals_of_folders_do_not_matter(miniature: Miniature) -> None:
    pictures = [*market("Bounding_Box_Train", (1, 2)), *market("bounding_box_Test", (3, 4)), *market("Query", (3, 4))]
    dataset = read_dataset(miniature.make(pictures))
    wanted = {"Bounding_Box_Train": "train", "bounding_box_Test": "gallery", "Query": "query"}
    assert miniature.column(dataset, "split") == {path: wanted[path.partition("/")[0]] for path in pictures}
    assert not dataset.skipped


@pytest.mark.parametrize("gallery", ["gallery", "test"])
def test_short_names_of_folders_next_to_query(miniature: Miniature, gallery: str) -> None:
    pictures = [*market("train", (1, 2)), *market("query", (3, 4)), *market(gallery, (3, 4))]
    pictures.append(f"{gallery}/0000_c1s1_001_00.jpg")
    dataset = read_dataset(miniature.make(pictures))
    wanted = {"train": "train", "query": "query", gallery: "gallery"}
    assert miniature.column(dataset, "split") == {path: wanted[path.partition("/")[0]] for path in pictures}
    assert dataset.records.identities() == ["0001", "0002", "0003", "0004"]


def test_a_folder_query_among_others_does_not_take_all(miniature: Miniature) -> None:
    others = [f"{person}/{shot}.jpg" for person in ("ada", "bo", "cleo") for shot in range(3)]
    dataset = read_dataset(miniature.make([*market("query", (3,)), *others]))
    assert dataset.format == "folder per identity"
