"""What a recording's first frames show before it comes in."""

from __future__ import annotations

import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.signals import StopRequest
from reid_core.video.stream import Reading, open_recording
from reid_core.workspace.imports.video.first_look import FirstLook, first_look, first_problems, seconds_needed
from tests.support.films import film
from tests.support.walkers import HEIGHT, TALL, WIDE, WIDTH, ColourDetector, Walker, filmed, picture_of


def test_the_still_shows_the_first_people_with_their_boxes(tmp_path: Path) -> None:
    pictures = [picture_of([Walker(0, 3.0, 9.0, left=20, speed=0)], number / 5) for number in range(50)]
    for picture in pictures:
        picture[::2, 200:] = 20  # a fence: what is empty is not flat
    path = film(tmp_path / "gate.mp4", pictures, rate=5)
    look = first_look(path, Reading(), ColourDetector())
    assert look.problems == ()
    assert look.moment == pytest.approx(4.8)  # of frames 1, 25, 50 the first with somebody, at 5 a second
    assert Image.open(io.BytesIO(look.still)).size == (WIDTH, HEIGHT)
    ((left, top, width, height),) = look.people or ()
    assert (left * WIDTH, top * HEIGHT) == pytest.approx((20, 60), abs=3)
    assert (width * WIDTH, height * HEIGHT) == pytest.approx((WIDE, TALL), abs=6)
    assert look.decoding > 0
    assert look.detecting > 0


def test_a_flat_beginning_is_no_still_and_an_empty_place_is_one(tmp_path: Path) -> None:
    black = [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 30
    place = picture_of([Walker(3, 0.0, 99.0)], 1.0)
    path = film(tmp_path / "dark.mp4", [*black, *[place] * 10], rate=5)
    look = first_look(path, Reading(), None)
    assert look.moment == pytest.approx(6.0)
    assert look.people is None
    assert first_look(film(tmp_path / "black.mp4", black, rate=5), Reading(), None).still == b""


def test_what_is_wrong_with_the_first_frames_is_said_alike_on_the_page_and_the_command_line(tmp_path: Path) -> None:
    path = film(tmp_path / "gate.mkv", 100, rate=25, stamps=[number / 10 for number in range(100)])
    said = "In its first 75 frames: The file states 25 frames a second but has 10; times follow its stamps."
    assert first_problems(path, Reading(), StopRequest()) == [said]
    assert first_look(path, Reading(), None).problems == (said,)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    assert first_look(broken, Reading(), None).still == b""
    assert "broken.mp4" in first_look(broken, Reading(), None).problems[0]


def test_the_time_that_is_needed_grows_with_length_rate_and_what_a_frame_took(tmp_path: Path) -> None:
    with open_recording(filmed(tmp_path / "gate.mp4", [], 10)) as recording:
        facts = recording.facts
    look = FirstLook((), decoding=0.01, detecting=0.1)
    # 10 s with 5 frames a second: 50 frames to decode and, at 2 a second, 20 to look at; 1.3 times that.
    assert seconds_needed(facts, 2, look) == pytest.approx(1.3 * (50 * 0.01 + 20 * 0.1))
    assert seconds_needed(facts, 15, look) == seconds_needed(facts, 5, look)  # there are only five
    assert seconds_needed(facts, 10) == pytest.approx(2 * seconds_needed(facts, 5))
    assert math.isnan(seconds_needed(dataclasses.replace(facts, duration=None), 5))
