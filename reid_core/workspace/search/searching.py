"""Pictures of a person in, the gallery's most similar crops out, with what is known of each."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from reid_core.embedder.inference import Embedder
from reid_core.errors import NotThere, ReidError
from reid_core.images import decode
from reid_core.picture_reader import PictureReader
from reid_core.records import natural_order
from reid_core.retrieval.feedback import query_vector, similarities_to_examples
from reid_core.retrieval.filters import Filter
from reid_core.retrieval.grouping import Group, Labels, grouped
from reid_core.retrieval.protocol import VectorIndex
from reid_core.retrieval.rerank import rerank
from reid_core.retrieval.results import NO_HIT, RankedResults
from reid_core.times import format_time
from reid_core.workspace.cases.cases import find
from reid_core.workspace.cases.verdicts import MATCH, NOT, Standing, of_decision, standing
from reid_core.workspace.catalogue.audit import Search
from reid_core.workspace.catalogue.vectors import vectors_of
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.unknown_labels import refuse_unknown_labels
from reid_core.workspace.workspace import Workspace

RERANK_AMONG = 200  # nearest crops whose neighbourhoods are compared when re-ranking
MOST_HITS = 2_000  # that are looked at to fill a list of groups


@dataclass(frozen=True)
class Example:
    """A picture to search with: a photo's bytes, or the id of a crop. A `negative` one shows somebody else.

    `name` is what the photo's file is called.
    """

    photo: bytes | None = None
    crop: int | None = None
    negative: bool = False
    name: str = ""


@dataclass(frozen=True)
class Question:
    """What is searched for. `camera` is the one that took the photos, None where unknown.

    Walks within zones to ignore are no hits, unless `where.ignored`.
    Hits of the examples' own cameras say little (the same moment), so they are left out unless `same_camera`. `top`
    is the number of hits, or of groups of hits where `group` is one of `retrieval.grouping.LEVELS`. Of an
    `case`, what was confirmed becomes part of the query; that and what was rejected are no hits any more.
    """

    examples: tuple[Example, ...]
    top: int = 20
    where: Filter = field(default_factory=Filter)
    camera: str | None = None
    same_camera: bool = False
    rerank: bool = False
    group: str | None = None
    purpose: str = ""
    case: str | None = None


@dataclass(frozen=True, eq=False)
class Query:
    """The question's examples as (E, D) unit vectors of the model of that id, with what the gallery knows of them.

    `own` are the crops of the gallery that are the very same pictures; they are never hits. `sha256s` are of each
    example's picture, `cameras` those of the positive ones, as far as known.
    """

    question: Question
    model: str
    vectors: NDArray[np.float32]
    sha256s: tuple[str, ...]
    own: pd.DataFrame
    cameras: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """Ranked results of one question with one table row per hit, in order.

    Of the `searched` crops that the index holds, `compared` could be hits: those that pass `where`, which is the
    question's filter without what was judged, the photos themselves, their cameras, and what lies in zones to ignore.
    A similarity is the cosine to the nearest photo that was asked with; once there are several examples or verdicts
    the order is that of the query which they make together. `standing` is what stands in the case, `version`
    the catalogue's before it was searched: what came to it since was not.
    """

    query: Query
    results: RankedResults
    crops: pd.DataFrame
    standing: dict[int, Standing]
    searched: int
    compared: int
    seconds: float
    version: int
    where: Filter

    @property
    def own(self) -> pd.DataFrame:
        return self.query.own

    @property
    def photos(self) -> int:
        """How many a similarity is the nearest of: those that were asked with, else what was confirmed. One picture
        that was given twice is one."""
        examples = zip(self.query.question.examples, self.query.sha256s, strict=True)
        asked = {sha256 for example, sha256 in examples if not example.negative}
        return max(1, len(asked) or len(of_decision(self.standing, MATCH)))

    @property
    def camera(self) -> str | None:
        """The camera of the examples, the first where there are several."""
        return next(iter(self.query.cameras), None)

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

    def groups(self, level: str | None = None) -> list[Group]:
        """The hits in groups, by the question's level unless another is given."""
        return grouped(self.results.row(0), _labels(self.crops), level or self.query.question.group or "tracklet")


def search(
    workspace: Workspace, index: GalleryIndex, embedder: Embedder, question: Question, *, judged_by: str | None = None
) -> Answer:
    """Search the gallery for the person in the examples, and write the search into the audit log.

    `judged_by` is as for `answer_query`. Raises BadImage for a photo that cannot be read; ReidError when there is no
    positive example, for a camera that the gallery does not have, a crop that is gone, and when the index holds another
    model's vectors.
    """
    began = time.perf_counter()
    answer = answer_query(workspace, index, prepare(workspace, index, embedder, question), judged_by=judged_by)
    event = Search(
        purpose=question.purpose, gallery=index.gallery, model=embedder.id, hits=len(answer.crops), top=question.top,
        rerank=question.rerank, photos=answer.query.sha256s, identities=tuple(sorted(question.where.identities or ())),
        case=None if question.case is None else find(workspace, question.case).key,
    )  # fmt: skip
    workspace.catalogue.log(event)
    return dataclasses.replace(answer, seconds=time.perf_counter() - began)


def prepare(workspace: Workspace, index: GalleryIndex, embedder: Embedder, question: Question) -> Query:
    """Embed the examples; raises as `search` does."""
    if embedder.id != index.model:
        raise ReidError(
            f"The photo was embedded by model {embedder.card.name} ({embedder.id}), gallery {index.gallery!r} by "
            f"{index.model}; their vectors cannot be compared. Index the gallery with the same model."
        )
    refuse_unknown_labels(workspace, index.gallery, question.where, question.camera)
    vectors, sha256s, owns = [], [], []
    for example in question.examples:
        vector, sha256 = _embed(workspace, embedder, example)
        vectors.append(vector)
        sha256s.append(sha256.hex())
        owns.append(workspace.catalogue.find_picture(index.gallery, sha256).assign(negative=example.negative))
    own = pd.concat(owns, ignore_index=True) if owns else workspace.catalogue.crops_of([]).assign(negative=False)
    cameras = [question.camera] if question.camera else own["camera"][~own["negative"].astype(bool)].dropna().tolist()
    stacked = np.concatenate(vectors) if vectors else np.empty((0, embedder.card.embedding_size), np.float32)
    return Query(question, embedder.id, stacked, tuple(sha256s), own, tuple(natural_order(set(cameras))))


def answer_query(workspace: Workspace, index: GalleryIndex, query: Query, *, judged_by: str | None = None) -> Answer:
    """What the gallery and the case's verdicts give now; nothing is embedded or logged.

    This is what a verdict calls for. Only crops that the analyst `judged_by` has a verdict on count as judged, where
    one is named. Raises ReidError when there is no positive example.
    """
    began, version = time.perf_counter(), workspace.catalogue.version()
    question, current = query.question, index.current()
    judged = {} if question.case is None else standing(workspace, question.case, judged_by=judged_by)
    _, confirmed = vectors_of(workspace.catalogue, query.model, of_decision(judged, MATCH))
    negative = np.array([example.negative for example in question.examples], dtype=np.bool_)
    _, rejected = vectors_of(workspace.catalogue, query.model, of_decision(judged, NOT))
    asked = query.vectors[~negative]
    moved = query_vector(asked, confirmed, np.concatenate([query.vectors[negative], rejected]))
    hidden = {*map(int, query.own["id"]), *of_decision(judged, MATCH), *of_decision(judged, NOT)}
    where = dataclasses.replace(question.where, exclude_ids=question.where.exclude_ids | hidden)
    if where.ignored is None:
        where = dataclasses.replace(where, ignored=False)
    if not question.same_camera:
        where = dataclasses.replace(where, exclude_cameras=where.exclude_cameras | frozenset(query.cameras))
    results, crops = _ranked(workspace, current, moved, question, where)
    found = results.ids[0][results.ids[0] != NO_HIT]
    results = similarities_to_examples(results, asked if len(asked) else confirmed, current.vectors(found))
    compared = current.count(where)
    seconds = time.perf_counter() - began
    return Answer(query, results, crops, judged, len(current), compared, seconds, version, where)


def _ranked(
    workspace: Workspace, index: VectorIndex, query: NDArray[np.float32], question: Question, where: Filter
) -> tuple[RankedResults, pd.DataFrame]:
    """As many hits as were asked for, or as many as fill so many groups, with their rows."""
    depth = 4 * question.top if question.group else question.top
    while True:
        if question.rerank:
            near = index.search(query, max(depth, RERANK_AMONG), where)
            results = rerank(near, query, index.vectors).top(depth)
        else:
            results = index.search(query, depth, where)
        hits = results.row(0)
        crops = workspace.catalogue.crops_of([hit.id for hit in hits])
        if len(crops) != len(hits):  # deleted by another process between the two steps
            raise ReidError("The gallery changed during the search. Search again.")
        if not question.group:
            return results, crops
        groups = grouped(hits, _labels(crops), question.group)
        if len(groups) > question.top or len(hits) < depth or depth >= MOST_HITS:
            kept = {hit.id for group in groups[: question.top] for hit in group.hits}
            chosen = np.isin(results.ids[0], list(kept))
            few = RankedResults(results.model, results.ids[:, chosen], results.similarities[:, chosen])
            return few, crops[crops["id"].isin(kept)].reset_index(drop=True)
        depth = min(4 * depth, MOST_HITS)


def _labels(crops: pd.DataFrame) -> dict[int, Labels]:
    columns = (crops[name] for name in ("id", "tracklet", "camera", "identity"))
    return {int(crop): Labels(*labels) for crop, *labels in zip(*columns, strict=True)}


def _embed(workspace: Workspace, embedder: Embedder, example: Example) -> tuple[NDArray[np.float32], bytes]:
    """Its (1, D) vector, the stored one of a crop that the model has embedded, and the hash of its picture."""
    if example.photo is not None:
        name = example.name or "this photo"
        return _direction(embedder, decode(example.photo), name), hashlib.sha256(example.photo).digest()
    if example.crop is None:
        raise ReidError("An example to search with needs a photo or a crop.")
    rows = workspace.catalogue.crops_of([example.crop])
    if rows.empty:
        raise NotThere(f"Crop {example.crop} is gone; it may have been deleted. Search with another.")
    row = rows.iloc[0]
    found, stored = vectors_of(workspace.catalogue, embedder.id, [example.crop])
    if len(found):
        return stored / np.linalg.norm(stored, axis=1, keepdims=True), bytes.fromhex(row["sha256"])
    with PictureReader() as reader:
        reader.open({row["source"]})
        picture = reader.picture(row["source"], row["path"])
    return _direction(embedder, picture, f"crop {example.crop} ({row['path']})"), bytes.fromhex(row["sha256"])


def _direction(embedder: Embedder, picture: Image.Image, name: str) -> NDArray[np.float32]:
    """Its (1, D) vector. Raises ReidError where the model gives it no direction."""
    vectors = embedder.directions([embedder.prepare(picture)])
    if np.isnan(vectors).any():
        raise ReidError(
            f"The model {embedder.card.name} gives {name} no usable vector, so nothing can be compared with it. "
            "Choose another picture of the person."
        )
    return vectors


def refresh(workspace: Workspace, answer: Answer) -> Answer | None:
    """The answer with its crops' labels as they are now; None when one of them is gone."""
    crops = workspace.catalogue.crops_of(answer.crops["id"].tolist())
    return dataclasses.replace(answer, crops=crops) if len(crops) == len(answer.crops) else None
