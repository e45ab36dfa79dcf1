from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from reid_core.datasets import doubts, read_dataset

if TYPE_CHECKING:
    from conftest import Miniature


def paths(*folders: str, shots: int = 2) -> list[str]:
    return [f"{folder}/{shot}.jpg" for folder in folders for shot in range(1, shots + 1)]


CAMERA_BETWEEN = "hold 7, 8 and 9: are those the people? If so, give --identity-pattern '^TOP[^/]+/[^/]+/([^/]+)/'"
TWO_SITES = [f"{site}/{number}" for site in ("north", "south") for number in (1, 2, 3, 4)]
NAMED = [f"{person}_{camera}.jpg" for person in range(9) for camera in "12"]


@pytest.mark.parametrize(
    ("pictures", "sentence"),
    [
        (paths(*TWO_SITES), "2 people: north and south. Their folders hold 1, 2, 3 and 4: are those the people?"),
        ([f"{x}/cam1/{path}" for x in "xy" for path in paths("7", "8", "9")], CAMERA_BETWEEN),
        (paths("images", "sequences"), "2 people: images and sequences. These read like parts of a data set"),
        (paths("my_query", "my_gallery"), "2 people: my_gallery and my_query. These read like parts of a data set"),
        (paths("2026-03-01", "2026-03-02"), "These read like days, not like people."),
        (paths("person", "dog"), "2 people: dog and person. These are what a detector calls things"),
        (paths("ada", "bo", "cleo", shots=1), "Each of the 3 people has one crop"),
        (paths("cam2/ada", "cam2/bo"), "All crops are of camera 2."),
        (paths(""), ""),
        (
            paths(*(f"{site}/{who}" for site in ("north", "south") for who in ("ada", "bo"))),
            "hold ada and bo: are",
        ),
        (
            [f"scen{s}/view{v}/{p:03}/1.jpg" for s in (1, 2) for v in (1, 2) for p in range(6)],
            "give --identity-pattern '^TOP[^/]+/[^/]+/([^/]+)/'",
        ),
        ([f"place{s:02}/{p:03}/1.jpg" for s in range(12) for p in range(20)], "Their folders hold 000, 001, 002"),
        (
            paths(*(f"{site}/{who}" for site in "defghijklmno" for who in ("ada", "bo"))),
            "folders hold ada and bo",
        ),
        (paths("entrance/1", "entrance/2", "lobby/1", "parking/1"), "These read like cameras, scenes or films"),
        (paths("C1", "C2"), "2 people: C1 and C2. These read like cameras"),
        (paths("uav0001_v", "uav0002_v"), "These read like cameras, scenes or films"),
        (paths("seq_1", "seq_2"), "These read like cameras, scenes or films"),
        (paths("s1/img1", "s2/img1"), "These read like cameras, scenes or films"),
        (["exp/crops/1.jpg", "exp/crops/2.jpg", "exp/im0.jpg"], "1 person: crops. These read like parts of a data set"),
        (paths("ada", "bo", "_unsorted"), "2 crops of '_unsorted' are read as one person."),
        (paths(*(f"{film}/track{t}" for film in ("x", "y") for t in "123")), "own people, '^TOP([^/]+/[^/]+)/'"),
        (
            [f"{kind}/{name}" for kind in ("photo", "sketch") for name in NAMED],
            "2 people: photo and sketch. These",
        ),
        ([f"{kind}/{name}" for kind in ("old", "new") for name in NAMED], "folders look like PERSON_…: 0, 1"),
        (paths("Bob", "bob", "cleo"), "'Bob' and 'bob' are read as two people. If they are one, write them alike."),
        (paths("007", "7", "07"), "are read as two people"),
        ([f"{who}/{shot}_cam{c}.jpg" for who in ("ada", "bo") for shot in "12" for c in ("1", "2")], ""),
        (paths("1.23457E+11", "ada"), "1 person has a number that a spreadsheet shortened, such as 1.23457E+11"),
        (paths("video1/id_12", "video2/id_12", "video2/id_3"), "id_12 of video1 and video2 is read as one person."),
    ],
)
def test_what_is_odd_is_said_with_its_names(miniature: Miniature, pictures: list[str], sentence: str) -> None:
    pictures = [path.lstrip("/") for path in pictures]
    found = doubts(read_dataset(miniature.make(pictures), format="identity-folders" if "dog" in sentence else None))
    sentence = sentence.replace("TOP", "[^/]+/" if miniature.is_zip else "")
    assert any(sentence in doubt for doubt in found) if sentence else not found


@pytest.mark.parametrize(
    "pictures",
    [
        paths("ada", "bo"),
        paths("ada/camera-1", "ada/camera-2", "ada/camera-3", "bo/camera-1", "bo/camera-2"),
        paths("ada/2026-03-01", "ada/2026-03-02", "ada/2026-03-03", "bo/2026-03-01"),
        paths("train/ada", "query/bo", "gallery/bo"),
        paths(*(f"{p:04}/{t}" for p in range(40) for t in range(1, 2 + p % 5))),
        paths(*(f"{p:04}/{side}" for p in range(40) for side in ("front", "back", "side"))),
        paths("S1", "S2"),
        paths("ada/front", "ada/back", "bo/front"),
        [f"{who}/{who}_{shot}_c{camera}.jpg" for who in ("ada", "bo") for shot in range(9) for camera in "12"],
        paths(*(f"p{number}" for number in range(40))),
        ["2026-03-01_08.jpg", "2026-03-01_09.jpg", "2026-03-02_08.jpg", "2026-03-02_09.jpg"],
        ["frame_0001.jpg", "frame_0002.jpg", "frame_0003.jpg", "frame_0004.jpg"],
        ["IMG_20260302_081130.jpg", "IMG_20260302_081131.jpg", "IMG_20260303_081130.jpg", "IMG_20260303_081139.jpg"],
        ["0001.jpg", "0002.jpg", "0003.jpg", "0004.jpg"],
        [f"{number:07}.jpg" for number in range(990, 1010)],
    ],
)
def test_nothing_is_said_of_what_is_usual(miniature: Miniature, pictures: list[str]) -> None:
    assert doubts(read_dataset(miniature.make(pictures))) == ()


@pytest.mark.parametrize(
    ("pictures", "people"),
    [
        (["0001_c1_1.jpg", "0001_c2_1.jpg", "0002_c1_1.jpg", "0002_c2_1.jpg"], ["0001", "0002"]),
        (
            ["cam1_person03_1.jpg", "cam1_person03_2.jpg", "cam2_person4_1.jpg", "cam2_person4_2.jpg"],
            ["person03", "person4"],
        ),
        (["ada_1.jpg", "ada_2.jpg", "bo_1.jpg", "bo_2.jpg"], ["ada", "bo"]),
        ([f"{i:04}_c{c}_p{p}.jpg" for i in (0, 1) for c in (1, 2) for p in (3, 4)], ["p3", "p4"]),
        ([f"frame_{i}_track_{t}.jpg" for i in (1, 2) for t in (3, 4)], ["track_3", "track_4"]),
        ([f"c{c}_{p:04}_1.jpg" for c in (1, 2) for p in (3, 4)], ["0003", "0004"]),
        ([f"{p:04}.{c}.0.jpg" for c in (1, 2) for p in (3, 4)], ["0003", "0004"]),
        ([f"{who}_{i}.jpg" for i in (1, 2) for who in ("Anna_Smith", "Ben_Jones")], ["Anna_Smith", "Ben_Jones"]),
        ([f"Persons/{p:04}{shot:03}.jpg" for p in (3, 7) for shot in (1, 2, 3)], ["0003", "0007"]),
        (["x/p1-a.jpg", "x/p1-b.jpg", "x/p2-a.jpg", "x/p2-b.jpg"], ["p1", "p2"]),
    ],
)
def test_names_that_seem_to_tell_people_come_with_a_pattern_that_finds_them(
    miniature: Miniature, pictures: list[str], people: list[str]
) -> None:
    path = miniature.make(pictures)
    (doubt,) = [doubt for doubt in doubts(read_dataset(path)) if "PERSON_" in doubt]
    pattern = doubt.partition("--identity-pattern '")[2].rstrip("'")
    dataset = read_dataset(path, identity_pattern=pattern)
    assert dataset.format == "people by pattern"
    assert dataset.records.identities() == people


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "height", "is_frame"), [(640, 360, True), (64, 128, False), (100, 40, False)])
def test_landscape_pictures_of_one_size_look_like_frames(
    miniature: Miniature, width: int, height: int, is_frame: bool
) -> None:
    files: dict[str, str | bytes] = {
        f"{who}/{shot}.jpg": picture(width, height) for who in ("ada", "bo") for shot in "12"
    }
    found = doubts(read_dataset(miniature.make([], files)))
    assert any("4 of 4 pictures that were looked at are 640×360." in doubt for doubt in found) == is_frame


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train_list.txt", "a1.jpg 7 1\na2.jpg 7 2\n"),
        ("labels.json", '{"a1.jpg": 7, "a2.jpg": 8}'),
    ],
)
def test_a_list_of_labels_that_is_not_read_is_named(miniature: Miniature, name: str, text: str) -> None:
    (note,) = read_dataset(miniature.make(["a1.jpg", "a2.jpg"], {name: text})).notes
    assert f"{name} names the pictures and may say who is on them, but it is not read. A CSV with" in note


def test_a_list_of_names_alone_is_no_list_of_labels(miniature: Miniature) -> None:
    assert read_dataset(miniature.make(["a1.jpg", "a2.jpg"], {"all.txt": "a1.jpg\na2.jpg\n"})).notes == ()
