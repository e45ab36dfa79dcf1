"""Similarities at the ends of their scale: all equal, two values, saturated. Figures come to an end, and are right.

The reference counts with plain comparisons of exactly known similarities: vectors of two numbers, (s, √(1 − s²)), have
similarity s to (1, 0), and 1 and −1 are exact.
"""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reid_core.evaluation.calibration.calibration import Calibration, calibrate
from reid_core.evaluation.calibration.check import check_calibration, interval_coverage
from reid_core.evaluation.calibration.meaning import meaning
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.evaluate import evaluate
from reid_core.evaluation.presentation import charts as pictures
from reid_core.evaluation.presentation import html_tables
from reid_core.evaluation.presentation.policy_sentences import saturated_note
from reid_core.evaluation.ranking.false_matches import find_false_matches
from reid_core.evaluation.ranking.pair_scores import FINE_BINS, FINE_WIDTH, PairScores, edge_of, fine_bins, first_bin
from reid_core.evaluation.ranking.ranking import Labels, match_ranks
from reid_core.evaluation.report import EvaluationReport, Protocol
from reid_core.evaluation.report import Tested as Measured
from reid_core.evaluation.verification import saturated, threshold_at, verification

LEVELS = (-1.0, -0.5, -0.3, 0.0, 0.25, 0.7, 0.99, 1.0)  # no other level lies within a bin of one of them
TESTED = Measured("m", "model", "nothing", True, "Drawn.", "drawn", "2026-11-29T00:00:00+00:00", 0, 0, 0, 0)


def crops(similarities: list[float], identity: list[str], camera: list[str | None], first: int) -> Crops:
    """Crops that have these similarities to (1, 0)."""
    vectors = [(value, math.sqrt(1 - value * value)) for value in similarities]
    return Crops(
        np.arange(first, first + len(vectors)),
        np.array(vectors, np.float32),
        np.array(identity, dtype=object),
        np.array(camera, dtype=object),
    )


def scores_of(same: list[float], different: list[float]) -> tuple[PairScores, Crops, Crops, Labels, Labels]:
    """One query, (1, 0), of person "a"; a crop of "a" for each of `same`, of another person for each of `different`."""
    queries = crops([1.0], ["a"], ["c0"], 1)
    people = ["a"] * len(same) + [f"other{number}" for number in range(len(different))]
    gallery = crops([*same, *different], people, ["c1"] * len(people), 100)
    asked, held = labels_of(queries, gallery)
    return PairScores(), queries, gallery, asked, held


@given(
    same=st.lists(st.sampled_from(LEVELS), min_size=1, max_size=12),
    different=st.lists(st.sampled_from(LEVELS), min_size=1, max_size=12),
    copies=st.sampled_from([1, 10, 100]),
)
@example(same=[1.0], different=[1.0], copies=100)
@example(same=[-1.0], different=[-1.0], copies=100)
@example(same=[0.0], different=[0.0], copies=100)
@example(same=[1.0, 0.7], different=[1.0, 0.0], copies=10)
@settings(max_examples=60, deadline=None)
def test_rates_of_saturated_pairs_are_those_of_plain_comparisons(
    same: list[float], different: list[float], copies: int
) -> None:
    different = different * copies
    pairs, queries, gallery, asked, held = scores_of(same, different)
    ranks = match_ranks(queries.features, gallery.features, asked, held, pairs=pairs)
    found = verification(pairs, ranks, queries.identity)
    assert found is not None
    others, own = np.array(different), np.array(same)
    for threshold, fmr, fnmr in found.curve:
        # Levels lie within bins, so an edge of a bin is below all of a level or above all of it.
        assert fmr == pytest.approx((others >= threshold - FINE_WIDTH / 4).mean())
        assert fnmr == pytest.approx((own < threshold - FINE_WIDTH / 4).mean())
    for level in LEVELS:
        assert found.fmr(level - 0.001) == pytest.approx((others >= level - 0.002).mean())
        assert found.fnmr(level - 0.001) == pytest.approx((own < level - 0.002).mean())
    assert found.fmr(1.0) == pytest.approx((others == 1).mean())  # in steps of 0.001, so not 0
    assert found.fmr(1.001) == 0
    for rate in found.true_match_rates:
        can_be_told = len(different) * rate.fmr >= 10
        if (others == 1).sum() >= 10:
            assert rate.saturated == ((others == 1).mean() > rate.fmr)
        else:
            assert rate.saturated is False  # too few pairs to tell
        if rate.threshold is None:
            assert not can_be_told or (others == 1).mean() > rate.fmr
            continue
        assert rate.rate is not None
        assert -1 <= rate.threshold <= 1
        passing = others >= rate.threshold - FINE_WIDTH / 4
        assert passing.mean() <= rate.fmr
        assert rate.rate.value == pytest.approx((own >= rate.threshold - FINE_WIDTH / 4).mean())
        wrong = find_false_matches(queries.features, gallery.features, (asked, held), rate.threshold)
        assert len(wrong.crop) == passing.sum()


@given(st.integers(0, FINE_BINS))
@example(0)
@example(1)
@example(FINE_BINS // 2)
@example(FINE_BINS - 1)
@example(FINE_BINS)
@settings(max_examples=60, deadline=None)
def test_the_false_matches_are_those_that_the_bins_count_whatever_the_edge(edge: int) -> None:
    """Around each edge stand the float32 next to it; 0, where they are dense, is edge `FINE_BINS` / 2."""
    threshold = edge_of(edge)
    at = np.float32(threshold)
    near = [at, np.nextafter(at, np.float32(-2)), np.nextafter(at, np.float32(2)), np.float32(at - FINE_WIDTH / 3)]
    values = np.array([*near, -1.0, -1e-30, 0.0, 1e-30, 1.0], np.float32)[:, None]
    labels = Labels(np.array([1]), np.array([0])), Labels(np.arange(2, 2 + len(values)), np.ones(len(values), int))
    found = find_false_matches(np.ones((1, 1), np.float32), values, labels, threshold)
    assert set(found.crop.tolist()) == set(np.flatnonzero(fine_bins(values[:, 0]) >= edge).tolist())
    assert first_bin(threshold) == edge


@pytest.mark.parametrize("edge", [-2.0, -1.0, 0.0, 1.0, 1.5])
def test_all_pass_a_threshold_of_minus_one_and_none_one_above_one(edge: float) -> None:
    values = np.array([-1, 0, 1], np.float32)[:, None]
    labels = Labels(np.array([1]), np.array([0])), Labels(np.arange(2, 5), np.ones(3, int))
    found = find_false_matches(np.ones((1, 1), np.float32), values, labels, edge)
    assert len(found.crop) == {-2.0: 3, -1.0: 3, 0.0: 2, 1.0: 1, 1.5: 0}[edge]


def test_no_threshold_is_given_where_more_pairs_than_asked_have_similarity_one() -> None:
    counts = np.zeros(FINE_BINS, np.int64)
    counts[-1], counts[FINE_BINS // 2] = 20, 980
    assert threshold_at(counts, 0.01) is None
    assert saturated(counts, 0.01)
    assert threshold_at(counts, 0.02) == edge_of(FINE_BINS // 2 + 1)  # 20 of 1,000 pass: exactly as many as allowed
    assert not saturated(counts, 0.02)


def site(level: dict[str, float], people: int = 12, cameras: int = 3) -> tuple[Crops, Crops]:
    """A query and a gallery crop of each person in each camera. `level` gives the similarity of one person's crops
    ("same") and of two people's ("other"), by vectors of one number for all and one for each person."""
    common, own = math.sqrt(max(0.0, level["other"])), math.sqrt(max(0.0, level["same"] - level["other"]))
    rows = list(itertools.product(range(people), range(cameras)))
    vectors = np.zeros((len(rows), people + 1), np.float32)
    vectors[:, 0] = common
    vectors[np.arange(len(rows)), [1 + person for person, _ in rows]] = own
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    who = np.array([f"p{person}" for person, _ in rows], dtype=object)
    where = np.array([f"c{camera}" for _, camera in rows], dtype=object)
    ids = np.arange(len(rows))
    return Crops(ids, vectors, who, where), Crops(ids + 1000, vectors, who, where)


SITES = {"all equal": {"same": 1.0, "other": 1.0}, "two values": {"same": 1.0, "other": 0.25}}


@pytest.mark.parametrize("name", SITES)
def test_a_whole_report_is_made_drawn_and_read_back(name: str) -> None:
    queries, gallery = site(SITES[name])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = evaluate(queries, gallery, TESTED, Protocol())
        named = [(report, 0)]
        assert report.verification is not None
        charts = [pictures.cmc(named), pictures.roc(named), pictures.det(named), pictures.open_set(named)]
        charts += [pictures.similarities(report.verification), html_tables.true_match_rates(named)]
    assert not any("nan" in chart or "inf" in chart for chart in charts)
    assert EvaluationReport.from_dict(report.to_dict()) == report
    # Of 36 queries each has 2 matches (its person in the other two cameras) and 33 crops of others.
    first, tenth = report.figures["rank1"].value, report.verification.true_match_rates[0]
    if name == "two values":
        assert (first, report.figures["mAP"].value) == (1.0, 1.0)
        assert tenth.threshold == pytest.approx(0.25, abs=2 * FINE_WIDTH)
        assert tenth.rate is not None
        assert tenth.rate.value == 1.0
        assert not any("similarity 1" in note for note in report.cautions)
    else:  # the 33 others stand before both matches: precisions 1/34 and 2/35
        assert first == 0.0
        assert report.figures["mAP"].value == pytest.approx((1 / 34 + 2 / 35) / 2)
        assert (tenth.threshold, tenth.rate, tenth.saturated) == (None, None, True)
        assert report.verification.equal_error_rate == pytest.approx(0.5)
        assert any(
            note.startswith("More than 1 in 10 pairs of different people have similarity 1") for note in report.cautions
        )


CALIBRATED = [
    # one vector for all; for each person; and half of the people with the vector of their neighbour
    ({"same": 1.0, "other": 1.0}, False),
    ({"same": 1.0, "other": 0.25}, False),
    ({"same": 0.7, "other": 0.0}, False),
    ({"same": 1.0, "other": 0.0}, True),
]


@pytest.mark.parametrize(("level", "twins"), CALIBRATED)
def test_a_calibration_of_saturated_pairs_states_what_was_counted(level: dict[str, float], twins: bool) -> None:
    queries, gallery = site(level, people=24, cameras=2)
    features = gallery.features.copy()
    if twins:
        features[24:48] = features[:24]  # persons 12 to 23 look like persons 0 to 11
    labels = labels_of(queries, gallery)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = calibrate(features, labels, model="m", galleries=("g",), kind="k")
        check = check_calibration(found, features, labels)
        interval_coverage(features, labels, tuple(found.table["similarity"]), divisions=3)
    same: list[float] = []
    other: list[float] = []
    for one, two in itertools.combinations(range(len(features)), 2):
        if gallery.camera[one] != gallery.camera[two]:
            kind = same if gallery.identity[one] == gallery.identity[two] else other
            kind.append(round(float(features[one].astype(float) @ features[two].astype(float)), 4))
    assert (found.different_pairs, found.same_pairs) == (len(other), len(same)) == (24 * 23, 24)
    for value in {*same, *other}:
        # Rates are kept at steps of similarity: at a level's own step all of it is at or above.
        assert found.false_matches(value - FINE_WIDTH).value == pytest.approx(
            (np.array(other) >= value).mean(), rel=1e-4
        )
        assert found.false_non_matches(value - FINE_WIDTH).value == pytest.approx((np.array(same) < value).mean())
    assert found.false_matches(1.0).value == pytest.approx((np.array(other) == 1).mean(), rel=1e-4)
    for threshold in found.thresholds:
        assert threshold.saturated == ((np.array(other) == 1).mean() > threshold.target)
        assert not (threshold.saturated and threshold.similarity is not None)
    assert meaning(1.0, found, 100).sentence
    assert Calibration.from_dict(found.to_dict()) == found
    charts = [pictures.stated_and_measured(check.to_dict()), pictures.reliability(check.to_dict())]
    charts.append(html_tables.calibration(found.to_dict()))
    assert not any("nan" in chart or "inf" in chart for chart in charts)


def test_one_crop_under_another_name_does_not_saturate_a_gallery() -> None:
    """12 people, 3 cameras, and of 1,188 pairs of different people four that are one picture."""
    queries, gallery = site({"same": 0.7, "other": 0.2})
    features, picture = gallery.features.copy(), np.arange(len(gallery.features))
    features[4], picture[4] = features[0], 0  # of person 1 in camera 1: the crop of person 0 in camera 0
    asked, shown = (Crops(side.ids, features, side.identity, side.camera, {}, picture) for side in (queries, gallery))
    report = evaluate(asked, shown, TESTED, Protocol())
    assert report.verification is not None
    assert [rate.untold for rate in report.verification.true_match_rates if rate.rate is None][-2:] == [
        "too few pairs to tell"
    ] * 2
    assert not any("similarity 1" in note for note in report.cautions)


def test_where_copies_are_known_they_are_named_before_the_model() -> None:
    note = saturated_note(1e-3, copies=True)
    assert note.index("same pictures") < note.index("model gives")
    plain = saturated_note(1e-3)
    assert plain.index("model gives") < plain.index("same pictures")
