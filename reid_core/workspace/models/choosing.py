"""Which model answers searches of a gallery."""

from __future__ import annotations

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.workspace.models.order import usable_first
from reid_core.workspace.workspace import Workspace


def choose_model(workspace: Workspace, gallery: str, name: str | None, *, to_embed: bool = False) -> Embedder:
    """The named model, else the one that serves the gallery; `to_embed` where none does yet, the best one shipped.

    Raises ReidError when there is none to use.
    """
    info = workspace.catalogue.gallery(gallery)
    if name is not None:
        return Embedder(workspace.find_model(name))
    if not info.crops and not to_embed:
        raise ReidError(f"Gallery {gallery!r} is empty. Import crops with `reid import`.")
    if not info.models:
        if to_embed:
            return Embedder(workspace.best_model())
        raise ReidError(f"Gallery {gallery!r} is not indexed yet. Run `reid index {gallery}`.")
    for entry in usable_first(info, workspace.models()):
        return Embedder(entry.folder)
    id, model, _ = info.models[-1]
    raise ReidError(
        f"Gallery {gallery!r} was indexed by model {model} ({id}), which is no longer here. Index it again."
    )
