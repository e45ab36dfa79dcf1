"""Tracklets in time: packed in rows, counted by the minute, and as lines of the place."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings.zones import keep_zone
from reid_core.workspace.recordings.overview import HOUR, has_recordings, lines_of, most_within, problem_word
from reid_core.workspace.recordings.timeline import crops_of_walk, packed, paths_of, per_minute, walks_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import film, filmed

moments = st.floats(0, 2_000, allow_nan=False).map(lambda second: round(second, 1))
lengths = st.floats(0, 3_000, allow_nan=False).map(lambda second: round(second, 3))
spans = st.lists(st.tuples(moments, moments).map(lambda ends: (min(ends), max(ends))), max_size=60).map(sorted)


@given(spans, st.floats(0, 5))
def test_rows_never_overlap_and_are_as_few_as_can_be(spans: list[tuple[float, float]], gap: float) -> None:
    rows = packed(spans, gap)
    for place, (start, _) in enumerate(spans):
        for earlier in range(place):
            if rows[earlier] == rows[place]:
                assert spans[earlier][1] + gap <= start
                assert spans[earlier][0] < start, "two at one moment have two rows"
    most = max((sum(a <= start and (b + gap > start or a == start) for a, b in spans) for start, _ in spans), default=0)
    assert len(set(rows)) == most, "no more rows than tracklets are in view at once"


@given(spans, lengths)
def test_people_per_minute_are_those_in_view_in_a_part_of_it(spans: list[tuple[float, float]], length: float) -> None:
    counts = per_minute(spans, length)
    for minute, count in enumerate(counts):
        begin, end = 60 * minute, 60 * minute + 60
        assert count == sum(first < end and last >= begin for first, last in spans)
    assert 60 * len(counts) >= length
    assert all(last < 60 * len(counts) for _, last in spans), "nobody is left out"


def test_nobody_in_view_is_no_minute_or_a_minute_of_nobody() -> None:
    assert per_minute([], 0).tolist() == []
    assert per_minute([], 61).tolist() == [0, 0]
    assert per_minute([(59.9, 60.0)], 61).tolist() == [1, 1]


@given(st.lists(moments.map(lambda second: 10 * second), max_size=40).map(sorted))
def test_the_busiest_hour_is_the_most_that_begin_within_one(begins: list[float]) -> None:
    expected = max((sum(one <= other < one + HOUR for other in begins) for one in begins), default=0)
    assert most_within(begins) == expected


def test_one_word_says_what_is_wrong() -> None:
    assert problem_word({}) == ""
    assert problem_word({"damaged_packets": 0, "gaps": [], "notes": []}) == ""
    assert problem_word({"notes": ["odd"], "damaged_frames": 3, "gaps": [(1, 2)]}) == "damaged"


def test_a_recording_is_listed_with_its_tracklets_but_those_to_ignore(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    row = filmed(workspace)
    empty = film(workspace, name="door.mp4", camera="door")
    assert has_recordings(workspace.catalogue, "town")
    workspace.catalogue.add_gallery("other")
    assert not has_recordings(workspace.catalogue, "other")
    gate, door = lines_of(workspace.catalogue, [row, empty])
    assert (gate.tracklets, gate.ignored, gate.busiest) == (2, 0, 2)
    assert (door.tracklets, door.ignored, door.busiest, door.problem) == (0, 0, 0, "")
    # Both walk from x = 200 to 440 at y = 500; the one around x = 400 to 440 is "gate.mp4-2".
    corners = ((0.2, 0.4), (0.25, 0.4), (0.25, 0.5), (0.2, 0.5))  # x from 384 to 480, y from 432 to 540
    assert keep_zone(workspace.catalogue, "town", "gate", Zone("window", corners, ignored=True)) == 1
    (gate,) = lines_of(workspace.catalogue, [row])
    assert (gate.tracklets, gate.ignored, gate.busiest) == (1, 1, 1)


def test_the_walks_of_a_recording_come_by_their_start_with_their_crops(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    row = filmed(workspace)
    one, two = walks_of(workspace.catalogue, row.key)
    assert (one.name, one.start, one.end, one.direction, one.ignored) == ("gate.mp4-1", 10, 14, "there and back", False)
    assert (two.name, two.start, two.end) == ("gate.mp4-2", 30, 34)
    assert math.isclose(one.standing, 4.0), "40 pixels in 4 s are less than half its height of 120"
    assert crops_of_walk(workspace.catalogue, row.key, "gate.mp4-1") == [1, 2]
    assert crops_of_walk(workspace.catalogue, row.key, "nobody") == []
    assert walks_of(workspace.catalogue, 99) == []
    lines = paths_of(workspace.catalogue, "town", "gate")
    assert sorted(lines)[0][0] == (round(200 / 1920, 4), round(500 / 1080, 4))
    assert np.shape(lines) == (2, 5, 2)
