"""What commands print: progress and words for people on standard error and output, or one JSON object."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from reid_core.datasets.base import Skipped
from reid_core.errors import shortened
from reid_core.records import plural
from reid_core.workspace.job_reporter import Reporter

SKIPPED_SHOWN = 10
MOST_OF_A_PATH = 300  # characters
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # control characters but tabs and ends of lines
SECONDS_BETWEEN_LINES = 10.0  # of progress, where the output is no terminal

# A file or a pipe has no width; rich would cut paths at 80 columns.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar(stage: str, reporter: Reporter) -> Iterator[Callable[..., None]]:
    """Gives `update(done, total, note="")`: a bar with ETA on a terminal, a line now and then elsewhere."""
    if not err.is_terminal:
        printed = time.monotonic()

        def line(done: int, total: int, note: str = "") -> None:
            nonlocal printed
            reporter.progress(stage, done, total)
            if time.monotonic() - printed > SECONDS_BETWEEN_LINES or (done == total and total):
                printed = time.monotonic()
                of_all = f" of {total:,}" if total else ""  # 0 where it is not known
                err.print(f"{stage}: {done:,}{of_all} {note}".rstrip(), markup=False)

        yield line
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(stage, total=None, note="")

        def update(done: int, total: int, note: str = "") -> None:
            reporter.progress(stage, done, total)
            bar.update(task, completed=done, total=total or None, note=note)

        yield update


def say(text: str) -> None:
    out.print(_harmless(text), markup=False)


def warn(text: str) -> None:
    err.print(_harmless(text), markup=False)


def print_json(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*("–" if value is None else _harmless(str(value)) for value in row))
    out.print(table, markup=False)


def _harmless(text: str) -> str:
    """Without what a terminal obeys: names of files and labels come from outside."""
    return _OBEYED.sub(lambda found: repr(found[0])[1:-1], text)


def print_skipped(skipped: Sequence[Skipped]) -> None:
    if not skipped:
        return
    warn(f"{plural(len(skipped), 'file')} left out:")
    for item in skipped[:SKIPPED_SHOWN]:
        warn(f"  {shortened(item.path, MOST_OF_A_PATH)}: {item.reason}")
    if len(skipped) > SKIPPED_SHOWN:
        warn(f"  … and {len(skipped) - SKIPPED_SHOWN:,} more (--json lists all)")
