"""What a mended clock may not do: let one camera film two things at once, or something in the future."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from reid_core.errors import Refused
from reid_core.workspace.catalogue.audit_sentences import sentence_of
from reid_core.workspace.catalogue.recordings import every, mend, set_start
from reid_core.workspace.catalogue.recordings.clock import overlap, put_back, would_mend, would_set_start
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, film, filmed

TOWN = "town"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two recordings of two minutes of camera gate: from 7:00:00, and from 7:10:00 on."""
    workspace = Workspace(tmp_path / "workspace", TESTER)
    filmed(workspace)
    filmed(workspace, name="later.mp4", start=START + 600)
    return workspace


def begins(workspace: Workspace) -> list[float]:
    return [row.time_of(0) - START for row in every(workspace.catalogue, TOWN)]


def test_two_recordings_of_one_camera_do_not_come_to_overlap(workspace: Workspace) -> None:
    said = (
        r"Recording gate\.mp4 of camera gate would begin at 2026-03-02 07:09:00 UTC and overlap with later\.mp4, which "
        r"begins at 2026-03-02 07:10:00 UTC: one camera cannot film both\."
    )
    with pytest.raises(Refused, match=said):
        mend(workspace.catalogue, TOWN, 540.0, recording="gate.mp4")
    with pytest.raises(Refused, match=said):
        set_start(workspace.catalogue, TOWN, "gate.mp4", START + 540)
    assert begins(workspace) == [0, 600]
    mend(workspace.catalogue, TOWN, 482.0, recording="gate.mp4")  # two seconds are shared: recorders cut so
    mend(workspace.catalogue, TOWN, 3_600.0, camera="gate")
    assert begins(workspace) == [4_082, 4_200], "all of a camera move alike"


def test_another_camera_and_an_unknown_start_overlap_with_nothing(workspace: Workspace) -> None:
    film(workspace, name="door.mp4", camera="door", start=START + 5_000)
    film(workspace, name="old.mp4", start=math.nan, start_source=None)
    mend(workspace.catalogue, TOWN, 5_000.0, recording="gate.mp4")
    assert 5_000 in begins(workspace)


def test_a_recording_without_a_length_may_not_begin_within_another(workspace: Workspace) -> None:
    gate = every(workspace.catalogue, TOWN)[0]
    assert overlap(START, 0.0, gate), "also one that does not say how long it is"
    assert overlap(START + 60, 0.0, gate)
    assert overlap(START + 60, 1.0, gate)
    assert not overlap(START + 119.5, 0.0, gate)
    assert not overlap(START + 118, 60.0, gate)
    assert overlap(START + 117.9, 60.0, gate)


def test_no_recording_comes_to_lie_in_the_future(workspace: Workspace) -> None:
    now = time.time()
    with pytest.raises(Refused, match=r"gate\.mp4 would begin at 20.* UTC, which lies in the future\."):
        mend(workspace.catalogue, TOWN, now - START + 3_600, camera="gate")
    with pytest.raises(Refused, match=r"gate\.mp4 would end at 20.* UTC, which lies in the future\."):
        set_start(workspace.catalogue, TOWN, "gate.mp4", now - 20)
    assert begins(workspace) == [0, 600]


def test_a_recording_that_lies_in_the_future_can_be_moved_back(workspace: Workspace) -> None:
    film(workspace, name="ahead.mp4", start=time.time() + 7_200)
    mended = mend(workspace.catalogue, TOWN, -3_600.0, recording="ahead.mp4")
    assert mended.recordings[0].clock_offset == -3_600


def times(workspace: Workspace) -> list[float]:
    """Of crops 1, 2 and 3, seconds after START; they are 11, 13 and 31 s into gate.mp4."""
    found = workspace.catalogue.crops_of([1, 2, 3])["time"]
    return [float(time) - START for time in found]


def test_what_a_correction_would_do_is_said_before_and_changes_nothing(workspace: Workspace) -> None:
    said = would_mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    assert (said.crops, [row.time_of(0) - START for row in said.recordings], said.unknown) == (6, [37, 637], 0)
    assert begins(workspace) == [0, 600]
    did = mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    assert did == said
    stated = would_set_start(workspace.catalogue, TOWN, "gate.mp4", START - 90)
    assert (stated.crops, stated.recordings[0].time_of(0)) == (3, START - 90)
    assert set_start(workspace.catalogue, TOWN, "gate.mp4", START - 90) == stated


def test_what_would_be_refused_is_refused_before(workspace: Workspace) -> None:
    with pytest.raises(Refused, match="one camera cannot film both"):
        would_mend(workspace.catalogue, TOWN, 540.0, recording="gate.mp4")
    with pytest.raises(Refused, match="one camera cannot film both"):
        would_set_start(workspace.catalogue, TOWN, "gate.mp4", START + 540)
    with pytest.raises(Refused, match="in the future"):
        would_mend(workspace.catalogue, TOWN, time.time(), camera="gate")


def test_a_stated_start_is_put_back_with_its_source_and_offset(workspace: Workspace) -> None:
    mend(workspace.catalogue, TOWN, 37.0, recording="gate.mp4")
    before = every(workspace.catalogue, TOWN)[0]
    set_start(workspace.catalogue, TOWN, "gate.mp4", START - 5)
    assert times(workspace) == [6, 8, 26]
    done = put_back(workspace.catalogue, before)
    assert (done.crops, done.recordings) == (3, (before,))
    assert times(workspace) == [48, 50, 68]
    assert before.clock_offset == 37


def test_a_start_that_was_unknown_is_unknown_again(workspace: Workspace) -> None:
    filmed(workspace, name="old.mp4", start=math.nan, start_source=None)
    (before,) = [row for row in every(workspace.catalogue, TOWN) if row.name == "old.mp4"]
    set_start(workspace.catalogue, TOWN, "old.mp4", START + 5_000)
    ids = workspace.catalogue.crops_of([7, 8, 9])
    assert [float(time) - START for time in ids["time"]] == [5_011, 5_013, 5_031]
    was = workspace.catalogue.version()
    done = put_back(workspace.catalogue, before)
    assert done.crops == 3
    (after,) = done.recordings
    assert math.isnan(after.start)
    assert (after.start_source, after.clock_offset) == (None, 0)
    assert workspace.catalogue.crops_of([7, 8, 9])["time"].isna().all()
    assert workspace.catalogue.version() > was, "indexes follow"
    said = {sentence_of(line) for line in workspace.catalogue.audit() if line["action"] == "set start"}
    assert {line.partition(" in gallery town")[2] for line in said} == {
        ", which was unknown, to 2026-03-02T08:23:20Z: 3 crops.", " from 2026-03-02T08:23:20Z to unknown: 3 crops.",
    }  # fmt: skip


def test_what_another_recording_has_taken_is_not_put_back(workspace: Workspace) -> None:
    before = every(workspace.catalogue, TOWN)[0]
    set_start(workspace.catalogue, TOWN, "gate.mp4", START - 5_000)
    film(workspace, name="new.mp4", start=START + 30)
    with pytest.raises(Refused, match="overlap with new"):
        put_back(workspace.catalogue, before)
