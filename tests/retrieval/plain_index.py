"""An index in plain numpy and Python, to hold the others against: it is slow, and has nothing to get wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reid_core.errors import ReidError
from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.protocol import Changes, IndexStats, Vectors
from reid_core.retrieval.results import NO_HIT, RankedResults

NAMES = (
    "camera", "identity", "split", "time", "height", "sharpness", "upper", "lower", "direction", "entered", "left",
    "seconds", "standing", "zones", "ignored", "walk",
)  # fmt: skip


class Row(NamedTuple):
    """A row's vector, and what filters read of it."""

    vector: tuple[float, ...]
    camera: str | None
    identity: str | None
    split: str
    time: float
    height: int
    sharpness: float
    upper: str | None
    lower: str | None
    direction: str | None = None
    entered: str | None = None
    left: str | None = None
    seconds: float = math.nan
    standing: float = math.nan
    zones: str | None = None
    ignored: bool = False
    walk: int = 0


def passes(where: Filter, number: int, row: Row) -> bool:
    at = datetime.fromtimestamp(row.time, UTC) if row.time > 1e8 else None  # smaller ones count from no known date
    walked = ((where.directions, row.direction), (where.entered, row.entered), (where.left_by, row.left))
    clothes = ((where.upper, row.upper), (where.lower, row.lower))
    return (
        (where.cameras is None or row.camera in where.cameras)
        and row.camera not in where.exclude_cameras
        and (where.identities is None or row.identity in where.identities)
        and (where.splits is None or row.split in where.splits)
        and (where.after is None or row.time >= where.after)
        and (where.before is None or (row.time <= where.before and (where.before < 1e8 or at is not None)))
        and number not in where.exclude_ids
        and (where.only_ids is None or number in where.only_ids)
        and (where.min_height is None or (row.height != 0 and row.height >= where.min_height))
        and (where.min_sharpness is None or row.sharpness >= where.min_sharpness)
        and (where.weekdays is None or (at is not None and at.weekday() in where.weekdays))
        and (where.hours is None or (at is not None and at.hour in where.hours))
        and (where.identity_known is not True or row.identity in ("p", "q"))
        and (where.identity_known is not False or row.identity is None)
        and all(wanted is None or there in wanted for wanted, there in walked)
        and (where.min_seconds is None or row.seconds >= where.min_seconds)
        and (where.max_seconds is None or row.seconds <= where.max_seconds)
        and (where.min_standing is None or row.standing >= where.min_standing)
        and (where.zones is None or any(zone in where.zones for zone in zones_of(row)))
        and (where.ignored is not False or not row.ignored)
        and all(
            wanted is None or worn in wanted or (worn is None and where.unclear_colours) for wanted, worn in clothes
        )
    )


def zones_of(row: Row) -> list[str]:
    return row.zones.split("\n") if row.zones else []


CHOICES: dict[str, Callable[[Row], list[Any]]] = {
    "cameras": lambda row: [row.camera], "directions": lambda row: [row.direction],
    "entered": lambda row: [row.entered], "left_by": lambda row: [row.left], "zones": zones_of,
    "ignored": lambda row: [row.ignored or None],
}  # fmt: skip


def choices(held: dict[int, Row], where: Filter, names: Sequence[str]) -> dict[str, dict[Any, int]]:
    """Sets of walks, a row of none standing for itself, by each value that passes all but this one of the filter."""
    found: dict[str, dict[Any, int]] = {}
    for name in names:
        without: dict[str, Any] = {name: None}
        others = dataclasses.replace(where, **without)
        walks: dict[Any, set[tuple[str, int]]] = {}
        for number, row in held.items():
            for choice in CHOICES[name](row) if passes(others, number, row) else []:
                if choice is not None:
                    walks.setdefault(choice, set()).add(("walk", row.walk) if row.walk else ("row", number))
        found[name] = {choice: len(those) for choice, those in walks.items()}
    return found


def expected(held: dict[int, Row], query: tuple[float, ...], k: int, where: Filter) -> list[tuple[int, float]]:
    """The best `k` by a product with every vector, equal ones by their id."""
    ids = np.array(sorted(number for number, row in held.items() if passes(where, number, row)), np.int64)
    vectors = np.array([held[number].vector for number in ids.tolist()]).reshape(-1, len(query))
    similarities = vectors @ np.array(query)
    best = np.argsort(-similarities, kind="stable")[:k]
    return list(zip(ids[best].tolist(), similarities[best].tolist(), strict=True))


def columns_of(batch: list[tuple[int, Row]]) -> Columns:
    return Columns(**{name: np.array([getattr(row, name) for _, row in batch], object) for name in NAMES})


class PlainIndex:
    """`VectorIndex` that keeps nothing, and checks nothing that it is given."""

    def __init__(self, folder: Path, model: str, dimension: int) -> None:
        self.model, self.dimension, self.seq = model, dimension, -1
        self.held: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self.held)

    def search(self, vectors: np.ndarray, k: int, where: Filter = Filter()) -> RankedResults:
        ids = np.full((len(vectors), k), NO_HIT, np.int64)
        similarities = np.full((len(vectors), k), math.nan, np.float32)
        for place, query in enumerate(vectors):
            for rank, (number, similarity) in enumerate(expected(self.held, tuple(query.tolist()), k, where)):
                ids[place, rank], similarities[place, rank] = number, similarity
        return RankedResults(self.model, ids, similarities)

    def count(self, where: Filter) -> int:
        return sum(passes(where, number, row) for number, row in self.held.items())

    def choices(self, where: Filter, names: Sequence[str]) -> dict[str, dict[Any, int]]:
        return choices(self.held, where, names)

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        if missing := set(ids.tolist()) - self.held.keys():
            raise ReidError(f"Crop {min(missing)} is not in the index.")
        return np.array([self.held[number].vector for number in ids.tolist()], np.float32).reshape(-1, self.dimension)

    def add(self, ids: np.ndarray, vectors: Vectors, columns: Columns) -> None:
        kept = np.asarray(vectors, np.float16).astype(float).tolist()
        for place, number in enumerate(ids.tolist()):
            self.held[number] = Row(tuple(kept[place]), *_cells(columns, place))

    def remove(self, ids: Iterable[int]) -> int:
        return sum(self.held.pop(number, None) is not None for number in set(ids))

    def relabel(self, ids: np.ndarray, columns: Columns) -> int:
        there = [(place, number) for place, number in enumerate(ids.tolist()) if number in self.held]
        for place, number in there:
            self.held[number] = Row(self.held[number].vector, *_cells(columns, place))
        return len({number for _, number in there})

    def sync(self, changes: Iterable[Changes]) -> int:
        if self.seq < 0:
            self.held = {}
        removed, seq = 0, self.seq
        for piece in changes:
            removed += self.remove(piece.removed.tolist())
            self.relabel(piece.relabelled, piece.labels)
            self.add(piece.ids, piece.vectors, piece.columns)
            seq = piece.seq
        self.seq = seq
        return removed

    def keep(self) -> None: ...

    def forget(self) -> None: ...

    def stats(self) -> IndexStats:
        return IndexStats(self.model, self.dimension, len(self), 2 * len(self) * self.dimension)


def _cells(columns: Columns, place: int) -> tuple:
    return tuple(getattr(columns, name)[place] for name in NAMES)
