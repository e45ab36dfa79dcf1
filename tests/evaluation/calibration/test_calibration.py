"""What a calibration says of a similarity, against the people it was measured on and others whom it did not see."""

from __future__ import annotations

import dataclasses
import json
import math
from functools import lru_cache

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import TARGETS, Calibration, Rate, calibrate
from reid_core.evaluation.calibration.check import check_calibration, interval_coverage
from reid_core.evaluation.ranking.ranking import Labels
from tests.evaluation.simulated_people import draw, plain_rates


@lru_cache
def people(seed: int, count: int) -> tuple[np.ndarray, Labels]:
    return draw(np.random.default_rng(seed), count)


@lru_cache
def calibrated(seed: int = 0, count: int = 250) -> Calibration:
    return calibrate(*people(seed, count), model="abc", galleries=("site",), kind="site")


def test_thresholds_keep_false_matches_at_what_was_asked() -> None:
    found = calibrated()
    for one in found.thresholds:
        if one.similarity is not None and one.false_matches is not None and one.false_non_matches is not None:
            false_matches, misses = plain_rates(*people(0, 250), one.similarity)
            assert false_matches == pytest.approx(one.false_matches.value, rel=1e-3)
            assert misses == pytest.approx(one.false_non_matches.value, rel=1e-3)
            assert 0.9 * one.target < false_matches <= one.target
    assert [one.target for one in found.thresholds] == list(TARGETS)


def test_a_threshold_that_people_are_too_few_for_is_not_given() -> None:
    few = calibrated(1, 30)
    given = [one.similarity is not None for one in few.thresholds]
    assert given == [True, True, False, False]
    assert few.thresholds[3].effective < 10
    assert all(one.similarity is not None for one in calibrated().thresholds)


def test_rates_between_the_points_of_the_table_are_close_to_what_is_counted() -> None:
    found = calibrated()
    for similarity in (0.1, 0.33, 0.57, 0.71, 0.83):
        expected = plain_rates(*people(0, 250), similarity)
        assert found.false_matches(similarity).value == pytest.approx(expected[0], rel=0.05)
        assert found.false_non_matches(similarity).value == pytest.approx(expected[1], rel=0.08, abs=0.003)


def test_beyond_what_was_seen_only_a_bound_is_said() -> None:
    found = calibrated()
    above = found.false_matches(0.9999)
    assert (above.value, above.low) == (0.0, 0.0)
    assert above.high > 1 / found.different_pairs
    below = found.false_matches(-0.9999)
    assert (below.value, below.high) == (1.0, 1.0)
    assert found.false_non_matches(-0.9999).value == 0.0


def test_a_probability_needs_a_prior_and_follows_bayes() -> None:
    found = calibrated()
    ratio = 10 ** found.evidence(0.8)
    for prior in (0.5, 0.01, 1 / 3000):
        odds = prior / (1 - prior) * ratio
        assert found.probability(0.8, prior) == pytest.approx(odds / (1 + odds))
    for prior in (0.0, 1.0, math.nan, -0.1):
        with pytest.raises(ReidError, match="prior"):
            found.probability(0.8, prior)


def test_a_prior_near_nothing_or_all_is_no_overflow() -> None:
    found = calibrated()
    assert 0 < found.probability(-1.0, 1e-300) < 1e-300
    assert found.probability(1.0, 1 - 1e-12) == pytest.approx(1.0)


def test_a_threshold_above_everything_seen_rests_on_no_false_match() -> None:
    """Similarities of different people are 0 or 0.9, of one person 1: between them no rate was measured."""
    person = np.repeat(np.arange(60), 2)
    features = np.zeros((120, 65), np.float32)
    features[range(120), person % 5] = 0.9**0.5
    features[range(120), 5 + person] = 0.1**0.5
    labels = Labels(person + 1, np.tile([0, 1], 60))
    found = calibrate(features, labels, model="abc", galleries=("site",), kind="site")
    assert [one.similarity for one in found.thresholds] == [None] * 4
    assert check_calibration(found, features, labels).thresholds == ()


def test_rates_are_said_without_exponents() -> None:
    assert Rate(0.998, 0.996, 1.0).describe() == "100 % (100 to 100)"
    assert Rate(0.0000012, 0.00000034, 0.5).describe() == "0.00012 % (0.000034 to 50)"


def test_evidence_rises_with_similarity_and_stays_finite() -> None:
    found = calibrated()
    evidence = [found.evidence(similarity) for similarity in np.linspace(-1, 1, 400)]
    assert np.isfinite(evidence).all()
    assert (np.diff(evidence) >= -1e-12).all()
    assert evidence[0] < -1
    assert evidence[-1] > 2


def test_it_holds_for_people_whom_it_did_not_see() -> None:
    check = check_calibration(calibrated(), *people(9, 200))
    assert check.people == 200
    for one in check.thresholds:
        assert one.expected.low <= one.measured.value <= one.expected.high
        assert one.expected.low < one.stated.low < one.stated.high < one.expected.high
        assert one.measured.value == pytest.approx(plain_rates(*people(9, 200), one.similarity)[0], rel=1e-3)
    assert check.calibration_error < 0.03
    assert sum(share for _, _, share in check.reliability) == pytest.approx(1, abs=1e-3)


def test_the_check_finds_out_a_calibration_that_does_not_hold() -> None:
    """The same people under another model: every similarity is drawn towards 1."""
    features, labels = people(9, 200)
    pulled = features + 1.2 * features.mean(axis=0) / np.linalg.norm(features.mean(axis=0))
    pulled /= np.linalg.norm(pulled, axis=1, keepdims=True)
    check = check_calibration(calibrated(), pulled.astype(np.float32), labels)
    assert not any(one.within for one in check.thresholds)
    assert check.calibration_error > 0.1


def test_reliability_is_the_share_of_one_person_at_even_odds() -> None:
    found, (features, labels) = calibrated(), people(9, 200)
    matrix = features @ features.T
    upper = np.triu(np.ones(matrix.shape, bool), 1) & (labels.camera[:, None] != labels.camera[None])
    one_person = (labels.identity[:, None] == labels.identity[None])[upper]
    ends = np.array([-1.0, *found.table["similarity"], 1.0])
    bins = np.searchsorted(ends[1:-1], matrix[upper], side="right")
    said = 1 / (1 + 10 ** -np.array(found.table["evidence"])[bins])
    weight = np.where(one_person, 0.5 / one_person.sum(), 0.5 / (~one_person).sum())
    rows = []
    for low in np.arange(10) / 10:
        here = (said >= low) & (said < low + 0.1)
        if here.any():
            share = weight[here].sum()
            rows.append((np.average(said[here], weights=weight[here]), weight[here & one_person].sum() / share, share))
    np.testing.assert_allclose(check_calibration(found, features, labels).reliability, rows, atol=2e-3)


def test_half_of_the_people_foretells_the_other_half() -> None:
    similarities = tuple(one.similarity for one in calibrated().thresholds if one.similarity is not None)
    coverage = interval_coverage(*people(3, 200), similarities, divisions=40)
    assert coverage is not None
    assert 0.85 < coverage <= 1.0
    assert interval_coverage(*people(3, 12), similarities) is None


def test_it_survives_a_card() -> None:
    found = calibrated()
    again = Calibration.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert again.probability(0.7, 0.1) == found.probability(0.7, 0.1)


@pytest.mark.parametrize(
    "damage",
    [
        {"table": {"similarity": []}},
        {"table": {**calibrated().table, "fmr": [0.1]}},
        {"table": {**calibrated().table, "fmr": [math.nan] * len(calibrated().table["fmr"])}},
        {"thresholds": [{"goal": 1}]},
        {"colour": "red"},
        {"galleries": None},
    ],
)
def test_a_damaged_one_is_a_sentence(damage: dict[str, object]) -> None:
    with pytest.raises(ReidError, match="cannot be read"):
        Calibration.from_dict({**calibrated().to_dict(), **damage})


def test_one_camera_only_says_what_could_be_done() -> None:
    features, labels = people(0, 250)
    one_camera = Labels(labels.identity, np.zeros_like(labels.camera))
    with pytest.raises(ReidError, match="come from one camera.*--same-camera"):
        calibrate(features, one_camera, model="abc", galleries=("site",), kind="site")
    found = calibrate(features, one_camera, model="abc", galleries=("site",), kind="site", same_camera=True)
    assert found.same_camera
    assert dataclasses.replace(found, check=None) == found


def test_people_who_were_seen_once_say_nothing_of_themselves() -> None:
    features, labels = people(0, 250)
    strangers = Labels(np.arange(1, len(labels) + 1), labels.camera)
    with pytest.raises(ReidError, match="0 of one person; a calibration needs both"):
        calibrate(features, strangers, model="abc", galleries=("site",), kind="site")
