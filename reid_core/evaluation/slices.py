"""The same figures for parts of the queries: by camera, tracklet length, crop quality, or any column.

Where the column says what group a person is of, this is a fairness check: is somebody of one group more often taken for
somebody else, or more often not found, than somebody of another? Groups too small to say so are told as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.intervals import LEAST_ERRORS, estimates
from reid_core.evaluation.ranking.false_matches import FalseMatches
from reid_core.evaluation.report_parts import Slice
from reid_core.records import natural_order, plural

ENOUGH_PEOPLE = 30  # fewer make percentile intervals too narrow
MOST_GROUPS = 50
UNKNOWN = "unknown"
_LENGTHS = ((1, "1 crop"), (4, "2 to 4 crops"), (9, "5 to 9 crops"))
_LONGEST = "10 crops or more"
_SAMPLES = 1_000

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class QueryFigures:
    """Per query (Q,): the person, average precision and rank of the first match (NaN: no match); and the false matches
    at the threshold at which all pairs of different people pass at `at_fmr`, where they are known."""

    identity: NDArray[np.object_]
    average_precision: NDArray[np.float64]
    first_rank: NDArray[np.float64]
    false_matches: FalseMatches | None = None
    at_fmr: float | None = None
    seed: int = 0


def groups_of(column: str, queries: NDArray, gallery: NDArray | None = None) -> tuple[list[str], Counts, Counts | None]:
    """Names of the groups in order, the group of each query, and of each gallery crop where its values are given.

    Text is taken as it is; numbers fall into thirds of the queries' values. Raises ReidError for text of more than
    `MOST_GROUPS` values.
    """
    if np.issubdtype(queries.dtype, np.number):
        names, bounds = _thirds(queries.astype(np.float64))

        def code(values: NDArray) -> NDArray[np.object_]:
            numbers = values.astype(np.float64)
            chosen = np.array(names or [UNKNOWN], dtype=object)[np.searchsorted(bounds, numbers, side="left")]
            return np.where(np.isnan(numbers), UNKNOWN, chosen)

    else:
        names = natural_order(str(value) for value in queries if value is not None)
        if len(names) > MOST_GROUPS:
            raise ReidError(
                f"Column {column!r} has {len(names):,} different values; groups can be told apart up to {MOST_GROUPS}. "
                "Choose another column."
            )

        def code(values: NDArray) -> NDArray[np.object_]:
            return np.array([UNKNOWN if value is None else str(value) for value in values], dtype=object)

    of_queries = code(queries)
    names = [name for name in names if name != UNKNOWN] + ([UNKNOWN] if UNKNOWN in of_queries else [])
    number = {name: place for place, name in enumerate(names)}
    query_codes = np.array([number[name] for name in of_queries], dtype=np.int64)
    if gallery is None:
        return names, query_codes, None
    return names, query_codes, np.array([number.get(name, -1) for name in code(gallery)], dtype=np.int64)


def tracklet_lengths(lengths: Counts) -> NDArray[np.object_]:
    """Groups of tracklet lengths in crops; 0 is unknown."""
    names = np.array([name for _, name in _LENGTHS] + [_LONGEST], dtype=object)
    found = names[np.searchsorted([most for most, _ in _LENGTHS], lengths, side="left")]
    found[lengths <= 0] = None
    return found


def slices(
    column: str, names: Sequence[str], groups: Counts, figures: QueryFigures, held: Counts | None = None
) -> list[Slice]:
    """One slice for each group that has queries; `held` is the group of each gallery crop, for the FMR within."""
    found = []
    for group, name in enumerate(names):
        if (groups == group).any():
            found.append(_slice(column, name, groups == group, figures, None if held is None else held == group))
    return found


def _slice(
    column: str, name: str, rows: NDArray[np.bool_], figures: QueryFigures, inside: NDArray[np.bool_] | None
) -> Slice:
    counted = rows & ~np.isnan(figures.average_precision)
    mean = rank1 = None
    if counted.any():
        values = np.stack([figures.average_precision[counted], figures.first_rank[counted] == 1])
        mean, rank1 = estimates(figures.identity[counted], values, samples=_SAMPLES, seed=figures.seed)
    people = len({str(identity) for identity in figures.identity[rows]})
    doubts = []
    if people < ENOUGH_PEOPLE:
        doubts.append(f"only {plural(people, 'person')}: intervals tell little below {ENOUGH_PEOPLE}")
    fmr = fmr_within = None
    if figures.false_matches is not None:
        everybody = np.ones(len(figures.false_matches.held), dtype=bool)
        fmr = figures.false_matches.rate(rows, everybody, seed=figures.seed)
        passed = figures.false_matches.passed(rows, everybody)
        if passed < LEAST_ERRORS:
            doubts.append(f"its FMR rests on {plural(passed, 'pair')}")
        if inside is not None:
            fmr_within = figures.false_matches.rate(rows, inside, seed=figures.seed)
    doubt = "; ".join(doubts)
    return Slice(
        column,
        name,
        int(counted.sum()),
        people,
        mean,
        rank1,
        fmr,
        fmr_within,
        figures.at_fmr,
        doubt[:1].upper() + doubt[1:] + "." if doubt else "",
    )


def _thirds(values: NDArray[np.float64]) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the thirds and the two bounds between them; a bound belongs to the third below it."""
    known = values[~np.isnan(values)]
    if not len(known):
        return [], np.empty(0)
    bounds = np.unique(np.quantile(known, (1 / 3, 2 / 3), method="lower"))
    bounds = bounds[bounds < known.max()]
    texts = [f"{bound:.4g}" for bound in bounds]
    if not texts:
        return [f"{known.max():.4g}" if known.min() == known.max() else f"up to {known.max():.4g}"], bounds
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *between, f"above {texts[-1]}"], bounds
