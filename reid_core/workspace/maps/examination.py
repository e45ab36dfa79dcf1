"""What a gallery's vectors say about its labels and its cameras: found by a job beside the maps, read by every view.

One file, `maps/GALLERY@MODEL/examined.json`, for all maps of the two. It is disposable: a deletion in the gallery takes
it whole, as it names people.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.files import one_at_a_time, write_atomically
from reid_core.json_text import read_json
from reid_core.projection.clusters import NOISE, Agreement, agreement
from reid_core.projection.learned import CameraGrouping, Similarities, camera_grouping, similarities
from reid_core.projection.neighbours import Neighbours, Stopped, Vectors
from reid_core.projection.suggestions import suggested_merges, suspected_mislabels
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import gallery_key, now
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.maps.colours import map_labels, people_of
from reid_core.workspace.maps.files import CropMap, crops_of, lock, map_file
from reid_core.workspace.maps.making import OnProgress, maps_of, read_map, usable_vectors
from reid_core.workspace.workspace import Workspace

_NAME = "examined.json"
MOST = 1_000  # suggestions of each kind that are kept, the strongest


@dataclass(frozen=True)
class LabelDoubt:
    """Crop `crop` of `label` is far nearer to `other`: mean cosine similarities `own` and `others` to the nearest of
    each; `witness` is the nearest crop of `other`."""

    crop: int
    label: str
    other: str
    own: float
    others: float
    witness: int


@dataclass(frozen=True)
class SamePerson:
    """People `one` and `other` look like one: about as alike (`across`) as each is in himself (`within`, the lower of
    the two). `pairs` are the most alike crops, one of each."""

    one: str
    other: str
    across: float
    within: float
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Examination:
    """Of a gallery under a model: doubts about labels, strongest first (`found` counts all, `MOST` of each are kept),
    clusters beside labels, similarities of pairs, and grouping by camera; None where there is nothing to tell it from.

    `labels` is the number of the last change of labels that it saw, see `are_labels_newer`.
    """

    gallery: str
    model: str
    at: str
    seconds: float
    labels: int
    crops: int
    clusters: int
    unclustered: int
    agreement: Agreement | None
    similarities: Similarities | None
    grouping: CameraGrouping | None
    mislabels: tuple[LabelDoubt, ...]
    merges: tuple[SamePerson, ...]
    found: tuple[int, int]


def examine(
    workspace: Workspace,
    gallery: str,
    model: str,
    *,
    stop: StopRequest | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> Examination:
    """Look at the gallery's labels as they are now by the neighbours of its newest map under the model's id; kept.

    Raises ReidError when there is no such map, or when crops are deleted meanwhile; Stopped on a request to stop.
    """
    began = time.monotonic()
    newest = next((info for info in maps_of(workspace, gallery) if info.model == model), None)
    if newest is None:
        raise ReidError(f"Gallery {gallery!r} has no map under this model yet. Run `reid map {gallery}`.")
    made = read_map(workspace, gallery, model, newest.layout.name)
    with connect(workspace.catalogue.path) as database:
        labels_seen = _last_change(database, gallery)
        before = crops_of(database, gallery)
    labels = map_labels(workspace, made, ("identity", "camera"))
    there, vectors = _vectors_of(workspace, made)
    people, cameras = people_of(labels).copy(), labels["camera"].to_numpy(dtype=object, copy=True)
    people[~there] = cameras[~there] = None
    near = Neighbours(made.neighbours, made.similarities.astype(np.float32))
    done: list[Any] = []
    steps: tuple[Callable[[], Any], ...] = (
        lambda: suspected_mislabels(vectors, people, near),
        lambda: suggested_merges(vectors, people, near),
        lambda: similarities(vectors, people, cameras),
        lambda: camera_grouping(vectors, people, cameras),
        lambda: agreement(made.clusters, people),
    )
    for number, step in enumerate(steps):
        on_progress("Looking at labels", number, len(steps))
        if stop is not None and stop.requested:
            raise Stopped
        done.append(step())
    on_progress("Looking at labels", len(steps), len(steps))
    mislabels, merges, alike, grouping, agreed = done
    ids = made.ids.tolist()
    found = Examination(
        gallery, model, now(), round(time.monotonic() - began, 1), labels_seen, len(ids),
        int(made.clusters.max(initial=NOISE)) + 1, int((made.clusters == NOISE).sum()), agreed, alike, grouping,
        tuple(LabelDoubt(ids[one.row], one.label, one.other, one.own, one.others, ids[one.witness])
              for one in mislabels[:MOST]),
        tuple(SamePerson(one.one, one.other, one.across, one.within, tuple((ids[a], ids[b]) for a, b in one.pairs))
              for one in merges[:MOST]),
        (len(mislabels), len(merges)),
    )  # fmt: skip
    _keep(workspace, found, before)
    return found


def _vectors_of(workspace: Workspace, made: CropMap) -> tuple[NDArray[np.bool_], Vectors]:
    """Which of the map's crops still have a vector, and the vectors in the map's order; zeros for the others."""
    ids, known, _ = usable_vectors(*read_vectors(workspace.catalogue, made.info.gallery, made.info.model))
    there = np.isin(made.ids, ids)
    if not there.any():
        raise ReidError("None of this map's crops is embedded by its model any more. Make the map again.")
    vectors = np.zeros((len(made.ids), known.shape[1]), np.float32)
    vectors[there] = known[np.searchsorted(ids, made.ids[there])]
    return there, vectors


def _keep(workspace: Workspace, found: Examination, before: NDArray[np.int64]) -> None:
    content = json.dumps(dataclasses.asdict(found), ensure_ascii=False).encode()
    with one_at_a_time(lock(workspace.path)), connect(workspace.catalogue.path) as database:
        # What a deletion has wiped meanwhile is not to be written again.
        if len(np.setdiff1d(before, crops_of(database, found.gallery))):
            raise ReidError("Crops were deleted while the labels were looked at. Look again.")
        write_atomically(_file(workspace, found.gallery, found.model), lambda file: file.write(content))


def read_examination(workspace: Workspace, gallery: str, model: str) -> Examination | None:
    """What was found last; None where nothing is kept, or what is kept cannot be read."""
    try:
        values = read_json(_file(workspace, gallery, model).read_bytes())
        values["agreement"] = _made(Agreement, values["agreement"])
        values["similarities"] = _made(Similarities, values["similarities"], "pairs")
        grouping = values["grouping"]
        if grouping is not None:
            grouping["cameras"] = {name: tuple(shares) for name, shares in grouping["cameras"].items()}
        values["grouping"] = _made(CameraGrouping, grouping)
        values["mislabels"] = tuple(LabelDoubt(**one) for one in values["mislabels"])
        values["merges"] = tuple(
            SamePerson(**{**one, "pairs": tuple(tuple(pair) for pair in one["pairs"])}) for one in values["merges"]
        )
        values["found"] = tuple(values["found"])
        return Examination(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _made(kind: type[Any], values: dict[str, Any] | None, *tuples: str) -> Any:
    return None if values is None else kind(**{**values, **{name: tuple(values[name]) for name in tuples}})


def are_labels_newer(workspace: Workspace, found: Examination) -> bool:
    """Whether labels of the gallery were changed, or crops came, since this was found."""
    with connect(workspace.catalogue.path) as database:
        return _last_change(database, found.gallery) != found.labels


def _last_change(database: Connection, gallery: str) -> int:
    key = gallery_key(database, gallery)
    return int(database.execute("SELECT COALESCE(MAX(seq), 0) FROM crop WHERE gallery = ?", (key,)).fetchone()[0])


def _file(workspace: Workspace, gallery: str, model: str) -> Path:
    return map_file(workspace.path, gallery, model, "any").with_name(_NAME)
