"""`reid`: every long job of Retrace as a command. Prints for people, or one JSON object with --json."""

from __future__ import annotations

import contextlib
import errno
import sys
from typing import NoReturn

from reid_core.cli import (  # noqa: F401 - each adds its commands to `app`
    audit,
    calibration,
    cases,
    deletion,
    evaluations,
    experiments,
    galleries,
    imports,
    maps,
    models,
    promotion,
    runs,
    search,
    server,
)
from reid_core.cli.shared.console import print_json, warn
from reid_core.cli.shared.options import PANELS, REPORTER, STOPPED, app
from reid_core.cli.video import (  # noqa: F401 - as above
    clips,
    clock,
    detectors,
    recordings,
    still_shown,
    tracklets,
    zones,
)
from reid_core.errors import ReidError, disk_full, is_full, shown

__all__ = ["STOPPED", "app", "main", "run"]

app.registered_commands.sort(key=lambda command: PANELS.index(str(command.rich_help_panel)))


def run(arguments: list[str] | None = None) -> None:
    """The command of these words, of the process's own where None. Raises ReidError for what it cannot do, also for a
    full disk or a name that no file can have, and SystemExit when it has ended."""
    try:
        app(arguments)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # the system says so even where it is only asked whether there is one
            raise ReidError(
                f"{shown(error.filename)} is longer than the name of a file can be. Check what you gave."
            ) from error
        if is_full(error):
            raise disk_full(error) from error
        raise


def main() -> None:
    """Entry point: what a command cannot do becomes a sentence and exit code 1, never a traceback."""
    try:
        run()
    except ReidError as error:
        _fail(error)
    except SystemExit as end:
        REPORTER.end("finished" if not end.code else "stopped" if end.code == STOPPED else "failed")
        raise


def _fail(error: ReidError) -> NoReturn:
    with contextlib.suppress(OSError):  # what is printed may go to a file on the full disk
        if "--json" in sys.argv:
            print_json({"error": str(error), "kind": error.kind})
        warn(f"Error: {error}")
    REPORTER.end("failed", str(error))  # last: who reads that it failed finds the log written
    sys.exit(1)
