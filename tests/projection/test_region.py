"""What lies in a drawn region, beside matplotlib-free reckoning: winding angles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from reid_core.errors import ReidError
from reid_core.projection.region import MOST_CORNERS, inside, on_screen


def turns(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """How often the outline turns around each point."""
    from_point = corners[None] - points[:, None]
    angles = np.arctan2(from_point[..., 1], from_point[..., 0])
    steps = np.diff(np.concatenate([angles, angles[:, :1]], axis=1), axis=1)
    steps = (steps + np.pi) % (2 * np.pi) - np.pi
    return np.rint(steps.sum(axis=1) / (2 * np.pi)).astype(int)


@given(seed=some.integers(0, 999), corners=some.integers(3, 12))
@settings(max_examples=60, deadline=None)
def test_a_region_holds_what_its_outline_turns_around_an_odd_number_of_times(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    points, outline = rng.normal(size=(200, 2)).astype(np.float32), rng.normal(size=(corners, 2))
    assert inside(points, outline).tolist() == (turns(points.astype(float), outline) % 2 != 0).tolist()


def test_a_box_holds_its_middle() -> None:
    box = np.array([[0, 0], [2, 0], [2, 1], [0, 1]], float)
    points = np.array([[1, 0.5], [3, 0.5], [1, -0.1], [-1, 0.5]], np.float32)
    assert inside(points, box).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    "corners", [[[0, 0], [1, 1]], [[0, 0], [1, np.nan], [2, 2]], [[0, 0]] * (MOST_CORNERS + 1), []]
)
def test_no_region_is_a_sentence(corners: list) -> None:
    with pytest.raises(ReidError, match="Draw it again"):
        inside(np.zeros((3, 2), np.float32), np.array(corners, float))


def test_a_map_of_three_dimensions_is_seen_from_somewhere() -> None:
    points = np.array([[1, 2, 3]], np.float32)
    assert on_screen(points, np.array([[0, 0, 1], [1, 0, 0]], np.float32)).tolist() == [[3, 1]]
    with pytest.raises(ReidError, match="two rows of three"):
        on_screen(points)
