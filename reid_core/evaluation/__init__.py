"""How good a ranking is: mAP, CMC and mINP under the Market-1501 protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "Calibration", "EvaluationReport", "Labels", "MatchRanks", "Meaning", "Protocol", "RetrievalMetrics",
    "average_precision", "calibrate", "cumulative_matches", "encode_labels", "match_ranks",
    "match_ranks_from_distances", "meaning", "retrieval_metrics",
]  # fmt: skip

if TYPE_CHECKING:
    from reid_core.evaluation.calibration.calibration import Calibration, calibrate
    from reid_core.evaluation.calibration.meaning import Meaning, meaning
    from reid_core.evaluation.metrics import RetrievalMetrics, average_precision, cumulative_matches, retrieval_metrics
    from reid_core.evaluation.ranking.ranking import (
        Labels,
        MatchRanks,
        encode_labels,
        match_ranks,
        match_ranks_from_distances,
    )
    from reid_core.evaluation.report import EvaluationReport, Protocol
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "calibration.calibration": ("Calibration", "calibrate"),
            "calibration.meaning": ("Meaning", "meaning"),
            "metrics": ("RetrievalMetrics", "average_precision", "cumulative_matches", "retrieval_metrics"),
            "ranking.ranking": ("Labels", "MatchRanks", "encode_labels", "match_ranks", "match_ranks_from_distances"),
            "report": ("EvaluationReport", "Protocol"),
        },
    )
