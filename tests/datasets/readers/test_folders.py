from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.base import camera_of_file, camera_of_folder
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature


def test_a_folder_per_identity_is_recognised_and_divided_by_identity(miniature: Miniature) -> None:
    names = [f"person {letter}/{shot}.jpg" for letter in "abcdefghijkl" for shot in range(3)]
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "folder per identity"
    assert miniature.column(dataset, "identity") == {name: name.partition("/")[0] for name in names}
    splits = miniature.column(dataset, "split")
    sides: dict[str, list[str]] = {}
    for name in names:
        sides.setdefault(name.partition("/")[0], []).append(splits[name])
    assert all(side == ["train"] * 3 or sorted(side) == ["gallery", "gallery", "query"] for side in sides.values())
    assert {side[0] == "train" for side in sides.values()} == {True, False}


def test_one_name_is_one_person_however_its_letters_are_composed(miniature: Miniature) -> None:
    composed, apart = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    dataset = read_dataset(miniature.make([f"{composed}/1.jpg", f"{apart}/2.jpg", "bo/1.jpg", "bo/2.jpg"]))
    assert dataset.records.identities() == [composed, "bo"]


def test_the_seed_and_the_share_decide_who_is_trained_on(miniature: Miniature) -> None:
    path = miniature.make([f"{letter}/{shot}.jpg" for letter in "abcdefghijkl" for shot in range(2)])
    assert set(read_dataset(path, train_share=1.0).records.table["split"]) == {"train"}
    assert "train" not in set(read_dataset(path, train_share=0.0).records.table["split"])
    first, again, other = (read_dataset(path, seed=seed).records.table["split"].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_shared_folders_on_top_are_ignored(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["data/2024/people/ada/1.jpg", "data/2024/people/bo/1.jpg"]))
    assert dataset.records.identities() == ["ada", "bo"]


def test_split_folders_are_kept(miniature: Miniature) -> None:
    wanted = {"train/ada/1.jpg": "train", "query/bo/1.jpg": "query", "gallery/bo/2.jpg": "gallery"}
    dataset = read_dataset(miniature.make(wanted))
    assert miniature.column(dataset, "split") == wanted
    assert dataset.records.identities() == ["ada", "bo"]


def test_a_test_folder_is_divided_into_query_and_gallery(miniature: Miniature) -> None:
    names = ["train/ada/1.jpg", "train/ada/2.jpg", *(f"test/bo/{shot}_c{shot % 2}.jpg" for shot in range(4))]
    splits = miniature.column(read_dataset(miniature.make(names)), "split")
    assert [splits[name] for name in names[:2]] == ["train", "train"]
    assert sorted(splits[name] for name in names[2:]) == ["gallery", "gallery", "query", "query"]


def test_a_test_folder_beside_a_query_folder_is_the_gallery(miniature: Miniature) -> None:
    names = ["query/bo/1.jpg", "test/bo/2.jpg", "test/bo/3.jpg"]
    assert list(miniature.column(read_dataset(miniature.make(names)), "split").values()) == [
        "query",
        "gallery",
        "gallery",
    ]


def test_a_lone_split_folder_is_not_taken_for_a_shared_folder(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["x/train/ada/1.jpg", "x/train/bo/1.jpg"]), train_share=0)
    assert set(dataset.records.table["split"]) == {"train"}
    assert dataset.records.identities() == ["ada", "bo"]


@pytest.mark.parametrize("pattern", ["{person}/camera-{camera}/{shot}.jpg", "cam{camera}/{person}/{shot}.jpg"])
def test_camera_folders_may_lie_above_or_below_the_person(miniature: Miniature, pattern: str) -> None:
    names = {pattern.format(person=p, camera=c, shot=s): (p, c) for p in ("ada", "bo") for c in "12" for s in "xy"}
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "folder per identity"
    assert miniature.column(dataset, "identity") == {name: person for name, (person, _) in names.items()}
    assert miniature.column(dataset, "camera") == {name: camera for name, (_, camera) in names.items()}


def test_the_folder_of_minus_one_is_junk_and_the_folder_of_zero_is_a_person(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["-1/1.jpg", "0/1.jpg", "2/1.jpg", "2/2.jpg"]))
    assert dataset.records.identities() == ["0", "2"]
    assert set(dataset.records.table["identity"]) == {"junk", "0", "2"}


def test_loose_pictures_beside_identity_folders_are_skipped_by_name(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["ada/1.jpg", "bo/1.jpg", "cover.jpg"]))
    assert miniature.skipped(dataset) == {"cover.jpg": "it lies in no identity's folder"}
    assert len(dataset.records) == 2


def test_pictures_without_folders_are_a_gallery_of_unknown_people(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["b_c2.jpg", "a.png", "c_cam1_c2.jpg"]))
    assert dataset.format == "flat folder"
    assert miniature.column(dataset, "camera") == {"a.png": None, "b_c2.jpg": "2", "c_cam1_c2.jpg": None}
    assert set(dataset.records.table["identity"]) == {None}
    assert dataset.describe() == "flat folder: 3 gallery crops, 1 camera"


def test_camera_folders_alone_are_no_identities(miniature: Miniature) -> None:
    names = {"camera-1/x.jpg": "1", "cam2/x.jpg": "2", "cam2/y.jpg": "2", "loose.jpg": None}
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "flat folder"
    assert miniature.column(dataset, "camera") == names
    assert dataset.records.identities() == []


def test_a_single_camera_folder_is_not_taken_for_a_shared_folder(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["camera-3/x.jpg", "camera-3/y.jpg"]))
    assert dataset.records.cameras() == ["3"]


def test_identity_folders_can_be_read_as_flat(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["ada/1.jpg", "bo/1.jpg"]), format="flat")
    assert dataset.format == "flat folder"
    assert dataset.records.identities() == []


def test_a_single_folder_is_no_person_unless_identity_folders_are_asked_for(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "people" / "anna" / "camera-2").mkdir(parents=True)
    (tmp_path / "people" / "anna" / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "people" / "anna" / "camera-2" / "b.jpg").write_bytes(tiny_jpeg)
    assert read_dataset(tmp_path).format == "flat folder"
    asked = read_dataset(tmp_path, format="identity-folders").records.table
    assert asked["path"].tolist() == ["people/anna/a.jpg", "people/anna/camera-2/b.jpg"]
    assert asked["identity"].tolist() == ["anna", "anna"]
    assert asked["camera"].tolist() == [None, "2"]


def test_a_folder_above_a_split_is_no_person_even_if_asked(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "trip" / "train").mkdir(parents=True)
    (tmp_path / "trip" / "train" / "a.jpg").write_bytes(tiny_jpeg)
    with pytest.raises(ReidError, match="is not in the format 'identity-folders'"):
        read_dataset(tmp_path, format="identity-folders")


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("a_c3.jpg", "3"),
        ("a-c3.jpg", "3"),
        ("cam3.jpg", "3"),
        ("x/camera-3_0001.png", "3"),
        ("Camera 12.jpg", "12"),
        ("CAM_07-x.jpg", "7"),
        ("0001_c3s1_000151.jpg", "3"),
        ("a_c0.jpg", "0"),
        ("a_c3_c3.jpg", "3"),
        ("a_c3_c4.jpg", None),
        ("abc3.jpg", None),
        ("c3po.jpg", None),
        ("camel3.jpg", None),
        ("a_c2024.jpg", None),
        ("webcam3.jpg", None),
        ("c3/a.jpg", None),
        ("a.jpg", None),
    ],
)
def test_the_camera_that_a_file_name_tells(name: str, camera: str | None) -> None:
    assert camera_of_file(name) == camera


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("camera-2", "2"),
        ("cam2", "2"),
        ("Camera_02", "2"),
        ("cam_b", "b"),
        ("c2", None),
        ("camilla", None),
        ("2", None),
    ],
)
def test_the_camera_that_a_folder_name_tells(name: str, camera: str | None) -> None:
    assert camera_of_folder(name) == camera


def test_folders_that_say_to_be_people_are_people_whatever_lies_above(miniature: Miniature) -> None:
    names = [
        f"{kind}/{site}/person_{number:04d}/1.jpg" for kind in ("day", "night") for site in "ab" for number in (1, 2)
    ]
    dataset = read_dataset(miniature.make(names))
    assert dataset.records.identities() == ["person_0001", "person_0002"]
    assert dataset.notes == ("The people are the folders like person_0001, and not those above them (day, night).",)


def test_kinds_of_light_stand_for_cameras(miniature: Miniature) -> None:
    names = {f"{light}/{person}/1.jpg": (light, person) for light in ("visible", "thermal") for person in ("ada", "bo")}
    dataset = read_dataset(miniature.make(names))
    assert miniature.column(dataset, "camera") == {name: light for name, (light, _) in names.items()}
    assert miniature.column(dataset, "identity") == {name: person for name, (_, person) in names.items()}
    assert read_dataset(miniature.make(["rgb/ada/1.jpg", "rgb/bo/1.jpg"]), format="flat").records.cameras() != ["rgb"]


@pytest.mark.parametrize("name", ["test_set_{}", "test-set-{}", "val_{}", "test-{}", "{}_set", "{}-set"])
def test_splits_are_known_by_the_names_that_data_sets_give_them(miniature: Miniature, name: str) -> None:
    wanted = {f"{name.format(side)}/bo/{shot}.jpg": side for shot, side in enumerate(("query", "gallery"))}
    dataset = read_dataset(miniature.make(["train_set/ada/1.jpg", *wanted]))
    assert miniature.column(dataset, "split") == {"train_set/ada/1.jpg": "train"} | wanted
    assert dataset.records.identities() == ["ada", "bo"]


def test_a_camera_has_one_name_for_each_kind_of_light(miniature: Miniature) -> None:
    names = {f"{light}/{who}/{who}_c{c}.jpg": f"{light}-{c}" for light in ("vis", "nir") for who in "ab" for c in "12"}
    assert miniature.column(read_dataset(miniature.make(names)), "camera") == names


def test_a_split_below_the_test_folder_counts(miniature: Miniature) -> None:
    wanted = {"train/ada/1.jpg": "train", "test/query/bo/1.jpg": "query", "test/gallery/bo/2.jpg": "gallery"}
    dataset = read_dataset(miniature.make(wanted))
    assert miniature.column(dataset, "split") == wanted
    assert dataset.records.identities() == ["ada", "bo"]


def test_names_that_tell_the_person_as_all_other_names_do_are_believed(miniature: Miniature) -> None:
    train = [f"train/cam{c}/person0{p}/cam{c}_person0{p}_{s}.jpg" for c in "12" for p in "12" for s in "12"]
    tested = {"query/cam1_person03_1.jpg": "query", "gallery/cam2/person03_cam2_2.jpg": "gallery"}
    dataset = read_dataset(miniature.make([*train, *tested]))
    assert dataset.records.identities() == ["person01", "person02", "person03"]
    splits = miniature.column(dataset, "split")
    assert {name: splits[name] for name in tested} == tested
    assert dataset.notes[0].startswith("2 pictures in no person's folder: their names tell the person")


def test_names_are_not_believed_where_one_contradicts_its_folder(miniature: Miniature) -> None:
    train = ["train/person01/person01_1.jpg", "train/person02/person01_2.jpg", "train/person02/person02_2.jpg"]
    dataset = read_dataset(miniature.make([*train, "query/person03_1.jpg"]))
    assert miniature.skipped(dataset) == {"query/person03_1.jpg": "it lies in no identity's folder"}


def test_names_in_folders_for_queries_and_gallery_tell_people_where_these_bear_it_out(miniature: Miniature) -> None:
    names = {
        f"{split}/{person}x_{shot}.jpg": (person, split)
        for split, people in (("train", "12"), ("query", "34"), ("gallery", "34"))
        for person in people
        for shot in "12"
    }
    names = {path.replace("x_", "_c1_"): told for path, told in names.items()}
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "people by names"
    assert miniature.column(dataset, "identity") == {path: person for path, (person, _) in names.items()}
    assert miniature.column(dataset, "split") == {path: split for path, (_, split) in names.items()}
    assert "The person is taken from the names" in dataset.notes[0]


@pytest.mark.parametrize(
    "names",
    [
        ["query/1_a.jpg", "query/2_a.jpg", "gallery/3_a.jpg", "gallery/4_a.jpg", "gallery/3_b.jpg", "gallery/4_b.jpg"],
        ["query/1_a.jpg", "query/2_a.jpg", "gallery/1_a.jpg", "gallery/2_a.jpg", "train/1_b.jpg", "train/2_b.jpg"],
        ["gallery/1_a.jpg", "gallery/2_a.jpg", "gallery/1_b.jpg", "gallery/2_b.jpg"],
    ],
)
def test_names_are_no_people_where_the_folders_speak_against_it(miniature: Miniature, names: list[str]) -> None:
    dataset = read_dataset(miniature.make(names))
    assert dataset.format == "flat folder"
    assert dataset.records.identities() == []


def test_people_on_both_sides_of_a_split_come_with_a_remedy(miniature: Miniature) -> None:
    path = miniature.make(
        [f"{side}/{who}/{shot}.jpg" for side in ("train", "val") for who in ("anna", "ben") for shot in "12"]
    )
    with pytest.raises(ReidError, match=r"'anna' is in the training split.*give --format flat; or, if the last fo"):
        read_dataset(path)


def test_people_on_both_sides_are_divided_by_person_when_the_pattern_of_the_remedy_is_given(
    miniature: Miniature,
) -> None:
    names = [f"{side}/{who}/{side}_{shot}.jpg" for side in ("train", "val") for who in ("anna", "ben") for shot in "12"]
    path = miniature.make(names)
    with pytest.raises(ReidError) as refused:
        read_dataset(path)
    pattern = str(refused.value).partition("--identity-pattern '")[2].partition("'")[0]
    dataset = read_dataset(path, identity_pattern=pattern, train_share=0.5)
    assert miniature.column(dataset, "identity") == {name: name.split("/")[1] for name in names}
    (note,) = dataset.notes
    assert "2 people would be in the training and in the test, such as anna" in note
    sides: dict[str, set[bool]] = {}
    for name, split in miniature.column(dataset, "split").items():
        sides.setdefault(name.split("/")[1], set()).add(split == "train")
    assert all(len(side) == 1 for side in sides.values())


def test_paths_in_which_the_pattern_finds_nobody_are_counted(miniature: Miniature) -> None:
    path = miniature.make(["a1_x.jpg", "a1_y.jpg", "b2_x.jpg", "other.jpg"])
    (note,) = read_dataset(path, identity_pattern="([ab][0-9])_").notes
    assert "The identity pattern finds nobody in 1 path, such as '" in note
    assert "other.jpg'" in note
