"""What a similarity means, whether that holds for other people, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Calibration", "Checked", "calibrate", "check_calibration", "false_match_rates", "one_in"]

if TYPE_CHECKING:
    from reid_core.evaluation.calibration.calibration import Calibration, calibrate
    from reid_core.evaluation.calibration.check import Checked, check_calibration
    from reid_core.evaluation.calibration.meaning import one_in
    from reid_core.evaluation.calibration.rates import false_match_rates
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "calibration": (
                "Calibration",
                "calibrate",
            ),
            "check": (
                "Checked",
                "check_calibration",
            ),
            "meaning": ("one_in",),
            "rates": ("false_match_rates",),
        },
    )
