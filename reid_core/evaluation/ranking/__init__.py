"""Rankings and pairs: where true matches stand, and which strangers pass a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "MatchRanks",
    "count_pairs",
    "encode_labels",
    "match_ranks",
    "match_ranks_from_distances",
    "multi_query",
    "open_set",
    "single_shot",
]

if TYPE_CHECKING:
    from reid_core.evaluation.ranking.pairs import count_pairs
    from reid_core.evaluation.ranking.protocols import multi_query, open_set, single_shot
    from reid_core.evaluation.ranking.ranking import MatchRanks, encode_labels, match_ranks, match_ranks_from_distances
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "pairs": ("count_pairs",),
            "protocols": (
                "multi_query",
                "open_set",
                "single_shot",
            ),
            "ranking": (
                "MatchRanks",
                "encode_labels",
                "match_ranks",
                "match_ranks_from_distances",
            ),
        },
    )
