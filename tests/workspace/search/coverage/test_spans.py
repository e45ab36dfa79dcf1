"""Stretches of time, against a set of whole seconds that says the same."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from reid_core.workspace.search.coverage.spans import Spans, common, hull, in_hours, seconds_of, union, without

SECONDS = 40
spans = st.lists(st.tuples(st.integers(0, SECONDS), st.integers(0, SECONDS)).map(sorted).map(tuple), max_size=8)
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())


def seconds_in(found: object) -> set[int]:
    """Each second of these, one by one."""
    return {second for first, last in found for second in range(int(first), int(last))}  # type: ignore[attr-defined]


def is_tidy(found: Spans) -> bool:
    edges = [edge for span in found for edge in span]
    return edges == sorted(set(edges))  # nothing empty, touching or overlapping


@given(spans)
def test_a_union_has_every_second_of_its_parts_once(parts: list[tuple[int, int]]) -> None:
    found = union(parts)
    assert is_tidy(found)
    assert seconds_in(found) == seconds_in(parts)
    assert seconds_of(found) == len(seconds_in(parts))


@given(spans, spans)
def test_what_is_common_and_what_is_without_are_those_of_sets(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    here, there = union(one), union(other)
    assert seconds_in(common(here, there)) == seconds_in(one) & seconds_in(other)
    assert seconds_in(without(here, there)) == seconds_in(one) - seconds_in(other)
    assert is_tidy(common(here, there))


def test_a_hull_reaches_from_the_first_to_the_last() -> None:
    assert hull([(5.0, 6.0), (1.0, 2.0)]) == ((1.0, 6.0),)
    assert hull([]) == ()


@given(
    st.integers(0, 12 * 24 * 4).map(lambda quarter: MONDAY + 900 * quarter),
    st.integers(1, 10 * 24 * 4),
    st.none() | st.frozensets(st.integers(0, 6)),
    st.none() | st.frozensets(st.integers(0, 23)),
)
def test_days_and_hours_are_those_of_the_calendar(
    first: int, quarters: int, weekdays: frozenset[int] | None, hours: frozenset[int] | None
) -> None:
    def passes(moment: datetime) -> bool:
        return (weekdays is None or moment.weekday() in weekdays) and (hours is None or moment.hour in hours)

    found = in_hours(((float(first), float(first + 900 * quarters)),), weekdays, hours)
    expected = {
        first + 900 * quarter
        for quarter in range(quarters)
        if passes(datetime.fromtimestamp(first + 900 * quarter, UTC))
    }
    assert {start for start in expected if any(low <= start < high for low, high in found)} == expected
    assert seconds_of(found) == 900 * len(expected)


def test_what_has_no_date_is_on_no_day() -> None:
    assert in_hours(((0.0, 3600.0),), None, frozenset(range(24))) == ()
    assert in_hours(((0.0, 3600.0),), None, None) == ((0.0, 3600.0),)
