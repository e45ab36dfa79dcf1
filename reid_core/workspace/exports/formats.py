"""The formats of exported cases and evaluations: a new one is a row here, and its writer in a file beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Generic, TypeVar

from reid_core.errors import ReidError
from reid_core.evaluation.report import Evaluation
from reid_core.files import write_atomically
from reid_core.workspace.exports import case, case_page, evaluation, evaluation_page
from reid_core.workspace.exports.case import CaseReport
from reid_core.workspace.workspace import Workspace

Exported = TypeVar("Exported")


@dataclass(frozen=True)
class Format(Generic[Exported]):
    """The words of its button, what a browser is told that the file is, and how its text is made."""

    title: str
    mime: str
    text: Callable[[Workspace, Exported], str]


# By the suffix of the file.
CASE_FORMATS: Mapping[str, Format[CaseReport]] = {
    "csv": Format("CSV", "text/csv", lambda workspace, report: case.to_csv(report)),
    "json": Format("JSON", "application/json", lambda workspace, report: case.to_json(report)),
    "html": Format("HTML", "text/html", case_page.to_html),
}
EVALUATION_FORMATS: Mapping[str, Format[Evaluation]] = {
    "html": Format("Report", "text/html", evaluation_page.report_page),
    "csv": Format("CSV", "text/csv", lambda workspace, measured: evaluation.to_csv(measured)),
    "json": Format("JSON", "application/json", lambda workspace, measured: evaluation.to_json(measured)),
}


def check_report_files(workspace: Workspace, files: Sequence[Path]) -> None:
    """Raises ReidError for a file of another kind, in the workspace, or in a folder that is not there."""
    for file in files:
        if _suffix(file) not in EVALUATION_FORMATS:
            raise ReidError(f"{file} must end with {' or '.join(f'.{suffix}' for suffix in EVALUATION_FORMATS)}.")
        if file.resolve().is_relative_to(workspace.path):
            raise ReidError(f"{file} is in the workspace, where a deletion would not look for it. Name another folder.")
        if not file.resolve().parent.is_dir():
            raise ReidError(f"There is no folder {file.parent} to write {file.name} to. Make it first.")


def write_reports(workspace: Workspace, measured: Evaluation, files: Sequence[Path], purpose: str = "") -> None:
    """Write each file in the form that its name ends with, and say so in the audit log: it leaves the workspace.

    Raises ReidError as `check_report_files` does, and when one cannot be written.
    """
    check_report_files(workspace, files)
    for file in files:
        evaluation.log_export(workspace, measured, _suffix(file), purpose)
        text = EVALUATION_FORMATS[_suffix(file)].text(workspace, measured).encode()
        try:
            write_atomically(file, partial(_put, text))
        except OSError as error:
            raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error


def _put(text: bytes, opened: IO[bytes]) -> None:
    opened.write(text)


def _suffix(file: Path) -> str:
    return file.suffix.lower().removeprefix(".")
