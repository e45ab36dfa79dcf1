"""What a path says of a walk, against what one sees when one draws it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reid_core.video.walks import Zone, walk_of

SIZE = (1000, 600)
SQUARE = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))  # 400 to 600 px across, 240 to 360 px down


def path(*feet: tuple[float, float], height: float = 100.0, every: float = 1.0) -> NDArray[np.float64]:
    return np.array([[place * every, x, y, height / 2, height] for place, (x, y) in enumerate(feet)])


@pytest.mark.parametrize(
    ("feet", "direction"),
    [
        (((900, 300), (100, 320)), "to the left"),
        (((100, 300), (900, 320)), "to the right"),
        (((500, 200), (520, 500)), "towards the camera"),
        (((500, 500), (520, 200)), "away from the camera"),
        (((100, 300), (900, 300), (110, 300)), "there and back"),
    ],
)
def test_a_direction_is_that_of_the_way_in_the_picture(feet: tuple[tuple[float, float], ...], direction: str) -> None:
    assert walk_of(path(*feet), 3.0, SIZE).direction == direction


def test_who_hardly_moved_stays() -> None:
    assert walk_of(path((500, 300), (530, 300)), 0.3, SIZE).direction == "stays"


@pytest.mark.parametrize(
    ("foot", "edge"),
    [
        ((30, 300), "left edge"),
        ((980, 300), "right edge"),
        ((500, 110), "top edge"),
        ((500, 590), "bottom edge"),
        ((500, 300), "inside the picture"),
        ((10, 595), "left edge"),  # 15 px beyond that edge, 5 px within the lower one
    ],
)
def test_who_is_at_an_edge_first_or_last_came_or_went_there(foot: tuple[float, float], edge: str) -> None:
    middle = (500.0, 350.0)
    assert walk_of(path(foot, middle), 4.0, SIZE).entered == edge
    assert walk_of(path(middle, foot), 4.0, SIZE).left == edge


def test_who_was_in_view_before_and_after_came_from_and_went_to_nowhere() -> None:
    walk = walk_of(path((30, 300), (980, 300)), 9.0, SIZE, open_at_start=True, open_at_end=True)
    assert (walk.entered, walk.left) == ("in view already", "in view at the end")


def test_the_longest_time_in_one_place_is_that_of_standing() -> None:
    feet = [(100, 300), (200, 300), *[(400 + wobble, 300) for wobble in (0, 10, -10, 20, 0)], (600, 300), (800, 300)]
    assert walk_of(path(*feet, every=2.0), 7.0, SIZE).standing == 8.0  # five points, four steps of 2 s


def test_a_path_without_sizes_tells_no_standing_but_its_direction() -> None:
    walked = path((100, 300), (900, 300))
    walked[:, 3:] = np.nan
    walk = walk_of(walked, 8.0, SIZE)
    assert math.isnan(walk.standing)
    assert (walk.direction, walk.left) == ("to the right", "inside the picture")


def test_a_zone_between_two_points_of_a_path_is_not_stepped_over() -> None:
    through, past = path((100, 300), (900, 300)), path((100, 500), (900, 500))
    zones = [Zone("square", SQUARE)]
    assert walk_of(through, 8.0, SIZE, zones).zones == ("square",)
    assert walk_of(past, 8.0, SIZE, zones).zones == ()


def test_only_who_never_leaves_a_zone_to_ignore_is_ignored() -> None:
    zones = [Zone("window", SQUARE, ignored=True)]
    dummy = walk_of(path((500, 300), (501, 300)), 0.01, SIZE, zones)
    assert (dummy.ignored, dummy.zones) == (True, ())
    assert not walk_of(path((500, 300), (900, 300)), 4.0, SIZE, zones).ignored
    halves = [Zone("a", SQUARE, ignored=True), Zone("b", ((0.6, 0.4), (1, 0.4), (1, 0.6), (0.6, 0.6)), ignored=True)]
    assert walk_of(path((500, 300), (900, 300)), 4.0, SIZE, halves).ignored


def test_whoever_is_cut_off_by_an_edge_is_in_a_zone_that_reaches_it() -> None:
    corner = Zone("corner", ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)), ignored=True)
    assert walk_of(path((900, 600), (900, 605)), 0.01, SIZE, [corner]).ignored
    assert walk_of(path((1000, 400), (1010, 400)), 0.01, SIZE, [corner]).ignored


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_zone_of_the_whole_picture_has_everybody_in_it(shares: list[tuple[float, float]]) -> None:
    feet = [(1 + 998 * x, 1 + 598 * y) for x, y in shares]
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    walk = walk_of(path(*feet), 1.0, SIZE, [Zone("all", whole), Zone("none", whole, ignored=True)])
    assert walk.zones == ("all",)
    assert walk.ignored
