"""The names of all networks, kept in the workspace: a page can tell a wrong one at once, without loading timm.

`networks/` holds the list and the job that made it. The trainer does not read it: it asks timm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from reid_core.embedder.network_names import TODAYS_NAMES, unknown
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.workspace import Workspace

FOLDER, FILE = "networks", "names.json"


def keep(workspace: Workspace, names: Sequence[str], older: Sequence[str]) -> None:
    """Keep the networks of this timm, and the `older` names that it still takes."""
    folder = workspace.path / FOLDER
    folder.mkdir(exist_ok=True)
    text = json.dumps({"timm": version("timm"), "names": list(names), "older": list(older)})
    write_atomically(folder / FILE, lambda file: file.write(text.encode()))


def check(workspace: Workspace, name: str) -> None:
    """Raises ReidError, with the nearest names, when no network is called so; without a list it says nothing."""
    kept = _kept(workspace)
    if kept is None:
        return
    names, known = kept
    if TODAYS_NAMES.get(name, name).partition(".")[0] not in known:  # after the dot: which weights of the network
        raise unknown(name, names)


def list_in_background(workspace: Workspace) -> None:
    """Start `reid backbones --keep` where no list of this timm is kept; once, whether or not it succeeds."""
    folder = workspace.path / FOLDER
    if _kept(workspace) is None and not (folder / f"asked-{version('timm')}").exists():
        folder.mkdir(exist_ok=True)
        (folder / f"asked-{version('timm')}").touch()
        jobs.start(folder, ["backbones", "--keep", "--json"], workspace.path, job_kinds.title("backbones"))


def _kept(workspace: Workspace) -> tuple[tuple[str, ...], frozenset[str]] | None:
    """The names to propose, and all that are known; None where they are not kept or of another timm."""
    file = workspace.path / FOLDER / FILE
    try:
        return _read(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=4)
def _read(file: Path, _changed: int) -> tuple[tuple[str, ...], frozenset[str]] | None:
    kept = read_json(file.read_bytes())
    if kept["timm"] != version("timm"):
        return None
    return tuple(kept["names"]), frozenset([*kept["names"], *kept["older"]])
