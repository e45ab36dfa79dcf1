"""What every index of vectors offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.results import RankedResults

Vectors: TypeAlias = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True)
class IndexStats:
    """Size of an index: `rows` vectors of `dimension` numbers from `model`, which are `vector_bytes` bytes.

    Beside them it carries `dead` rows of crops that are gone, until they are compacted or a new base is made. `grown`
    rows, dead or alive, are not in the base.
    """

    model: str
    dimension: int
    rows: int
    vector_bytes: int
    dead: int = 0
    grown: int = 0


class VectorIndex(Protocol):
    """What every backend offers; `Filter` is data that each one compiles for itself."""

    def add(self, ids: NDArray[np.int64], vectors: Vectors, columns: Columns) -> None: ...

    def remove(self, ids: Iterable[int]) -> int: ...

    def relabel(self, ids: NDArray[np.int64], columns: Columns) -> int: ...

    def search(self, vectors: NDArray[np.float32], k: int, where: Filter = ...) -> RankedResults: ...

    def stats(self) -> IndexStats: ...
