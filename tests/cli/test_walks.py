"""`reid search` with the options about walks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.support.tiny_walks import give_walks


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], {"hall", "stairs"}),
        (["--direction", "to the left"], {"stairs"}),
        (["--direction", "to the left,to the right", "--seconds-at-most", "4"], {"hall"}),
        (["--entered-by", "inside the picture", "--left-by", "inside the picture"], {"hall", "stairs"}),
        (["--entered-by", "left edge"], set()),
        (["--stood-at-least", "3.5"], set()),
        (["--stood-at-least", "3.5", "--ignored"], {"stairs"}),
        (["--zone", "door", "--seconds-at-least", "8"], {"stairs"}),
    ],
)
def test_a_search_by_walk(
    run_command: Callable[..., Ended], tiny_workspace: Workspace, options: list[str], found: set[str]
) -> None:
    give_walks(tiny_workspace)
    ended = run_command(tiny_workspace.path, "search", "--gallery", "tiny", "--crop", "1", *options, "--json")
    hits: list[dict[str, Any]] = ended.json()["hits"]
    assert {hit["camera"] for hit in hits} == found
    assert ("4-stairs" in {hit["tracklet"] for hit in hits}) == ("--ignored" in options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--direction", "left"], "There is no direction 'left'; use to the left, to the right"),
        (["--left-by", "door"], "There is no way to leave 'door'"),
        (["--zone", "window"], "Gallery 'tiny' has no zone 'window'. It has: door."),
    ],
)
def test_a_word_that_is_not_there_is_refused(
    run_command: Callable[..., Ended], tiny_workspace: Workspace, options: list[str], said: str
) -> None:
    give_walks(tiny_workspace)
    ended = run_command(tiny_workspace.path, "search", "--gallery", "tiny", "--crop", "1", *options)
    assert ended.code == 1
    assert said in ended.err
