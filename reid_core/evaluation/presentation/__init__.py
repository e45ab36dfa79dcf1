"""An evaluation as HTML: tables, charts, the policy in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["html_report"]

if TYPE_CHECKING:
    from reid_core.evaluation.presentation.html_page import html_report
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "html_page": ("html_report",),
        },
    )
