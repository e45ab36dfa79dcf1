"""How often a search is told that the person may not be there: for people who are in the gallery, and who are not.

    python -m tests.benchmarks.absent WORKSPACE GALLERY MODEL

Every crop of the query and gallery splits asks once, among the crops of other cameras; then again with all crops of its
person left out. Told by the calibration in the model's card, which may have been measured on these very people, and by
calibrations on random halves of the people, for searches among the other half.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import model_id
from reid_core.evaluation.calibration.calibration import Calibration, calibrate
from reid_core.evaluation.calibration.meaning import LOOSE, calibration_for
from reid_core.evaluation.ranking.ranking import Labels, encode_labels
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.workspace import Workspace

SEARCHES = (1, 2, 3, 5, 10, 20, 50, 100)  # a stranger as similar is expected in one of so many
HALVES, ASKED = 10, 1_500
Vectors = NDArray[np.float32]


def crops(workspace: Workspace, gallery: str, model: str) -> tuple[Vectors, Labels]:
    ids, vectors = read_vectors(workspace.catalogue, gallery, model)
    table = workspace.catalogue.crops_of(ids.tolist())
    kept = (
        table["split"].isin(["query", "gallery"])
        & table["identity"].notna()
        & ~table["identity"].isin([DISTRACTOR, JUNK])
    ).to_numpy()
    unit = vectors[kept].astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return unit, encode_labels(table["identity"][kept], table["camera"][kept], [], [])[0]


def searches(
    found: Calibration, vectors: Vectors, labels: Labels, asking: NDArray[np.intp]
) -> Iterator[tuple[float | None, float]]:
    """Strangers as similar as the best hit that each search is to expect: with the person there, and without."""
    for query in asking:
        other = labels.camera != labels.camera[query]
        own = labels.identity == labels.identity[query]
        similarities = vectors @ vectors[query]
        there = _expected(found, similarities[other]) if (other & own).any() else None
        yield there, _expected(found, similarities[other & ~own])


def _expected(found: Calibration, similarities: Vectors) -> float:
    rate = found.false_matches(float(similarities.max()))
    return len(similarities) * (rate.value if rate.high <= LOOSE * rate.value else rate.high)


def report(name: str, told: list[tuple[float | None, float]]) -> None:
    there = np.array([one for one, _ in told if one is not None])
    gone = np.array([one for _, one in told])
    print(f"  {name}: {len(there):,} searches for people who are there, {len(gone):,} for people who are not")
    for number in SEARCHES:
        shares = (100 * float((some >= 1 / number).mean()) for some in (there, gone))
        print("    a stranger in one of {:>3} searches: said of {:5.1f} % and of {:5.1f} %".format(number, *shares))


def main() -> None:
    workspace, gallery, name = Workspace(Path(sys.argv[1]), system_user()), sys.argv[2], sys.argv[3]
    folder = workspace.find_model(name)
    id, random = model_id(folder), np.random.default_rng(0)
    vectors, labels = crops(workspace, gallery, id)
    people = np.unique(labels.identity)
    print(f"{gallery} by {name}: {len(vectors):,} crops of {len(people):,} people")
    found, reason = calibration_for(ModelCard.read(folder).calibration, model=id, name=name, gallery=gallery)
    asking = random.permutation(len(vectors))[:ASKED]
    if found is None:
        print(f"  {reason}")
    else:
        report("by the model's card", list(searches(found, vectors, labels, asking)))
    told: list[tuple[float | None, float]] = []
    for _ in range(HALVES):
        half = np.isin(labels.identity, random.permutation(people)[: len(people) // 2])
        ours, theirs = (Labels(labels.identity[some], labels.camera[some]) for some in (half, ~half))
        measured = calibrate(vectors[half], ours, model=id, galleries=(gallery,), kind=gallery)
        asking = random.permutation(int((~half).sum()))[: ASKED // HALVES]
        told += searches(measured, vectors[~half], theirs, asking)
    report(f"calibrated on one half of the people, {HALVES} times", told)


if __name__ == "__main__":
    main()
