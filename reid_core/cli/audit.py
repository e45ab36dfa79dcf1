"""The command that shows the log of who did what: audit."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_table
from reid_core.cli.shared.options import (
    JsonOption,
    WorkspaceOption,
    app,
    open_workspace,
)
from reid_core.records import LARGEST_WHOLE


@app.command(rich_help_panel="Keeping")
def audit(
    last: Annotated[int, typer.Option(min=1, max=LARGEST_WHOLE, help="Number of lines.")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show who searched for whom, when and why. The log cannot be changed from here."""
    lines = open_workspace(workspace).catalogue.audit(last)
    if json:
        print_json({"audit": lines})
    else:
        rows = [[n["at"], n["who"], n["action"], n.get("gallery"), _photos(n), n["purpose"] or _lost(n)] for n in lines]
        print_table(["when", "who", "what", "gallery", "photos", "purpose"], rows)


def _photos(line: dict[str, Any]) -> str:
    """The first digits of the hash of each photo that was searched with."""
    return ", ".join(sha256[:12] for sha256 in line.get("photos", []))


def _lost(line: dict[str, Any]) -> str:
    return f"(personal fields {line['personal']})" if "personal" in line else ""
