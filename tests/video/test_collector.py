"""Tracklets, as they are gathered frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.video.best_crops import Box
from reid_core.video.boxes import Detections
from reid_core.video.collector import Collector
from reid_core.video.tracking import Tracker
from reid_core.video.tracklets import Tracklet
from tests.video.frames import BLUE, RED, DrawnFrame, Figure

Shots = list[tuple[DrawnFrame, Detections]]


def standing(left: float, foot: float = 400, height: float = 200) -> Box:
    return (left, foot - height, left + 0.4 * height, foot)


def shots(people: Iterable[list[Figure]], rate: float = 5) -> Shots:
    """A frame for each list of people, all of them detected; each fifth frame of 25 a second is analysed."""
    made = []
    for place, figures in enumerate(people):
        boxes = Detections(np.array([box for box, _ in figures]), np.full(len(figures), 0.9))
        made.append((DrawnFrame(place * round(25 / rate) + 1, place / rate, figures), boxes))
    return made


def collected(made: Shots, tracker: Tracker | None = None, collector: Collector | None = None) -> list[Tracklet]:
    tracker, collector = tracker or Tracker(), collector or Collector()
    found = [one for frame, boxes in made for one in collector.add(frame, boxes, tracker.update(boxes, frame.seconds))]
    return found + collector.finish()


def walk(frames: int, empty: int = 0) -> list[list[Figure]]:
    """A person who walks 20 pixels a frame to the right, seen after some empty frames."""
    return [[] for _ in range(empty)] + [[(standing(100 + 20 * step), RED)] for step in range(frames)]


def test_a_walk_is_one_tracklet_with_all_that_is_known_of_it() -> None:
    (tracklet,) = collected(shots([*walk(11, empty=2), *[[]] * 12]))
    assert (tracklet.number, tracklet.detections) == (1, 11)
    assert (tracklet.start, tracklet.end) == (0.4, 2.4)
    assert (tracklet.first_frame, tracklet.last_frame) == (11, 61)
    assert tracklet.score == pytest.approx(0.9)
    assert (tracklet.entry, tracklet.exit) == ((140, 400), (340, 400))
    assert (tracklet.width, tracklet.height) == (640, 480)
    assert tracklet.moved == pytest.approx(1.0)  # 200 pixels of 200
    assert (tracklet.open_at_start, tracklet.open_at_end) == (False, False)
    assert [point[:3] for point in tracklet.path] == [(0.4, 140, 400), (1.4, 240, 400), (2.4, 340, 400)]


def test_the_foot_point_lies_outside_the_frame_where_the_box_does() -> None:
    (tracklet,) = collected(shots([[(standing(100, foot=520), RED)]] * 5))
    assert tracklet.entry == (140, 520)


def test_people_who_are_in_view_at_the_first_or_the_last_frame_are_marked() -> None:
    (early,) = collected(shots([*walk(6), *[[]] * 15]))
    (late,) = collected(shots(walk(6, empty=3)))
    assert (early.open_at_start, early.open_at_end) == (True, False)
    assert (late.open_at_start, late.open_at_end) == (False, True)
    (gone,) = collected(shots([*walk(6), [], []]))  # the recording ends before the tracker gives up
    assert gone.open_at_end is False


def test_two_detections_are_no_tracklet() -> None:
    assert collected(shots(walk(2, empty=1))) == []
    assert len(collected(shots(walk(3, empty=1)))) == 1


def test_a_dummy_hardly_moves_and_its_path_and_crops_stay_short() -> None:
    random = np.random.default_rng(0)
    dummy = [[(standing(100 + random.normal(0, 1), 400 + random.normal(0, 1)), RED)] for _ in range(5 * 600)]
    (tracklet,) = collected(shots(dummy))
    assert tracklet.moved < 0.1
    assert tracklet.detections == 5 * 600
    assert len(tracklet.path) <= 600 / 60 + 2
    assert len(tracklet.candidates) <= 8


def test_crops_are_whole_people_at_different_moments() -> None:
    """The person comes in at the left edge and walks behind another one at the end."""
    people: list[list[Figure]] = [[(standing(-40 + 20 * step), RED)] for step in range(16)]
    for step in (13, 14, 15):
        people[step].insert(0, (standing(-30 + 20 * step, foot=420), BLUE))
    red = next(one for one in collected(shots(people)) if one.number == 1)
    assert 2 <= len(red.crops) <= 4
    assert all(crop.box[0] >= 0 for crop in red.crops)
    assert all(0.4 < crop.seconds < 2.6 for crop in red.crops)


def test_a_crop_far_worse_than_the_best_is_left_out() -> None:
    """A person who comes near: at first 50 pixels high, at last 250."""
    people: list[list[Figure]] = [[(standing(300, 400, 50 + 8 * step), RED)] for step in range(26)]
    (tracklet,) = collected(shots(people))
    heights = [candidate.box[3] - candidate.box[1] for candidate in tracklet.candidates]
    assert min(heights) >= 0.3 * max(heights)
    assert tracklet.detections == 26


def test_no_crop_comes_from_a_damaged_frame() -> None:
    """HEARD 23."""
    made = shots(walk(10))
    for frame, _ in made[2:8]:
        frame.damaged = True
    (tracklet,) = collected(made)
    damaged = {frame.number for frame, _ in made if frame.damaged}
    assert tracklet.detections == 10
    assert not damaged & {candidate.frame for candidate in tracklet.candidates}
    assert all(frame.cuts == [] for frame, _ in made if frame.damaged)


def test_state_does_not_grow_with_the_recording() -> None:
    tracker, collector = Tracker(), Collector()
    sizes = []
    for visit in range(30):  # somebody passes every six seconds
        for frame, boxes in shots([*walk(15), *[[]] * 15]):
            now = frame.seconds + 6 * visit
            collector.add(DrawnFrame(frame.number + 150 * visit, now, frame.people), boxes, tracker.update(boxes, now))
            if frame.seconds == pytest.approx(2.0):
                sizes.append(len(json.dumps([tracker.state(), collector.state()])))
    assert max(sizes[15:]) <= 1.1 * max(sizes[:5])


SCENE = shots([[(standing(20 + 20 * step), RED), (standing(500 - 18 * step, 420), BLUE)] for step in range(20)])
WHOLE = collected(SCENE)


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(0, len(SCENE)))
def test_a_job_that_is_stopped_anywhere_gives_the_same_tracklets(cut: int) -> None:
    tracker, collector = Tracker(), Collector()
    found = []
    for frame, boxes in SCENE[:cut]:
        found += collector.add(frame, boxes, tracker.update(boxes, frame.seconds))
    kept = json.loads(json.dumps([tracker.state(), collector.state()]))
    found += collected(SCENE[cut:], Tracker.from_state(kept[0]), Collector.from_state(kept[1]))
    assert found == WHOLE


def test_a_tracklet_is_split_between_its_candidates() -> None:
    (tracklet,) = collected(shots([*walk(24), *[[]] * 12]))
    times = [candidate.seconds for candidate in tracklet.candidates]
    groups = [[0, 1], list(range(2, len(times)))]
    first, second = tracklet.split(groups)
    cut = (times[1] + times[2]) / 2
    assert (first.part, second.part, first.number, second.number) == (1, 2, 1, 1)
    assert first.candidates + second.candidates == tracklet.candidates
    assert (first.start, second.end) == (tracklet.start, tracklet.end)
    assert times[1] <= first.end < cut < second.start <= times[2]
    assert first.path + second.path == tracklet.path
    assert first.detections + second.detections == tracklet.detections
    assert (first.entry, second.exit) == (tracklet.entry, tracklet.exit)
    assert (first.open_at_start, first.open_at_end, second.open_at_start) == (True, False, False)


def test_a_pure_tracklet_stays_as_it_is() -> None:
    (tracklet,) = collected(shots(walk(12)))
    assert tracklet.split([list(range(len(tracklet.candidates)))]) == (tracklet,)
