"""What is said of recordings before they come in: overlaps, the future, what is there, clocks that were mended."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from reid_core.times import parse_time
from reid_core.workspace.catalogue.recordings import keeping
from reid_core.workspace.catalogue.recordings.clock import mend
from reid_core.workspace.catalogue.recordings.rows import NewRecording
from reid_core.workspace.imports.video.foreseen import Coming, foreseen
from reid_core.workspace.workspace import Workspace

START = parse_time("2026-03-02T08:00:00Z")


@pytest.fixture
def town(tiny_workspace: Workspace) -> Workspace:
    """Gallery "town" with ten minutes of camera gate from 08:00."""
    tiny_workspace.catalogue.add_gallery("town")
    new = NewRecording(
        name="gate-8", path="/srv/gate-8.mp4", camera="gate", width=640, height=360, bytes=1000, detector="d",
        start=START, start_source="name", duration=600.0, sha256=b"1" * 32,
    )  # fmt: skip
    keeping.add(tiny_workspace.catalogue, "town", new)
    return tiny_workspace


def coming(name: str, begins: float, camera: str = "gate", source: str | None = "name", size: int = 5) -> Coming:
    return Coming(Path("/tmp") / name, camera, begins, None if math.isnan(begins) else source, 60.0, size)


def test_an_overlap_with_what_is_there_is_foreseen(town: Workspace) -> None:
    inside, behind, other, unknown = foreseen(
        town, "town",
        [
            coming("a.mp4", START + 300), coming("b.mp4", START + 599), coming("c.mp4", START + 300, "door"),
            coming("d.mp4", math.nan),
        ],
    )  # fmt: skip
    assert (
        "overlap with gate-8, which begins at 2026-03-02 08:00:00 UTC: camera gate cannot film both" in inside.refused
    )
    assert [one.refused for one in (behind, other, unknown)] == ["", "", ""]


def test_an_overlap_of_two_that_come_in_together_is_foreseen_for_the_second(town: Workspace) -> None:
    first, second, third = foreseen(
        town, "new", [coming("a.mp4", START), coming("b.mp4", START + 30), coming("c.mp4", START + 59)]
    )
    assert (first.refused, third.refused) == ("", "")
    assert "overlap with a.mp4" in second.refused


def test_a_mended_clock_is_said_and_counts(town: Workspace) -> None:
    mend(town.catalogue, "town", 3600.0, camera="gate")
    (before, inside) = foreseen(town, "town", [coming("a.mp4", START - 3600 + 100), coming("b.mp4", START + 100)])
    assert "corrected by +3600 s" in before.said[0]
    assert before.refused == ""
    assert "overlap with gate-8" in inside.refused  # both moved by an hour


def test_what_would_end_in_the_future_is_foreseen(town: Workspace) -> None:
    (late,) = foreseen(town, "town", [coming("a.mp4", time.time() + 600)])
    assert "lies in the future" in late.refused


def test_the_same_name_and_size_is_a_hint_and_no_refusal(town: Workspace) -> None:
    (same, larger) = foreseen(
        town, "town", [coming("gate-8.mp4", START, size=1000), coming("gate-8.mp4", START + 900, size=1001)]
    )
    assert same.refused == ""
    assert "in the gallery already: gate-8. Its analysis goes on" in same.said[0]
    assert larger.said == ()
