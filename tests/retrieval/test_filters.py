"""What the columns of crops hold when little is known of them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.exact.columns import CodedColumns
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.filters import ANY_OF, ID, UNTIL, Columns, Filter, rows
from tests.support.made_up_filter import WithShoes

LABELS = np.array(["a", "b", "c"], dtype=object)


def found(columns: Columns, where: Filter) -> list[int]:
    index = ExactIndex("model", 2)
    index.add(np.arange(len(columns)), np.tile(np.array([1, 0], np.float32), (len(columns), 1)), columns)
    ids = index.search(np.array([[1, 0]], dtype=np.float32), 10, where).ids[0]
    return ids[ids >= 0].tolist()


def test_height_and_sharpness_are_unknown_unless_given():
    columns = Columns(LABELS, LABELS, LABELS, np.zeros(3))
    assert columns.height.tolist() == [0, 0, 0]
    assert np.isnan(columns.sharpness).tolist() == [True, True, True]
    unknown = Columns.unknown(2)
    assert unknown.height.tolist() == [0, 0]
    assert np.isnan(unknown.sharpness).all()
    assert len(Columns.unknown(0).height) == 0


def test_a_crop_of_unknown_quality_fails_every_bound_on_it():
    columns = Columns(LABELS, LABELS, LABELS, np.zeros(3), np.array([0, 64, 128]), np.array([np.nan, 0.25, 0.5]))
    assert found(columns, Filter()) == [0, 1, 2]
    assert found(columns, Filter(min_height=0)) == [1, 2]
    assert found(columns, Filter(min_height=64)) == [1, 2]
    assert found(columns, Filter(min_height=65)) == [2]
    assert found(columns, Filter(min_sharpness=-1.0)) == [1, 2]
    assert found(columns, Filter(min_sharpness=0.25)) == [1, 2]
    assert found(columns, Filter(min_sharpness=0.3)) == [2]


def test_taking_rows_takes_every_column():
    columns = Columns(LABELS, LABELS, LABELS, np.arange(3.0), np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3]))
    taken = columns.take(np.array([2, 0]))
    assert taken.camera.tolist() == taken.identity.tolist() == taken.split.tolist() == ["c", "a"]
    assert taken.time.tolist() == [2, 0]
    assert taken.height.tolist() == [3, 1]
    assert taken.sharpness.tolist() == np.array([0.3, 0.1], np.float32).tolist()


def test_quality_of_another_length_is_refused():
    with pytest.raises(ReidError, match="differ in length"):
        Columns(LABELS, LABELS, LABELS, np.zeros(3), height=np.array([1, 2]))


def passing(columns: CodedColumns, where: Filter) -> list[bool]:
    mask = columns.passing(where)
    assert mask is not None
    return mask.tolist()


def test_weekdays_and_hours_are_those_of_the_calendar_in_utc() -> None:
    """Against Python's own calendar, over three years in steps of 7 hours 13 minutes."""
    times = np.arange(1.7e9, 1.8e9, 25_980)
    names = np.full(len(times) + 2, "a", object)
    index = CodedColumns()
    index.append(Columns(names, names, names, np.array([*times, np.nan, 1800.0])))
    moments = [datetime.fromtimestamp(time, UTC) for time in times]
    weekend = Filter(weekdays=frozenset({5, 6}), hours=frozenset({22, 23, 0}))
    assert passing(index, weekend) == [m.weekday() >= 5 and m.hour in (22, 23, 0) for m in moments] + [False, False]


def test_named_people_are_neither_unknown_nor_distractors() -> None:
    identities = np.array(["anna", None, "distractor", "junk"], object)
    index = CodedColumns()
    index.append(Columns(identities, identities, identities, np.zeros(4)))
    assert passing(index, Filter(identity_known=True)) == [True, False, False, False]
    assert passing(index, Filter(identity_known=False)) == [False, True, False, False]


def test_a_crop_of_unclear_colour_fails_unless_it_is_asked_for() -> None:
    names = np.full(3, "a", object)
    index = CodedColumns()
    index.append(Columns(names, names, names, np.zeros(3), upper=np.array(["red", None, "blue"], object)))
    red = frozenset({"red"})
    assert passing(index, Filter(upper=red)) == [True, False, False]
    assert passing(index, Filter(upper=red, unclear_colours=True)) == [True, True, False]
    assert passing(index, Filter(lower=red)) == [False, False, False]
    assert index.passing(Filter(unclear_colours=True)) is None


def test_only_ids_are_the_only_crops_that_may_be_returned() -> None:
    names = np.full(4, "a", object)
    index = ExactIndex("m", 2)
    vectors = np.array([[1, 0], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], np.float32)
    index.add(np.arange(4), vectors, Columns(names, names, names, np.zeros(4)))
    where = Filter(only_ids=frozenset({1, 3, 99}), exclude_ids=frozenset({3}))
    assert index.search(vectors[:1], 4, where).ids.tolist() == [[1, -1, -1, -1]]
    assert index.search(vectors[:1], 2, Filter(only_ids=frozenset())).ids.tolist() == [[-1, -1]]


def test_a_new_row_is_answered_and_kept() -> None:
    names = np.full(3, "a", object)
    columns = Columns(names, names, names, np.zeros(3), lower=np.array(["red", None, "blue"], object))
    red = frozenset({"red"})
    assert found(columns, WithShoes(shoes=red)) == [0]
    assert found(columns, WithShoes(shoes=red, unclear_colours=True)) == [0, 1]
    assert WithShoes.from_values(WithShoes(shoes=red).to_values()) == WithShoes(shoes=red)


WALKED = Columns(
    LABELS, LABELS, LABELS, np.zeros(3), direction=np.array(["stays", "to the left", None], object),
    seconds=np.array([4.0, 60.5, np.nan]), standing=np.array([np.nan, 2.0, np.nan]),
    zones=np.array(["door\nstairs", "back door", None], object), ignored=np.array([True, False, False]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(directions=frozenset({"stays", "to the right"})), [0]),
        (Filter(directions=frozenset()), []),
        (Filter(entered=frozenset({"left edge"})), []),
        (Filter(min_seconds=4.0), [0, 1]),
        (Filter(max_seconds=4.0), [0]),
        (Filter(max_seconds=1e9), [0, 1]),
        (Filter(min_seconds=4.5, max_seconds=60.5), [1]),
        (Filter(min_standing=0.0), [1]),
        (Filter(zones=frozenset({"stairs"})), [0]),
        (Filter(zones=frozenset({"door"})), [0]),
        (Filter(zones=frozenset({"door", "back door"})), [0, 1]),
        (Filter(zones=frozenset({"door\nstairs"})), []),
        (Filter(), [0, 1, 2]),
        (Filter(ignored=True), [0, 1, 2]),
        (Filter(ignored=False), [1, 2]),
    ],
)
def test_a_row_without_a_walk_fails_what_asks_for_one_and_is_never_ignored(where: Filter, expected: list[int]) -> None:
    assert found(WALKED, where) == expected


def test_where_nothing_is_marked_no_mask_slows_the_search_down() -> None:
    index = CodedColumns()
    index.append(Columns.unknown(3))
    assert index.passing(Filter(ignored=False)) is None
    index.append(WALKED)
    assert index.passing(Filter(ignored=True)) is None
    assert passing(index, Filter(ignored=False)) == [True, True, True, False, True, True]


def test_a_filter_is_comparisons_that_any_backend_can_compile() -> None:
    where = Filter(cameras=frozenset({"a"}), before=5.0, upper=frozenset({"red"}), unclear_colours=True)
    assert where.comparisons() == [
        (ANY_OF, "camera", frozenset({"a"}), False), (UNTIL, "time", 5.0, False), (ANY_OF, "upper", {"red"}, True),
    ]  # fmt: skip
    assert Filter().comparisons() == []


def test_each_row_reads_a_column_and_is_told_in_words() -> None:
    there = {field.name for field in dataclasses.fields(Columns)}
    for name, one in rows(Filter).items():
        assert one.column in {*there, ID} or not one.how, name
        assert not one.option or one.help, name
        assert not one.or_unknown or one.or_unknown in rows(Filter), name


def test_what_an_older_version_kept_of_a_filter_is_read() -> None:
    kept = {
        "after": None, "before": 5.5, "cameras": ["a"], "exclude_cameras": [], "hours": [7, 8], "identities": None,
        "identity_known": True, "lower": None, "min_height": 64, "min_sharpness": 0.32, "splits": None,
        "unclear_colours": False, "upper": ["red"], "weekdays": None,
    }  # fmt: skip
    since = {
        "directions": None, "entered": None, "ignored": None, "left_by": None, "max_seconds": None,
        "min_seconds": None, "min_standing": None, "zones": None,
    }  # fmt: skip
    where = Filter(
        before=5.5, cameras=frozenset({"a"}), hours=frozenset({7, 8}), identity_known=True, min_height=64,
        min_sharpness=0.32, upper=frozenset({"red"}),
    )  # fmt: skip
    assert Filter.from_values(kept) == where
    assert where.to_values() == {**kept, **since}
