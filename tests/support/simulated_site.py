"""A gallery of simulated people with vectors and without pictures: enough of them to measure on, in a moment."""

from __future__ import annotations

import numpy as np

from reid_core.embedder.model import model_id
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_MODEL
from tests.evaluation.simulated_people import SIZE, draw


def add_site(workspace: Workspace, name: str = "site", *, seed: int = 0) -> None:
    """90 people in four cameras, 60 of them to train on, embedded by the tiny model of the workspace."""
    features, labels = draw(np.random.default_rng(seed), 90)
    catalogue, id = workspace.catalogue, model_id(workspace.find_model(TINY_MODEL))
    catalogue.add_gallery(name)
    source = catalogue.add_source(name, f"/nowhere/{name}", "table")
    split = np.where(labels.identity <= 60, "train", np.where(np.arange(len(labels)) % 2 == 0, "query", "gallery"))
    rows = zip(labels.identity, labels.camera, split, strict=True)
    catalogue.add_crops(
        name,
        source,
        [
            NewCrop(
                f"{seed}-{n}.jpg",
                str(person),
                f"c{camera}",
                np.nan,
                None,
                str(part),
                32,
                64,
                (10_000 * seed + n + 1).to_bytes(32, "big"),
            )
            for n, (person, camera, part) in enumerate(rows)
        ],
    )
    ids = catalogue.crops(name)["id"].tolist()[-len(labels) :]  # those that came now
    padded = np.zeros((len(ids), 16), np.float32)  # the size of the tiny model's vectors
    padded[:, :SIZE] = features
    add_vectors(catalogue, id, ids, padded)
