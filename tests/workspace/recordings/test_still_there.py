"""Things that never move: found by place over all recordings of a camera, and worth a question from when on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import NotThere
from reid_core.workspace.catalogue.recordings import NewTracklet, Progress, RecordingRow, keep
from reid_core.workspace.catalogue.recordings.zones import keep_zone, remove_zone, zones_of
from reid_core.workspace.recordings.still_there import free_name, still_things
from reid_core.workspace.recordings.timeline import walks_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, walk

WIDTH, HEIGHT = 1920, 1080


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def stay(name: str, first: float, last: float, x: float, y: float, *, moved: float = 0.05) -> NewTracklet:
    """Somebody 50 pixels wide and 120 high, at the foot point (x, y), a pixel to the right in every other second."""
    seconds = np.arange(first, last + 1)
    path = np.array([[second, x + second % 2, y, 50, 120] for second in seconds], np.float32)
    return walk(name, first, last, path=path, moved=moved)


def kept(workspace: Workspace, name: str, start: float, *walks: NewTracklet) -> RecordingRow:
    row = film(workspace, name=name, start=start, duration=4_000.0)
    crops = [cut(one.name, one.start_moment + 1) for one in walks]
    keep(workspace.catalogue, row.key, walks, crops, Progress(analysed=4_000.0, frames=20_000))
    return row


def test_the_same_place_again_and_again_is_one_thing_over_all_recordings(workspace: Workspace) -> None:
    kept(workspace, "a", START, stay("a-1", 10, 40, 600, 500), stay("a-2", 90, 100, 604, 502, moved=0.08))
    kept(workspace, "b", START + 5_000, stay("b-1", 0, 50, 598, 500), stay("b-2", 5, 30, 1200, 700))
    (thing,) = still_things(workspace.catalogue, "town", "gate")
    assert (thing.tracklets, thing.recordings, thing.seconds) == (3, 2, 30 + 10 + 50)
    assert thing.moved == pytest.approx(0.08)
    assert len(thing.crops) == 3
    # The longest stays at x = 598 and 599 in turn, 26 and 25 times: its box is around the mean.
    middle = (26 * 598 + 25 * 599) / 51
    assert thing.box == pytest.approx(((middle - 25) / WIDTH, (500 - 120) / HEIGHT, 50 / WIDTH, 120 / HEIGHT), abs=1e-6)
    assert thing.feet == pytest.approx((598 / WIDTH, 500 / HEIGHT, 605 / WIDTH, 502 / HEIGHT), abs=1e-6)
    assert still_things(workspace.catalogue, "town", "door") == []
    with pytest.raises(NotThere):
        still_things(workspace.catalogue, "nowhere", "gate")


def test_one_long_stay_is_worth_a_question_and_a_short_one_is_not(workspace: Workspace) -> None:
    kept(workspace, "a", START, stay("a-1", 0, 299, 600, 500), stay("a-2", 0, 300, 1200, 700))
    (thing,) = still_things(workspace.catalogue, "town", "gate")
    assert (thing.seconds, thing.tracklets) == (300, 1)
    assert thing.feet[1] == pytest.approx(700 / HEIGHT)


def test_who_walks_is_nothing_that_never_moves(workspace: Workspace) -> None:
    walks = [stay(f"a-{number}", 0, 900, 600, 500, moved=0.2) for number in range(4)]
    kept(workspace, "a", START, *walks)
    assert still_things(workspace.catalogue, "town", "gate") == []


def test_the_offered_zone_ignores_the_thing_and_nobody_who_walks_by(workspace: Workspace) -> None:
    by = np.array([[second, 400 + 40 * second, 505, 50, 120] for second in range(11)], np.float32)
    walks = [stay(f"a-{number}", 20 * number, 20 * number + 10, 600 + number, 500) for number in range(5)]
    row = kept(workspace, "a", START, *walks, walk("a-9", 0, 10, path=by, moved=3.3))
    (thing,) = still_things(workspace.catalogue, "town", "gate")
    zone = thing.zone(free_name({zone.name for zone in zones_of(workspace.catalogue, "town", "gate")}))
    assert (zone.name, zone.ignored) == ("still 1", True)
    assert keep_zone(workspace.catalogue, "town", "gate", zone) == 5
    assert [one.name for one in walks_of(workspace.catalogue, row.key) if not one.ignored] == ["a-9"]
    assert still_things(workspace.catalogue, "town", "gate") == [], "what is ignored is not asked again"
    assert remove_zone(workspace.catalogue, "town", "gate", "still 1") == 5
    assert still_things(workspace.catalogue, "town", "gate") == [thing]


def test_without_a_known_box_nothing_is_offered(workspace: Workspace) -> None:
    path = np.array([[second, 600, 500, np.nan, np.nan] for second in range(900)], np.float32)
    kept(workspace, "a", START, walk("a-1", 0, 899, path=path, moved=0.0))
    assert still_things(workspace.catalogue, "town", "gate") == []
