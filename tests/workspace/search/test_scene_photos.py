"""Whom a photo is searched by: it as it is, the one person in it, or the one that is chosen."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image

from reid_core.errors import ReidError
from reid_core.images import BadImage, decode
from reid_core.video.boxes import Detections
from reid_core.video.detection.card import DetectorCard, Input, Tiles
from reid_core.video.detection.detector import Detector
from reid_core.workspace.search.scene_photos import (
    Choice,
    SeveralPeople,
    choice_of,
    is_plainly_a_crop,
    look_into,
    people_in,
    taken_from,
)
from tests.conftest import png_bytes

CARD = DetectorCard("drawn", "ssd", Input(64, 64), detect=0.2, match=0.5, track=0.6)


@dataclass
class Drawn:
    """Finds the boxes that it was made with, and keeps what it was shown."""

    rows: list[tuple[float, ...]]
    card: DetectorCard = CARD
    id: str = "drawn"
    seen: list[tuple[int, ...]] = field(default_factory=list)
    tiles: list[Tiles] = field(default_factory=list)

    def detect(self, picture: np.ndarray) -> Detections:
        self.seen.append(picture.shape)
        rows = np.array(self.rows, np.float32).reshape(-1, 5)
        return Detections(rows[:, :4], rows[:, 4])

    def input_size(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        return 64, 64

    def open(self, tiles: Tiles) -> Detector:
        self.tiles.append(tiles)
        return self


def photo(width: int, height: int) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return png_bytes(Image.fromarray(pixels))


def never(tiles: Tiles) -> Detector:
    raise AssertionError("a detector was opened for it")


@pytest.mark.parametrize("size", [(64, 128), (32, 64), (96, 480), (128, 256), (240, 480)])
def test_a_crop_is_searched_with_as_it_is_and_no_detector_is_opened(size: tuple[int, int]) -> None:
    data = photo(*size)
    taken = taken_from(data, "a.png", Choice(), never)
    assert (taken.photo, taken.said) == (data, "")


@pytest.mark.parametrize("size", [(200, 100), (100, 110), (20, 110), (250, 500)])
def test_in_any_other_photo_people_are_looked_for(size: tuple[int, int]) -> None:
    detector = Drawn([(10, 20, 18, 60, 0.8)])
    taken_from(photo(*size), "a.png", Choice(), detector.open)
    assert detector.seen == [(size[1], size[0], 3)]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(60, 40, 300, 470, 0.9)],
        [(60, 200, 300, 445, 0.9)],  # half of the height: a person whose legs are hidden
        [(60, 40, 300, 470, 0.9), (310, 100, 350, 220, 0.8)],  # somebody passes behind the person who fills it
        [(60, 40, 120, 170, 0.3), (210, 100, 250, 220, 0.4)],  # guesses
    ],
)
def test_a_small_photo_in_3_to_4_is_a_crop_where_it_shows_one_person(rows: list[tuple[float, ...]]) -> None:
    data = photo(360, 480)
    detector = Drawn(rows)
    taken = taken_from(data, "a.png", Choice(), detector.open)
    assert (taken.photo, taken.said, len(detector.seen)) == (data, "", 1)


@pytest.mark.parametrize(
    "rows",
    [
        [(60, 200, 100, 300, 0.9), (210, 190, 250, 310, 0.8)],
        [(20, 20, 170, 460, 0.9), (190, 30, 350, 470, 0.8)],  # two who fill it side by side
    ],
)
def test_a_small_street_in_3_to_4_lists_its_people(rows: list[tuple[float, ...]]) -> None:
    with pytest.raises(SeveralPeople, match=r"street\.png shows 2 people: 1 at "):
        taken_from(photo(360, 480), "street.png", Choice(), Drawn(rows).open)


def test_the_one_small_person_of_a_small_street_is_cut_out() -> None:
    taken = taken_from(photo(360, 480), "street.png", Choice(), Drawn([(60, 200, 100, 300, 0.9)]).open)
    assert taken.said == "street.png: one person was found, at 60,200,40,100 (score 0.90)."


def test_one_person_is_cut_out_and_said() -> None:
    data = photo(200, 100)
    taken = taken_from(data, "street.png", Choice(), Drawn([(10.4, 20, 40, 90, 0.8), (50, 0, 70, 40, 0.3)]).open)
    assert taken.said == "street.png: one person was found, at 10,20,30,70 (score 0.80)."
    assert np.array_equal(np.asarray(decode(taken.photo)), np.asarray(decode(data))[20:90, 10:40])


def test_a_person_who_fills_the_photo_is_the_photo() -> None:
    data = photo(300, 600)
    taken = taken_from(data, "a.png", Choice(), Drawn([(20, 10, 280, 590, 0.9)]).open)
    assert (taken.photo, taken.said) == (data, "")


def test_several_are_listed_from_left_to_right_and_the_user_says_who_is_meant() -> None:
    detector = Drawn([(120, 10, 150, 90, 0.9), (10, 20, 40, 90, 0.7)])
    with pytest.raises(SeveralPeople) as caught:
        taken_from(photo(200, 100), "street.png", Choice(), detector.open)
    assert str(caught.value).startswith(
        "street.png shows 2 people: 1 at 10,20,30,70 (score 0.70); 2 at 120,10,30,80 (score 0.90). Say which one "
        "with --box N, or --box LEFT,TOP,WIDTH,HEIGHT"
    )
    taken = taken_from(photo(200, 100), "street.png", choice_of("2"), detector.open)
    assert decode(taken.photo).size == (30, 80)
    with pytest.raises(ReidError, match="There is no person 3. street.png shows 2 people"):
        taken_from(photo(200, 100), "street.png", choice_of("3"), detector.open)


def test_a_box_needs_no_detector_and_is_of_the_photo_as_it_is_seen() -> None:
    upright = Image.new("RGB", (100, 40), "black")
    upright.paste((255, 0, 0), (0, 20, 50, 40))
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # stored on its side: the viewer turns it by 90 degrees clockwise
    upright.rotate(90, expand=True).save(buffer, "PNG", exif=exif)
    taken = taken_from(buffer.getvalue(), "phone.png", choice_of("0, 20, 50, 400"), never)
    assert decode(taken.photo).size == (50, 20)  # what reaches beyond the photo is left out
    assert np.asarray(decode(taken.photo)).reshape(-1, 3).min(axis=0).tolist() == [255, 0, 0]
    assert taken.said == "phone.png: searching with the box 0,20,50,400."


def test_an_empty_scene_has_to_be_taken_whole_by_word_and_a_photo_shaped_as_a_person_is() -> None:
    with pytest.raises(ReidError, match="The detector finds nobody in .*--whole"):
        taken_from(photo(200, 100), "a.png", Choice(), Drawn([]).open)
    data = photo(200, 100)
    assert taken_from(data, "a.png", choice_of(None, whole=True), never).photo == data
    tall = photo(300, 600)
    taken = taken_from(tall, "a.png", Choice(), Drawn([]).open)
    assert taken.photo == tall
    assert "no person was found" in taken.said


def test_where_the_detector_is_sure_of_nobody_all_it_finds_is_offered() -> None:
    picture = Image.new("RGB", (200, 100))
    assert [one.score for one in people_in(picture, Drawn([(0, 0, 20, 60, 0.25), (50, 0, 70, 60, 0.375)]))] == [
        0.25, 0.375
    ]  # fmt: skip
    reaching = people_in(picture, Drawn([(-20, 10, 30, 140, 0.75), (190, 0, 196, 50, 0.75)]))
    assert [one.box for one in reaching] == [(0, 10, 30, 90)]  # cut to the photo, and not narrower than 8 px


def test_a_large_photo_is_looked_at_in_tiles_too() -> None:
    detector = Drawn([(10, 20, 40, 90, 0.8)])
    taken_from(photo(1280, 100), "a.png", Choice(), detector.open)
    taken_from(photo(1279, 100), "a.png", Choice(), detector.open)
    assert detector.tiles == [(2, 3), (1, 1)]


@pytest.mark.parametrize(
    ("size", "rows", "shows", "sure", "whole"),
    [
        ((200, 100), [(10, 20, 40, 90, 0.5)], "one", True, False),
        ((200, 100), [(10, 20, 40, 90, 0.4)], "one", False, False),  # a page asks, though the command line takes it
        ((200, 100), [(10, 20, 40, 90, 0.3), (90, 20, 120, 90, 0.4)], "several", False, False),
        ((200, 100), [], "nobody", False, False),
        ((300, 600), [], "nobody", False, True),
        ((300, 600), [(20, 10, 280, 590, 0.9)], "crop", True, True),
        ((360, 480), [(60, 40, 300, 470, 0.9), (310, 100, 350, 220, 0.8)], "crop", True, True),
    ],
)
def test_what_a_photo_shows_is_one_rule_for_pages_and_commands(
    size: tuple[int, int], rows: list[tuple[float, ...]], shows: str, sure: bool, whole: bool
) -> None:
    seen = look_into(Image.new("RGB", size), Drawn(rows))
    assert (seen.shows, seen.sure, seen.whole, len(seen.people)) == (shows, sure, whole, len(rows))


def test_a_crop_is_known_by_its_size() -> None:
    assert [is_plainly_a_crop(*size) for size in ((240, 480), (96, 480), (95, 480), (241, 480), (241, 482))] == [
        True, True, False, False, False
    ]  # fmt: skip


def test_a_huge_photo_is_made_smaller_first_and_boxes_are_in_its_own_pixels() -> None:
    detector = Drawn([(500, 100, 600, 300, 0.9)])
    [person] = people_in(Image.new("RGB", (8_001, 1_200)), detector)
    assert detector.seen == [(400, 2_667, 3)]  # a third of it
    assert person.box == (1500, 300, 300, 600)
    people_in(Image.new("RGB", (4_000, 100)), detector)
    assert detector.seen[-1] == (100, 4_000, 3)


@pytest.mark.parametrize("text", ["", "a", "1,2", "1,2,3", "1,2,3,4,5", "-1", "1.5", "1,2,3,-4", "1,2,3,9999999", "١"])
def test_other_boxes_are_refused(text: str) -> None:
    with pytest.raises(ReidError, match="is neither the number of a person"):
        choice_of(text)


def test_a_choice_is_one_thing_and_lies_in_the_photo() -> None:
    with pytest.raises(ReidError, match="exclude each other"):
        choice_of("1", whole=True)
    for box in ("200,0,50,50", "0,0,7,50", "0,96,50,50"):
        with pytest.raises(ReidError, match="less than 8 pixels a side within a.png, which is 200×100 px"):
            taken_from(photo(200, 100), "a.png", choice_of(box), never)
    with pytest.raises(ReidError, match="There is no person 1. The detector finds nobody in a.png"):
        taken_from(photo(200, 100), "a.png", choice_of("1"), Drawn([]).open)
    with pytest.raises(BadImage):
        taken_from(b"no picture", "a.png", Choice(), never)
