"""An evaluation written out: JSON with everything, CSV with the table of figures, HTML to look at."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reid_core.errors import ReidError
from reid_core.evaluation.model_comparison import csv_rows
from reid_core.evaluation.report import Evaluation
from reid_core.files import write_atomically
from reid_core.records import harmless
from reid_core.workspace.catalogue.audit import Export
from reid_core.workspace.workspace import Workspace


def check_report_files(workspace: Workspace, files: Sequence[Path]) -> None:
    """Raises ReidError for a file of another kind, in the workspace, or in a folder that is not there."""
    for file in files:
        if file.suffix.lower() not in WRITERS:
            raise ReidError(f"{file} must end with {' or '.join(WRITERS)}.")
        if file.resolve().is_relative_to(workspace.path):
            raise ReidError(f"{file} is in the workspace, where a deletion would not look for it. Name another folder.")
        if not file.resolve().parent.is_dir():
            raise ReidError(f"There is no folder {file.parent} to write {file.name} to. Make it first.")


def write_reports(workspace: Workspace, evaluation: Evaluation, files: Sequence[Path], purpose: str = "") -> None:
    """Write each file in the form that its name ends with, and say so in the audit log: it leaves the workspace.

    Raises ReidError as `check_report_files` does, and when one cannot be written.
    """
    check_report_files(workspace, files)
    for file in files:
        log_export(workspace, evaluation, file.suffix.lower()[1:], purpose)
        try:
            WRITERS[file.suffix.lower()](workspace, evaluation, file)
        except OSError as error:
            raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error


def log_export(workspace: Workspace, evaluation: Evaluation, kind: str, purpose: str = "") -> None:
    """Say in the audit log that a report leaves the workspace."""
    models = ", ".join(name for _, name in evaluation.models)
    for gallery in evaluation.galleries:
        workspace.catalogue.log(Export(purpose=purpose, gallery=gallery, what="evaluation", kind=kind, models=models))


def to_json(evaluation: Evaluation) -> str:
    return json.dumps(evaluation.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)


def to_csv(evaluation: Evaluation) -> str:
    """One line per model and gallery; empty where something was not told."""
    rows = csv_rows(evaluation)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _write_json(workspace: Workspace, evaluation: Evaluation, file: Path) -> None:
    write_atomically(file, lambda opened: opened.write(to_json(evaluation).encode()))


def _write_csv(workspace: Workspace, evaluation: Evaluation, file: Path) -> None:
    write_atomically(file, lambda opened: opened.write(to_csv(evaluation).encode()))


def _write_html(workspace: Workspace, evaluation: Evaluation, file: Path) -> None:
    from reid_core.workspace.exports.evaluation_page import write_report

    write_report(workspace, evaluation, file)


WRITERS: Mapping[str, Callable[[Workspace, Evaluation, Path], None]] = {
    ".html": _write_html,
    ".json": _write_json,
    ".csv": _write_csv,
}
