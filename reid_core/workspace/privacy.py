"""Who on this machine can read a workspace: a new one its owner alone, an old one whoever its folder lets in."""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from reid_core.files import keep_to_owner

OTHERS = stat.S_IRWXG | stat.S_IRWXO  # what the group and everybody else may do
CATALOGUE = "catalogue.sqlite"


def make_folder(path: Path) -> None:
    """Make the workspace's folder where it is missing, for its owner alone whatever the umask; an empty one is closed.

    From here on this process makes files for their owner alone, except in an older workspace that others can read:
    there it may be meant so (`warning` says it). Raises OSError.
    """
    path.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    if next(path.iterdir(), None) is None and not path.stat().st_mode & stat.S_ISVTX:  # not /tmp itself
        with suppress(PermissionError):  # somebody else's, who let us in
            path.chmod(stat.S_IRWXU)
    catalogue = path / CATALOGUE
    if not (catalogue.exists() and _open_to_others(catalogue)):
        keep_to_owner()


def warning(path: Path) -> str | None:
    """That other users of this machine can look into the workspace, with the command that closes it; else None."""
    try:
        if not _open_to_others(path):
            return None
        mode = stat.filemode(path.stat().st_mode)
    except OSError:
        return None
    return (
        f"Other users of this machine can look into the workspace {path} ({mode}). To close it: "
        f"chmod -R go= {shlex.quote(str(path))}"
    )


def _open_to_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & OTHERS)
