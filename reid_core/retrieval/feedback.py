"""Several examples as one query, and what verdicts do to it: relevance feedback by arithmetic, without training.

After Rocchio ("Relevance feedback in information retrieval", in The SMART Retrieval System, 1971): the query moves
towards what was confirmed and away from what was rejected. One vector is searched for as before, so that a verdict
costs one search more and no pass over the gallery.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.retrieval.results import NO_HIT, RankedResults

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """How far examples move the query: weights of the mean confirmed and the mean rejected vector; the mean photo
    has weight 1. Tuned on the training people of Market-1501, see `tests/benchmarks/feedback.py`."""

    confirmed: float = 2.0
    rejected: float = 0.75


def query_vector(asked: Vectors, confirmed: Vectors, rejected: Vectors, weights: Weights = Weights()) -> Vectors:
    """(1, D) unit vector of (Q, D) photos that were asked with, (P, D) confirmed and (N, D) rejected crops.

    All are unit vectors of one model. Raises ReidError when there is no photo and no confirmed crop, or when the
    negative ones cancel all that was asked for.
    """
    if not len(asked) and not len(confirmed):
        raise ReidError(
            "There is nothing to search for: give a photo or a crop of the person, not only counterexamples."
        )
    total = np.zeros(asked.shape[1], np.float64)
    for vectors, weight in ((asked, 1.0), (confirmed, weights.confirmed), (rejected, -weights.rejected)):
        if len(vectors):
            total += weight * vectors.mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(total)
    if length < 1e-6:
        raise ReidError("The counterexamples are the same as the examples. Leave some out.")
    return (total / length).astype(np.float32)[None]


def similarities_to_examples(results: RankedResults, examples: Vectors, candidates: Vectors) -> RankedResults:
    """The one list of `results` with each hit's cosine to the nearest of the (Q, D) examples in place of that to the
    moved query, which no calibration knows. `candidates` are the hits' (k, D) vectors; the order stays.

    Raises ReidError when there is not one vector for each hit.
    """
    found = results.ids[0] != NO_HIT
    if len(results) != 1 or np.count_nonzero(found) != len(candidates):
        raise ReidError(f"{np.count_nonzero(found)} hits of {len(results)} queries have {len(candidates)} vectors.")
    similarities = np.full_like(results.similarities, np.nan)
    if len(candidates):
        similarities[0, found] = (candidates @ examples.T).max(axis=1)
    return RankedResults(results.model, results.ids, similarities)
