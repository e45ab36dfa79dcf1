"""A photo in, the gallery's most similar crops out, with what is known of each."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.images import decode
from reid_core.records import SPLITS, format_time, natural_order
from reid_core.retrieval.index import Filter
from reid_core.retrieval.rerank import rerank
from reid_core.retrieval.results import RankedResults
from reid_core.workspace.indexing import GalleryIndex
from reid_core.workspace.workspace import Workspace

RERANK_AMONG = 200  # nearest crops whose neighbourhoods are compared when re-ranking


@dataclass(frozen=True)
class Question:
    """What is searched for. `camera` is the one that took the photo, None where unknown.

    Hits of the photo's own camera say little (the same moment), so they are left out unless `same_camera`.
    """

    photo: bytes
    top: int = 20
    where: Filter = field(default_factory=Filter)
    camera: str | None = None
    same_camera: bool = False
    rerank: bool = False
    purpose: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """Ranked results of one photo with one table row per hit, in order.

    `own` are the crops of the gallery that are the very same picture; they are never among the hits.
    """

    results: RankedResults
    crops: pd.DataFrame
    own: pd.DataFrame
    camera: str | None
    searched: int
    seconds: float

    def hits(self) -> list[dict[str, Any]]:
        """Hits as plain values: rank, similarity, path, identity, camera, time, tracklet, split, id."""
        rows = self.crops.to_dict("records")
        return [
            {
                "rank": hit.rank,
                "similarity": round(hit.similarity, 6),
                "path": row["path"],
                "identity": row["identity"],
                "camera": row["camera"],
                "time": format_time(row["time"]),
                "tracklet": row["tracklet"],
                "split": row["split"],
                "id": int(row["id"]),
                "sha256": row["sha256"],
            }
            for hit, row in zip(self.results.row(0), rows, strict=True)
        ]


def search(workspace: Workspace, index: GalleryIndex, embedder: Embedder, question: Question) -> Answer:
    """Search the gallery for the person in the photo, and write the search into the audit log.

    Raises BadImage for a photo that cannot be read; ReidError for a camera that the gallery does not have, and when
    the index holds another model's vectors.
    """
    began = time.perf_counter()
    if embedder.id != index.model:
        raise ReidError(
            f"The photo was embedded by model {embedder.card.name} ({embedder.id}), gallery {index.gallery!r} by "
            f"{index.model}; their vectors cannot be compared. Index the gallery with the same model."
        )
    catalogue = workspace.catalogue
    _refuse_unknown_labels(workspace, index.gallery, question)
    image = decode(question.photo)
    sha256 = hashlib.sha256(question.photo).digest()
    own = catalogue.find_picture(index.gallery, sha256)
    camera = question.camera or next((camera for camera in own["camera"] if camera is not None), None)
    where = dataclasses.replace(question.where, exclude_ids=question.where.exclude_ids | frozenset(map(int, own["id"])))
    if camera is not None and not question.same_camera:
        where = dataclasses.replace(where, exclude_cameras=where.exclude_cameras | {camera})

    exact = index.current()
    query = embedder.embed([image])
    if question.rerank:
        near = exact.search(query, max(question.top, RERANK_AMONG), where)
        results = rerank(near, query, exact.vectors).top(question.top)
    else:
        results = exact.search(query, question.top, where)
    crops = catalogue.crops_of(results.ids[0][results.ids[0] >= 0].tolist())
    if len(crops) != np.count_nonzero(results.ids[0] >= 0):  # deleted by another process between the two steps
        raise ReidError("The gallery changed during the search. Search again.")
    catalogue.log(
        "search", question.purpose, gallery=index.gallery, model=embedder.id, photo=sha256.hex(), hits=len(crops),
        top=question.top, rerank=question.rerank,
    )  # fmt: skip
    return Answer(results, crops, own, camera, len(exact), time.perf_counter() - began)


def refresh(workspace: Workspace, answer: Answer) -> Answer | None:
    """The answer with its crops' labels as they are now; None when one of them is gone."""
    crops = workspace.catalogue.crops_of(answer.crops["id"].tolist())
    return dataclasses.replace(answer, crops=crops) if len(crops) == len(answer.crops) else None


def choose_model(workspace: Workspace, gallery: str, name: str | None) -> Embedder:
    """The named model, else the one that embedded most of the gallery. Raises ReidError when there is none to use."""
    info = workspace.catalogue.gallery(gallery)
    if name is not None:
        return Embedder(workspace.find_model(name))
    if not info.crops:
        raise ReidError(f"Gallery {gallery!r} is empty. Import crops with `reid import`.")
    if not info.models:
        raise ReidError(f"Gallery {gallery!r} is not indexed yet. Run `reid index {gallery} --model <model or run>`.")
    here = {entry.id: entry.folder for entry in workspace.models()}
    for id, _, _ in reversed(info.models):
        if id in here:
            return Embedder(here[id])
    id, model, _ = info.models[-1]
    raise ReidError(
        f"Gallery {gallery!r} was indexed by model {model} ({id}), which is no longer here. Index it again."
    )


def _refuse_unknown_labels(workspace: Workspace, gallery: str, question: Question) -> None:
    """A filter that names what is not there would find nobody, and look like an answer."""
    known = workspace.catalogue.cameras(gallery)
    asked = (question.where.cameras or frozenset()) | ({question.camera} if question.camera else set())
    if unknown := sorted(asked - set(known)):
        there = f"It has: {', '.join(natural_order(known))}." if known else "Its crops name no camera."
        raise ReidError(f"Gallery {gallery!r} has no camera {unknown[0]!r}. {there}")
    if unknown := sorted((question.where.splits or frozenset()) - set(SPLITS)):
        raise ReidError(f"There is no split {unknown[0]!r}; use {', '.join(SPLITS)}.")
    for identity in sorted(question.where.identities or ()):
        if not workspace.catalogue.has_identity(gallery, identity):
            raise ReidError(f"Gallery {gallery!r} has no identity {identity!r}.")
