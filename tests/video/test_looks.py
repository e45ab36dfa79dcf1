"""What clothes look like at a glance, and that it keeps people apart who cross."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_core.video.boxes import Detections
from reid_core.video.looks import looks_of, unlike
from reid_core.video.tracking import Tracker

RED, BLUE, GREY = (200, 40, 40), (40, 60, 210), 120


def picture_of(*people: tuple[float, tuple[int, int, int], tuple[int, int, int]]) -> np.ndarray:
    """People of 40 x 100 px at that left edge, in colours above and below; the last stands in front."""
    picture = np.full((140, 300, 3), GREY, np.uint8)
    for left, above, below in people:
        columns = slice(max(0, round(left)), max(0, round(left) + 40))
        picture[20:70, columns] = above
        picture[70:120, columns] = below
    return picture


def box_at(left: float) -> tuple[float, float, float, float]:
    return left, 20, left + 40, 120


def test_a_look_has_the_colours_of_the_upper_and_lower_clothes() -> None:
    (look,) = looks_of(picture_of((100, RED, BLUE)), np.array([box_at(100)], np.float32))
    assert np.allclose(look.reshape(4, 3), np.array([RED, RED, BLUE, BLUE]) / 255, atol=1e-6)


def test_looks_of_one_person_agree_and_of_two_people_differ() -> None:
    picture = picture_of((20, RED, BLUE), (120, BLUE, BLUE))
    looks = looks_of(picture, np.array([box_at(20), box_at(23), box_at(120)], np.float32))
    assert unlike(looks[:1], looks[1:2]) < 0.01
    assert np.isclose(unlike(looks[:1], looks[2:]), np.abs(np.array(RED) - BLUE).mean() / 255 / 2)


@given(st.lists(st.tuples(*[st.floats(-500, 900)] * 4), min_size=1, max_size=4))
def test_a_box_anywhere_has_a_look(corners: list[tuple[float, float, float, float]]) -> None:
    boxes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners]
    looks = looks_of(picture_of((100, RED, BLUE)), np.array(boxes, np.float32))
    assert looks.shape == (len(boxes), 12)
    assert (looks >= 0).all()
    assert (looks <= 1).all()


def followed(lefts: list[tuple[int, int]], alone: tuple[int, ...]) -> list[set[int]]:
    """The numbers of red and blue, who stand there step by step; in the steps `alone` only red, in front, is found."""
    tracker = Tracker()
    numbers: list[set[int]] = [set(), set()]
    for step, places in enumerate(lefts):
        picture = picture_of((places[1], BLUE, BLUE), (places[0], RED, RED))
        seen = places[:1] if step in alone else places
        boxes = np.array([box_at(left) for left in seen], np.float32)
        update = tracker.update(Detections(boxes, np.full(len(seen), 0.9)), step / 5, looks_of(picture, boxes))
        for person, number in enumerate(update.ids):
            if number > 0:
                numbers[person].add(int(number))
    return numbers


def test_people_who_cross_keep_their_numbers() -> None:
    red, blue = followed([(20 + 14 * step, 230 - 14 * step) for step in range(16)], alone=(7, 8))
    assert len(red) == len(blue) == 1
    assert red != blue


def test_who_turns_round_when_they_meet_keeps_the_number_by_looks_alone() -> None:
    """Both turn back while only one is found: by their motion they would have passed each other."""
    away = [min(step, 15 - step) for step in range(16)]
    red, blue = followed([(20 + 14 * steps, 230 - 14 * steps) for steps in away], alone=(7, 8))
    assert red
    assert blue
    assert not red & blue
