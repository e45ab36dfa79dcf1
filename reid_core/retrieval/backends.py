"""The kinds of index that there are. To add one, write its `VectorIndex` and give it a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reid_core.retrieval.exact import snapshot
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.protocol import VectorIndex

EXACT = "exact"


@dataclass(frozen=True)
class Backend:
    """A kind of index, and what it keeps in the folder of one gallery and model ("indexes/market@3f2a…").

    `open` takes that folder, the model's id, and how many numbers its vectors have; the index holds what was kept
    there, else nothing. `files` are patterns of what it keeps. `remove_stale` removes from a folder what has not seen
    the deletion of that number, and what is half written; it raises OSError where it cannot. `half_written` names the
    latter.
    """

    open: Callable[[Path, str, int], VectorIndex]
    files: tuple[str, ...] = ()
    remove_stale: Callable[[Path, int], None] = lambda folder, last_deletion: None
    half_written: Callable[[Path], list[Path]] = lambda folder: []


BACKENDS: dict[str, Backend] = {
    EXACT: Backend(ExactIndex.open, (snapshot.NAME,), snapshot.remove_stale, snapshot.partials),
}
