"""`reid`: every long job of Retrace as a command. Prints for people, or one JSON object with --json."""

from __future__ import annotations

import sys

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
from reid_core.errors import ReidError

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
    """Entry point: a ReidError becomes its sentence and exit code 1, never a traceback."""
    try:
        app()
    except ReidError as error:
        if "--json" in sys.argv:
            print_json({"error": str(error)})
        warn(f"Error: {error}")
        REPORTER.end("failed", str(error))  # last: who reads that it failed finds the log written
        sys.exit(1)
    except SystemExit as end:
        REPORTER.end("finished" if not end.code else "stopped" if end.code == STOPPED else "failed")
        raise
