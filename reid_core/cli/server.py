"""The command that opens the app."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from reid_core.cli.shared.options import WorkspaceOption, app
from reid_core.packaging import installed
from reid_core.workspace.workspace import VARIABLE


@app.command("app", rich_help_panel="Search")
def open_app(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; default 127.0.0.1, which only this machine reaches."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port to listen on; default 8501, or the next free one."),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser on it.")] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the app: the same as `streamlit run app.py` in a checkout. Ctrl-C ends it."""
    # -P keeps the folder that the user stands in from being searched for modules, as the command `streamlit` does.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(installed.APP / "app.py")]
    command += ["--server.address", host] if host else []
    command += ["--server.port", str(port)] if port else []
    command += [] if browser else ["--server.headless", "true"]
    environment = {**os.environ, **({VARIABLE: str(workspace.resolve())} if workspace else {})}
    os.execve(command[0], command, environment)  # takes this process's place, and so gets its signals
