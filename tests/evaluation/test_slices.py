"""Groups of queries: their bounds, their figures, and when they are too small to say anything."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.crops import labels_of
from reid_core.evaluation.intervals import estimates
from reid_core.evaluation.metrics import average_precision, first_ranks
from reid_core.evaluation.ranking.false_matches import find_false_matches
from reid_core.evaluation.ranking.pair_scores import FINE_WIDTH
from reid_core.evaluation.ranking.ranking import match_ranks
from reid_core.evaluation.slices import QueryFigures, groups_of, slices, tracklet_lengths
from tests.evaluation.scene import pairs_of, scene

THRESHOLD = -1 + 40_000 * FINE_WIDTH


def test_numbers_fall_into_thirds_of_the_queries() -> None:
    names, groups, held = groups_of("height", np.array([1.0, 2, 3, 4, 5, 6, np.nan]), np.array([0.0, 2.5, 9, np.nan]))
    assert names == ["up to 2", "2 to 4", "above 4", "unknown"]
    assert groups.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert held is not None
    assert held.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("values", "names", "groups"),
    [
        ([128.0] * 4, ["128"], [0] * 4),
        ([1.0, 1, 1, 1, 5], ["up to 1", "above 1"], [0, 0, 0, 0, 1]),
        ([np.nan] * 3, ["unknown"], [0] * 3),
    ],
)
def test_values_that_make_fewer_groups_than_three(values: list[float], names: list[str], groups: list[int]) -> None:
    found = groups_of("height", np.array(values))
    assert found[0] == names
    assert found[1].tolist() == groups


def test_text_is_taken_as_it_is_in_the_order_that_people_count() -> None:
    names, groups, held = groups_of(
        "camera", np.array(["10", "2", None, "2"], dtype=object), np.array(["3", "2"], dtype=object)
    )
    assert names == ["2", "10", "unknown"]
    assert groups.tolist() == [1, 0, 2, 0]
    assert held is not None
    assert held.tolist() == [-1, 0]


def test_a_column_of_names_makes_no_groups() -> None:
    with pytest.raises(ReidError, match="'who' has 51 different values"):
        groups_of("who", np.array([str(number) for number in range(51)], dtype=object))


def test_tracklets_by_length() -> None:
    found = tracklet_lengths(np.array([0, 1, 2, 4, 5, 9, 10, 400]))
    assert found.tolist() == [None, "1 crop", *["2 to 4 crops"] * 2, *["5 to 9 crops"] * 2, *["10 crops or more"] * 2]


def test_figures_of_groups_are_those_of_a_loop() -> None:
    queries, gallery = scene(0, people=40)
    labels = labels_of(queries, gallery)
    ranks = match_ranks(queries.features, gallery.features, *labels)
    wrong = find_false_matches(queries.features, gallery.features, labels, THRESHOLD)
    figures = QueryFigures(queries.identity, average_precision(ranks), first_ranks(ranks), wrong, 0.01)
    side = np.array(["even" if int(who[1:]) % 2 == 0 else "odd" for who in queries.identity], dtype=object)
    held_side = np.array(
        [None if who[0] != "p" else "even" if int(who[1:]) % 2 == 0 else "odd" for who in gallery.identity],
        dtype=object,
    )
    names, groups, held = groups_of("side", side, held_side)
    found = slices("side", names, groups, figures, held)
    assert [(one.column, one.value, one.people, one.queries) for one in found] == [
        ("side", "even", 20, 60),
        ("side", "odd", 20, 60),
    ]
    pairs = [pair for pair in pairs_of(queries, gallery) if not pair.same]
    for one in found:
        rows = side == one.value
        assert one.mAP is not None
        assert one.rank1 is not None
        assert one.mAP.value == pytest.approx(average_precision(ranks)[rows].mean())
        assert one.rank1.value == pytest.approx((first_ranks(ranks)[rows] == 1).mean())
        own = [pair for pair in pairs if rows[pair.query]]
        within = [pair for pair in own if held_side[pair.crop] == one.value]
        for estimate, chosen in ((one.fmr, own), (one.fmr_within, within)):
            assert estimate is not None
            assert estimate.value == pytest.approx(np.mean([pair.similarity >= THRESHOLD for pair in chosen]))
            assert estimate.low is not None
            assert estimate.high is not None
            assert estimate.low < estimate.value < estimate.high
        assert one.doubt.startswith("Only 20 people")


def test_a_group_is_doubted_for_few_people_or_few_errors() -> None:
    queries, gallery = scene(0, people=40)
    labels = labels_of(queries, gallery)
    ranks = match_ranks(queries.features, gallery.features, *labels)
    high = find_false_matches(queries.features, gallery.features, labels, 0.99)
    figures = QueryFigures(queries.identity, average_precision(ranks), first_ranks(ranks), high, 0.001)
    (every,) = slices("all", ["all"], np.zeros(len(queries), int), figures)
    assert every.doubt == "Its FMR rests on 0 pairs."
    assert every.fmr is not None
    assert (every.fmr.value, every.fmr.low, every.fmr.high) == (0.0, None, None)
    few, many = slices("p0", ["yes", "no"], (queries.identity != "p0").astype(int), figures)
    assert few.doubt == "Only 1 person: intervals tell little below 30; its FMR rests on 0 pairs."
    assert few.people == 1
    assert many.people == 39


def test_without_a_threshold_there_is_no_fmr_and_no_doubt_about_it() -> None:
    queries, gallery = scene(0, people=40)
    ranks = match_ranks(queries.features, gallery.features, *labels_of(queries, gallery))
    figures = QueryFigures(queries.identity, average_precision(ranks), first_ranks(ranks))
    (every,) = slices("all", ["all"], np.zeros(len(queries), int), figures)
    assert (every.fmr, every.fmr_within, every.at_fmr, every.doubt) == (None, None, None, "")


def test_a_group_without_any_match_has_no_mean() -> None:
    queries, gallery = scene(0, people=4, cameras=1)
    ranks = match_ranks(queries.features, gallery.features, *labels_of(queries, gallery))
    figures = QueryFigures(queries.identity, average_precision(ranks), first_ranks(ranks))
    (every,) = slices("all", ["all"], np.zeros(len(queries), int), figures)
    assert (every.queries, every.mAP, every.rank1) == (0, None, None)


def test_where_all_were_right_the_interval_is_the_exact_one() -> None:
    (right,) = estimates([f"p{number}" for number in range(20)], np.ones(20))
    assert right.value == right.high == 1
    assert right.low == pytest.approx(0.8316, abs=1e-4)  # Clopper-Pearson, 20 of 20
    (none,) = estimates([f"p{number}" for number in range(20)], np.zeros(20))
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.1684, abs=1e-4)


def test_people_without_a_part_in_a_figure_tell_nothing_of_it() -> None:
    people = [f"p{number}" for number in range(20)]
    (five,) = estimates(people, [1] * 5 + [0] * 15, [1] * 5 + [0] * 15)
    assert five.low == pytest.approx(0.4782, abs=1e-4)  # Clopper-Pearson, 5 of 5
    (one,) = estimates(people, [1] + [0] * 19, [1] + [0] * 19)
    assert (one.value, one.low, one.high) == (1, None, None)


def test_intervals_of_shares_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for seed in range(300):
        level = np.repeat(random.beta(4, 2, 60), 4)
        (found,) = estimates(np.repeat(np.arange(60), 4), random.random(240) < level, samples=400, seed=seed)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 4 / 6 <= found.high
    assert 0.90 <= covered / 300 <= 0.985
