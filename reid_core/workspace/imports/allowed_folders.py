"""Which folders of the machine the app's pages may import from.

The app listens on 127.0.0.1 and reads as the user who started it. Where several people share it, `REID_IMPORT_FROM`
names the folders that a path on a page may lie in; the command line does not ask, whose user can read them anyway.
"""

from __future__ import annotations

import os
from pathlib import Path

from reid_core.errors import Refused, ReidError
from reid_core.images import printable

VARIABLE = "REID_IMPORT_FROM"


def allowed_folders() -> list[Path] | None:
    """The folders that `$REID_IMPORT_FROM` names, without links; None where it is unset: every folder."""
    value = os.environ.get(VARIABLE)
    if value is None:
        return None
    return [Path(part).expanduser().resolve() for part in value.split(os.pathsep) if part.strip()]


def check_allowed(path: Path) -> Path:
    """The path, absolute and without links. Whether anything is there is not looked at.

    Raises ReidError when it lies in no allowed folder; its words are the same whether or not there is such a file, and
    name the path as it was given, not where its links lead.
    """
    folders = allowed_folders()
    if folders == []:
        raise Refused(
            f"Imports by path are switched off here: {VARIABLE} is empty. Drop the files on the page instead, or start "
            f"the app with folders in {VARIABLE}."
        )
    try:
        real = Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a NUL, no such user after "~"
        if folders is None:
            raise ReidError(f"{printable(str(path))} cannot be opened. Check the path.") from error
        raise _not_allowed(path, folders) from error
    if folders is not None and not any(real.is_relative_to(folder) for folder in folders):
        raise _not_allowed(path, folders)
    return real


def _not_allowed(path: Path, folders: list[Path]) -> Refused:
    return Refused(
        f"{printable(str(path))} is not in a folder that may be imported from: {', '.join(map(str, folders))}. Move "
        f"the files there, drop them on the page, or start the app with another {VARIABLE} (folders with "
        f"{os.pathsep!r} between them)."
    )
