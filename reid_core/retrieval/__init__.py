"""Vectors to ranked results: exact search with filters, and k-reciprocal re-ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "Columns", "ExactIndex", "Filter", "Group", "Hit", "Labels", "RankedResults", "VectorIndex", "grouped",
    "k_reciprocal_distances",
]  # fmt: skip

if TYPE_CHECKING:
    from reid_core.retrieval.exact.index import ExactIndex
    from reid_core.retrieval.filters import Columns, Filter
    from reid_core.retrieval.grouping import Group, Labels, grouped
    from reid_core.retrieval.protocol import VectorIndex
    from reid_core.retrieval.rerank import k_reciprocal_distances
    from reid_core.retrieval.results import Hit, RankedResults
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "exact.index": ("ExactIndex",),
            "filters": ("Columns", "Filter"),
            "grouping": ("Group", "Labels", "grouped"),
            "protocol": ("VectorIndex",),
            "rerank": ("k_reciprocal_distances",),
            "results": ("Hit", "RankedResults"),
        },
    )
