"""An evaluation written as one HTML file, with the calibrations that its models have for its galleries."""

from __future__ import annotations

from reid_core.evaluation.presentation.html_page import html_report
from reid_core.evaluation.report import Evaluation
from reid_core.workspace.models.calibration import calibrations_for
from reid_core.workspace.workspace import Workspace


def report_page(workspace: Workspace, evaluation: Evaluation) -> str:
    """The file's text."""
    made = f"Retrace, measured {max(one.tested.at for one in evaluation.reports)}."
    return html_report(evaluation, calibrations=calibrations_for(workspace, evaluation), made=made)
