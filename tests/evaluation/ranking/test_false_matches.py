"""Shares of pairs that pass a threshold, and their intervals, against loops and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.evaluation.cameras import camera_pairs
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.metrics import average_precision
from reid_core.evaluation.ranking.false_matches import FalseMatches, find_false_matches
from reid_core.evaluation.ranking.pair_scores import FINE_WIDTH
from reid_core.evaluation.ranking.ranking import Labels, match_ranks
from tests.evaluation.scene import pairs_of, scene

THRESHOLD = -1 + 40_000 * FINE_WIDTH  # 0.22


def found_and_pairs(seed: int = 0):
    queries, gallery = scene(seed)
    found = find_false_matches(queries.features, gallery.features, labels_of(queries, gallery), THRESHOLD)
    return queries, gallery, found, [pair for pair in pairs_of(queries, gallery) if not pair.same]


def test_the_pairs_are_those_of_a_loop() -> None:
    _, _, found, pairs = found_and_pairs()
    passed = {(pair.query, pair.crop) for pair in pairs if pair.similarity >= THRESHOLD}
    assert set(zip(found.query.tolist(), found.crop.tolist(), strict=True)) == passed
    assert len(found.query) == len(passed) > 100


def test_shares_of_parts_are_those_of_a_loop() -> None:
    queries, gallery, found, pairs = found_and_pairs(1)
    for asking, showing in [("c0", "c1"), ("c1", "c1"), ("c2", "c0")]:
        rows, crops = queries.camera == asking, gallery.camera == showing
        chosen = [pair for pair in pairs if rows[pair.query] and crops[pair.crop]]
        passed = sum(pair.similarity >= THRESHOLD for pair in chosen)
        estimate = found.rate(rows, crops)
        assert estimate is not None
        assert estimate.value == pytest.approx(passed / len(chosen))
        assert found.passed(rows, crops) == passed


def test_a_part_without_pairs_has_no_rate_and_one_person_no_interval() -> None:
    queries, gallery, found, _ = found_and_pairs(2)
    everybody = np.ones(len(gallery), dtype=bool)
    assert found.rate(np.zeros(len(queries), dtype=bool), everybody) is None
    only = found.rate(queries.identity == "p0", everybody)
    assert only is not None
    assert (only.low, only.high) == (None, None)
    own = found.rate(queries.identity == "p0", gallery.identity == "p0")
    assert own is None


def test_intervals_over_people_hold_what_they_say() -> None:
    """People have a commonness of look; two are alike as often as both are common. Truth: the mean over all pairs."""
    random = np.random.default_rng(0)
    covered = too_sure = 0
    trials, people = 120, 60
    truth = (0.5 * 0.3) ** 2  # of two independent commonnesses, uniform from 0 to 0.3
    identity = np.arange(1, people + 1)
    labels = Labels(identity, np.zeros(people, int))
    everybody = np.ones(people, dtype=bool)
    for seed in range(trials):
        common = random.uniform(0, 0.3, people)
        passes = random.random((people, people)) < common[:, None] * common
        np.fill_diagonal(passes, False)
        query, crop = np.nonzero(passes)
        found = FalseMatches(labels, labels, query.astype(np.int32), crop.astype(np.int32))
        estimate = found.rate(everybody, everybody, seed=seed)
        assert estimate is not None
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= truth <= estimate.high
        independent = 1.96 * np.sqrt(truth / (people * (people - 1)))
        too_sure += abs(estimate.value - truth) > independent
    assert covered / trials >= 0.9
    assert too_sure / trials > 0.12  # pairs taken as independent would be wrong more often than one time in twenty


def test_camera_pairs_are_measured_in_what_the_camera_took_alone() -> None:
    queries, gallery, found, _pairs = found_and_pairs(3)
    table = camera_pairs(queries, gallery, labels_of(queries, gallery), found)
    assert [(pair.query_camera, pair.gallery_camera) for pair in table] == [
        (asking, showing) for asking in ("c0", "c1", "c2") for showing in ("c0", "c1", "c2")
    ]
    for pair in table:
        rows = np.flatnonzero(queries.camera == pair.query_camera)
        shown = gallery.take(gallery.camera == pair.gallery_camera)
        asked = queries.take(rows)
        others = [p for p in pairs_of(asked, shown) if not p.same]
        fmr = np.mean([p.similarity >= THRESHOLD for p in others])
        assert pair.fmr == pytest.approx(fmr)
        if pair.query_camera == pair.gallery_camera:
            assert (pair.queries, pair.mAP, pair.rank1) == (0, None, None)
            continue
        ranks = match_ranks(asked.features, shown.features, *labels_of(asked, shown))
        assert pair.queries == len(rows)
        assert pair.mAP == pytest.approx(np.nanmean(average_precision(ranks)))
    assert {pair.fmr for pair in camera_pairs(queries, gallery, labels_of(queries, gallery), None)} == {None}


def test_crops_of_unknown_cameras_are_in_no_pair() -> None:
    queries, gallery = scene(0, cameras=2)
    unknown = Crops(queries.ids, queries.features, queries.identity, np.array([None] * len(queries), dtype=object))
    assert camera_pairs(unknown, gallery, labels_of(unknown, gallery), None) == []
