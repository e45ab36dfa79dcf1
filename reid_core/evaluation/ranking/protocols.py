"""Other ways to ask: several queries at once, a gallery of one crop per person, people who are not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.blocks import in_blocks
from reid_core.evaluation.crops import Crops
from reid_core.evaluation.intervals import LEAST_ERRORS, estimates
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.ranking import DISTRACTOR_CODE, JUNK_CODE, TIE, Labels, MatchRanks, match_ranks
from reid_core.evaluation.report_parts import OpenSet, SingleShot
from reid_core.records import DISTRACTOR

REPEATS = 10
DEPTH = 50
FALSE_ALARM_RATES = (0.01, 0.05, 0.1, 0.2)
ABSENT_SHARE = 0.5
_CURVE_POINTS = 200


def multi_query(queries: Crops, gallery: Crops, *, same_camera: bool = False) -> Crops:
    """One query for each person and camera: the mean of all that this camera took of that person.

    Those are the queries, and the gallery crops that are left out of their lists for being of the same camera (as in
    Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015). With `same_camera` these are matches
    and no part of the query, which would find itself. Distractors and crops of an unknown camera ask alone. Ids and
    columns are those of the first query.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, (identity, camera) in enumerate(zip(queries.identity, queries.camera, strict=True)):
        alone = identity is None or identity == DISTRACTOR or camera is None
        groups.setdefault((str(row),) if alone else (identity, camera), []).append(row)
    beside: dict[tuple[str, ...], list[int]] = {}
    for row, (identity, camera) in enumerate(zip(gallery.identity, gallery.camera, strict=True)):
        if not same_camera and (identity, camera) in groups:
            beside.setdefault((identity, camera), []).append(row)
    features = np.stack(
        [
            queries.features[rows].sum(axis=0) + gallery.features[beside.get(key, [])].sum(axis=0)
            for key, rows in groups.items()
        ]
    )
    features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    pooled = queries.take(np.array([rows[0] for rows in groups.values()]))
    return pooled.with_features(features.astype(np.float32))


def single_shot(
    queries: Crops,
    gallery: Crops,
    labels: tuple[Labels, Labels],
    ranks: MatchRanks,
    pairs: PairScores,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> SingleShot | None:
    """CMC where the gallery has one crop of each person, drawn anew `repeats` times (Li et al., CUHK03, CVPR 2014).

    A query's own person shows one of her true matches, drawn for each query. Distractors all stay. `ranks` and `pairs`
    are those of the whole gallery. None where no query has a match.
    """
    asked, held = labels
    counts = ranks.match_counts
    rows = np.flatnonzero(counts)
    if not len(rows):
        return None
    people, sizes = _rows_of_people(held)
    nobody = np.flatnonzero(held.identity == DISTRACTOR_CODE)
    column_of = {int(held.identity[person[0]]): column for column, person in enumerate(people)}
    own = np.array([column_of[int(identity)] for identity in asked.identity[rows]])
    random = np.random.default_rng(seed)
    match_rows, features = pairs.match_rows, queries.features[rows]
    curves = []
    for _ in range(repeats):
        drawn = np.array(
            [person[int(place)] for person, place in zip(people, random.random(len(people)) * sizes, strict=True)]
        )
        shown = np.ascontiguousarray(gallery.features[np.concatenate([drawn, nobody])]).T
        mates = match_rows[ranks.offsets[:-1][rows] + (random.random(len(rows)) * counts[rows]).astype(np.int64)]
        to_beat = np.einsum("qd,qd->q", features, gallery.features[mates]) - np.float32(TIE)

        def ranks_of(first: int, last: int, shown: NDArray = shown, to_beat: NDArray = to_beat) -> NDArray[np.int64]:
            similarities = features[first:last] @ shown
            similarities[np.arange(last - first), own[first:last]] = -np.inf
            return 1 + (similarities >= to_beat[first:last, None]).sum(axis=1)

        found = np.concatenate(list(in_blocks(len(rows), shown.shape[1], ranks_of)))
        curves.append([float((found <= depth).mean()) for depth in range(1, DEPTH + 1)])
    mean = np.mean(curves, axis=0)
    return SingleShot(repeats, len(people), tuple(mean.tolist()), float(np.std([curve[0] for curve in curves])))


def _rows_of_people(labels: Labels) -> tuple[list[NDArray[np.intp]], NDArray[np.int64]]:
    """Gallery rows of each person, and how many."""
    order = np.argsort(labels.identity, kind="stable")
    order = order[labels.identity[order] > DISTRACTOR_CODE]
    cuts = np.flatnonzero(np.diff(labels.identity[order])) + 1
    people = np.split(order, cuts)
    return people, np.array([len(person) for person in people])


def open_set(queries: Crops, gallery: Crops, labels: tuple[Labels, Labels], *, seed: int = 0) -> OpenSet | None:
    """Are people who are not in the gallery told from those who are (Grother & Ngan, "FRVT Part 2: Identification",
    NIST IR 8271, 2019)?

    Where the queries of at least `LEAST_ERRORS` people have nobody in the gallery, those are the absent. Otherwise half
    of the people, drawn with the seed, are taken out of it. None where either kind of probe is missing.
    """
    asked, held = labels
    at_home = np.unique(held.identity[held.identity > DISTRACTOR_CODE])
    strangers = ~np.isin(asked.identity, at_home) & (asked.identity != JUNK_CODE)
    simulated = _count_people(asked.identity[strangers]) < LEAST_ERRORS
    if simulated:
        people = np.intersect1d(asked.identity, at_home)
        random = np.random.default_rng(seed)
        taken = random.choice(people, int(len(people) * ABSENT_SHARE), replace=False)
        held = Labels(np.where(np.isin(held.identity, taken), JUNK_CODE, held.identity), held.camera)
        strangers |= np.isin(asked.identity, taken)
    pairs = PairScores(count_others=False)
    ranks = match_ranks(queries.features, gallery.features, asked, held, pairs=pairs)
    present = ranks.match_counts > 0
    if not present.any() or not strangers.any():
        return None
    first = ranks.offsets[:-1][present]
    right, similarity = ranks.ranks[first] == 1, pairs.match_similarities[first]
    alarms = np.sort(pairs.other_similarities[strangers])[::-1]
    people_of = queries.identity[present]

    def at(allowed: int) -> float:
        """The lowest threshold at which no more than so many absent probes raise an alarm."""
        return float(np.nextafter(alarms[allowed], np.float32(np.inf))) if allowed < len(alarms) else -1.0

    def rate(threshold: float) -> NDArray[np.bool_]:
        return right & (similarity >= threshold)

    points = []
    for wanted in FALSE_ALARM_RATES:
        if wanted * len(alarms) >= LEAST_ERRORS:
            threshold = at(int(wanted * len(alarms)))
            points.append((wanted, threshold, estimates(people_of, rate(threshold), seed=seed)[0]))
    steps = np.unique(np.linspace(0, len(alarms), _CURVE_POINTS).astype(int))
    curve = [(t, float((alarms >= t).mean()), float(rate(t).mean())) for t in map(at, steps)]
    return OpenSet(
        absent_people=_count_people(asked.identity[strangers]),
        absent_probes=int(strangers.sum()),
        present_probes=int(present.sum()),
        simulated=simulated,
        points=tuple(points),
        curve=tuple(curve),
    )


def _count_people(identities: NDArray[np.int64]) -> int:
    """Each distractor is somebody else."""
    people = identities > DISTRACTOR_CODE
    return len(np.unique(identities[people])) + int((~people).sum())
