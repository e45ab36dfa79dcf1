"""Maps of a gallery under a model: made once by a job, read by every view, brought up to date when crops come."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.files import one_at_a_time
from reid_core.projection.clusters import find_clusters
from reid_core.projection.faithfulness import measure
from reid_core.projection.layout import PLACED_BY, Layout, Points, place, principal_components, umap_points
from reid_core.projection.neighbours import Vectors, find_neighbours
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import gallery_key, model_key, now
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.maps.files import (
    FOLDER,
    NAMED,
    SUFFIX,
    CropMap,
    MapInfo,
    lock,
    map_file,
    read_info,
    read_map_file,
    without_deleted,
    write_map_file,
)
from reid_core.workspace.workspace import Workspace

KEPT = 16  # true neighbours of each crop that a map keeps: to show them, and to tell whether the nearest is right
CLUSTERED_BY = 30  # neighbours in whose graph clusters are found
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Drift:
    """How a gallery differs from its map: crops that came since (and are embedded), and crops that went."""

    new: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    gone: int = 0


def make_maps(
    workspace: Workspace,
    gallery: str,
    model: str,
    layouts: Sequence[Layout],
    *,
    stop: StopRequest | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> list[MapInfo]:
    """Make these maps of all crops that the model (an id) has embedded, each in place of the one there.

    The principal components are kept first, as a preview. Raises ReidError when there are too few crops, or nothing to
    tell them apart; Stopped on a request to stop, when what was finished is kept.
    """
    began = time.monotonic()
    seq = workspace.catalogue.version()
    ids, vectors, left_out = usable_vectors(*read_vectors(workspace.catalogue, gallery, model))
    starts = {n: principal_components(vectors, n) for n in sorted({layout.dimensions for layout in layouts})}
    most = max([KEPT, CLUSTERED_BY, *(layout.neighbours for layout in layouts)])
    near = find_neighbours(
        vectors, most, stop=stop, on_progress=lambda done, total: on_progress("Finding neighbours", done, total)
    )
    clusters = find_clusters(near.nearest(min(CLUSTERED_BY, near.rows.shape[1])))
    made = []

    def keep(layout: Layout, points: Points) -> None:
        info = MapInfo(
            gallery, model, layout, len(ids), 0, measure(vectors, points, near.rows), near.recall, now(),
            round(time.monotonic() - began, 1), seq, tuple(left_out[:NAMED].tolist()), len(left_out),
        )  # fmt: skip
        kept = min(KEPT, near.rows.shape[1])
        made_now = CropMap(
            info, ids, points, near.rows[:, :kept], near.similarities[:, :kept].astype(np.float16), clusters,
            np.zeros(len(ids), np.bool_), left_out,
        )  # fmt: skip
        with one_at_a_time(lock(workspace.path)), connect(workspace.catalogue.path) as database:
            # A crop that was deleted meanwhile is not to come back with the map.
            write_map_file(_file(workspace, info), without_deleted(database, made_now))
        made.append(info)

    for dimensions, start in starts.items():
        keep(Layout("pca", dimensions), start)
    for layout in layouts:
        if layout.method == "umap":
            told = functools.partial(on_progress, f"Laying out {layout.name}")
            told(0, 1)
            keep(layout, umap_points(starts[layout.dimensions], near, layout, stop=stop, on_progress=told))
    return made


def usable_vectors(ids: NDArray[np.int64], vectors: Vectors) -> tuple[NDArray[np.int64], Vectors, NDArray[np.int64]]:
    """In the order of ids, of unit length; ids of those whose vectors are no numbers or have no direction."""
    order = np.argsort(ids)
    ids, vectors = ids[order], vectors[order]
    lengths = np.linalg.norm(vectors, axis=1)
    good = np.isfinite(lengths) & (lengths > 0)
    return ids[good], vectors[good] / lengths[good, None], ids[~good]


def _file(workspace: Workspace, info: MapInfo) -> Path:
    return map_file(workspace.path, info.gallery, info.model, info.layout.name)


# --- reading ---


def maps_of(workspace: Workspace, gallery: str) -> list[MapInfo]:
    """All maps of the gallery, the newest first; what cannot be read is left out, as if it were not there."""
    found = []
    for file in (workspace.path / FOLDER).glob(f"{gallery}@*/*{SUFFIX}"):
        with contextlib.suppress(ReidError):
            found.append(read_info(file))
    return sorted(found, key=lambda info: info.at, reverse=True)


def read_map(workspace: Workspace, gallery: str, model: str, layout: str) -> CropMap:
    """The map of the gallery under the model's id, by its layout's name. Raises ReidError when it is not there."""
    return read_map_file(map_file(workspace.path, gallery, model, layout))


# --- following the gallery ---


def drift(workspace: Workspace, made: CropMap) -> Drift:
    """What the gallery has that the map has not, and the reverse."""
    with connect(workspace.catalogue.path) as database:
        values = gallery_key(database, made.info.gallery), model_key(database, made.info.model)
        # As many as the map knows, and none written since it read them: a million ids need not be compared.
        count, last = database.execute(
            "SELECT COUNT(*), MAX(seq) FROM vector WHERE gallery = ? AND model = ?", values
        ).fetchone()
        if count == len(made.ids) + len(made.unusable) and (last or 0) <= made.info.seq:
            return Drift()
        text = database.execute("SELECT group_concat(crop) FROM vector WHERE gallery = ? AND model = ?", values)
        there = np.fromstring(text.fetchone()[0] or "", np.int64, sep=",")
    there.sort()
    new = there[~np.isin(there, made.ids, assume_unique=True)]  # quick, as ids are near each other
    new = new[~np.isin(new, made.unusable)]
    return Drift(new, len(made.ids) - int(np.isin(made.ids, there, assume_unique=True).sum()))


def place_new(workspace: Workspace, gallery: str, model: str, layout: str) -> int:
    """Give every crop that came since a place on the map, amid its nearest there; returns how many did.

    The map's own points stay where they are.
    """
    with one_at_a_time(lock(workspace.path)):
        made = read_map(workspace, gallery, model, layout)
        seq = workspace.catalogue.version()
        new = drift(workspace, made).new
        if not len(new):
            return 0
        ids, vectors, left_out = usable_vectors(*read_vectors(workspace.catalogue, gallery, model))
        made = _with_unusable(made, left_out, seq)
        rows = np.searchsorted(ids, np.intersect1d(made.ids, ids))
        known = np.isin(made.ids, ids)
        new_rows = np.flatnonzero(np.isin(ids, new))
        if len(new_rows) and known.any():
            near, similar = _nearest_of(vectors[new_rows], vectors[rows], min(max(PLACED_BY, KEPT), len(rows)))
            mapped = np.flatnonzero(known)[near]  # rows of the map
            anchored = min(PLACED_BY, near.shape[1])
            points = place(made.points, mapped[:, :anchored], similar[:, :anchored])
            made = _joined(made, ids[new_rows], points, mapped, similar)
        write_map_file(_file(workspace, made.info), made)
        return len(new_rows) if known.any() else 0


def _with_unusable(made: CropMap, left_out: NDArray[np.int64], seq: int) -> CropMap:
    unusable = np.setdiff1d(left_out, made.ids)
    named = tuple(unusable[:NAMED].tolist())
    info = dataclasses.replace(made.info, left_out=named, unusable=len(unusable), seq=seq)
    return dataclasses.replace(made, info=info, unusable=unusable)


def _nearest_of(queries: Vectors, vectors: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    similarities, rows = index.search(np.ascontiguousarray(queries), k)
    return rows, similarities


def _joined(
    made: CropMap, ids: NDArray[np.int64], points: Points, near: NDArray[np.int64], similar: NDArray[np.float32]
) -> CropMap:
    """The map with newcomers, in the order of ids. A newcomer belongs to the cluster of its nearest."""
    kept = made.neighbours.shape[1]
    wide = np.pad(near, ((0, 0), (0, max(0, kept - near.shape[1]))), mode="edge")[:, :kept]
    alike = np.pad(similar, ((0, 0), (0, max(0, kept - similar.shape[1]))), mode="edge")[:, :kept]
    every = np.concatenate([made.ids, ids])
    order = np.argsort(every)
    place_of = np.empty(len(order), np.int32)
    place_of[order] = np.arange(len(order))
    info = dataclasses.replace(made.info, crops=len(every), placed=made.info.placed + len(ids))
    return CropMap(
        info,
        every[order],
        np.concatenate([made.points, points])[order],
        place_of[np.concatenate([made.neighbours, wide])[order]],
        np.concatenate([made.similarities, alike.astype(np.float16)])[order],
        np.concatenate([made.clusters, made.clusters[near[:, 0]]])[order],
        np.concatenate([made.placed, np.ones(len(ids), np.bool_)])[order],
        made.unusable,
    )
