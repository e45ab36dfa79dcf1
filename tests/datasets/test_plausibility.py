from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import doubts, read_dataset

if TYPE_CHECKING:
    from conftest import Miniature


def paths(*folders: str, shots: int = 2) -> list[str]:
    return [f"{folder}/{shot}.jpg" for folder in folders for shot in range(1, shots + 1)]


CAMERA_BETWEEN = "hold 7, 8, 9: are those the people? If so, give --identity-pattern '^TOP[^/]+/[^/]+/([^/]+)/'"
TWO_SITES = [f"{site}/{number}" for site in ("north", "south") for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("pictures", "sentence"),
    [
        (paths(*TWO_SITES), "2 people: north, south. Their folders hold 1, 2, 3, 4: are those the people?"),
        ([f"{x}/cam1/{path}" for x in "xy" for path in paths("7", "8", "9")], CAMERA_BETWEEN),
        (paths("images", "sequences"), "2 people: images, sequences. These read like parts of a data set"),
        (paths("my_query", "my_gallery"), "2 people: my_gallery, my_query. These read like parts of a data set"),
        (paths("2026-03-01", "2026-03-02"), "These read like days, not like people."),
        (paths("person", "dog"), "2 people: dog, person. These are what a detector calls things"),
        (paths("ada", "bo", "cleo", shots=1), "Each of the 3 people has one crop"),
        (paths("cam2/ada", "cam2/bo"), "All crops are of camera 2."),
        (paths(""), ""),
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
        paths(*(f"p{number}" for number in range(40))),
        ["2026-03-01_08.jpg", "2026-03-01_09.jpg", "2026-03-02_08.jpg", "2026-03-02_09.jpg"],
        ["frame_0001.jpg", "frame_0002.jpg", "frame_0003.jpg", "frame_0004.jpg"],
        ["IMG_20260302_081130.jpg", "IMG_20260302_081131.jpg", "IMG_20260303_081130.jpg", "IMG_20260303_081139.jpg"],
        ["0001.jpg", "0002.jpg", "0003.jpg", "0004.jpg"],
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
