"""What verdicts are worth and what they cost: mAP on crops that nobody judged, and the time to a new list.

The worth is measured on a split of Market-1501 that is not part of this project (see `tests/test_known_figures.py`);
without it that half is skipped. For each query a simulated analyst judges the five best crops that are not judged yet,
three times, and is always right. After each round the crops that are left are ranked by the query as it was and by the
query that the verdicts moved: both figures are of the same crops, and the difference is what feedback brings.

The weights of `retrieval.feedback` were chosen on the training people by `python -m tests.benchmarks.feedback tune`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from reid_core.datasets import read_dataset
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SHIPPED_MODELS
from reid_core.embedder.third_party.adding import add_network
from reid_core.images import decode
from reid_core.retrieval.feedback import Weights, query_vector
from reid_core.sources import open_source
from reid_core.workspace.actor import system_user
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Example, Query, Question, answer_query
from reid_core.workspace.workspace import Workspace

MEASURING = Path(os.environ.get("REID_MEASURING", Path(__file__).resolve().parents[3] / "shared"))
SPLIT = MEASURING / "data" / "market1501-split.zip"
OSNET = MEASURING / "models" / "osnet_x0_25_msmt17.onnx"
ROUNDS, EACH = 3, 5
TUNING_QUERIES = 300
CROPS, DIMENSION, TRACKLET = 100_000, 512, 40
CLICKS = 25
PEOPLE_ROW = tuple[np.ndarray, np.ndarray, np.ndarray]  # vectors (N, D), identities (N,), cameras (N,)


def embedded(folder: Path, splits: tuple[str, ...]) -> dict[str, PEOPLE_ROW]:
    dataset, embedder = read_dataset(SPLIT), Embedder(folder, "cpu")
    found = {}
    source = open_source(dataset.source)
    for split in splits:
        table = dataset.records.of_split(split).table
        images = (decode(source.read(path)) for path in table["path"])
        prepared = [embedder.prepare(image) for image in images]
        parts = [embedder.embed_pixels(prepared[start : start + 256]) for start in range(0, len(prepared), 256)]
        found[split] = np.concatenate(parts), table["identity"].to_numpy(str), table["camera"].to_numpy(str)
    source.close()
    return found


def average_precision(matches: np.ndarray) -> float:
    """Of matches (N,) in ranked order, with one at least."""
    found = np.cumsum(matches)
    return float((found[matches] / (np.flatnonzero(matches) + 1)).mean())


def rounds(asked: PEOPLE_ROW, held: PEOPLE_ROW, weights: Weights) -> list[tuple[int, float, float]]:
    """Of each round: queries that have a match left, and the mAP (0 to 100) on what is left, without and with."""
    without: list[list[float]] = [[] for _ in range(ROUNDS)]
    moved: list[list[float]] = [[] for _ in range(ROUNDS)]
    for query, identity, camera in zip(*asked, strict=True):
        counted = ~((held[1] == identity) & (held[2] == camera))  # one person in one camera is junk
        vectors, matches = held[0][counted], held[1][counted] == identity
        if not matches.any():
            continue
        judged = np.zeros(len(vectors), np.bool_)
        first = now = vectors @ query
        for number in range(ROUNDS):
            judged[np.argsort(-np.where(judged, -np.inf, now), kind="stable")[:EACH]] = True
            now = vectors @ query_vector(query[None], vectors[judged & matches], vectors[judged & ~matches], weights)[0]
            left = ~judged
            if matches[left].any():
                for scores, figures in ((first, without), (now, moved)):
                    figures[number].append(average_precision(matches[left][np.argsort(-scores[left], kind="stable")]))
    return [
        (len(before), 100 * float(np.mean(before)), 100 * float(np.mean(after)))
        for before, after in zip(without, moved, strict=True)
    ]


def models(folder: Path) -> dict[str, Path]:
    add_network(OSNET, folder / "osnet", ModelCard("osnet", 0, Preprocessing(256, 128)))
    return {"the shipped synthetic model": SHIPPED_MODELS / "synthetic", "OSNet x0.25 of MSMT17": folder / "osnet"}


def missing() -> str | None:
    gone = [file.name for file in (SPLIT, OSNET) if not file.is_file()]
    return f"{', '.join(gone)} not on this machine" if gone else None


def worth() -> None:
    print(f"Verdicts: {ROUNDS} rounds of {EACH} for each query, on the 150 test people of a split of Market-1501")
    if (why := missing()) is not None:
        print(f"  skipped: {why}")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models(Path(folder)).items():
            found = embedded(model, ("query", "gallery"))
            print(f"  {name}")
            for number, (queries, before, after) in enumerate(rounds(found["query"], found["gallery"], Weights()), 1):
                print(
                    f"    after round {number}: mAP on crops not judged {before:5.1f} -> {after:5.1f} "
                    f"({after - before:+.1f}; {queries} queries with a match left)",
                    flush=True,
                )


def tune() -> None:
    """Print what weights bring on the 601 training people; queries are a crop of each person and camera."""
    if (why := missing()) is not None:
        sys.exit(f"Nothing to tune on: {why}.")
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models(Path(folder)).items():
            vectors, identities, cameras = embedded(model, ("train",))["train"]
            places = np.char.add(np.char.add(identities, " "), cameras)
            chosen = np.zeros(len(vectors), np.bool_)
            chosen[np.unique(places, return_index=True)[1]] = True
            asking = random.permutation(np.flatnonzero(chosen))[:TUNING_QUERIES]
            asked = vectors[asking], identities[asking], cameras[asking]
            held = vectors[~chosen], identities[~chosen], cameras[~chosen]
            for confirmed, rejected in product((0.5, 1.0, 2.0, 3.0, 4.0), (0.25, 0.5, 0.75, 1.0)):
                figures = rounds(asked, held, Weights(confirmed, rejected))
                gains = [after - before for _, before, after in figures]
                print(
                    f"  {name}: confirmed {confirmed}, rejected {rejected}: mean gain {np.mean(gains):.2f}", flush=True
                )


def many_crops(folder: Path) -> tuple[Workspace, GalleryIndex]:
    """A workspace of unit vectors around 2,500 people, forty frames to a tracklet."""
    workspace, random = Workspace(folder, system_user()), np.random.default_rng(0)
    catalogue = workspace.catalogue
    catalogue.add_gallery("many")
    source = catalogue.add_source("many", "/nowhere", "table")
    catalogue.add_model("bench", "bench", DIMENSION)
    centres = random.standard_normal((CROPS // TRACKLET, DIMENSION), dtype=np.float32)
    for start in range(0, CROPS, 5_000):
        rows = range(start, start + 5_000)
        shown = [(row, str(row // TRACKLET)) for row in rows]
        crops = [
            NewCrop(f"{row}.jpg", None, seen[-1], 1.7e9 + row, seen, "gallery", 64, 128, row.to_bytes(32, "big"))
            for row, seen in shown
        ]
        catalogue.add_crops("many", source, crops)
        noise = random.standard_normal((len(rows), DIMENSION), dtype=np.float32)
        vectors = centres[np.array(rows) // TRACKLET] + 2 * noise
        add_vectors(catalogue, "bench", [row + 1 for row in rows], vectors / np.linalg.norm(vectors, axis=1)[:, None])
    cases.create(workspace, "case", "benchmark")
    return workspace, GalleryIndex(workspace, "many", "bench")


def cost() -> None:
    print(f"A verdict, and the list that follows it, {CROPS:,} crops x {DIMENSION}, server side, wall clock")
    with tempfile.TemporaryDirectory() as folder:
        workspace, index = many_crops(Path(folder))
        for name, values in (
            ("20 hits", {}), ("20 hits, re-ranked", {"rerank": True}),
            ("20 tracklets, one camera left out", {"group": "tracklet", "camera": "0", "same_camera": False}),
        ):  # fmt: skip
            photo = index.current().vectors(np.array([1]))
            question = Question((Example(b"photo"),), case="case", **values)
            query = Query(question, "bench", photo, ("",), workspace.catalogue.crops_of([]), ("0",))
            answer, seconds = answer_query(workspace, index, query), []
            busy = time.process_time()
            for click in range(CLICKS):
                hit, verdict = answer.results.row(0)[0], verdicts.MATCH if click % 2 else verdicts.NOT
                began = time.perf_counter()
                seen = verdicts.Seen(hit.id, hit.similarity, hit.rank)
                verdicts.give(workspace, "case", verdict, [seen], crops_only=True)
                answer = answer_query(workspace, index, query)
                seconds.append(time.perf_counter() - began)
            p50, worst = 1e3 * np.median(seconds), 1e3 * max(seconds)
            cpu = 1e3 * (time.process_time() - busy) / CLICKS
            print(
                f"  {name:<36} median {p50:6.1f} ms, slowest of {CLICKS} {worst:6.1f} ms, {cpu:6.1f} CPU ms", flush=True
            )


def run() -> None:
    worth()
    cost()


if __name__ == "__main__":
    tune() if sys.argv[1:] == ["tune"] else run()
