"""Vectors to maps that people can look at: neighbours, layouts, how faithful these are, clusters and what they suggest.

Pure functions of arrays. Nothing here knows of files, galleries or pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "Neighbours", "find_clusters", "find_neighbours", "principal_components", "suggested_merges", "suspected_mislabels",
    "umap_points",
]  # fmt: skip

if TYPE_CHECKING:
    from reid_core.projection.clusters import find_clusters
    from reid_core.projection.layout import principal_components, umap_points
    from reid_core.projection.neighbours import Neighbours, find_neighbours
    from reid_core.projection.suggestions import suggested_merges, suspected_mislabels
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "clusters": ("find_clusters",),
            "layout": ("principal_components", "umap_points"),
            "neighbours": ("Neighbours", "find_neighbours"),
            "suggestions": ("suggested_merges", "suspected_mislabels"),
        },
    )
