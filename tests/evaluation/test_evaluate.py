"""The whole report: what is in it, what a reader is told, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation import report as report_module
from reid_core.evaluation.comparison import paired_differences
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.evaluate import evaluate
from reid_core.evaluation.metrics import FIGURES
from reid_core.evaluation.model_comparison import compare_all, csv_rows, model_difference
from reid_core.evaluation.presentation.policy_sentences import (
    ALONE,
    BASIC,
    NO_CAMERA,
    SAME_CAMERA,
    TIES,
    cameras_note,
    cautions,
    mark,
)
from reid_core.evaluation.report import Evaluation, EvaluationReport, Protocol
from reid_core.retrieval.rerank import k_reciprocal_distances
from tests.evaluation.scene import pairs_of, ranked, scene


def about(model: str = "m1", gallery: str = "site") -> report_module.Tested:
    at = "2026-11-25T10:00:00Z"
    return report_module.Tested(model, model.upper(), "drawn people", True, "By its card.", gallery, at, 36, 74, 12, 3)


def report_of(seed: int = 0, protocol: Protocol | None = None, model: str = "m1", **options) -> EvaluationReport:
    queries, gallery = scene(seed, junk=0, **options)
    return evaluate(queries, gallery, about(model), protocol or Protocol())


def test_figures_are_those_of_sorted_lists() -> None:
    queries, gallery = scene(2, junk=0)
    report = evaluate(queries, gallery, about(), Protocol())
    pairs = pairs_of(queries, gallery)
    precisions: list[float] = []
    penalties: list[float] = []
    r_precisions: list[float] = []
    firsts: list[int] = []
    for query in range(len(queries)):
        hits = [pair.same for pair in ranked(pairs, query)]
        ranks = [rank for rank, hit in enumerate(hits, start=1) if hit]
        precisions.append(float(np.mean([(place + 1) / rank for place, rank in enumerate(ranks)])))
        firsts.append(ranks[0])
        penalties.append(len(ranks) / ranks[-1])
        r_precisions.append(float(np.mean(hits[: len(ranks)])))
    expected: dict[str, list] = {"mAP": precisions, "mINP": penalties, "r_precision": r_precisions}
    expected |= {f"rank{depth}": [rank <= depth for rank in firsts] for depth in (1, 5, 10, 20)}
    assert set(report.figures) == set(expected) == set(FIGURES)
    for name, values in expected.items():
        estimate = report.figures[name]
        assert estimate.value == pytest.approx(np.mean(values))
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low <= estimate.value <= estimate.high
    assert report.per_query.average_precision == pytest.approx(precisions)
    assert list(report.per_query.first_rank) == firsts
    assert report.cmc[2] == pytest.approx(np.mean(np.array(firsts) <= 3))
    assert [person.mAP for person in report.people] == sorted(person.mAP for person in report.people)
    worst = report.people[0]
    own = [p for p, who in zip(precisions, queries.identity, strict=True) if who == worst.identity]
    assert worst.queries == 3
    assert worst.mAP == pytest.approx(np.mean(own))
    assert len(report.failures) == sum(rank > 1 for rank in firsts) == sum(report.failure_counts.values())


def test_a_report_is_kept_as_json_and_read_back_equal() -> None:
    report = report_of(1, people=30)
    assert report.verification is not None
    assert report.open_set is not None
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert EvaluationReport.from_dict(json.loads(text)) == report
    evaluation = compare_all([report, report_of(3, model="m2", people=30)])
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


@pytest.mark.parametrize("change", [{"unheard": 1}, {"figures": {"mAP": {"value": "high"}}}, {"queries": None}])
def test_what_is_no_report_is_refused(change: dict) -> None:
    values = {**report_of().to_dict(), **change}
    if change == {"queries": None}:
        del values["queries"]
    with pytest.raises(ReidError, match="Evaluate again"):
        EvaluationReport.from_dict(values)


def test_the_rules_are_stated() -> None:
    notes = report_of().notes
    assert BASIC in notes
    assert TIES in notes
    asked = Protocol(multi_query=True, rerank=True, expansion=5, augmentation=1, alpha=3)
    queries, gallery = scene(0, junk=0)
    distances = k_reciprocal_distances(queries.features, gallery.features)
    told = " ".join(evaluate(queries, gallery, about(), asked, distances=lambda a, b: distances[a:b]).notes)
    for words in ("multi-query", "its 5 nearest crops, weighted", "its 1 nearest other", "k-reciprocal"):
        assert words in told


def test_one_camera_leaves_nothing_unless_its_own_matches_count() -> None:
    queries, gallery = scene(0, people=30, cameras=1, junk=0)
    with pytest.raises(ReidError, match=r"All crops of gallery 'site' are of camera 'c0'.*--same-camera"):
        evaluate(queries, gallery, about(), Protocol())
    report = evaluate(queries, gallery, about(), Protocol(same_camera=True))
    assert report.queries == 30
    assert SAME_CAMERA in report.notes
    assert BASIC not in report.notes
    pairs = pairs_of(queries, gallery, same_camera=True)
    firsts = [[pair.same for pair in ranked(pairs, query)].index(True) for query in range(30)]
    assert report.figures["rank1"].value == pytest.approx(np.mean(np.array(firsts) == 0))


def test_nobody_in_two_cameras_is_said_with_the_way_out() -> None:
    queries, gallery = scene(0, cameras=2)
    only = gallery.camera == np.array([f"c{int(who[1:]) % 2}" if who[0] == "p" else "c0" for who in gallery.identity])
    asked = queries.camera == np.array([f"c{int(who[1:]) % 2}" for who in queries.identity])
    with pytest.raises(ReidError, match="--same-camera"):
        evaluate(queries.take(asked), gallery.take(only), about(), Protocol())


def test_reranked_lists_have_figures_but_no_thresholds() -> None:
    queries, gallery = scene(2, junk=0, people=30)
    distances = k_reciprocal_distances(queries.features, gallery.features)
    report = evaluate(queries, gallery, about(), Protocol(rerank=True), distances=lambda a, b: distances[a:b])
    assert (report.verification, report.open_set, report.single_shot, report.camera_pairs) == (None, None, None, ())
    firsts = []
    labels = labels_of(queries, gallery)
    for query, row in enumerate(distances):
        own = labels[1].identity == labels[0].identity[query]
        valid = ~(own & (gallery.camera == queries.camera[query]))
        firsts.append(int((row[valid & ~own] <= row[valid & own].min()).sum()) + 1)
    assert list(report.per_query.first_rank) == firsts
    assert {one.column for one in report.slices} == {"camera"}


def test_groups_of_any_column_and_none_that_is_not_there() -> None:
    queries, gallery = scene(0, people=40)
    columns = {"coat": np.array(["dark", "light"] * 60, dtype=object)}
    dressed = Crops(queries.ids, queries.features, queries.identity, queries.camera, columns)
    others = np.array(["dark"] * len(gallery), dtype=object)
    shown = Crops(gallery.ids, gallery.features, gallery.identity, gallery.camera, {"coat": others})
    report = evaluate(dressed, shown, about(), Protocol(), by=["coat"])
    coats = {one.value: one for one in report.slices if one.column == "coat"}
    assert list(coats) == ["dark", "light"]
    assert coats["dark"].fmr_within is not None
    assert coats["light"].fmr_within is None  # nobody in the gallery wears one
    assert {one.at_fmr for one in report.slices} == {0.001}
    with pytest.raises(ReidError, match="no column 'hat'. There are: camera, coat"):
        evaluate(dressed, shown, about(), Protocol(), by=["hat"])


def test_features_that_are_not_finite_are_named() -> None:
    queries, _ = scene(0)
    features = queries.features.copy()
    features[[3, 7], 2] = np.nan, np.inf
    with pytest.raises(ReidError, match=rf"2 crops are not finite numbers \(crop {queries.ids[3]}, {queries.ids[7]}\)"):
        Crops(queries.ids, features, queries.identity, queries.camera)
    with pytest.raises(ReidError, match="36 crops but 3 values of height"):
        Crops(queries.ids, queries.features, queries.identity, queries.camera, {"height": np.ones(3)})


def test_two_models_are_told_apart_on_the_same_queries() -> None:
    better, worse = report_of(0, noise=0.5, people=30), report_of(0, noise=1.5, people=30, model="m2")
    found = model_difference(better, worse)
    precisions = [one.per_query.average_precision for one in (better, worse)]
    (expected,) = paired_differences(better.per_query.identity, *map(np.array, precisions))
    assert found.mAP == expected
    assert found.mAP.high < 0
    assert (found.first, found.second, found.people, found.queries) == (("m1", "M1"), ("m2", "M2"), 30, 90)
    elsewhere = evaluate(*scene(0, junk=0), about("m2", "elsewhere"), Protocol())
    with pytest.raises(ReidError, match="not asked the same queries"):
        model_difference(better, elsewhere)
    mended = dataclasses.replace(
        worse, per_query=dataclasses.replace(worse.per_query, identity=better.per_query.identity[::-1])
    )
    smaller = dataclasses.replace(worse, tested=dataclasses.replace(worse.tested, crops=worse.tested.crops - 1))
    assert len(compare_all([better, worse, elsewhere]).differences) == 1
    assert not compare_all([better, mended]).differences
    assert not compare_all([better, smaller]).differences


def test_the_table_holds_every_model_on_every_gallery() -> None:
    reports = [report_of(0), report_of(0, model="m2"), evaluate(*scene(4, junk=0), about("m1", "yard"), Protocol())]
    evaluation = compare_all(reports)
    assert evaluation.galleries == ("site", "yard")
    assert evaluation.models == (("m1", "M1"), ("m2", "M2"))
    assert evaluation.cell("yard", "m1") == reports[2]
    assert evaluation.cell("yard", "m2") is None
    rows = csv_rows(evaluation)
    assert [(row["gallery"], row["model_id"], row["zero_shot"]) for row in rows] == [
        ("site", "m1", "yes"),
        ("site", "m2", "yes"),
        ("yard", "m1", "yes"),
    ]
    assert rows[0]["mAP"] == reports[0].figures["mAP"].value
    assert rows[0]["tmr_at_fmr_0.0001"] is None
    assert all(not isinstance(value, float) or math.isfinite(value) for row in rows for value in row.values())


def with_cameras(keep: int, one: bool = False, **protocol) -> EvaluationReport:
    """A scene of 36 queries and 72 gallery crops in which the first `keep` of each side say their camera."""
    queries, gallery = scene(0, junk=0, distractors=0)
    for side in (queries, gallery):
        side.camera[keep:] = None
        side.camera[:keep] = "c0" if one else side.camera[:keep]
    tested = dataclasses.replace(about(), cameras=len({*queries.camera} - {None}))
    return evaluate(queries, gallery, tested, Protocol(**protocol))


def test_figures_without_cameras_say_so() -> None:
    report = with_cameras(0)
    assert cautions(report) == (NO_CAMERA,)
    assert NO_CAMERA.startswith("No crop says its camera: matches of the same moment count")
    assert mark(report) == "no cameras known"
    # All 6 crops of a person are matches then, where 4 of other cameras would be.
    assert report.camera_pairs == ()
    assert EvaluationReport.from_dict(report.to_dict()) == report
    (row,) = csv_rows(Evaluation((report,)))
    assert row["cautions"] == NO_CAMERA


def test_figures_of_partly_unknown_cameras_say_how_many() -> None:
    report = with_cameras(30)
    (said,) = cautions(report)
    assert said.startswith("The camera of 48 of 108 crops is not known: matches with these count though")
    assert mark(report) == "some cameras unknown"
    (said,) = cautions(with_cameras(30, one=True))
    assert said.endswith("All other crops are of camera c0, so nothing is measured across cameras.")


def test_known_cameras_need_no_word_and_the_same_camera_has_its_own() -> None:
    assert cautions(with_cameras(200)) == ()
    assert mark(with_cameras(200)) == ""
    report = with_cameras(0, same_camera=True)
    assert cautions(report) == (SAME_CAMERA,)
    assert mark(report) == "same camera counts"


def test_distractors_and_junk_need_no_camera() -> None:
    queries, gallery = scene(0)
    gallery.camera[np.isin(gallery.identity, ["distractor", "junk"])] = None
    assert cautions(evaluate(queries, gallery, about(), Protocol())) == ()
    assert cameras_note(["a", "b", None]).startswith("The camera of 1 of 3 crops is not known: matches with")


def test_a_report_that_was_kept_before_there_were_cautions_says_it_too() -> None:
    values = with_cameras(0).to_dict()
    del values["cautions"]
    assert cautions(EvaluationReport.from_dict(values)) == (NO_CAMERA,)


@pytest.mark.parametrize("protocol", [Protocol(), Protocol(same_camera=True)])
def test_where_nobody_is_on_both_sides_no_camera_is_blamed(protocol: Protocol) -> None:
    queries, gallery = scene(0, junk=0)
    gallery.identity[:] = "distractor"
    with pytest.raises(ReidError) as refused:
        evaluate(queries, gallery, about(), protocol)
    assert "Nobody is in both splits" in str(refused.value)
    assert "--same-camera" not in str(refused.value)
    assert "36 query crops" in str(refused.value)


def test_figures_of_one_person_alone_say_that_they_measure_nothing() -> None:
    queries, gallery = scene(0, people=1, distractors=0, junk=2)
    report = evaluate(queries, gallery, about(), Protocol())
    assert report.figures["mAP"].value == 1
    assert cautions(report) == (ALONE,)
    assert mark(report) == "nobody else there"
    for side in (queries, gallery):
        side.camera[:] = None
    report = evaluate(queries, gallery, about(), Protocol())
    assert cautions(report) == (NO_CAMERA, ALONE)
    assert mark(report) == "no cameras known, nobody else there"
    assert cautions(report_of(people=2, distractors=0)) == ()
    assert cautions(evaluate(*scene(0, people=1, distractors=1), about(), Protocol())) == ()
