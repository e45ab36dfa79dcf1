"""What a run records while it trains: curves, predictions, resources, trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Predictions", "Validation", "read_predictions", "read_table", "validate"]

if TYPE_CHECKING:
    from reid_core.training.monitoring.curves import read_table
    from reid_core.training.monitoring.predictions import Predictions, read_predictions
    from reid_core.training.monitoring.validation import Validation, validate
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "curves": ("read_table",),
            "predictions": (
                "Predictions",
                "read_predictions",
            ),
            "validation": (
                "Validation",
                "validate",
            ),
        },
    )
