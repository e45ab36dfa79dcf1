"""What the network got right and wrong on the validation people after an epoch, kept in the run as data.

`predictions/epoch-0003.json`: the worst queries, the best and some at random, each with what was found for it; and
who and which cameras are confused most.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reid_core.errors import Damaged, NotThere
from reid_core.evaluation.metrics import average_precision
from reid_core.evaluation.ranking.ranking import MatchRanks
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.training.run import Run

KEPT = 12  # queries of each kind
SHOWN = 5  # hits of each query
CONFUSED = 20  # pairs of people, and of cameras
_BLOCK = 256  # queries at a time
Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """Where a picture lies, a folder or zip and a path in it, and who and where it shows."""

    source: str
    path: str
    identity: str | None
    camera: str | None


@dataclass(frozen=True)
class Hit:
    """A gallery crop found for a query: `rank` from 1 among those that count, `similarity` a cosine."""

    crop: Crop
    rank: int
    similarity: float
    right: bool


@dataclass(frozen=True)
class Prediction:
    """One query, its first hits, and the first true one wherever it stands."""

    query: Crop
    average_precision: float
    hits: list[Hit]
    first_true: Hit


@dataclass(frozen=True)
class Confusion:
    """`count` of `queries` of `asked` found `found` first, wrongly."""

    asked: str
    found: str
    count: int
    queries: int


@dataclass(frozen=True)
class Predictions:
    """Of one epoch. Confusions are ordered by how many, cameras are (query's, wrong hit's)."""

    epoch: int
    worst: list[Prediction]
    best: list[Prediction]
    random: list[Prediction]
    confused_identities: list[Confusion]
    confused_cameras: list[Confusion]


def make_predictions(
    epoch: int,
    queries: pd.DataFrame,
    gallery: pd.DataFrame,
    query_features: Features,
    gallery_features: Features,
    ranks: MatchRanks,
    *,
    seed: int,
) -> Predictions:
    """From rows with `identity`, `camera` and `crop` (source, path) and the unit vectors (Q, D), (N, D) beside them.

    Crops of the query's person in her own camera do not count, as in `match_ranks`, whose result `ranks` is. Queries
    without a true match are left out. The random queries are the same ones in each epoch.
    """
    precision = average_precision(ranks)
    counted = np.flatnonzero(ranks.match_counts > 0)
    order = counted[np.argsort(precision[counted], kind="stable")]
    some = np.random.default_rng((seed, len(counted))).permutation(counted)[:KEPT]
    view = _View(queries, gallery, query_features, gallery_features)

    def predictions(chosen: Iterable[int]) -> list[Prediction]:
        return [view.prediction(int(query), float(precision[query])) for query in chosen]

    first = view.first_hits(counted)
    right = view.right(counted, first)
    people, cameras = (
        _confusions(queries[column].to_numpy(object)[counted], gallery[column].to_numpy(object)[first], right)
        for column in ("identity", "camera")
    )
    return Predictions(
        epoch, predictions(order[:KEPT]), predictions(order[::-1][:KEPT]), predictions(some), people, cameras
    )


class _View:
    """Similarities of a query to the gallery, without what does not count for it."""

    def __init__(
        self, queries: pd.DataFrame, gallery: pd.DataFrame, query_features: Features, gallery_features: Features
    ) -> None:
        self.query_features, self.gallery_features = query_features, gallery_features
        self.queries = [Crop(str(s), p, i, c) for (s, p), i, c in _columns(queries)]
        self.gallery = [Crop(str(s), p, i, c) for (s, p), i, c in _columns(gallery)]
        self.identities = gallery["identity"].to_numpy(dtype=object)
        self.cameras = gallery["camera"].to_numpy(dtype=object)

    def similarities(self, query: int) -> Features:
        crop = self.queries[query]
        row = self.query_features[query] @ self.gallery_features.T
        if crop.camera is not None:
            row[(self.identities == crop.identity) & (self.cameras == crop.camera)] = -np.inf
        return row

    def first_hits(self, queries: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.array([self.similarities(int(query)).argmax() for query in queries], dtype=np.int64)

    def right(self, queries: npt.NDArray[np.int64], found: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        asked = [self.queries[query].identity for query in queries]
        return np.array([self.identities[hit] == who for hit, who in zip(found, asked, strict=True)], dtype=bool)

    def prediction(self, query: int, average_precision: float) -> Prediction:
        row = self.similarities(query)
        order = np.argsort(-row, kind="stable")[: int(np.isfinite(row).sum())]
        asked = self.queries[query].identity

        def hit(place: int) -> Hit:
            crop = self.gallery[order[place]]
            return Hit(crop, place + 1, round(float(row[order[place]]), 6), crop.identity == asked)

        first_true = int(np.flatnonzero(self.identities[order] == asked)[0])
        shown = [hit(place) for place in range(min(SHOWN, len(order)))]
        return Prediction(self.queries[query], average_precision, shown, hit(first_true))


def _columns(rows: pd.DataFrame) -> Iterable[tuple[tuple[Path, str], str | None, str | None]]:
    return zip(rows["crop"], rows["identity"], rows["camera"], strict=True)


def _confusions(
    asked: npt.NDArray[np.object_], found: npt.NDArray[np.object_], right: npt.NDArray[np.bool_]
) -> list[Confusion]:
    """Where both are known: of an unknown camera nothing is confused."""
    known = ~(pd.isna(asked) | pd.isna(found))
    pairs = [(str(one), str(other)) for one, other in zip(asked[known], found[known], strict=True)]
    queries = Counter(str(one) for one in asked[~pd.isna(asked)])
    wrong = Counter(pair for pair, is_right in zip(pairs, right[known], strict=True) if not is_right)
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(one, other, count, queries[one]) for (one, other), count in ordered[:CONFUSED]]


def write_predictions(run: Run, predictions: Predictions) -> None:
    file = _file(run, predictions.epoch)
    file.parent.mkdir(exist_ok=True)
    text = json.dumps(dataclasses.asdict(predictions), ensure_ascii=False)
    write_atomically(file, lambda opened: opened.write(text.encode()))


def predicted_epochs(run: Run) -> list[int]:
    """Epochs of which there are predictions, rising."""
    return sorted(int(file.stem.partition("-")[2]) for file in run.predictions.glob("epoch-[0-9]*.json"))


def read_predictions(run: Run, epoch: int) -> Predictions:
    """Raises ReidError when there are none of that epoch, naming those there are, or the file is damaged."""
    file = _file(run, epoch)
    try:
        values: dict[str, Any] = read_json(file.read_bytes())
        kinds: dict[str, Any] = {
            name: [_prediction(one) for one in values.pop(name)] for name in ("worst", "best", "random")
        }
        confused: dict[str, Any] = {
            name: [Confusion(**one) for one in values.pop(name)] for name in ("confused_identities", "confused_cameras")
        }
        return Predictions(**kinds, **confused, **values)
    except FileNotFoundError as error:
        known = ", ".join(map(str, predicted_epochs(run))) or "none"
        raise NotThere(f"The run {run.folder.name} has no predictions of epoch {epoch}; it has: {known}.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"The predictions {file} cannot be read ({type(error).__name__}).") from error


def _prediction(values: dict[str, Any]) -> Prediction:
    hits = [_hit(one) for one in values["hits"]]
    return Prediction(Crop(**values["query"]), values["average_precision"], hits, _hit(values["first_true"]))


def _hit(values: dict[str, Any]) -> Hit:
    return Hit(**{**values, "crop": Crop(**values["crop"])})


def _file(run: Run, epoch: int) -> Path:
    return run.predictions / f"epoch-{epoch:04d}.json"
