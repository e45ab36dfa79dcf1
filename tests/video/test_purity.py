"""Tracklets of two people are split, those of one are not."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reid_core.video.best_crops import Candidate
from reid_core.video.boxes import Detections
from reid_core.video.collector import Collector
from reid_core.video.purity import FEWEST_KNOWN, Purity
from reid_core.video.tracking import Tracker
from tests.video.frames import BLUE, RED, DrawnFrame, Figure

Vectors = NDArray[np.float32]
WIDTH = 64  # of a vector


class People:
    """People as directions, and crops of them: unit vectors around these, `spread` apart."""

    def __init__(self, seed: int, spread: float, common: float = 0.0) -> None:
        self.random = np.random.default_rng(seed)
        self.spread = spread
        self.all = common * np.eye(WIDTH)[0] * WIDTH**0.5  # what all people share

    def person(self) -> Vectors:
        return self.random.normal(size=WIDTH) + self.all

    def crops(self, person: Vectors, count: int) -> Vectors:
        vectors = person + self.spread * self.random.normal(size=(count, WIDTH))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def pure(self) -> Vectors:
        return self.crops(self.person(), int(self.random.integers(2, 9)))

    def mixed(self, *lengths: int) -> Vectors:
        """Two people by turns."""
        two = [self.person(), self.person()]
        return np.concatenate([self.crops(two[turn % 2], length) for turn, length in enumerate(lengths)])


def taught(people: People, tracklets: int = 200) -> Purity:
    purity = Purity()
    for number in range(tracklets):
        purity.learn(people.pure() if number % 20 else people.mixed(3, 3), number, number + 5)
    return purity


@pytest.mark.parametrize(("spread", "common"), [(0.4, 0.0), (0.6, 0.0), (0.5, 0.7), (0.3, 1.0)])
def test_at_most_two_in_a_hundred_pure_tracklets_are_split_and_most_mixed_ones_are(
    spread: float, common: float
) -> None:
    """Models differ in how alike all people are to them: cosines of strangers here are 0, .33 or .5."""
    people = People(1, spread, common)
    purity = taught(people)
    assert sum(len(purity.split(people.pure())) > 1 for _ in range(400)) <= 8
    assert sum(len(purity.split(people.mixed(4, 3))) > 1 for _ in range(200)) >= 190


def test_a_swap_is_cut_where_it_happened_and_a_swap_back_too() -> None:
    people = People(2, 0.4)
    purity = taught(people)
    assert purity.split(people.mixed(5, 2)) == [[0, 1, 2, 3, 4], [5, 6]]
    assert purity.split(people.mixed(2, 3, 2)) == [[0, 1], [2, 3, 4], [5, 6]]


def test_one_crop_in_the_middle_that_shows_another_person_does_not_tear_a_tracklet_apart() -> None:
    people = People(3, 0.4)
    purity = taught(people)
    assert len(purity.split(people.mixed(4, 1, 3))) == 1


def test_nothing_is_split_before_enough_is_known() -> None:
    people = People(4, 0.4)
    purity = Purity()
    mixed = people.mixed(4, 4)
    assert purity.split(mixed) == [list(range(8))]
    for number in range(FEWEST_KNOWN):
        purity.learn(people.pure(), number, number + 5)
    assert purity.limit is not None
    assert len(purity.split(mixed)) == 2


def test_people_who_never_meet_teach_nothing_of_strangers() -> None:
    people = People(5, 0.4)
    purity = Purity()
    for number in range(100):
        purity.learn(people.pure(), 10 * number, 10 * number + 5)
    assert purity.limit is None


def test_tracklets_of_one_crop_or_none_are_left_as_they_are() -> None:
    people = People(6, 0.4)
    purity = taught(people)
    nothing = np.empty((0, WIDTH), np.float32)
    purity.learn(nothing, 0, 1)
    assert purity.split(nothing) == [[]]
    assert purity.split(people.crops(people.person(), 1)) == [[0]]


def test_what_was_learnt_is_kept_when_a_job_is_stopped() -> None:
    people = People(7, 0.4)
    purity = taught(people, 60)
    restored = Purity.from_state(json.loads(json.dumps(purity.state())))
    new = people.pure()
    for each in (purity, restored):
        each.learn(new, 59, 62)
    assert restored.state() == purity.state()
    assert restored.limit == purity.limit


def test_memory_does_not_grow_with_the_recording() -> None:
    people = People(8, 0.4)
    size = {tracklets: len(json.dumps(taught(people, tracklets).state())) for tracklets in (600, 1_200)}
    assert size[1_200] <= 1.02 * size[600]


def colours(candidates: tuple[Candidate, ...]) -> Vectors:
    """What a simple embedder sees: the mean colour of the middle of a crop, around grey, as a unit vector."""
    found = []
    for candidate in candidates:
        picture = np.asarray(Image.open(io.BytesIO(candidate.jpeg)), np.float32)
        rows, columns = (slice(side // 4, 3 * side // 4) for side in picture.shape[:2])
        mean = picture[rows, columns].mean(axis=(0, 1)) - 110
        found.append(mean / max(float(np.linalg.norm(mean)), 1e-6))
    return np.array(found, np.float32).reshape(-1, 3)


def test_red_and_blue_cross_a_hundred_times_and_no_tracklet_is_mixed() -> None:
    """HEARD 10. They meet and turn round, or pass: boxes alone cannot tell, so numbers are swapped now and then."""
    random = np.random.default_rng(0)
    tracker, collector = Tracker(), Collector()
    tracklets = []
    for crossing in range(100):
        passes = random.random() < 0.5
        for step in range(20):
            now, way = 8 * crossing + 0.2 * step, 24.0 * step
            if not passes and step >= 10:
                way = 24.0 * (19 - step)
            people: list[Figure] = [
                ((60 + way, 20, 140 + way, 220), RED),
                ((500 - way, 16, 580 - way, 216), BLUE),
            ]
            seen = people if abs(way - 220) > 30 else people[:1]  # the front one hides the other
            boxes = Detections(np.array([box for box, _ in seen]), np.full(len(seen), 0.9))
            frame = DrawnFrame(round(now * 25) + 1, now, people, height=240)
            tracklets += collector.add(frame, boxes, tracker.update(boxes, now))
    tracklets += collector.finish()
    purity = Purity()
    for one in tracklets:
        purity.learn(colours(one.candidates), one.start, one.end)
    red = [colours(one.candidates)[:, 0] > 0 for one in tracklets]
    assert sum(0 < shows.sum() < len(shows) for shows in red) >= 20  # the tracker alone does mix them
    parts = [part for one in tracklets for part in one.split(purity.split(colours(one.candidates)))]
    mixed = [part for part in parts if len(set((colours(part.candidates)[:, 0] > 0).tolist())) > 1]
    assert mixed == []
