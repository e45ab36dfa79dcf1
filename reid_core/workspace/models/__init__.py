"""Models of a workspace: which one serves a gallery, calibrated and promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["calibrate_model", "choose_model", "compare_models", "present_model", "promote"]

if TYPE_CHECKING:
    from reid_core.workspace.models.calibration import calibrate_model
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.models.promotion import compare_models, present_model, promote
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "calibration": ("calibrate_model",),
            "choosing": ("choose_model",),
            "promotion": (
                "compare_models",
                "present_model",
                "promote",
            ),
        },
    )
