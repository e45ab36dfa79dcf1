"""Searches of a gallery: its vectors, its index, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Answer", "Example", "GalleryIndex", "Question", "embed_gallery", "search"]

if TYPE_CHECKING:
    from reid_core.workspace.search.embedding import embed_gallery
    from reid_core.workspace.search.gallery_index import GalleryIndex
    from reid_core.workspace.search.searching import Answer, Example, Question, search
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "embedding": ("embed_gallery",),
            "gallery_index": ("GalleryIndex",),
            "searching": ("Answer", "Example", "Question", "search"),
        },
    )
