"""How well models find a gallery's people, measured and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["evaluate_model", "keep_report", "read_groups"]

if TYPE_CHECKING:
    from reid_core.workspace.evaluations.groups import read_groups
    from reid_core.workspace.evaluations.kept_reports import keep_report
    from reid_core.workspace.evaluations.measuring import evaluate_model
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "groups": ("read_groups",),
            "kept_reports": ("keep_report",),
            "measuring": ("evaluate_model",),
        },
    )
