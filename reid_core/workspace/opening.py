"""A workspace is opened here: after its folder and databases, what an interrupted deletion left to wipe is wiped."""

from __future__ import annotations

import contextlib
from pathlib import Path

from reid_core.errors import ReidError
from reid_core.workspace.actor import Actor
from reid_core.workspace.deletion.wiping import finish, pending
from reid_core.workspace.workspace import Workspace


def open_workspace(path: Path, actor: Actor) -> Workspace:
    """Open it for `actor`. Raises ReidError when the folder cannot be made or written."""
    workspace = Workspace(path, actor)
    if pending(workspace.catalogue):
        with contextlib.suppress(ReidError):  # the receipt stays unfinished, and the next one tries again
            finish(workspace.catalogue, workspace.thumbnails, patience=0.5)
        workspace.is_short()
    return workspace
