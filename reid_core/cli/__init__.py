"""`reid`: every long job of Retrace as a command. Prints for people, or one JSON object with --json."""

from __future__ import annotations

import contextlib
import errno
import sys
from typing import NoReturn

from reid_core.cli import (
    calibrating,
    cases,
    evaluating,
    experiments,
    galleries,
    inspecting,
    keeping,
    mapping,
    model_files,
    models,
    probing,
    promoting,
    searching,
)
from reid_core.cli.console import print_json, warn
from reid_core.cli.options import REPORTER, STOPPED, app
from reid_core.errors import ReidError, disk_full, is_full

__all__ = [
    "STOPPED",
    "app",
    "calibrating",
    "cases",
    "evaluating",
    "experiments",
    "galleries",
    "inspecting",
    "keeping",
    "main",
    "mapping",
    "model_files",
    "models",
    "probing",
    "promoting",
    "searching",
]


def main() -> None:
    """Entry point: a ReidError, a full disk, or a name that no file can have becomes its sentence and exit code 1,
    never a traceback."""
    try:
        app()
    except ReidError as error:
        _fail(error)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # the system says so even where it is only asked whether there is one
            _fail(ReidError(f"{error.filename} is longer than the name of a file can be. Check what you gave."))
        if not is_full(error):
            raise
        _fail(disk_full(error))
    except SystemExit as end:
        REPORTER.end("finished" if not end.code else "stopped" if end.code == STOPPED else "failed")
        raise


def _fail(error: ReidError) -> NoReturn:
    with contextlib.suppress(OSError):  # what is printed may go to a file on the full disk
        if "--json" in sys.argv:
            print_json({"error": str(error)})
        warn(f"Error: {error}")
    REPORTER.end("failed", str(error))  # last: who reads that it failed finds the log written
    sys.exit(1)
