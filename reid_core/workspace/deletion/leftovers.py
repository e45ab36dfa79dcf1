"""What processes that died were writing into a workspace: where to look for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from reid_core.retrieval.backends import BACKENDS
from reid_core.temporary import is_ours, is_temporary, remove_abandoned
from reid_core.workspace.deletion.keepers import FILES
from reid_core.workspace.layout import INDEXES, ORIGINALS


def _folders() -> dict[str, int]:
    """Folders that only Retrace writes into, and how many folders below each are looked into: not into those where
    files have names that people gave."""
    places = [place.removesuffix("/**").split("/") for keeper in FILES for place in keeper.places]
    within = [(place[0], len(place) - 2) for place in places if len(place) > 1]
    within += [(place.removesuffix("/**"), 0) for keeper in FILES for place in keeper.places if place.endswith("/**")]
    return {folder: max(levels for name, levels in within if name == folder) for folder, _ in within}


FOLDERS = _folders()
_SELECTION = re.compile(r"selection-[0-9a-f]{16}\.json")  # of a deletion, as versions before November 2026 kept it
_IN_THE_WORKSPACE = re.compile(r"\.speeds\.json\.\d+|(catalogue|thumbnails)\.sqlite\..+\.partial")


def sweep_at_opening(workspace: Path) -> None:
    """Remove what dead processes left in the folders that are quickly looked through."""
    remove_abandoned(_beside_the_databases(workspace))
    remove_abandoned(_in_folders(workspace))


def sweep_for_deletion(workspace: Path) -> list[Path]:
    """Remove it wherever it lies in the workspace; gives what is being written by a living process now."""
    left = remove_abandoned(_in_folders(workspace), at_once=True)
    left += remove_abandoned(_beside_the_databases(workspace), at_once=True)
    everywhere = [*_below(workspace, None)]
    if (workspace / ORIGINALS).is_symlink():  # to a larger disk; links are not followed further below
        everywhere += _below(workspace / ORIGINALS, None)
    left += remove_abandoned([path for path in everywhere if is_ours(path.name)], at_once=True)
    for selection in (workspace / "incoming").glob("selection-*.json"):
        if _SELECTION.fullmatch(selection.name):
            selection.unlink(missing_ok=True)
    return [path for path in dict.fromkeys(left) if os.path.lexists(path)]


def _beside_the_databases(workspace: Path) -> list[Path]:
    """A user's own files may lie there, too."""
    return [path for path in workspace.glob("*") if is_ours(path.name) or _IN_THE_WORKSPACE.fullmatch(path.name)]


def _in_folders(workspace: Path) -> list[Path]:
    found = [path for name, levels in FOLDERS.items() for path in _below(workspace / name, levels)]
    indexes = list((workspace / INDEXES).glob("*"))
    return found + [
        path for backend in BACKENDS.values() for folder in indexes for path in backend.half_written(folder)
    ]


def _below(folder: str | Path, depth: int | None) -> Iterator[Path]:
    """What has a temporary name in it, and in the folders that lie so many levels below it."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:  # it is not there, or went in this moment
        return
    for entry in found:
        if is_temporary(entry.name):
            yield Path(entry.path)
        if depth != 0 and entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, None if depth is None else depth - 1)
