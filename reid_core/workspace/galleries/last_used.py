"""The gallery that was used last, which the app opens when its address names none."""

from __future__ import annotations

from contextlib import suppress

from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.layout import LAST_GALLERY
from reid_core.workspace.workspace import Workspace

_MOST_BYTES = 1_000


def last_used(workspace: Workspace) -> str | None:
    """Its name, which may be that of a gallery another process has deleted since; None where none was used yet."""
    with suppress(OSError, UnicodeDecodeError, ReidError), (workspace.path / LAST_GALLERY).open("rb") as file:
        name = file.read(_MOST_BYTES).decode()
        check_name(name, "gallery")
        return name
    return None


def use(workspace: Workspace, gallery: str) -> None:
    """Keep the name until another gallery is used, or until this one is deleted (`deletion.delete`).

    Raises OSError when it cannot be written.
    """
    if last_used(workspace) != gallery:
        write_atomically(workspace.path / LAST_GALLERY, lambda file: file.write(gallery.encode()))
