"""What a search looked at, against a count of every second by hand."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.retrieval.filters import Filter
from reid_core.video.stream.problems import Problems
from reid_core.workspace.catalogue.recordings import Progress, finish, keep
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.search.coverage.coverage import CameraCoverage, Coverage
from reid_core.workspace.search.coverage.measuring import coverage
from reid_core.workspace.search.coverage.spans import seconds_of
from reid_core.workspace.search.no_direction import keep_without_direction
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, walk

TOWN = "town"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@dataclass(frozen=True)
class Filmed:
    """A recording, in whole seconds after `START`; `begin` is None where nobody knows it."""

    camera: str
    begin: int | None
    seconds: int
    analysed: int | None = None  # None: to the end
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def reached(self) -> int:
        return self.seconds if self.analysed is None else min(self.analysed, self.seconds)


def bring_in(workspace: Workspace, recordings: list[Filmed], **problems: Any) -> None:
    for number, one in enumerate(recordings):
        start = float("nan") if one.begin is None else START + one.begin
        row = film(
            workspace, name=f"film-{number}", camera=one.camera, start=start, duration=float(one.seconds),
            start_source=None if one.begin is None else "stated",
        )  # fmt: skip
        wrong = Problems(seconds=float(one.reached), gaps=[*one.gaps], **problems).state()
        progress = Progress(analysed=float(one.reached), frames=one.reached, problems=wrong, state=b"in view")
        keep(workspace.catalogue, row.key, [], [], progress)
        if one.analysed is None:
            finish(workspace.catalogue, row.key, progress)


def measured(workspace: Workspace, where: Filter = Filter(), model: str | None = None) -> Coverage:
    return coverage(workspace.catalogue, workspace.catalogue.gallery(TOWN), where, model)


def of(found: Coverage, camera: str | None) -> CameraCoverage:
    return next(one for one in found.cameras if one.camera == camera)


def second_by_second(recordings: list[Filmed], camera: str, after: int | None, before: int | None) -> dict[str, int]:
    """What each second was, by the rules as people know them: whatever was seen once was seen."""
    dated = [one for one in recordings if one.begin is not None and one.seconds > 0]
    own = [one for one in dated if one.camera == camera]
    counts = dict.fromkeys(("seen", "waiting", "gaps", "missing"), 0)
    if not dated or not any(one.camera == camera and one.begin is not None for one in recordings):
        return counts

    def inside(second: int, several: list[Filmed]) -> list[Filmed]:
        return [one for one in several if one.begin is not None and one.begin <= second < one.begin + one.seconds]

    ends = [(one.begin or 0, (one.begin or 0) + one.seconds) for one in dated]
    of_own = [(one.begin or 0, (one.begin or 0) + one.seconds) for one in own]
    for second in range(-200, 400):
        if (after is not None and second < after) or (before is not None and second >= before):
            continue
        is_stated = after is not None or before is not None
        low = after if after is not None else min(first for first, _ in ends)
        high = before if before is not None else max(last for _, last in ends)
        asked = is_stated and low <= second < high
        between = bool(own) and min(of_own)[0] <= second < max(last for _, last in of_own)
        if not (asked or between or inside(second, dated)):
            continue
        states = set()
        for one in inside(second, own):
            moment = second - (one.begin or 0)
            in_gap = any(first <= moment < last for first, last in one.gaps)
            states.add("waiting" if moment >= one.reached else "gaps" if in_gap else "seen")
        counts[next((kind for kind in ("seen", "waiting", "gaps") if kind in states), "missing")] += 1
    return counts


@st.composite
def filmed(draw: st.DrawFn) -> list[Filmed]:
    """Recordings of two cameras; those of one follow each other, with overlaps of up to 2 s, or pauses."""
    found = []
    for camera in ("gate", "hall"):
        begin = draw(st.integers(-60, 60))
        for _ in range(draw(st.integers(0, 3))):
            seconds = draw(st.integers(0, 40))
            analysed = draw(st.none() | st.integers(0, 40))
            gap = draw(st.none() | st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted))
            reached = seconds if analysed is None else min(analysed, seconds)
            gaps = ((gap[0], min(gap[1], reached)),) if gap is not None and gap[0] < min(gap[1], reached) else ()
            known = draw(st.booleans()) or draw(st.booleans())
            found.append(Filmed(camera, begin if known else None, seconds, analysed, gaps))
            begin += max(0, seconds + draw(st.integers(-2, 15)))
    return found


@settings(max_examples=60, deadline=None)
@given(filmed(), st.none() | st.integers(-90, 90), st.none() | st.integers(-90, 150))
def test_every_second_is_seen_or_missing_for_one_reason(
    recordings: list[Filmed], after: int | None, before: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace", TESTER)
        workspace.catalogue.add_gallery(TOWN)
        bring_in(workspace, recordings)
        # What is before a moment has its last second just before it; `before` itself would still pass.
        where = Filter(
            after=None if after is None else START + after, before=None if before is None else START + before
        )
        found = measured(workspace, where)
        for camera in {one.camera for one in recordings}:
            one = of(found, camera)
            counts = {kind: round(seconds_of(getattr(one, kind)), 3) for kind in ("seen", "waiting", "gaps", "missing")}
            assert counts == second_by_second(recordings, camera, after, before)
        unknown = [one for one in recordings if one.begin is None]
        assert found.undated.recordings == len(unknown)
        assert found.undated.seen == sum(one.reached - sum(last - first for first, last in one.gaps) for one in unknown)


def test_an_analysis_that_goes_on_says_how_far_it_is(workspace: Workspace) -> None:
    bring_in(workspace, [Filmed("gate", 0, 900, analysed=761)])
    one = of(measured(workspace), "gate")
    assert [(each.name, each.analysed, each.seconds) for each in one.unfinished] == [("film-0", 761.0, 900.0)]
    assert one.waiting == ((START + 761, START + 900),)


def test_a_seam_between_two_files_of_a_recorder_is_no_missing_stretch(workspace: Workspace) -> None:
    workspace.catalogue.add_gallery(TOWN)
    for name, begin, seconds in (("a", 0.0, 59.96), ("b", 60.0, 59.96), ("c", 122.0, 60.0)):
        row = film(workspace, name=name, start=START + begin, duration=seconds)
        finish(workspace.catalogue, row.key, Progress(analysed=seconds, frames=9))
    one = of(measured(workspace), "gate")
    assert [pytest.approx((first - START, last - START)) for first, last in one.missing] == [(119.96, 122.0)]
    assert seconds_of(one.seen) == pytest.approx(2 * 59.96 + 60)  # the seam itself is not claimed


def test_the_end_that_a_file_states_and_does_not_have_is_a_gap(workspace: Workspace) -> None:
    bring_in(workspace, [Filmed("gate", 0, 700)], stated_seconds=900.0)
    assert of(measured(workspace), "gate").gaps == ((START + 700, START + 900),)


def test_damage_is_counted_of_the_recordings_in_the_time(workspace: Workspace) -> None:
    bring_in(workspace, [Filmed("gate", 0, 60), Filmed("gate", 60, 60)], damaged_frames=120, damaged_packets=3)
    assert (measured(workspace).damaged_frames, measured(workspace).damaged_packets) == (240, 6)
    assert measured(workspace, Filter(before=START + 30)).damaged_frames == 120
    assert measured(workspace, Filter(cameras=frozenset({"hall"}))).damaged_frames == 0


def test_recordings_without_a_start_are_left_out_by_a_time_and_counted(workspace: Workspace) -> None:
    row = film(workspace, start=float("nan"), start_source=None)
    progress = Progress(analysed=60.0, frames=300, state=b"in view")
    keep(workspace.catalogue, row.key, [walk("a"), walk("b")], [cut("a", 11.0), cut("a", 13.0)], progress)
    everything, timed = measured(workspace), measured(workspace, Filter(after=START))
    assert (everything.seconds, everything.untimed, everything.tracklets_without_crops) == (60.0, 0, 1)
    assert (timed.seconds, timed.untimed, timed.undated.crops, timed.tracklets_without_crops) == (0.0, 2, 2, 0)
    assert timed.is_empty
    assert not everything.is_empty


def test_what_is_wrong_with_recordings_of_unknown_start_counts_where_they_are_searched(workspace: Workspace) -> None:
    bring_in(workspace, [Filmed("gate", None, 90, analysed=60, gaps=((10, 20), (30, 31)))], damaged_frames=5)
    everything, timed = measured(workspace), measured(workspace, Filter(after=START))
    assert [everything.total(kind) for kind in ("seen", "waiting", "gaps", "missing")] == [49.0, 30.0, 11.0, 0.0]
    assert (everything.gap_count, everything.damaged_frames) == (2, 5)
    assert [each.analysed for each in of(everything, "gate").unfinished] == [60.0]
    assert (timed.seconds, timed.gap_count, timed.damaged_frames, timed.total("waiting")) == (0.0, 0, 0, 0.0)


def test_tracklets_without_crops_count_where_they_were_in_the_time(workspace: Workspace) -> None:
    row = film(workspace)
    walks = [walk("a", 10, 14), walk("b", 30, 34), walk("c", 50, 54)]
    keep(workspace.catalogue, row.key, walks, [cut("b", 31.0)], Progress(analysed=60.0, frames=300, state=b""))
    assert measured(workspace).tracklets_without_crops == 2
    assert measured(workspace, Filter(before=START + 20)).tracklets_without_crops == 1
    assert measured(workspace, Filter(exclude_cameras=frozenset({"gate"}))).tracklets_without_crops == 0


# --- crops from no recording ---


def crop(number: int, camera: str | None, time: float) -> NewCrop:
    name = f"{number}.jpg"
    return NewCrop(name, None, camera, time, None, "gallery", 50, 120, number.to_bytes(32, "big"))


def bring_in_crops(workspace: Workspace, *crops: tuple[str | None, float]) -> None:
    workspace.catalogue.add_gallery(TOWN)
    source = workspace.catalogue.add_source(TOWN, "/pictures", "folder")
    workspace.catalogue.add_crops(TOWN, source, [crop(number, *one) for number, one in enumerate(crops)])


def test_of_imported_crops_only_crops_are_told(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("1", START), ("1", START + 10), ("1", START + 2 * 3600), ("2", float("nan")))
    found = measured(workspace)
    one, two = of(found, "1"), of(found, "2")
    assert (one.seen, one.missing, one.has_recordings, found.seconds) == ((), (), False, 0.0)
    assert one.imported is not None
    assert (one.imported.crops, one.imported.first, one.imported.last) == (3, START, START + 7200)
    assert one.imported.empty_hours == (8,)  # crops at 07:00 and 09:00
    assert two.imported is not None
    assert two.imported.crops == 1


def test_a_filter_by_time_or_camera_counts_what_it_leaves_out(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("1", START), ("1", START + 60), ("1", float("nan")), ("1", 12.0), (None, START))
    timed = measured(workspace, Filter(before=START + 60))
    assert timed.untimed == 2  # without a time, and without a date
    assert [one.imported and one.imported.crops for one in timed.cameras] == [2, 1]
    by_camera = measured(workspace, Filter(cameras=frozenset({"1"})))
    assert (by_camera.unplaced, by_camera.untimed, by_camera.left_out) == (1, 0, (None,))


def test_hours_and_weekdays_narrow_what_is_counted(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("1", START), ("1", START + 3660), ("1", START + 3700), ("1", START + 86_400))
    found = of(measured(workspace, Filter(hours=frozenset({8}))), "1").imported
    assert found is not None
    assert (found.crops, found.first, found.last) == (2, START + 3660, START + 3700)
    tuesday = of(measured(workspace, Filter(weekdays=frozenset({1}))), "1").imported
    assert tuesday is not None
    assert tuesday.crops == 1
    assert measured(workspace, Filter(hours=frozenset({3}))).is_empty


def test_imported_crops_and_recordings_of_one_camera_are_told_apart(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("gate", START + 5), ("gate", START + 7000))
    row = film(workspace)
    keep(workspace.catalogue, row.key, [walk("a")], [cut("a", 11.0)], Progress(analysed=120.0, frames=9, state=b""))
    found = of(measured(workspace), "gate")
    assert found.imported is not None
    assert (found.imported.crops, found.imported.last) == (2, START + 7000)
    assert found.seen == ((START, START + 120),)


def test_crops_that_a_model_cannot_find_are_counted(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("1", START), ("1", START + 1), ("1", START + 2))
    workspace.catalogue.add_model("model-1", "one", 4)
    keep_without_direction(workspace.catalogue, "model-1", [1])
    found = measured(workspace, model="model-1")
    assert (found.not_embedded, found.without_direction) == (2, 1)


def test_the_time_is_that_of_the_mended_clock(workspace: Workspace) -> None:
    row = film(workspace, clock_offset=-37.0)
    finish(workspace.catalogue, row.key, Progress(analysed=120.0, frames=9))
    assert of(measured(workspace), "gate").seen == ((START - 37, START + 83),)


def test_ids_are_no_part_of_it_but_that_there_are_some(workspace: Workspace) -> None:
    bring_in_crops(workspace, ("1", START))
    where = Filter(only_ids=frozenset(range(9)), exclude_ids=frozenset({4}))
    found = measured(workspace, where).where
    assert (found.only_ids, found.exclude_ids) == (frozenset(), frozenset())
    assert dataclasses.replace(found, only_ids=None) == Filter()
