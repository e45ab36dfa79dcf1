"""The crops that an evaluation is made on: vectors, labels, and whatever else is known of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.ranking.ranking import UNKNOWN_CAMERA, Labels, encode_labels

NAMED = 3  # bad rows that an error names


@dataclass(frozen=True, eq=False)
class Crops:
    """n crops.

    - `ids`: (n,) int64 in the catalogue, by which reports name them.
    - `features`: (n, D) float32 vectors of unit length.
    - `identity`, `camera`: (n,) labels as objects, None where unknown.
    - `columns`: (n,) further values by name: numbers (NaN where unknown) or text (None where unknown).
    - `pictures`: (n,) codes, equal for crops of one picture (`copies.pictures_of`); None where not known.

    Raises ReidError when lengths differ or a feature is not finite, and names the crops.
    """

    ids: NDArray[np.int64]
    features: NDArray[np.float32]
    identity: NDArray[np.object_]
    camera: NDArray[np.object_]
    columns: Mapping[str, NDArray] = field(default_factory=dict)
    pictures: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        lengths = {"features": len(self.features), "identity": len(self.identity), "camera": len(self.camera)}
        lengths |= {name: len(values) for name, values in self.columns.items()}
        lengths |= {} if self.pictures is None else {"pictures": len(self.pictures)}
        for name, length in lengths.items():
            if length != len(self.ids):
                raise ReidError(f"There are {len(self.ids)} crops but {length} values of {name}.")
        if self.features.ndim != 2:
            raise ReidError(f"The features have shape {self.features.shape}; they need two dimensions.")
        # A sum is finite only when all of its numbers are; a finite overflow is no vector of unit length either.
        bad = self.ids[~np.isfinite(self.features.sum(axis=1))] if self.features.size else []
        if len(bad):
            named = ", ".join(str(id) for id in bad[:NAMED]) + (", …" if len(bad) > NAMED else "")
            raise ReidError(
                f"The vectors of {len(bad):,} crops are not finite numbers (crop {named}). Embed them again; if they "
                "come out the same, the model is broken."
            )

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray) -> Crops:
        """Some of them, by rows or a mask."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        pictures = None if self.pictures is None else self.pictures[rows]
        return Crops(self.ids[rows], self.features[rows], self.identity[rows], self.camera[rows], columns, pictures)

    def with_features(self, features: NDArray[np.float32]) -> Crops:
        return dataclasses.replace(self, features=features)


def labels_of(queries: Crops, gallery: Crops, *, same_camera: bool = False) -> tuple[Labels, Labels]:
    """Labels of both in one coding. With `same_camera` every camera counts as unknown, so that nothing is junk."""
    found = encode_labels(queries.identity, queries.camera, gallery.identity, gallery.camera)
    if same_camera:
        unknown = [Labels(side.identity, np.full(len(side), UNKNOWN_CAMERA)) for side in found]
        return unknown[0], unknown[1]
    return found
