"""Classes, labels, films and numbers, as all kinds of annotations need them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.datasets.scenes.classes import is_class, is_person, label_of, who
from reid_core.datasets.scenes.scene import by_number, film_of


@pytest.mark.parametrize("name", ["person", "Person", "pedestrian", "people", "woman", "Players", "full_body"])
def test_people_by_any_name_are_people(name: str) -> None:
    assert is_person(name)


@pytest.mark.parametrize("name", ["car", "", "face", "head", "backpack", "personal computer", "dog"])
def test_things_and_parts_are_none(name: str) -> None:
    assert not is_person(name)


def test_a_known_class_is_told_from_a_name() -> None:
    assert [is_class(name) for name in ("traffic light", "person", "ada")] == [True, True, False]


def test_a_person_and_a_track_are_told_apart() -> None:
    assert who({"Person ID": "5", "track-id": 3.0}) == ("5", "3")
    assert who({"occluded": True, "track_id": -1, "pid": ""}) == (None, None)


@pytest.mark.parametrize(
    "value",
    [None, True, "", " ", "-1", -1, [1], {}, "a\0", "\ud800", 10**5000, "x" * 300, "nan"],
    ids=lambda value: type(value).__name__,
)
def test_what_names_nobody_is_no_label(value: object) -> None:
    assert label_of(value) is None


@given(st.integers(0, 10**9))
def test_a_number_is_the_same_label_however_it_is_written(number: int) -> None:
    assert label_of(number) == label_of(float(number)) == label_of(str(number)) == str(number)


@pytest.mark.parametrize(
    ("frame", "shared", "film"),
    [
        ("cam1_000001.jpg", 0, "cam1"),
        ("train/gate/img1/000001.jpg", 0, "gate"),
        ("gate/img1/000001.jpg", 2, "gate"),  # no folder tells films apart: the nearest that says something
        ("000001.jpg", 0, "source"),
        ("a/b/frame_0001.png", 0, "a-b"),
        ("cam1_000001_jpg.rf.0a1b2c.jpg", 0, "cam1"),  # Roboflow's
        ("hall/2026-03-02T08-11-30.jpg", 0, "hall"),  # the time is no film
    ],
)
def test_the_film_is_told_by_folders_and_file_names(frame: str, shared: int, film: str) -> None:
    assert film_of(frame, shared, "source") == film


@pytest.mark.parametrize(
    ("names", "wanted", "first", "found"),
    [
        (("000001.jpg", "000002.jpg"), (1, 2), 1, {1: "000001.jpg", 2: "000002.jpg"}),
        (("000000.jpg", "000001.jpg"), (1, 2), 1, {1: "000000.jpg", 2: "000001.jpg"}),
        (("000000.jpg", "000001.jpg"), (0, 1), 1, {0: "000000.jpg", 1: "000001.jpg"}),
        (("000001.jpg", "000002.jpg"), (1,), 0, {0: "000001.jpg", 1: "000002.jpg"}),
        (("f_100.jpg", "f_105.jpg"), (100, 105), 0, {100: "f_100.jpg", 105: "f_105.jpg"}),
        (("b.jpg", "a.jpg"), (1, 2), 1, {1: "a.jpg", 2: "b.jpg"}),
        (("a/1.jpg", "b/1.jpg"), (1,), 1, {}),  # which of the two is not told
    ],
)
def test_frames_are_found_by_number_or_counted(
    names: tuple[str, ...], wanted: tuple[int, ...], first: int, found: dict[int, str]
) -> None:
    assert by_number(names, wanted, first) == found
