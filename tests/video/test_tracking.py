"""The tracker: by seconds, one per recording, the same after a stop, steady in crowds."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.video.boxes import Detections
from reid_core.video.tracking import NO_TRACK, Tracker, TrackingSettings
from tests.support.tracking_figures import Figures, figures
from tests.video.walkers import detected, tracked, true_rows, walkers

Frames = list[tuple[int, float, Detections]]


def person(left: float, score: float = 0.9, top: float = 100, height: float = 200) -> tuple[list[float], float]:
    return [left, top, left + 0.4 * height, top + height], score


def found(*people: tuple[list[float], float]) -> Detections:
    return Detections(
        np.array([box for box, _ in people], np.float32), np.array([score for _, score in people], np.float32)
    )


NOBODY = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))


def scene(seed: int, rate: float, people: int = 12, seconds: float = 30) -> tuple[Figures, Frames]:
    """A scene with its figures at IoU .5."""
    random = np.random.default_rng(seed)
    moments = list(walkers(seed, people, seconds, rate))
    frames = [(moment.number, moment.seconds, detected(moment, random)) for moment in moments]
    return figures(true_rows(moments), tracked(frames)[0]), frames


def test_a_track_has_no_number_until_it_is_seen_twice_and_then_the_first_box_is_named_too() -> None:
    tracker = Tracker()
    first = tracker.update(found(person(900), person(100)), 0.0)
    assert first.ids.tolist() == [NO_TRACK, NO_TRACK]
    second = tracker.update(found(person(110)), 0.2)
    assert second.ids.tolist() == [1]
    assert second.earlier == ((1, 1),)  # row 1 of the frame before
    assert tracker.update(found(person(120)), 0.4).earlier == ()


def test_a_box_that_is_seen_once_gets_no_number() -> None:
    tracker = Tracker()
    tracker.update(found(person(100)), 0.0)
    tracker.update(NOBODY, 0.2)
    assert tracker.update(found(person(100)), 0.4).ids.tolist() == [NO_TRACK]


def test_a_weak_box_continues_a_track_and_begins_none() -> None:
    tracker = Tracker()
    for second in (0.0, 0.2):
        tracker.update(found(person(100), person(600, 0.3)), second)
    assert tracker.update(found(person(102, 0.3), person(600, 0.3)), 0.4).ids.tolist() == [1, NO_TRACK]


def test_weak_boxes_alone_do_not_continue_a_track_for_long() -> None:
    tracker = Tracker()
    seconds = np.arange(0, 4, 0.2)
    ids = [tracker.update(found(person(100, 0.9 if second < 0.5 else 0.3)), second).ids[0] for second in seconds]
    named = seconds[np.array(ids) == 1]
    assert named.max() == pytest.approx(0.4 + TrackingSettings().weak_for, abs=0.21)


def test_somebody_who_is_hidden_for_a_second_keeps_the_number_and_after_three_seconds_does_not() -> None:
    for hidden, same in ((1.0, True), (3.0, False)):
        tracker = Tracker()
        for step in range(5):
            tracker.update(found(person(100 + 20 * step)), 0.2 * step)
        back = 0.8 + hidden
        at = person(100 + 100 * back)  # 20 pixels in 0.2 s
        update = tracker.update(found(at), back)
        again = tracker.update(found(at), back + 0.01)
        assert (update.ids[0] == 1) == same
        assert again.ids[0] == (1 if same else 2)
        assert update.ended == (() if same else (1,))


@pytest.mark.parametrize(("rate", "pure"), [(25, 0.95), (10, 0.95), (5, 0.95), (2, 0.85)])
def test_one_scene_gives_the_same_people_at_any_rate(rate: float, pure: float) -> None:
    """HEARD 8. At 2 pictures a second two people who cross are often seen once on each side only."""
    results = [scene(seed, rate)[0] for seed in range(3)]
    assert np.mean([result.idf1 for result in results]) > 0.9
    assert np.mean([result.pure for result in results]) >= pure
    assert min(result.found for result in results) >= 0.9


def test_gaps_between_frames_are_real_and_not_counted() -> None:
    """A person at 1 height a second; every third to eighth picture of 25 a second arrives."""
    random = np.random.default_rng(0)
    kept = np.cumsum(random.integers(3, 9, 40)) / 25
    tracker = Tracker()
    ids = [tracker.update(found(person(100 + 200 * second)), float(second)).ids[0] for second in kept]
    assert set(ids[1:]) == {1}


def test_seconds_that_go_back_are_refused() -> None:
    tracker = Tracker()
    tracker.update(NOBODY, 1.0)
    with pytest.raises(ValueError, match="cannot go back"):
        tracker.update(NOBODY, 0.5)


def test_a_recording_after_another_gives_what_it_gives_alone() -> None:
    """HEARD 9: a tracker is made for each recording, and shares nothing with others."""
    _, one = scene(1, 5)
    _, other = scene(2, 5)
    alone = [update.ids.tolist() for update in tracked(other)[1]]
    tracked(one)
    assert [update.ids.tolist() for update in tracked(other)[1]] == alone


_, CUT_SCENE = scene(4, 5, people=15, seconds=12)
UNCUT = [(update.ids.tolist(), update.earlier, update.ended) for update in tracked(CUT_SCENE)[1]]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, len(CUT_SCENE)))
def test_a_tracker_that_is_stopped_anywhere_goes_on_with_the_same_numbers(cut: int) -> None:
    tracker = Tracker(TrackingSettings(begin=0.7))
    updates = tracked(CUT_SCENE[:cut], tracker)[1]
    restored = Tracker.from_state(json.loads(json.dumps(tracker.state())))
    updates += tracked(CUT_SCENE[cut:], restored)[1]
    assert [(update.ids.tolist(), update.earlier, update.ended) for update in updates] == UNCUT
    assert restored.settings == tracker.settings


def test_the_thresholds_of_a_detector_are_those_of_its_card() -> None:
    scores = TrackingSettings.of_detector(detect=0.2, match=0.45, track=0.55)
    assert [scores.begin, scores.strong, scores.weak] == pytest.approx([0.55, 0.45, 0.2])


def test_ten_thousand_births_do_not_slow_a_crowd_down() -> None:
    """HEARD 15: 150 figures in view, of whom one in eight is new in every frame; state and time stay as they were."""
    random = np.random.default_rng(0)
    tracker = Tracker()
    grid = np.stack(np.meshgrid(np.arange(15) * 120, np.arange(10) * 100), axis=2).reshape(-1, 2).astype(float)
    born, spent, sizes = 0, [], []
    for frame in range(560):
        moved = random.choice(150, 19, replace=False)
        grid[moved] += random.uniform(300, 900, (19, 2))
        grid %= [1800, 1000]
        born += 19
        boxes = np.concatenate([grid, np.add(grid, [40, 100])], axis=1)
        began = time.process_time()
        tracker.update(Detections(boxes, np.full(150, 0.9)), frame * 0.2)
        spent.append(time.process_time() - began)
        if frame % 20 == 0:
            sizes.append(len(tracker.state()["number"]))
    assert born > 10_000
    assert max(sizes[-6:]) <= 1.1 * max(sizes[3:9])
    assert np.quantile(spent[-200:], 0.25) <= np.quantile(spent[60:260], 0.25) / 0.9


@pytest.mark.parametrize("rate", [25, 5, 2])
def test_it_is_as_good_as_the_trackers_package(rate: float) -> None:
    """Against C-BIoU of Roboflow's `trackers` (2.6), where that is installed.

    It is no dev extra: it brings opencv-python, which cannot be imported without libGL. Where libGL is missing,
    `pip install --no-deps "trackers>=2.6,<3" supervision pydeprecate defusedxml` and opencv-python-headless do.
    """
    supervision = pytest.importorskip("supervision", exc_type=ImportError)
    trackers = pytest.importorskip("trackers", exc_type=ImportError)
    ours, theirs = [], []
    for seed in range(5):
        random = np.random.default_rng(seed)
        moments = list(walkers(seed, 25, 30, rate))
        frames = [(moment.number, moment.seconds, detected(moment, random)) for moment in moments]
        ours.append(figures(true_rows(moments), tracked(frames)[0]))
        tracker = trackers.CBIoUTracker(frame_rate=rate, lost_track_buffer=60)
        rows = []
        for number, seconds, detections in frames:
            given_in = supervision.Detections(xyxy=detections.boxes, confidence=detections.scores)
            out = tracker.update(given_in, timestamp=seconds)
            rows += [
                (number, int(i), *map(float, box)) for i, box in zip(out.tracker_id, out.xyxy, strict=True) if i >= 0
            ]
        theirs.append(figures(true_rows(moments), rows))
    assert np.mean([one.idf1 for one in ours]) >= np.mean([one.idf1 for one in theirs]) - 0.01
    assert np.mean([one.hota for one in ours]) >= np.mean([one.hota for one in theirs]) - 0.01
