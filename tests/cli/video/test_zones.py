"""The command that lists, draws and removes zones, and shows what never moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended
from tests.workspace.catalogue.filmed import cut, film, filmed, walk

Reid = Callable[..., Ended]
WINDOW = "0.2,0.4 0.25,0.4 0.25,0.5 0.2,0.5"  # around the whole of "gate.mp4-2", x 400 to 440 and y 500 of 1920 × 1080


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    filmed(workspace)
    return workspace


@pytest.fixture
def reid(workspace: Workspace, run_command: Callable[..., Ended]) -> Reid:
    return partial(run_command, workspace.path)


def test_a_zone_is_drawn_listed_and_removed(reid: Reid) -> None:
    assert "has no zones. Draw one" in reid("zones", "town", "gate").out
    said = reid("zones", "town", "gate", "--add", "window", "--corners", WINDOW, "--ignore")
    assert (said.code, said.out.strip()) == (0, "Drew zone window of camera gate. 1 tracklet changed.")
    listed = reid("zones", "town", "gate")
    assert "window" in listed.out
    assert "to ignore" in listed.out
    assert "0.25,0.5" in listed.out
    values = reid("zones", "town", "gate", "--json").json()
    assert values["zones"] == [
        {"name": "window", "ignored": True, "corners": [[0.2, 0.4], [0.25, 0.4], [0.25, 0.5], [0.2, 0.5]]}
    ]
    removed = reid("zones", "town", "gate", "--remove", "window", "--json").json()
    assert (removed["tracklets"], removed["zones"]) == (1, [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--add", "window"], "give both"),
        (["--add", "window", "--corners", "0.1,0.2 0.5"], "'0.5' is no corner"),
        (["--add", "window", "--corners", "0.1,0.2 0.5,0.2 nan,0.9"], "each within the picture"),
        (["--add", "window", "--corners", "0.1,0.2 0.5,0.2 0.3,0.2"], "as good as a line"),
        (["--ignore"], "--ignore is for a zone that --add draws"),
        (["--remove", "door"], "has no zone"),
        (["--remove", "door", "--still-there"], "one of --add, --remove and --still-there"),
    ],
)
def test_what_is_no_zone_is_refused(reid: Reid, given: list[str], said: str) -> None:
    ended = reid("zones", "town", "gate", *given)
    assert ended.code == 1
    assert said in " ".join(ended.err.split())


def test_what_never_moves_is_listed_with_the_corners_that_ignore_it(reid: Reid, workspace: Workspace) -> None:
    assert "stays at one place" in reid("zones", "town", "gate", "--still-there").out
    row = film(workspace, name="shop.mp4", camera="shop")
    path = np.array([[second, 600, 500, 50, 120] for second in range(5)], np.float32)
    walks = [walk(f"s-{number}", 10.0 * number, 10.0 * number + 4, path=path, moved=0.0) for number in range(3)]
    keep(workspace.catalogue, row.key, walks, [cut("s-1", 11.0)], Progress(analysed=60.0, frames=300))
    values = reid("zones", "town", "shop", "--still-there", "--json").json()["still_there"]
    (thing,) = values
    assert (thing["tracklets"], thing["seconds"], thing["moved"]) == (3, 12, 0)
    corners = " ".join(f"{x},{y}" for x, y in thing["zone"]["corners"])
    drawn = reid("zones", "town", "shop", "--add", "dummy", "--ignore", "--corners", corners)
    assert "3 tracklets changed" in drawn.out
    assert reid("zones", "town", "shop", "--still-there", "--json").json()["still_there"] == []
