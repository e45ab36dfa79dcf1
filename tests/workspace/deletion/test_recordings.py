"""What a deletion takes of recordings: tracklets, stills, what a stopped analysis goes on from, and the recording."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reid_core.errors import NotThere, Refused
from reid_core.files import one_at_a_time
from reid_core.temporary import temporary_file
from reid_core.workspace.catalogue.recordings import Progress, RecordingRow, every, finish, keep, named, note_still
from reid_core.workspace.catalogue.recordings.spans import spans_in
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete, plan
from reid_core.workspace.deletion.holds import hold
from reid_core.workspace.deletion.wiping import pending
from reid_core.workspace.galleries import editing
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.layout import LOCK, STILL, originals
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, filmed, walk
from tests.workspace.deletion.test_deletion import found_in

TOWN, NAME = "town", "zelda-quux.mp4"
AT_80 = Progress(analysed=80, frames=9)
PICTURE = b"zelda-quux as the camera saw her"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def taken(workspace: Workspace, *, still: float = 12.0, over: bool = True, **given: Any) -> RecordingRow:
    """Walks of seconds 10 to 14 (crops 1 and 2) and 30 to 34 (crop 3), with copies of the crops and a still."""
    row = filmed(workspace, **{"name": NAME, **given})
    folder = originals(workspace.path, row.source)
    for path in workspace.catalogue.known_labels(row.source):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(PICTURE)
    (folder / STILL).write_bytes(b"still: " + PICTURE)
    note_still(workspace.catalogue, row.key, still)
    if over:
        finish(workspace.catalogue, row.key, Progress(analysed=120.0, frames=600))
    return row


def crops(*ids: int) -> Selection:
    return Selection(ids=frozenset(ids))


def walks(workspace: Workspace) -> list[tuple[str, int]]:
    return [(line.name.removeprefix(f"{NAME}-"), line.crops) for line in tracklets_of(workspace.catalogue, TOWN)]


def files(workspace: Workspace, row: RecordingRow) -> list[str]:
    folder = originals(workspace.path, row.source)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_tracklet_goes_with_its_last_crop_and_not_before(workspace: Workspace) -> None:
    row = taken(workspace)
    delete(workspace, TOWN, crops(1), "test")
    assert walks(workspace) == [("1", 1), ("2", 1)]
    delete(workspace, TOWN, crops(2), "test")
    assert walks(workspace) == [("2", 1)]
    assert files(workspace, row) == [f"{NAME}-2/31.jpg"], "she was in the still"
    with workspace.catalogue.transaction() as database:
        assert database.execute("SELECT COUNT(*) FROM tracklet").fetchone()[0] == 1, "its path goes, too"


def spans(workspace: Workspace) -> list[tuple[float, float]]:
    with workspace.catalogue.transaction() as database:
        return database.execute("SELECT start_moment, end_moment FROM deleted_span ORDER BY start_moment").fetchall()


def test_when_a_deleted_tracklet_was_in_view_stays_known_until_its_recording_goes(workspace: Workspace) -> None:
    taken(workspace)
    delete(workspace, TOWN, crops(1), "test")
    assert spans(workspace) == [], "another crop of her is still there"
    delete(workspace, TOWN, crops(2), "test")
    assert spans(workspace) == [(8.0, 16.0)]
    delete(workspace, TOWN, crops(3), "test")
    assert spans(workspace) == []


def test_of_a_person_who_goes_altogether_the_whole_walk_is_shown_no_more(workspace: Workspace) -> None:
    taken(workspace)
    editing.relabel(workspace.catalogue, TOWN, crops(1), "identity", "anna")  # and not crop 2 of the same walk
    delete(workspace, TOWN, Selection(identities=frozenset({"anna"})), "she asked")
    assert walks(workspace) == [("1", 1), ("2", 1)]
    assert spans(workspace) == [(8.0, 16.0)]


def test_what_is_not_analysed_to_its_end_may_be_longer_than_its_file_states(workspace: Workspace) -> None:
    row = filmed(workspace, name=NAME, duration=12.0)  # a walk goes on until second 34
    delete(workspace, TOWN, crops(3), "test")
    with workspace.catalogue.transaction() as database:
        assert spans_in(database, named(workspace.catalogue, TOWN, NAME)) == [(28.0, 36.0)]
        finish(workspace.catalogue, row.key, Progress(analysed=33.0, frames=600, duration=33.0))
        assert spans_in(database, named(workspace.catalogue, TOWN, NAME)) == [(28.0, 33.0)]


@pytest.mark.parametrize(("still", "stays"), [(7.9, True), (8.1, False), (15.9, False), (16.1, True)])
def test_the_still_goes_with_who_was_in_view_or_was_about_to_be(
    workspace: Workspace, still: float, stays: bool
) -> None:
    """Crop 1 is of a walk of seconds 10 to 14; a tracker knows of a person up to two seconds later than an eye."""
    row = taken(workspace, still=still)
    delete(workspace, TOWN, crops(1), "test")
    assert (STILL in files(workspace, row)) == stays
    moment = named(workspace.catalogue, TOWN, NAME).still_moment
    assert (moment == still) == stays
    delete(workspace, TOWN, crops(3), "test")
    assert (STILL in files(workspace, row)) == stays, "and no other deletion takes it for a leftover"


def test_a_still_with_a_crop_of_no_tracklet_in_it_goes_with_any(workspace: Workspace) -> None:
    row = taken(workspace, still=100.0, over=False)
    keep(workspace.catalogue, row.key, [], [cut(None, 55)], Progress(analysed=60, frames=9))
    delete(workspace, TOWN, crops(4), "test")
    assert STILL not in files(workspace, row)


def test_the_recording_goes_with_its_last_crop_once_it_is_analysed(workspace: Workspace) -> None:
    row = taken(workspace)
    needles = {"name": b"zelda-quux", "picture": PICTURE}
    assert found_in(workspace.path, needles)
    assert plan(workspace, TOWN, crops(1, 2, 3)).recordings == 1
    delete(workspace, TOWN, crops(1, 2, 3), "test")
    assert every(workspace.catalogue, TOWN) == []
    assert workspace.catalogue.sources(TOWN).empty
    assert files(workspace, row) == []
    assert found_in(workspace.path, needles) == set(), "nor does the log name the file"


def test_one_that_is_being_analysed_stays_and_begins_with_an_empty_scene(workspace: Workspace) -> None:
    """What it would go on from holds pictures of people whom no selection can find."""
    row = taken(workspace, over=False)
    other = filmed(workspace, name="other.mp4", state=b"state with " + PICTURE)
    delete(workspace, TOWN, crops(1, 2, 3), "test")
    left = named(workspace.catalogue, TOWN, NAME)
    assert (left.analysed, left.has_state, left.finished) == (60, False, None)
    assert not named(workspace.catalogue, TOWN, other.name).has_state
    assert found_in(workspace.path, {"picture": PICTURE}) == set()
    ids = keep(workspace.catalogue, row.key, [walk("w", 70, 75)], [cut("w", 72)], Progress(analysed=80, frames=9))
    assert ids == [7]


def test_a_recording_is_deleted_by_its_name_also_when_nothing_was_found_in_it(workspace: Workspace) -> None:
    taken(workspace, over=False)
    film(workspace, name="empty.mp4")
    filmed(workspace, name="other.mp4")
    assert delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "test").crops == 3
    receipt = delete(workspace, TOWN, Selection(recordings=frozenset({"empty.mp4"})), "test")
    assert (receipt.crops, receipt.selection) == (0, "1 recording")
    assert [row.name for row in every(workspace.catalogue, TOWN)] == ["other.mp4"]
    with pytest.raises(NotThere, match=r"fits: recording empty\.mp4"):
        delete(workspace, TOWN, Selection(recordings=frozenset({"empty.mp4"})), "test")


def test_a_camera_takes_its_recordings_and_a_day_or_a_person_only_crops(workspace: Workspace) -> None:
    taken(workspace, over=False)
    taken(workspace, name="door.mp4", camera="door", over=False)
    editing.relabel(workspace.catalogue, TOWN, Selection(), "identity", "ann")
    delete(workspace, TOWN, Selection(cameras=frozenset({"gate"}), before=START + 1000), "a day")
    assert [row.name for row in every(workspace.catalogue, TOWN)] == ["door.mp4", NAME]
    delete(workspace, TOWN, Selection(identities=frozenset({"ann"})), "a person")
    assert [row.name for row in every(workspace.catalogue, TOWN)] == ["door.mp4", NAME], "they are being analysed"
    delete(workspace, TOWN, Selection(cameras=frozenset({"gate"})), "a camera")
    assert [row.name for row in every(workspace.catalogue, TOWN)] == ["door.mp4"]


def test_an_old_recording_goes_also_when_nothing_was_found_in_it(workspace: Workspace) -> None:
    """Of two minutes from 7:00 on. One of unknown start was imported today."""
    film(workspace)
    film(workspace, name="unknown.mp4", start=math.nan, start_source=None)
    with pytest.raises(NotThere):
        delete(workspace, TOWN, Selection(older_than=START + 119), "retention")
    assert delete(workspace, TOWN, Selection(older_than=START + 121), "retention").crops == 0
    assert [row.name for row in every(workspace.catalogue, TOWN)] == ["unknown.mp4"]
    delete(workspace, TOWN, Selection(older_than=time.time() + 10), "retention")
    assert every(workspace.catalogue, TOWN) == []


def test_one_that_is_younger_in_part_stays(workspace: Workspace) -> None:
    taken(workspace, over=False)
    assert delete(workspace, TOWN, Selection(older_than=START + 20), "retention").crops == 2
    assert [row.name for row in every(workspace.catalogue, TOWN)] == [NAME]


def test_a_gallery_takes_all_its_recordings_with_it(workspace: Workspace) -> None:
    taken(workspace)
    film(workspace, name="empty.mp4")
    delete(workspace, TOWN, Selection(), "closed")
    with sqlite3.connect(workspace.catalogue.path) as database:
        for table in ("recording", "tracklet", "source", "crop", "gallery"):
            assert database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] == 0, table
    assert found_in(workspace.path, {"name": b"zelda-quux", "picture": PICTURE}) == set()


def test_what_a_hold_keeps_keeps_its_recording(workspace: Workspace) -> None:
    row = taken(workspace)
    hold(workspace, TOWN, crops(3), "case-7")
    delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "test")
    assert walks(workspace) == [("2", 1)]
    assert named(workspace.catalogue, TOWN, NAME).key == row.key
    with pytest.raises(Refused, match="held by case-7"):
        delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "test")


def empty_walks(workspace: Workspace, row: RecordingRow) -> None:
    """Seconds 50 to 54 and 70 to 74: too far away for a crop."""
    lone = [walk(f"{NAME}-{number}", first, first + 4) for number, first in ((3, 50.0), (4, 70.0))]
    keep(workspace.catalogue, row.key, lone, [], AT_80)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(after=START + 53, before=START + 60),
        Selection(after=START + 40, before=START + 51),
        Selection(cameras=frozenset({"gate"}), after=START + 40, before=START + 60),
        Selection(recordings=frozenset({NAME}), after=START + 40, before=START + 60),
        Selection(tracklets=frozenset({f"{NAME}-3"})),
    ],
)
def test_a_tracklet_without_crops_goes_with_its_time_or_name(workspace: Workspace, selection: Selection) -> None:
    row = taken(workspace, still=55.5, over=False, path="/film/gate.mp4", copied=True)
    (originals(workspace.path, row.source) / "gate.mp4").write_bytes(PICTURE)
    empty_walks(workspace, row)
    planned = plan(workspace, TOWN, selection)
    assert (planned.crops, planned.tracklets) == (0, 1)
    assert "1 tracklet without crops would be deleted." in planned.describe()
    assert delete(workspace, TOWN, selection, "test").crops == 0
    assert walks(workspace) == [("1", 2), ("2", 1), ("4", 0)]
    assert len(files(workspace, row)) == 3, "the still and the video show that person, too"
    assert not named(workspace.catalogue, TOWN, NAME).copied


@pytest.mark.parametrize(
    "selection",
    [
        Selection(after=START + 55, before=START + 69),
        Selection(cameras=frozenset({"door"}), after=START),
        Selection(after=START, identities=frozenset({"ann"})),
        Selection(splits=frozenset({"query"})),
        Selection(older_than=START + 54),
    ],
)
def test_a_tracklet_without_crops_of_another_time_or_camera_stays(workspace: Workspace, selection: Selection) -> None:
    empty_walks(workspace, taken(workspace, over=False))
    assert plan(workspace, TOWN, selection).tracklets == 0


def test_tracklets_without_crops_go_with_a_camera_an_age_and_a_gallery(workspace: Workspace) -> None:
    empty_walks(workspace, taken(workspace, over=False))
    held = taken(workspace, name="door.mp4", camera="door", over=False)
    keep(workspace.catalogue, held.key, [walk("far", 50.0, 54.0)], [], AT_80)
    hold(workspace, TOWN, crops(4), "case-7")
    assert plan(workspace, TOWN, Selection(older_than=START + 60)).tracklets == 1
    assert plan(workspace, TOWN, Selection(cameras=frozenset({"gate"}))).tracklets == 2
    assert plan(workspace, TOWN, Selection()).tracklets == 2, "what a hold keeps keeps its recording"
    delete(workspace, TOWN, Selection(), "closed")
    assert [(line.name, line.crops) for line in tracklets_of(workspace.catalogue, TOWN)] == [
        ("door.mp4-1", 1), ("far", 0),
    ]  # fmt: skip


def test_a_recording_that_is_kept_in_the_workspace_is_no_leftover_and_goes_in_the_end(workspace: Workspace) -> None:
    row = film(workspace, path="/film/gate.mp4", copied=True)
    folder = originals(workspace.path, row.source)
    folder.mkdir(parents=True)
    (folder / "gate.mp4").write_bytes(PICTURE)
    (folder / "half.jpg").write_bytes(PICTURE)
    filmed(workspace, name="other.mp4")
    delete(workspace, TOWN, crops(1), "test")
    assert files(workspace, row) == ["gate.mp4"]
    delete(workspace, TOWN, Selection(recordings=frozenset({"gate.mp4"})), "test")
    assert files(workspace, row) == []


def test_a_deletion_that_was_killed_takes_the_still_at_the_next_opening(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = taken(workspace)
    monkeypatch.setattr("reid_core.workspace.deletion.deletion.finish", lambda *databases: False)
    delete(workspace, TOWN, crops(1), "test")
    assert STILL in files(workspace, row)
    open_workspace(workspace.path, TESTER)
    assert STILL not in files(workspace, row)


def test_files_of_a_step_that_is_being_kept_are_no_leftovers(workspace: Workspace) -> None:
    """Who lays them out holds the lock until their rows are there: the deletion waits."""
    row = taken(workspace, over=False)
    folder = originals(workspace.path, row.source)
    deleting = threading.Thread(target=delete, args=(workspace, TOWN, crops(3), "test"))
    with one_at_a_time(workspace.path / LOCK):
        (folder / "w").mkdir()
        (folder / "w" / "72.jpg").write_bytes(b"new")
        deleting.start()
        while not pending(workspace.catalogue):
            time.sleep(0.01)
        keep(workspace.catalogue, row.key, [walk("w", 70, 75)], [replace(cut("w", 72), path="w/72.jpg")], AT_80)
    deleting.join()
    assert not pending(workspace.catalogue)
    assert files(workspace, row) == [STILL, "w/72.jpg", f"{NAME}-1/11.jpg", f"{NAME}-1/13.jpg"]


def test_a_copy_that_is_being_made_is_no_leftover(workspace: Workspace) -> None:
    """It is made without the lock, since it may take minutes; only who died over one has left it."""
    row = taken(workspace, over=False)
    place = originals(workspace.path, row.source) / "street.mp4"
    with temporary_file(place) as (file, path):
        file.write(b"half of it")
        file.flush()
        delete(workspace, TOWN, crops(3), "test")
        assert path.read_bytes() == b"half of it"


def test_a_dropped_video_whose_analysis_was_interrupted_goes_with_the_first_crop(workspace: Workspace) -> None:
    """It would come in whole again otherwise, and show who was deleted."""
    files = [workspace.incoming / "20260302T080000-abcdef" / name for name in ("begun.mp4", "whole.mp4", "waits.mp4")]
    files[0].parent.mkdir(parents=True)
    for file in files:
        file.write_bytes(PICTURE)
    taken(workspace, path=str(files[0].resolve()), over=False)
    delete(workspace, TOWN, crops(1), "test")
    assert [file.name for file in files if file.exists()] == ["whole.mp4", "waits.mp4"]
