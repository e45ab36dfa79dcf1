"""The command that shows the log of who did what: audit."""

from __future__ import annotations

from typing import Annotated

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
    from reid_core.workspace.catalogue.audit_sentences import actor_of, purpose_of, sentence_of

    lines = open_workspace(workspace).catalogue.audit(last)
    if json:
        print_json({"audit": lines})
    else:
        rows = [[line["at"], actor_of(line), sentence_of(line), purpose_of(line)] for line in lines]
        print_table(["when", "who", "what", "why"], rows)
