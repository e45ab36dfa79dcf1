"""The kinds of index that there are. To add one, write its `VectorIndex` and give it a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.protocol import VectorIndex

EXACT = "exact"

# How each is opened: with the folder of one gallery and model ("indexes/market@3f2a…"), where it may keep files, the
# model's id, and how many numbers its vectors have. It holds what was kept there, else nothing.
BACKENDS: dict[str, Callable[[Path, str, int], VectorIndex]] = {EXACT: ExactIndex.open}
