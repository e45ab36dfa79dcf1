"""The filmed site: people move as people do, and its truth is what its frames show."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reid_core.datasets.synthetic.drawing import Pose
from reid_core.datasets.synthetic.recordings import FilmConfig, FilmedSite, crossings, film, filming, planning
from reid_core.datasets.synthetic.recordings.new_wardrobe import make_newcomer
from reid_core.datasets.synthetic.skeleton import Skeleton
from reid_core.datasets.synthetic.wardrobe import make_person
from reid_core.errors import ReidError
from tests.support.drawn_recordings import TINY

BUSY = FilmConfig(people=30, seconds=120.0, transit=(10.0, 25.0), returns=(5.0, 60.0, 600.0))


@pytest.fixture(scope="module")
def busy() -> FilmedSite:
    return FilmedSite(BUSY)


@pytest.fixture(scope="module")
def tiny() -> FilmedSite:
    return FilmedSite(TINY)


# Who is where, when


def test_the_way_from_camera_to_camera_takes_as_long_as_the_site_says(busy: FilmedSite) -> None:
    visits = defaultdict(list)
    for visit in busy.visits:
        visits[visit.person].append(visit)
    ways = 0
    for mine in visits.values():
        for before, after in pairwise(sorted(mine, key=lambda each: each.motion.first)):
            seconds = (after.motion.first - before.motion.first - len(before.motion)) / BUSY.rate
            if before.camera != after.camera:
                assert abs(before.camera - after.camera) == 1
                assert 10 - 1 / BUSY.rate <= seconds <= 25 + 1.0  # companions leave a moment later
                ways += 1
    assert ways >= 20


def test_people_come_back_after_as_long_as_was_asked_for(busy: FilmedSite) -> None:
    gaps = []
    returning = defaultdict(list)
    for visit in busy.visits:
        if visit.behaviour == "returns":
            returning[visit.person].append(visit)
    for first, second in returning.values():
        assert (first.camera, first.number, second.number) == (second.camera, 1, 2)
        gaps.append((second.motion.first - first.motion.first - len(first.motion)) / BUSY.rate)
    assert sorted(gaps) == pytest.approx([5, 60], abs=0.11)  # 600 s are longer than the recording


def test_still_people_never_move_and_are_there_from_first_to_last_frame(busy: FilmedSite) -> None:
    (still,) = [visit for visit in busy.visits if visit.behaviour == "still"]
    assert (still.motion.first, len(still.motion)) == (0, BUSY.frames)
    assert np.ptp(still.motion.x) == np.ptp(still.motion.z) == np.ptp(still.motion.phase) == 0


def test_those_who_go_together_stay_together(busy: FilmedSite) -> None:
    assert busy.companions
    for group in busy.companions:
        for camera in busy.cameras:
            motions = [visit.motion for visit in busy.before(camera) if visit.person in group]
            for one, other in pairwise(motions):
                assert one.first == other.first
                apart = np.hypot(one.x - other.x, one.z - other.z)
                assert 0.3 < np.median(apart) < 1.5


def test_people_keep_out_of_each_other_and_of_furniture(busy: FilmedSite) -> None:
    moments = clashes = 0
    for camera in busy.cameras.values():
        visits = busy.before(camera.number)
        for place, visit in enumerate(visits):
            for other in visits[place + 1 :]:
                begin = max(visit.motion.first, other.motion.first)
                end = min(visit.motion.first + len(visit.motion), other.motion.first + len(other.motion))
                for frame in range(begin, end):
                    one, two = frame - visit.motion.first, frame - other.motion.first
                    apart = math.hypot(
                        visit.motion.x[one] - other.motion.x[two], visit.motion.z[one] - other.motion.z[two]
                    )
                    moments, clashes = moments + 1, clashes + (apart < 0.4)
    assert moments > 2000
    assert clashes < 0.01 * moments


def test_feet_stand_still_while_the_body_goes_over_them(busy: FilmedSite) -> None:
    slips, steps = [], []
    for visit in busy.visits:
        motion, person = visit.motion, busy.people[visit.person]
        feet = []
        for phase, stride in zip(motion.phase, motion.stride, strict=True):
            body = Skeleton(person, Pose(0.0, float(phase), float(stride)))
            # A thigh that swings back, by the skeleton's own rule, carries the body.
            carries = {side: math.cos(phase + (math.pi if side > 0 else 0.0)) < 0 for side in (-1, 1)}
            feet.append({side: body.leg(side)[2][2] for side in (-1, 1) if carries[side]})
        gone = np.hypot(np.diff(motion.x), np.diff(motion.z))
        for place in range(1, len(feet)):
            turned = abs(motion.heading[place] - motion.heading[place - 1])
            if gone[place - 1] > 0.08 and turned < 0.02:
                for side in feet[place].keys() & feet[place - 1].keys():
                    slips.append(abs(gone[place - 1] + feet[place][side] - feet[place - 1][side]))
                    steps.append(gone[place - 1])
    assert len(slips) > 1000
    assert np.mean(steps) > 0.1
    assert np.median(slips) < 0.01  # metres a frame
    assert np.percentile(slips, 90) < 0.03


def test_nobody_walks_faster_than_people_do_or_jumps(busy: FilmedSite) -> None:
    for visit in busy.visits:
        speed = np.hypot(np.diff(visit.motion.x), np.diff(visit.motion.z)) * BUSY.rate
        assert speed.max(initial=0) < 2.2
        assert np.abs(np.diff(visit.motion.heading)).max(initial=0) < 0.6


# What the frames show


def _drawn(box: tuple[int, int, int, int], changed: NDArray[np.bool_]) -> float:
    """Overlap of the box (left, top, width, height) with the bounds of what changed."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    low, high = (max(left, box[0]), max(top, box[1])), (min(right, box[0] + box[2]), min(bottom, box[1] + box[3]))
    shared = max(high[0] - low[0], 0) * max(high[1] - low[1], 0)
    return shared / ((right - left) * (bottom - top) + box[2] * box[3] - shared)


def test_boxes_are_tight_round_what_is_drawn(tiny: FilmedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filming, "lay_shadow", lambda *_: None)
    overlaps = []
    for camera in tiny.cameras:
        for person in {visit.person for visit in tiny.before(camera)}:
            pairs = zip(
                film(tiny, camera, numbers=range(4, TINY.frames, 12)),
                film(tiny, camera, numbers=range(4, TINY.frames, 12), leave_out={person}),
                strict=True,
            )
            for whole, without in pairs:
                own = [each for each in whole.sightings if each.person == f"p{person:04d}"]
                assert all(each.person != f"p{person:04d}" for each in without.sightings)
                changed = np.abs(whole.picture.astype(int) - without.picture).max(axis=2) > 8
                if not own:
                    assert not changed.any()
                elif own[0].visibility > 0.99:
                    box = (own[0].left, own[0].top, own[0].width, own[0].height)
                    overlaps.append(_drawn(box, changed))
    assert len(overlaps) > 15
    assert min(overlaps) > 0.75
    assert np.median(overlaps) > 0.9


def test_visibility_is_the_share_of_the_body_that_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filming, "lay_shadow", lambda *_: None)
    monkeypatch.setattr(planning, "CLEAR", 0.0)
    site = FilmedSite(replace(TINY, cameras=1, people=14, seed=4))
    everybody = set(site.people)
    compared = []
    for whole in film(site, 1, numbers=range(1, TINY.frames, 8)):
        for each in whole.sightings:
            if not 0.25 < each.visibility < 0.85:
                continue
            person = int(each.person[1:])
            alone, without, empty = (
                next(film(site, 1, numbers=[whole.number], leave_out=gone))
                for gone in (everybody - {person}, {person}, everybody)
            )
            if alone.sightings[0].visibility < 0.99:
                continue  # the frame's edge or furniture hides them, too
            shows = (np.abs(whole.picture.astype(int) - without.picture).max(axis=2) > 8).sum()
            whole_body = (np.abs(alone.picture.astype(int) - empty.picture).max(axis=2) > 8).sum()
            compared.append(shows / whole_body - each.visibility)
    assert len(compared) >= 3
    assert np.median(np.abs(compared)) < 0.06
    assert np.abs(compared).max() < 0.25  # somebody who is dressed like what they hide changes little


def test_people_are_as_tall_as_their_distance_makes_them(tiny: FilmedSite) -> None:
    """A camera h metres up sees someone of height H from the feet to (1 - H/h) of the way up to the horizon."""
    looked_at = 0
    for camera in tiny.cameras.values():
        for frame in film(tiny, camera.number, numbers=range(11, TINY.frames, 12)):
            for each in frame.sightings:
                person = tiny.people[int(each.person[1:])]
                if each.visibility > 0.99 and person.headwear == "none":
                    horizon = camera.view(0.0, 1e9).foot_y
                    expected = (each.top + each.height - horizon) * person.height / camera.place.height
                    assert each.height == pytest.approx(expected, rel=0.1)
                    looked_at += 1
    assert looked_at > 10


def test_who_crosses_a_line_is_on_its_other_side_afterwards(tiny: FilmedSite) -> None:
    counted = 0
    for camera in tiny.cameras.values():
        found = crossings(tiny, camera)
        for each in found:
            sides = []
            for seconds in (each.seconds - 0.6, each.seconds + 0.6):
                number = min(max(round(seconds * TINY.rate) + 1, 1), TINY.frames)
                (frame,) = film(tiny, camera.number, numbers=[number])
                sighting = next((one for one in frame.sightings if one.person == each.person), None)
                if sighting is not None:
                    x = (sighting.left + sighting.width / 2) / TINY.size[0]
                    y = (sighting.top + sighting.height) / TINY.size[1]
                    (far_x, far_y), (near_x, near_y) = camera.line.far, camera.line.near
                    sides.append(x - far_x - (y - far_y) / (near_y - far_y) * (near_x - far_x))
            if len(sides) == 2:
                assert (sides[0] < 0 < sides[1]) if each.direction == "in" else (sides[1] < 0 < sides[0])
                counted += 1
    assert counted >= 3


def test_light_changes_slowly(busy: FilmedSite) -> None:
    for camera in busy.cameras.values():
        states = [camera.light(second / 10) for second in range(1200)]
        assert max(states) - min(states) >= 4
        assert max(abs(after - before) for before, after in pairwise(states)) <= 1


# Who they are


def test_newcomers_wear_what_nobody_of_the_training_set_wears() -> None:
    trained_on = [make_person(1, number) for number in range(1, 601)]
    clothes = np.array([[*each.upper_colour, *each.lower_colour] for each in trained_on])
    newcomers = [make_newcomer(seed, number) for seed in (0, 1) for number in range(1, 61)]
    assert len(set(newcomers)) == 120
    assert not set(newcomers) & set(trained_on)
    own = np.array([[*each.upper_colour, *each.lower_colour] for each in newcomers])
    usual = np.array([[*each.upper_colour, *each.lower_colour] for each in (make_person(0, n) for n in range(1, 121))])
    nearest, nearest_usual = (np.abs(some[:, None] - clothes[None]).max(-1).min(1) for some in (own, usual))
    assert np.median(nearest) > 3 * np.median(nearest_usual)


def test_a_site_with_a_new_wardrobe_dresses_its_people_from_it() -> None:
    site = FilmedSite(replace(TINY, wardrobe="new"))
    assert list(site.people.values()) == [make_newcomer(TINY.seed, number) for number in range(1, TINY.people + 1)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cameras", 0),
        ("people", 0),
        ("rate", 0),
        ("size", (641, 360)),
        ("size", (640, 640)),
        ("seed", -1),
        ("transit", (9.0, 3.0)),
        ("wrong_clock", (3, 5.0)),
        ("wardrobe", "winter"),
        ("still", 6),
    ],
)
def test_an_impossible_film_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ReidError, match=field):
        replace(TINY, **{field: value})
