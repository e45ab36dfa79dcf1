"""Which of a gallery's models comes first: the one that serves it, which is the last that embedded it."""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import ModelEntry


def best_first(gallery: GalleryInfo) -> list[str]:
    """Ids of all models that have embedded the gallery, whether or not they are still here."""
    return [id for id, _, _ in reversed(gallery.models)]


def usable_first(gallery: GalleryInfo, here: Sequence[ModelEntry]) -> list[ModelEntry]:
    """Those of the models here that have embedded the gallery; the first answers its searches."""
    entries = {entry.id: entry for entry in here}
    return [entries[id] for id in best_first(gallery) if id in entries]


def shown_first(gallery: GalleryInfo, here: Sequence[ModelEntry]) -> list[str]:
    """Ids of all models that have embedded the gallery: those that are here, then those that are gone."""
    usable = [entry.id for entry in usable_first(gallery, here)]
    return usable + [id for id in best_first(gallery) if id not in usable]
