"""Where in a crop a model finds what it knows the person by: patch after patch is hidden, and the vector looked at.

Occlusion (Zeiler and Fergus, ECCV 2014) needs no gradient, so it works with every ONNX model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROWS, COLUMNS = 16, 8  # cells of a picture; a patch covers 2 × 2 of them
Pixels = npt.NDArray[np.uint8]
Embed = Callable[[Sequence[Pixels]], npt.NDArray[np.float32]]
Heat = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hidden:
    """Unit vectors of one picture: as it `is` (D,), and with each `patch` hidden (P, D). `weights` (cells, P) spread
    what is found of the patches over the cells that they cover."""

    whole: npt.NDArray[np.float32]
    patches: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]

    @property
    def most(self) -> float:
        """By how much the vector moves, 1 - cosine, when the patch that matters most is hidden."""
        return float((1 - self.patches @ self.whole).max())

    def similarity(self, other: Hidden) -> float:
        """Of the two whole pictures."""
        return float(self.whole @ other.whole)


def hide_patches(embed: Embed, pixels: Pixels) -> Hidden:
    """Embed the prepared picture (H, W, 3) and its copies with one patch hidden each, 106 in one call.

    A patch is painted in the picture's mean colour, which hides its content and adds no edge darker or lighter than
    needed. `embed` gives unit vectors (N, D) of N pictures, as `Embedder.embed_pixels` does.
    """
    height, width, _ = pixels.shape
    down = np.linspace(0, height, ROWS + 1).round().astype(int)
    across = np.linspace(0, width, COLUMNS + 1).round().astype(int)
    mean = pixels.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    pictures, covered = [pixels], []
    for row in range(ROWS - 1):
        for column in range(COLUMNS - 1):
            copy = pixels.copy()
            copy[down[row] : down[row + 2], across[column] : across[column + 2]] = mean
            pictures.append(copy)
            cells = np.zeros((ROWS, COLUMNS), np.float32)
            cells[row : row + 2, column : column + 2] = 1
            covered.append(cells.ravel())
    vectors = embed(pictures)
    weights = np.stack(covered, axis=1)
    return Hidden(vectors[0], vectors[1:], weights / weights.sum(axis=1, keepdims=True))


def looked_at(hidden: Hidden) -> Heat:
    """(ROWS, COLUMNS): by how much the vector moves, 1 - cosine, when what is there is hidden; 0 where it is no use."""
    return _spread(hidden, 1 - hidden.patches @ hidden.whole)


def agreeing(hidden: Hidden, other: npt.NDArray[np.float32]) -> Heat:
    """(ROWS, COLUMNS): by how much the similarity to the unit vector `other` (D,) falls when what is there is hidden.

    Above 0 it speaks for the two being one person, below 0 against it.
    """
    return _spread(hidden, hidden.whole @ other - hidden.patches @ other)


def _spread(hidden: Hidden, of_patches: npt.NDArray[np.float32]) -> Heat:
    return (hidden.weights @ of_patches).reshape(ROWS, COLUMNS).astype(np.float32)
