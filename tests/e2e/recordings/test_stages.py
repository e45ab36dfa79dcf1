"""What stages share: a box on a photo is moved and made larger by keys, as a zone on a picture is, and stays within."""

from __future__ import annotations

from typing import Any

import pytest

from pages.components.widgets.photo_stage.photo_stage import STAGE

BOXES = [
    # before, step, with Shift, after
    ([0.4, 0.2, 0.2, 0.6], [1, 0], False, [0.41, 0.2, 0.2, 0.6]),
    ([0.4, 0.2, 0.2, 0.6], [0, -1], False, [0.4, 0.19, 0.2, 0.6]),
    ([0.8, 0.2, 0.2, 0.6], [1, 0], False, [0.8, 0.2, 0.2, 0.6]),
    ([0.4, 0.2, 0.2, 0.6], [1, 0], True, [0.4, 0.2, 0.21, 0.6]),
    ([0.4, 0.2, 0.2, 0.6], [0, -1], True, [0.4, 0.2, 0.2, 0.59]),
    ([0.8, 0.2, 0.2, 0.6], [1, 0], True, [0.8, 0.2, 0.2, 0.6]),
    ([0.4, 0.2, 0.02, 0.6], [-1, 0], True, [0.4, 0.2, 0.02, 0.6]),
]


@pytest.mark.browser
def test_a_box_is_moved_and_sized_by_keys_within_the_picture(chromium: Any) -> None:
    page = chromium.new_page()
    for before, step, size, after in BOXES:
        found = page.evaluate(f"() => {{ {STAGE}; return nudged({before}, {step}, {str(size).lower()}, 0.02); }}")
        assert found == pytest.approx(after)
    page.close()
