"""What is known of each crop beside its vector, and which crops a search may return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError

LABELS = ("camera", "identity", "split", "upper", "lower")
UNKNOWN_HEIGHT = 0
NUMBERS: dict[str, type[np.generic]] = {"time": np.float64, "height": np.int32, "sharpness": np.float32}


@dataclass(frozen=True)
class Filter:
    """Which crops a search may return. The default lets every crop through.

    A crop whose camera, identity or split is not known fails a filter that lists cameras, identities or splits, and
    passes `exclude_cameras`. `after` and `before` are seconds on the scale of `Columns.time`, both inclusive; a crop
    of unknown time fails either. `weekdays` (0 is Monday) and `hours` (0 to 23) are those of UTC, in which times are
    shown; a crop whose date is not known fails them. `min_height` (pixels) and `min_sharpness` are inclusive too; a
    crop whose height or sharpness is not known fails them. `identity_known` keeps crops of named people (True: neither
    distractor nor junk) or those that nobody has named (False).

    `upper` and `lower` are colours of clothing. A crop whose colour is not clear fails them, unless `unclear_colours`;
    None ignores the colour. `only_ids` are the only crops that may be returned, None for all.

    >>> from reid_core.retrieval import ExactIndex
    >>> index = ExactIndex("model", dimension=2)
    >>> nothing, times = [None] * 3, [0.0, 60.0, np.nan]
    >>> vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]], np.float32)
    >>> index.add(np.array([11, 12, 13]), vectors, Columns(["hall", "stairs", None], nothing, nothing, times))
    >>> index.search(vectors[:1], 3, Filter(exclude_cameras=frozenset({"hall"}))).ids.tolist()  # -1: no more hits
    [[12, 13, -1]]
    >>> index.search(vectors[:1], 3, Filter(before=60.0)).ids.tolist()  # when 13 was taken is not known
    [[11, 12, -1]]
    """

    cameras: frozenset[str] | None = None
    exclude_cameras: frozenset[str] = frozenset()
    identities: frozenset[str] | None = None
    splits: frozenset[str] | None = None
    after: float | None = None
    before: float | None = None
    exclude_ids: frozenset[int] = frozenset()
    min_height: int | None = None
    min_sharpness: float | None = None
    weekdays: frozenset[int] | None = None
    hours: frozenset[int] | None = None
    identity_known: bool | None = None
    upper: frozenset[str] | None = None
    lower: frozenset[str] | None = None
    unclear_colours: bool = False
    only_ids: frozenset[int] | None = None


@dataclass(frozen=True, eq=False)
class Columns:
    """What filters read, one entry per crop: labels (None where unknown) and time in seconds (NaN where unknown).

    `height` in pixels (0 where unknown), `sharpness` (NaN where unknown) and the colours of `upper` and `lower`
    clothing (None where not clear) are unknown for all crops unless given.
    Raises ReidError when the columns differ in length.
    """

    camera: NDArray[Any]
    identity: NDArray[Any]
    split: NDArray[Any]
    time: NDArray[np.float64]
    height: NDArray[np.int32] = field(default_factory=lambda: np.array(UNKNOWN_HEIGHT, dtype=np.int32))
    sharpness: NDArray[np.float32] = field(default_factory=lambda: np.array(np.nan, dtype=np.float32))
    upper: NDArray[Any] = field(default_factory=lambda: np.array(None, dtype=object))
    lower: NDArray[Any] = field(default_factory=lambda: np.array(None, dtype=object))

    def __post_init__(self) -> None:
        for name in LABELS:
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=object))
        for name, dtype in NUMBERS.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        for name in ("height", "sharpness", "upper", "lower"):
            if not getattr(self, name).ndim:  # one value stands for every crop
                object.__setattr__(self, name, np.repeat(getattr(self, name), len(self.time)))
        lengths = {name: len(getattr(self, name)) for name in (*LABELS, *NUMBERS)}
        if len(set(lengths.values())) > 1:
            raise ReidError(f"The columns of one set of crops differ in length: {lengths}.")

    def __len__(self) -> int:
        return len(self.time)

    @staticmethod
    def unknown(count: int) -> Columns:
        """Columns of crops of which nothing is known."""
        labels = np.full(count, None, dtype=object)
        return Columns(labels, labels, labels, np.full(count, np.nan))

    def take(self, rows: NDArray[np.intp]) -> Columns:
        return Columns(**{name: getattr(self, name)[rows] for name in (*LABELS, *NUMBERS)})
