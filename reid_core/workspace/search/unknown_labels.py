"""A filter that names what is not there would find nobody, and look like an answer: it is refused."""

from __future__ import annotations

from reid_core.errors import ReidError, shown
from reid_core.records import SPLITS, natural_order
from reid_core.retrieval.filters import Filter
from reid_core.video.walks import DIRECTIONS, ENTRIES, EXITS
from reid_core.workspace.catalogue.recordings.zones import zone_names
from reid_core.workspace.workspace import Workspace

# Filters whose values are the same in every gallery, with what one of them is called.
_WORDS = {
    "splits": ("split", SPLITS),
    "directions": ("direction", DIRECTIONS),
    "entered": ("way to enter", ENTRIES),
    "left_by": ("way to leave", EXITS),
}


def refuse_unknown_labels(workspace: Workspace, gallery: str, where: Filter, camera: str | None = None) -> None:
    """Raises ReidError, naming what there is, for a camera, also that of a photo, an identity or a zone that the
    gallery does not have, and for a word that a filter does not know."""
    known = workspace.catalogue.cameras(gallery)
    asked = (where.cameras or frozenset()) | ({camera} if camera else set())
    if unknown := sorted(asked - set(known)):
        there = f"It has: {', '.join(natural_order(known))}." if known else "Its crops name no camera."
        raise ReidError(f"Gallery {gallery!r} has no camera {unknown[0]!r}. {there}")
    for name, (called, words) in _WORDS.items():
        if unknown := sorted((getattr(where, name) or frozenset()) - set(words)):
            raise ReidError(f"There is no {called} {shown(unknown[0])}; use {', '.join(words)}.")
    if where.zones:
        zones = zone_names(workspace.catalogue, gallery)
        if unknown := sorted(where.zones - set(zones)):
            there = f"It has: {', '.join(zones)}." if zones else "None is drawn on the pictures of its cameras."
            raise ReidError(f"Gallery {gallery!r} has no zone {shown(unknown[0])}. {there}")
    for identity in sorted(where.identities or ()):
        if not workspace.catalogue.has_identity(gallery, identity):
            raise ReidError(f"Gallery {gallery!r} has no identity {identity!r}.")
