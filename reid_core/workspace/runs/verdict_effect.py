"""What a training changed of the order in which rejected and confirmed crops come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.embedder.inference import Embedder
from reid_core.picture_reader import PictureReader
from reid_core.records import plural
from reid_core.workspace.catalogue.vectors import vectors_of
from reid_core.workspace.runs.verdict_file import VerdictLabels, crops_in
from reid_core.workspace.workspace import Workspace

Vectors = Mapping[int, NDArray[np.float32]]


@dataclass(frozen=True)
class Change:
    """Of all pairs of a confirmed and a rejected crop of one case: the share (0 to 1) of those in which the
    rejected one is the more similar to the nearest other confirmed crop, by the model before and by the new one."""

    pairs: int
    before: float | None
    after: float
    before_model: str

    def describe(self) -> str:
        was = "" if self.before is None else f" ({100 * self.before:.1f} % by {self.before_model})"
        return (
            f"Of {plural(self.pairs, 'pair')} of a rejected and a confirmed crop, the rejected one comes first in "
            f"{100 * self.after:.1f} %{was}. These crops were trained on: it shows that the verdicts were taken in, "
            "and not how well the model does on others."
        )


def measure(workspace: Workspace, labels: VerdictLabels, new: Embedder, serving: str | None) -> Change | None:
    """Embed the judged crops with the new model; `serving` is the id of the one before, whose vectors are kept.

    None where no case has two confirmed crops and a rejected one whose pictures are there.
    """
    rows = workspace.catalogue.crops_of(sorted(crops_in(labels)))
    with PictureReader() as reader:
        reader.open(set(rows["source"]))
        images = [reader.picture(source, path) for source, path in zip(rows["source"], rows["path"], strict=True)]
    vectors = new.directions([new.prepare(image) for image in images])
    found = zip(rows["id"].tolist(), vectors, strict=True)
    embedded = {crop: vector for crop, vector in found if not np.isnan(vector).any()}  # others have no direction
    pairs, after = disorder(labels, embedded)
    if not pairs:
        return None
    before, name = None, ""
    if serving is not None and serving != new.id:
        ids, stored = vectors_of(workspace.catalogue, serving, sorted(embedded))
        known = dict(zip(ids.tolist(), stored, strict=True))
        if len(known) == len(embedded):
            before = disorder(labels, known)[1]
            name = next((entry.name for entry in workspace.models() if entry.id == serving), serving)
    return Change(pairs, before, after, name)


def disorder(labels: VerdictLabels, vectors: Vectors) -> tuple[int, float]:
    """Pairs of a confirmed and a rejected crop, and the share of them in the wrong order; 0 of none."""
    wrong: list[NDArray[np.bool_]] = []
    for key, hers in labels.confirmed.items():
        confirmed = [vectors[crop] for crop in hers if crop in vectors]
        rejected = [vectors[crop] for crop in labels.rejected.get(key, ()) if crop in vectors]
        if len(confirmed) < 2 or not rejected:
            continue
        own = np.stack(confirmed) @ np.stack(confirmed).T
        np.fill_diagonal(own, -np.inf)
        others = (np.stack(rejected) @ np.stack(confirmed).T).max(axis=1)
        wrong.append((others[:, None] > own.max(axis=1)).ravel())
    found = np.concatenate(wrong) if wrong else np.empty(0, np.bool_)
    return len(found), float(found.mean()) if len(found) else 0.0
