"""What the points of a map are coloured by: labels, time, clusters, quality, training, the model's mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.projection.clusters import NOISE
from reid_core.records import DISTRACTOR, JUNK, natural_order
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

STEPS = 255  # of a scale; 255 itself means unknown
UNKNOWN = "unknown"
OTHERS = "others"  # beyond as many names as there are codes
MOST_NAMES = 65_000
_LABELS = ("identity", "camera", "split")
COLUMNS = (*_LABELS, "time", "sharpness", "withheld")
TRAINING = ("for training", "kept out", "of another split")
_CHUNK = 20_000
_ORDERED = 2_000  # names up to which 2 comes before 10; of more nobody reads the order


@dataclass(frozen=True, eq=False)
class Colouring:
    """A code (N,) for each crop of a map. Of a scale (`ends` given) it goes from 0 to 254 between the two ends, and 255
    is unknown; else it is a place in `names`, of which `counts` says how many crops have it."""

    codes: NDArray[np.uint16]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    ends: tuple[float, float] | None = None


def map_labels(workspace: Workspace, made: CropMap, names: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """What is known of each crop of the map now, in its order, in the columns that are named.

    Of a crop that is not there any more all is unknown.
    """
    with connect(workspace.catalogue.path) as database:
        gallery = gallery_key(database, made.info.gallery)
        columns = {name: _READ.get(name, _labels)(database, gallery, made, name) for name in names}
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def _labels(database: Connection, gallery: int, made: CropMap, name: str) -> NDArray[np.object_]:
    """Label by label, each with all its crops: SQLite's indexes hold them so, and a million rows have few labels."""
    found = np.full(len(made.ids), None, object)
    rows = database.execute(
        f"SELECT {name}, group_concat(id) FROM crop WHERE gallery = ? AND {name} NOT NULL GROUP BY {name}", (gallery,)
    )
    for label, text in rows:
        found[_rows_of(made, np.fromstring(text, np.int64, sep=","))] = label
    return found


def _numbers(database: Connection, gallery: int, made: CropMap, name: str) -> NDArray[np.float64]:
    found = np.full(len(made.ids), np.nan)
    cursor = database.execute(f"SELECT id, {name} FROM crop WHERE gallery = ? AND {name} NOT NULL", (gallery,))
    while rows := cursor.fetchmany(_CHUNK):
        ids, values = zip(*rows, strict=True)
        wanted = np.array(ids, np.int64)
        there = np.isin(wanted, made.ids)
        found[_rows_of(made, wanted[there])] = np.array(values, np.float64)[there]
    return found


def _withheld(database: Connection, gallery: int, made: CropMap, name: str) -> NDArray[np.bool_]:
    found = np.zeros(len(made.ids), np.bool_)
    ids = [crop for (crop,) in database.execute("SELECT crop FROM withheld")]
    found[_rows_of(made, np.array(ids, np.int64))] = True
    return found


_READ: dict[str, Callable[[Connection, int, CropMap, str], NDArray[Any]]] = {
    "time": _numbers, "sharpness": _numbers, "withheld": _withheld,
}  # fmt: skip


def _rows_of(made: CropMap, ids: NDArray[np.int64]) -> NDArray[np.intp]:
    """Of those that are on the map."""
    places = np.minimum(np.searchsorted(made.ids, ids), len(made.ids) - 1)
    return places[made.ids[places] == ids]


def people_of(labels: pd.DataFrame) -> NDArray[np.object_]:
    """Identities, None for crops of nobody: unknown, distractors and junk."""
    found = labels["identity"].to_numpy(dtype=object)
    return np.array([None if who in (None, DISTRACTOR, JUNK) else who for who in found], object)


def colour_by(made: CropMap, labels: pd.DataFrame, by: str) -> Colouring:
    """By labels with the columns that `COLOURS[by]` needs. Raises ReidError for a name that `COLOURS` has not."""
    if by not in COLOURS:
        raise ReidError(f"A map cannot be coloured by {by!r}; use {', '.join(COLOURS)}.")
    return COLOURS[by].make(made, labels)


def right_neighbour(made: CropMap, people: NDArray[np.object_]) -> NDArray[np.int8]:
    """Whether the nearest crop is of the same person: 1 yes, 0 no, -1 where either is nobody, he has one crop, or all
    that were near are deleted."""
    code, _ = pd.factorize(people)
    nearest = made.neighbours[:, 0]
    several = np.bincount(code[code >= 0], minlength=1)[code] > 1
    judged = (code >= 0) & (code[nearest] >= 0) & several & (nearest != np.arange(len(nearest)))
    return np.where(judged, code == code[nearest], -1).astype(np.int8)


def _categories(values: NDArray[np.object_], order: Callable[[list[str]], list[str]] = natural_order) -> Colouring:
    """By how often they come, so that the first colours go to what there is most of; unknown last."""
    place, found = pd.factorize(values)  # -1: unknown
    names = [str(name) for name in found]
    counts = np.bincount(place[place >= 0], minlength=len(names))
    in_order = order(names) if len(names) <= _ORDERED else sorted(names)
    rank = {name: number for number, name in enumerate(in_order)}
    by_size = sorted(range(len(names)), key=lambda number: (-counts[number], rank[names[number]]))[:MOST_NAMES]
    code_of = np.full(len(names) + 1, len(by_size), np.int64)  # the last one is of what is unknown, -1
    code_of[by_size] = np.arange(len(by_size))
    codes = code_of[place]
    shown = [names[number] for number in by_size]
    total = [int(counts[number]) for number in by_size]
    if unknown := int((place < 0).sum()):
        shown.append(UNKNOWN)
        total.append(unknown)
    if others := len(codes) - sum(total):
        codes[np.isin(place, by_size, invert=True) & (place >= 0)] = len(shown)
        shown.append(OTHERS)
        total.append(others)
    return Colouring(codes.astype(np.uint16), tuple(shown), tuple(total))


def _scale(values: NDArray[np.float64]) -> Colouring:
    known = np.isfinite(values)
    codes = np.full(len(values), STEPS, np.uint16)
    if not known.any():
        return Colouring(codes, (), (), (float("nan"), float("nan")))
    low, high = float(values[known].min()), float(values[known].max())
    share = (values[known] - low) / (high - low) if high > low else np.zeros(int(known.sum()))
    codes[known] = np.minimum(share * STEPS, STEPS - 1).astype(np.uint16)
    return Colouring(codes, (), (), (low, high))


def _clusters(made: CropMap, labels: pd.DataFrame) -> Colouring:
    names = np.array([None if cluster == NOISE else f"cluster {cluster + 1}" for cluster in made.clusters], object)
    found = _categories(names)
    return Colouring(found.codes, tuple("in none" if name == UNKNOWN else name for name in found.names), found.counts)


def _correct(made: CropMap, labels: pd.DataFrame) -> Colouring:
    right = right_neighbour(made, people_of(labels))
    codes = np.select([right == 1, right == 0], [0, 1], 2).astype(np.uint16)
    counts = tuple(int((codes == code).sum()) for code in range(3))
    return Colouring(codes, ("right person", "another person", "cannot be told"), counts)


def _training(made: CropMap, labels: pd.DataFrame) -> Colouring:
    kept_out = labels["withheld"].to_numpy(dtype=np.bool_)
    codes = np.select([kept_out, labels["split"].to_numpy(dtype=object) == "train"], [1, 0], 2).astype(np.uint16)
    return Colouring(codes, TRAINING, tuple(int((codes == code).sum()) for code in range(3)))


@dataclass(frozen=True)
class ColourBy:
    """A row of what a map can be coloured by: its title in the list, the columns of the crops that it needs (see
    `COLUMNS`), how it is made, and its title over the legend, where that is another."""

    title: str
    needs: tuple[str, ...]
    make: Callable[[CropMap, pd.DataFrame], Colouring]
    legend: str = ""


def _of_names(column: str) -> Callable[[CropMap, pd.DataFrame], Colouring]:
    return lambda made, labels: _categories(labels[column].to_numpy(dtype=object))


def _of_numbers(column: str) -> Callable[[CropMap, pd.DataFrame], Colouring]:
    return lambda made, labels: _scale(labels[column].to_numpy(dtype=np.float64))


def _placed(made: CropMap, labels: pd.DataFrame) -> Colouring:
    counts = (int((~made.placed).sum()), int(made.placed.sum()))
    return Colouring(made.placed.astype(np.uint16), ("when the map was made", "placed since"), counts)


COLOURS: Mapping[str, ColourBy] = {
    "identity": ColourBy("Person", ("identity",), lambda made, labels: _categories(people_of(labels))),
    "camera": ColourBy("Camera", ("camera",), _of_names("camera")),
    "cluster": ColourBy("Cluster", (), _clusters),
    "correct": ColourBy("Correctness", ("identity",), _correct, legend="Nearest crop is of"),
    "time": ColourBy("Time", ("time",), _of_numbers("time")),
    "split": ColourBy("Split", ("split",), _of_names("split")),
    "training": ColourBy("Training", ("split", "withheld"), _training),
    "sharpness": ColourBy("Quality (sharpness)", ("sharpness",), _of_numbers("sharpness"), legend="Sharpness"),
    "placed": ColourBy("New crops", (), _placed, legend="On the map"),
}
