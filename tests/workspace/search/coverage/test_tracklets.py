"""Tracklets that a search passes by, against a count of each by hand."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.catalogue.recordings.zones import keep_zone, remove_zone
from reid_core.workspace.search.coverage.coverage import Coverage
from reid_core.workspace.search.coverage.measuring import coverage
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support.tiny_walks import DUMMY, WINDOW, right_of_the_door
from tests.workspace.catalogue.filmed import START, cut, film, walk

HOUR = 3600
CAMERAS = ("gate", "hall", "shed")


@dataclass(frozen=True)
class Passed:
    """A walk past a camera, in seconds into its recording, with the moments of its crops."""

    camera: str
    first: int
    last: int
    crops: tuple[int, ...]
    ignored: bool


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def bring_in(workspace: Workspace, passed: list[Passed], seconds: int = 3 * HOUR) -> None:
    """Each camera has one recording that begins at `START`, but for the shed's, of which nobody knows the start."""
    for camera in CAMERAS:
        known = camera != "shed"
        row = film(
            workspace, name=f"{camera}.mp4", camera=camera, duration=float(seconds),
            start=START if known else float("nan"), start_source="stated" if known else None,
        )  # fmt: skip
        keep_zone(workspace.catalogue, "town", camera, WINDOW)
        own = [(f"{camera}-{number}", one) for number, one in enumerate(passed) if one.camera == camera]
        walks = [
            walk(name, float(one.first), float(one.last), path=DUMMY if one.ignored else right_of_the_door())
            for name, one in own
        ]
        cuts = [cut(name, float(moment)) for name, one in own for moment in one.crops]
        keep(workspace.catalogue, row.key, walks, cuts, Progress(analysed=float(seconds), frames=9, state=b""))


def measured(workspace: Workspace, where: Filter = Filter()) -> Coverage:
    return coverage(workspace.catalogue, workspace.catalogue.gallery("town"), where)


def passes(where: Filter, camera: str, second: int) -> bool:
    """Whether that second after `START` is searched, by the calendar."""
    if where.cameras is not None and camera not in where.cameras:
        return False
    is_timed = any(value is not None for value in (where.after, where.before, where.hours, where.weekdays))
    if camera == "shed" or not is_timed:
        return not is_timed
    at = datetime.fromtimestamp(START + second, UTC)
    return (
        (where.after is None or START + second >= where.after)
        and (where.before is None or START + second <= where.before)
        and (where.hours is None or at.hour in where.hours)
        and (where.weekdays is None or at.weekday() in where.weekdays)
    )


@st.composite
def walked(draw: st.DrawFn) -> list[Passed]:
    found = []
    for _ in range(draw(st.integers(0, 8))):
        first = draw(st.sampled_from([0, HOUR, 2 * HOUR])) + draw(st.integers(-5, 5))
        first = max(first, 0)
        last = first + draw(st.integers(1, 8))
        crops = draw(st.sets(st.integers(first, last), max_size=3))
        found.append(Passed(draw(st.sampled_from(CAMERAS)), first, last, tuple(sorted(crops)), draw(st.booleans())))
    return found


FILTERS = st.builds(
    Filter,
    cameras=st.none() | st.frozensets(st.sampled_from(CAMERAS), min_size=1),
    after=st.none() | st.integers(-5, 5).map(lambda second: START + HOUR + second),
    before=st.none() | st.integers(-5, 5).map(lambda second: START + 2 * HOUR + second),
    hours=st.none() | st.frozensets(st.integers(7, 9), min_size=1),  # the recordings begin at seven, on a Monday
    weekdays=st.none() | st.frozensets(st.integers(0, 1), min_size=1),
    ignored=st.none() | st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(walked(), FILTERS)
def test_each_tracklet_in_the_time_counts_once_where_it_is_not_found(passed: list[Passed], where: Filter) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace", TESTER)
        bring_in(workspace, passed)
        found = measured(workspace, where)
        inside = [
            one for one in passed
            if any(passes(where, one.camera, second) for second in range(one.first, one.last + 1))
        ]  # fmt: skip
        ignored = [one for one in inside if one.ignored and not where.ignored]
        for camera in found.cameras:
            own = [one for one in ignored if one.camera == camera.camera]
            crops = sum(passes(where, one.camera, moment) for one in own for moment in one.crops)
            assert (camera.ignored, camera.ignored_crops) == (len(own), crops)
        assert found.ignored == len(ignored)
        assert found.tracklets_without_crops == sum(one not in ignored and not one.crops for one in inside)


def test_a_zone_that_is_drawn_or_removed_changes_what_is_left_out(workspace: Workspace) -> None:
    bring_in(workspace, [Passed("gate", 10, 14, (11, 13), True), Passed("gate", 30, 34, (), True)])
    found = measured(workspace)
    assert (found.ignored, found.ignored_crops, found.tracklets_without_crops) == (2, 2, 0)
    remove_zone(workspace.catalogue, "town", "gate", "window")
    found = measured(workspace)
    assert (found.ignored, found.ignored_crops, found.tracklets_without_crops) == (0, 0, 1)
    keep_zone(workspace.catalogue, "town", "gate", dataclasses.replace(WINDOW, ignored=False))
    assert measured(workspace).ignored == 0  # a zone to search by leaves nothing out
