"""Walks past one camera, of camera and time alone, and the check that none of them is of two people."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.datasets.readers.market1501 import parse_name
from reid_core.datasets.walks import GAP, find_walks
from reid_core.records import DISTRACTOR, JUNK

NAMES = Path(__file__).parents[2].parent / "shared" / "data" / "market1501-names.txt"


def test_a_pause_or_another_camera_ends_a_walk() -> None:
    found = find_walks(["a", "a", "a", "b"], [10.0, 12.5, 15.1, 12.5], ["1", "1", "1", "1"])
    assert found.labels == ["a-10.00s", "a-10.00s", "a-15.10s", "b-12.50s"]
    assert (found.runs, found.mixed, found.note) == (1, 0, "")


def test_who_comes_back_later_walks_past_once_more() -> None:
    labels = find_walks(["a"] * 4, [0.0, 1.0, 600.0, 601.0], ["1"] * 4).labels
    assert labels == ["a-0.00s", "a-0.00s", "a-600.00s", "a-600.00s"]


def test_one_mixed_run_of_a_hundred_costs_that_run_alone() -> None:
    places = [f"c{number}" for number in range(100) for _ in range(2)]
    people = ["1"] * 200
    people[7] = "2"
    found = find_walks(places, [0.0, 1.0] * 100, people)
    assert (found.runs, found.mixed) == (100, 1)
    assert [row for row, label in enumerate(found.labels) if label is None] == [6, 7]


def test_more_than_that_leaves_no_walks_at_all() -> None:
    places = [f"c{number}" for number in range(100) for _ in range(2)]
    people = ["1"] * 200
    people[1] = people[3] = people[5] = "2"
    found = find_walks(places, [0.0, 1.0] * 100, people)
    assert set(found.labels) == {None}
    assert found.note.startswith("There are no tracklets, only crops: of 100 runs")


@pytest.mark.parametrize("nobody", [None, DISTRACTOR, JUNK])
def test_crops_of_nobody_in_particular_are_no_walk(nobody: str | None) -> None:
    found = find_walks(["a", "a"], [0.0, 1.0], [nobody, nobody])
    assert (found.labels, found.runs) == ([None, None], 0)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 40).map(float), st.sampled_from(["1", "2", None])), max_size=30
    )
)
def test_a_walk_is_of_one_person_at_one_place_without_a_pause(crops: list[tuple[str, float, str | None]]) -> None:
    places, times, people = ([crop[part] for crop in crops] for part in range(3))
    found = find_walks(places, times, people)  # type: ignore[arg-type]
    walks: dict[str, list[int]] = {}
    for row, label in enumerate(found.labels):
        if label is not None:
            walks.setdefault(label, []).append(row)
    for rows in walks.values():
        assert len({(places[row], people[row]) for row in rows}) == 1
        along = sorted(float(str(times[row])) for row in rows)
        assert all(after - before <= GAP for before, after in pairwise(along))


@pytest.mark.skipif(not NAMES.is_file(), reason=f"the names of Market-1501 are not here: {NAMES}")
def test_market_1501_mixes_people_and_has_no_tracklets() -> None:
    told = [name for line in NAMES.read_text().split() if (name := parse_name(line))]
    found = find_walks([one.place for one in told], [one.time for one in told], [one.identity for one in told])
    assert set(found.labels) == {None}
    assert found.mixed > 0.5 * found.runs
