"""What leaves a workspace as files: galleries, cases, evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["CASE_FORMATS", "EVALUATION_FORMATS", "CaseReport", "collect", "export_gallery", "write_reports"]

if TYPE_CHECKING:
    from reid_core.workspace.exports.case import CaseReport, collect
    from reid_core.workspace.exports.formats import CASE_FORMATS, EVALUATION_FORMATS, write_reports
    from reid_core.workspace.exports.gallery import export_gallery
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "case": (
                "CaseReport",
                "collect",
            ),
            "formats": (
                "CASE_FORMATS",
                "EVALUATION_FORMATS",
                "write_reports",
            ),
            "gallery": ("export_gallery",),
        },
    )
