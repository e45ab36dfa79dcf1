"""Training runs: started, watched, compared, and cleaned of crops that were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["create_run", "cross_validate", "inspect_gallery", "resume_run", "train_run", "training_data", "tune"]

if TYPE_CHECKING:
    from reid_core.workspace.runs.experiments import cross_validate, tune
    from reid_core.workspace.runs.inspection import inspect_gallery
    from reid_core.workspace.runs.training import create_run, resume_run, train_run
    from reid_core.workspace.runs.training_crops import training_data
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "experiments": (
                "cross_validate",
                "tune",
            ),
            "inspection": ("inspect_gallery",),
            "training": (
                "create_run",
                "resume_run",
                "train_run",
            ),
            "training_crops": ("training_data",),
        },
    )
