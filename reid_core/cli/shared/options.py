"""What the commands share: the application, common options, and how text given to an option is read."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import warn
from reid_core.colours import COLOURS
from reid_core.errors import ReidError, shown
from reid_core.records import whole_number
from reid_core.times import parse_time, recorded_time
from reid_core.workspace import jobs, opening
from reid_core.workspace.actor import system_user
from reid_core.workspace.job_kinds import KINDS
from reid_core.workspace.job_report import Report
from reid_core.workspace.job_reporter import Reporter
from reid_core.workspace.privacy import warning
from reid_core.workspace.workspace import VARIABLE, Workspace, default_path

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Retrace: find one person again across cameras. Everything stays on this machine.",
)

# Under which heading of `reid --help` a command stands (its `rich_help_panel`), in this order.
PANELS = ("Galleries", "Video", "Search", "Evaluation", "Training", "Models", "Keeping")
STOPPED = 130  # exit code after Ctrl-C or SIGTERM, as shells have it
REPORTER = Reporter()
_said: set[str] = set()
MOST_PIXELS = 2**16  # of a side
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help=f"Workspace folder; default ${VARIABLE}, else ./workspace.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
GalleryArgument = Annotated[str, typer.Argument(help="Name of the gallery.")]
TrackOption = Annotated[
    list[str] | None, typer.Option("--track", help="Log to tensorboard or mlflow too, which are extras; repeatable.")
]
ModelOption = Annotated[str | None, typer.Option(help="Name of a model or run, or a model's id or folder.")]


def open_workspace(workspace: Path | None) -> Workspace:
    """Open it for the operating system's user. Says on standard error, once, where other users of the machine can look
    into it; a page says so itself."""
    opened = opening.open_workspace(workspace or default_path(), system_user())
    if jobs.VARIABLE not in os.environ and (sentence := warning(opened.path)) is not None and sentence not in _said:
        _said.add(sentence)
        warn(sentence)
    return opened


def end_if_stopped(stopped: bool, kind: str, **names: object) -> None:
    """Ends a command that was told to stop, and says how it goes on, with these names, by its row in `job_kinds`."""
    if stopped:
        warn(f"Stopped; nothing is lost: {KINDS[kind].if_stopped.format(**names)}")
        raise typer.Exit(STOPPED)


def report_values(report: Report) -> dict[str, Any]:
    skipped = [dataclasses.asdict(item) for item in report.skipped]
    values: dict[str, Any] = {"added": report.added, "already": report.already, "differing": report.differing}
    values |= {"duplicates": report.duplicates, "report": str(report.file) if report.file else None}
    return {**values, "skipped": skipped, "stopped": report.stopped}


def short_values(report: Report) -> dict[str, Any]:
    """What a job keeps of it: of what was left out the number and the first few."""
    values = report_values(report)
    return {**values, "left_out": len(report.skipped), "skipped": values["skipped"][:10]}


def labels(text: str | None) -> frozenset[str] | None:
    """`"1, 3"` → {"1", "3"}; None where the option was not given."""
    if text is None:
        return None
    found = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise ReidError(f"{shown(text)} names nothing to look for; write 1,3.")
    return found


def identities(workspace: Workspace, gallery: str, text: str | None) -> frozenset[str] | None:
    """Like `labels`, but a whole text that is somebody's label ("Smith, Anna") is that one. Raises ReidError for a
    label that nobody has."""
    if text is None:
        return None
    if workspace.catalogue.has_identity(gallery, text.strip()):
        return frozenset({text.strip()})
    found = labels(text) or frozenset()
    for identity in sorted(found):
        if not workspace.catalogue.has_identity(gallery, identity):
            raise ReidError(f"Gallery {shown(gallery)} has no identity {shown(identity)}.")
    return found


def moment(text: str | None, option: str) -> float | None:
    if text is None:
        return None
    if (recorded := recorded_time(text)) is not None:
        return recorded
    try:
        return parse_time(text)
    except ValueError as error:
        why = error if "may be" in str(error) else f"{shown(text)} is not a time; use 2026-03-02T08:00:00Z, or seconds"
        raise ReidError(f"{option} {why}.") from error


def weekdays(text: str | None) -> frozenset[int] | None:
    """`"mon, Saturday"` → {0, 5}; None where the option was not given."""
    names = labels(text)
    if names is None:
        return None
    days = {name: [day for day in WEEKDAYS if day.startswith(name.lower()) and len(name) >= 3] for name in names}
    if bad := sorted(name for name, found in days.items() if not found):
        raise ReidError(f"--weekday {shown(bad[0])} is no day of the week; write mon,sat.")
    return frozenset(WEEKDAYS.index(found[0]) for found in days.values())


def hours_of_the_day(text: str | None) -> frozenset[int] | None:
    """`"22-1,7"` → {22, 23, 0, 1, 7}, both ends included; None where the option was not given."""
    parts = labels(text)
    if parts is None:
        return None
    found: set[int] = set()
    for part in parts:
        match = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (24, 24)
        if max(first, last) > 23:
            raise ReidError(f"--hours {shown(part)} is no hour of the day; write 7-9,18.")
        found |= {hour % 24 for hour in range(first, last + 1 + 24 * (last < first))}
    return frozenset(found)


def colours(text: str | None, option: str) -> frozenset[str] | None:
    names = labels(text)
    if bad := sorted((names or frozenset()) - set(COLOURS)):
        raise ReidError(f"{option} {shown(bad[0])} is none of the colours that are told apart: {', '.join(COLOURS)}.")
    return names


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """`["identity=who", "camera="]` → {"identity": "who", "camera": ""}."""
    pairs = [text.partition("=") for text in texts]
    if bad := [text for text, (key, equals, _) in zip(texts, pairs, strict=True) if not key or not equals]:
        raise ReidError(f"--{option} {shown(bad[0])} must be written kind=name.")
    return {key: value for key, _, value in pairs}


def whole_numbers(text: str, option: str, separator: str, count: int) -> list[int]:
    numbers = [whole_number(part.strip(), MOST_PIXELS) for part in text.lower().split(separator)]
    found = [number for number in numbers if number is not None]
    if len(numbers) != count or len(found) != count:
        example = separator.join(["256", "128"])
        raise ReidError(f"{option} {shown(text)} must be {count} whole numbers, such as {example}.")
    return found


def three_numbers(text: str, option: str) -> tuple[float, float, float]:
    try:
        red, green, blue = (_finite(part) for part in text.split(","))
    except ValueError as error:
        raise ReidError(f"{option} {shown(text)} must be three numbers, such as 0.5,0.5,0.5.") from error
    return red, green, blue


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(text)
    return number
