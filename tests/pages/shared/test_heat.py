from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pages.components.shared.heat import laid_over


def test_colour_lies_where_the_heat_is_blue_for_and_orange_against() -> None:
    heat = np.zeros((16, 8), np.float32)
    heat[:4], heat[12:] = 1, -1
    laid = np.asarray(laid_over(Image.new("RGB", (64, 128), (128, 128, 128)), heat, 1.0)).astype(int)
    top, middle, bottom = laid[20, 100], laid[256, 100], laid[-20, 100]
    assert top[2] - top[0] > 80
    assert abs(middle - 128).max() <= 3
    assert bottom[0] - bottom[2] > 80


@pytest.mark.parametrize("most", [0.0, -0.1])
def test_a_picture_without_any_heat_is_left_as_it_is(most: float) -> None:
    heat = np.full((16, 8), most, np.float32)
    assert np.asarray(laid_over(Image.new("RGB", (32, 64), (100, 100, 100)), heat, most)) == pytest.approx(100, abs=1)
