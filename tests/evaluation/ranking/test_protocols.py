"""Multi-query, single-gallery-shot and open set against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.protocols import multi_query, open_set, single_shot
from reid_core.evaluation.ranking.ranking import match_ranks
from tests.evaluation.scene import pairs_of, ranked, scene


def crops(rows: list[tuple[list[float], str | None, str | None]], first: int = 1) -> Crops:
    return Crops(
        np.arange(first, first + len(rows)),
        np.array([vector for vector, _, _ in rows], np.float32),
        np.array([identity for _, identity, _ in rows], dtype=object),
        np.array([camera for _, _, camera in rows], dtype=object),
    )


def test_all_crops_of_a_person_in_a_camera_ask_together() -> None:
    queries = crops([([1, 0], "ann", "a"), ([1, 0], "ann", "b"), ([0, 1], "ann", "a"), ([0, 1], "ann", None)])
    gallery = crops([([0, -1], "ann", "b"), ([1, 0], "bob", "a"), ([0.6, 0.8], "ann", "c")], 10)
    pooled = multi_query(queries, gallery)
    # In a: both queries; in b: the query and the gallery crop that its list leaves out anyway; unknown camera: alone.
    root = np.sqrt(0.5)
    assert pooled.features == pytest.approx(np.array([[root, root], [root, -root], [0, 1]]))
    assert pooled.ids.tolist() == [1, 2, 4]
    assert pooled.camera.tolist() == ["a", "b", None]


def test_crops_that_count_as_matches_are_no_part_of_the_query() -> None:
    queries = crops([([1, 0], "ann", "a"), ([0, 1], "ann", "a")])
    gallery = crops([([0, -1], "ann", "a"), ([1, 0], "bob", "a")], 10)
    pooled = multi_query(queries, gallery, same_camera=True)
    assert pooled.features == pytest.approx(np.full((1, 2), np.sqrt(0.5)))


def test_distractors_ask_alone() -> None:
    pooled = multi_query(crops([([1, 0], "distractor", "a"), ([0, 1], "distractor", "a")]), crops([([1, 0], "b", "b")]))
    assert len(pooled) == 2


def run_single_shot(queries: Crops, gallery: Crops, **options: int):
    labels = labels_of(queries, gallery)
    pairs = PairScores()
    ranks = match_ranks(queries.features, gallery.features, *labels, pairs=pairs)
    return single_shot(queries, gallery, labels, ranks, pairs, **options)


def test_with_one_crop_of_each_person_nothing_is_left_to_draw() -> None:
    """Two cameras, one crop each: the drawn gallery is the whole one, but for the query's own camera."""
    queries, gallery = scene(4, people=15, cameras=1, each=1, junk=0)
    gallery = Crops(gallery.ids, gallery.features, gallery.identity, np.array(["other"] * len(gallery), dtype=object))
    found = run_single_shot(queries, gallery, repeats=3)
    pairs = pairs_of(queries, gallery)
    firsts = [[pair.same for pair in ranked(pairs, query)].index(True) + 1 for query in range(len(queries))]
    assert found.cmc[:10] == pytest.approx([np.mean(np.array(firsts) <= depth) for depth in range(1, 11)])
    assert (found.repeats, found.people, found.rank1_spread) == (3, 15, 0)


def test_drawn_galleries_agree_with_drawing_one_by_one() -> None:
    """As CUHK03's protocol is published: for each query, each person's crop is drawn from the valid ones."""
    queries, gallery = scene(5, people=10, noise=1.5)
    found = run_single_shot(queries, gallery, repeats=300, seed=1)
    pairs = pairs_of(queries, gallery)
    random = np.random.default_rng(7)
    hits = []
    for _ in range(300):
        for query in range(len(queries)):
            own = [p for p in pairs if p.query == query]
            drawn = [p for p in own if gallery.identity[p.crop] == "distractor"]
            for person in {str(i) for i in gallery.identity} - {"distractor", "junk"}:
                of_person = [p for p in own if gallery.identity[p.crop] == person]
                drawn.append(of_person[random.integers(len(of_person))])
            hits.append(max(drawn, key=lambda p: p.similarity).same)
    assert found.cmc[0] == pytest.approx(np.mean(hits), abs=0.02)
    assert found.rank1_spread > 0


def test_the_seed_decides_what_is_drawn() -> None:
    queries, gallery = scene(5, people=10, noise=1.5)
    first, same, other = (run_single_shot(queries, gallery, seed=seed) for seed in (0, 0, 1))
    assert first == same
    assert first != other


def test_without_a_match_there_is_no_single_shot() -> None:
    queries, gallery = scene(0, people=3, cameras=1)
    assert run_single_shot(queries, gallery) is None


def open_set_by_hand(queries: Crops, gallery: Crops, absent: set[str], false_alarms: int) -> float:
    """DIR at the lowest threshold at which so many absent probes raise an alarm, from a loop over pairs."""
    kept = gallery.take(~np.isin(gallery.identity.astype(str), list(absent)))
    pairs = pairs_of(queries, kept)
    lists = [ranked(pairs, query) for query in range(len(queries))]
    alarms = sorted(
        (lists[q][0].similarity for q in range(len(queries)) if queries.identity[q] in absent), reverse=True
    )
    threshold = alarms[false_alarms]  # this one and those below it stay silent
    present = [found for found in lists if any(pair.same for pair in found)]
    return float(np.mean([found[0].same and found[0].similarity > threshold for found in present]))


def test_people_who_are_not_there_are_found_by_their_queries() -> None:
    queries, gallery = scene(6, people=30, cameras=2, each=1, noise=0.7)
    absent = {f"p{person}" for person in range(20)}
    found = open_set(queries, gallery.take(~np.isin(gallery.identity.astype(str), list(absent))), labels_after(absent))
    assert found is not None
    assert (found.simulated, found.absent_people, found.absent_probes, found.present_probes) == (False, 20, 40, 20)
    # Of 40 probes a rate of 0.2 means 8 alarms, too few to be told; so the curve is looked at.
    assert found.points == ()
    for threshold, alarms, rate in found.curve:
        count = round(alarms * 40)
        if count < 40:
            assert rate == pytest.approx(open_set_by_hand(queries, gallery, absent, count)), threshold


def labels_after(absent: set[str]):
    queries, gallery = scene(6, people=30, cameras=2, each=1, noise=0.7)
    return labels_of(queries, gallery.take(~np.isin(gallery.identity.astype(str), list(absent))))


def test_where_everybody_is_there_half_are_taken_out() -> None:
    queries, gallery = scene(7, people=60, cameras=2, each=1, noise=0.7)
    found = open_set(queries, gallery, labels_of(queries, gallery), seed=3)
    assert found is not None
    assert (found.simulated, found.absent_people, found.absent_probes, found.present_probes) == (True, 30, 60, 60)
    ((rate, threshold, estimate),) = found.points  # 0.2 of 60 are 12 alarms; lower rates rest on fewer than ten
    assert rate == 0.2
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low <= estimate.value <= estimate.high
    by_curve = [dir for _, alarms, dir in found.curve if alarms <= 0.2]
    assert estimate.value == pytest.approx(by_curve[-1])
    assert -1 < threshold < 1
    assert open_set(queries, gallery, labels_of(queries, gallery), seed=3) == found


def test_distractor_queries_are_absent_people() -> None:
    queries, gallery = scene(8, people=6, cameras=2, each=1)
    more = Crops(
        np.arange(12), np.tile(queries.features[:1], (12, 1)), np.array(["distractor"] * 12, dtype=object),
        np.array(["c0"] * 12, dtype=object),
    )  # fmt: skip
    both = Crops(
        np.concatenate([queries.ids, more.ids]),
        np.concatenate([queries.features, more.features]),
        np.concatenate([queries.identity, more.identity]),
        np.concatenate([queries.camera, more.camera]),
    )
    found = open_set(both, gallery, labels_of(both, gallery))
    assert found is not None
    assert (found.simulated, found.absent_people, found.absent_probes, found.present_probes) == (False, 12, 12, 12)


def test_one_person_cannot_be_both_there_and_not() -> None:
    queries, gallery = scene(0, people=1)
    assert open_set(queries, gallery, labels_of(queries, gallery)) is None
