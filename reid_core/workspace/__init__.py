"""The folder on disk: catalogue, models, runs and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = [
    "Actor", "Workspace", "build_demo", "calibrate_model", "choose_model", "create_run", "evaluate_model",
    "export_gallery", "import_dataset", "open_workspace", "system_user", "train_run",
]  # fmt: skip

if TYPE_CHECKING:
    from reid_core.workspace.actor import Actor, system_user
    from reid_core.workspace.evaluations.measuring import evaluate_model
    from reid_core.workspace.exports.gallery import export_gallery
    from reid_core.workspace.imports.demo import build_demo
    from reid_core.workspace.imports.importing import import_dataset
    from reid_core.workspace.models.calibration import calibrate_model
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.opening import open_workspace
    from reid_core.workspace.runs.training import create_run, train_run
    from reid_core.workspace.workspace import Workspace
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "actor": ("Actor", "system_user"),
            "evaluations.measuring": ("evaluate_model",),
            "exports.gallery": ("export_gallery",),
            "imports.demo": ("build_demo",),
            "imports.importing": ("import_dataset",),
            "models.calibration": ("calibrate_model",),
            "models.choosing": ("choose_model",),
            "opening": ("open_workspace",),
            "runs.training": ("create_run", "train_run"),
            "workspace": ("Workspace",),
        },
    )
