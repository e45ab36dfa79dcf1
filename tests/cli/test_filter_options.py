"""The options of a search are the rows of its filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from typer.testing import CliRunner

from reid_core.cli import app
from reid_core.cli.shared.filter_options import filter_of, with_filters
from reid_core.retrieval.filters import Filter, rows
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.support.made_up_filter import WithShoes


def test_a_search_has_an_option_for_each_row_that_has_one() -> None:
    said = CliRunner().invoke(app, ["search", "--help"], env={"COLUMNS": "200"}).output
    for row in rows(Filter).values():
        assert all(option in said for option in row.option.split("/")), row


def test_a_new_row_is_an_option_at_once(tiny_workspace: Workspace) -> None:
    small, found = typer.Typer(), []

    def search(gallery: str, filters: Mapping[str, Any]) -> None:
        found.append(filter_of(tiny_workspace, gallery, filters, WithShoes))

    small.command()(with_filters(search, WithShoes))
    runner = CliRunner()
    result = runner.invoke(
        small, [TINY_GALLERY, "--shoes", "red,blue", "--camera", "hall", "--or-unclear", "--unnamed"]
    )
    assert result.exit_code == 0, result.output
    assert found == [
        WithShoes(
            shoes=frozenset({"red", "blue"}), cameras=frozenset({"hall"}), unclear_colours=True, identity_known=False
        )
    ]
    result = runner.invoke(small, [TINY_GALLERY, "--shoes", "mauve"])
    assert "--shoes 'mauve' is none of the colours" in str(result.exception)
