"""Recordings in the catalogue: each step of an analysis is whole or not there, and clocks are corrected at once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import NotThere, Refused, ReidError
from reid_core.workspace.catalogue.recordings import (
    DeletedMeanwhile,
    NewRecording,
    Progress,
    Vectors,
    add,
    at_path,
    every,
    finish,
    keep,
    mend,
    named,
    note_still,
    of_file,
    set_start,
    take_up,
)
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import read_changes, read_vectors
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries import editing
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, filmed, walk

TOWN = "town"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def times(workspace: Workspace) -> list[float]:
    return [float(time) for time in workspace.catalogue.crops(TOWN)["time"]]


def test_a_recording_is_found_by_its_name_its_bytes_and_its_path(workspace: Workspace) -> None:
    said = {"name": START + 3600, "container": None}
    facts = {"codec": "h264", "rate": 25.0}
    row = film(workspace, said=said, facts=facts, settings={"fps": 5}, zone="Europe/Berlin", copied=True)
    assert (row.name, row.camera, row.start, row.start_source, row.duration) == (
        "gate.mp4",
        "gate",
        START,
        "stated",
        120,
    )
    assert (row.said, row.facts, row.settings, row.zone, row.copied) == (said, facts, {"fps": 5}, "Europe/Berlin", True)
    assert (row.analysed, row.frames, row.problems, row.finished, row.has_state) == (0, 0, {}, None, False)
    assert math.isnan(row.still_moment)
    assert row.sha256 is not None
    catalogue = workspace.catalogue
    assert named(catalogue, TOWN, "gate.mp4") == of_file(catalogue, TOWN, row.sha256) == row
    assert at_path(catalogue, TOWN, "/film/gate.mp4") == row
    assert of_file(catalogue, TOWN, bytes(32)) is None
    with pytest.raises(NotThere, match=r"no recording 'door\.mp4'. There are: gate\.mp4"):
        named(catalogue, TOWN, "door.mp4")
    (source,) = catalogue.sources(TOWN).to_dict("records")
    assert (source["key"], source["path"], source["format"], source["copied"]) == (
        row.source, "/film/gate.mp4", "video", True,
    )  # fmt: skip


def test_another_file_at_the_same_path_is_another_recording(workspace: Workspace) -> None:
    """Recorders write over their oldest file."""
    first, second = film(workspace), film(workspace, sha256=bytes(32))
    assert (first.name, second.name) == ("gate.mp4", "gate.mp4-2")
    assert first.source != second.source
    assert at_path(workspace.catalogue, TOWN, "/film/gate.mp4") == second


def test_who_brought_a_recording_in_is_in_the_log(workspace: Workspace) -> None:
    film(workspace)
    (line,) = workspace.catalogue.audit()
    assert (line["who"], line["action"], line["path"]) == (TESTER.name, "add recording", "/film/gate.mp4")
    assert (line["camera"], line["start"], line["start_source"]) == ("gate", "2026-03-02T07:00:00Z", "stated")
    assert line["detector"] == "drawn"


def test_a_start_that_is_unknown_stays_unknown(workspace: Workspace) -> None:
    filmed(workspace, start=math.nan, start_source=None)
    assert np.isnan(times(workspace)).all()
    with pytest.raises(ValueError, match="comes with its source"):
        film(workspace, start_source=None)
    with pytest.raises(ReidError, match="State its start with --start"):
        film(workspace, start=12.0)


def test_a_step_keeps_crops_tracklets_vectors_and_how_far_it_is(workspace: Workspace) -> None:
    catalogue = workspace.catalogue
    row = film(workspace)
    catalogue.add_model("m1", "stripes", 2)
    rows = np.array([[1, 0], [0, 1], [np.nan, np.nan]], np.float32)
    ids = keep(
        catalogue, row.key, [walk("w1")], [cut("w1", 11), cut("w1", 12), cut("w1", 13)],
        Progress(analysed=20.0, frames=500, problems={"gaps": [[3, 4]]}, state=b"s", duration=125.0, bytes=2_000),
        vectors=Vectors("m1", rows),
    )  # fmt: skip
    assert ids == [1, 2, 3]
    crops = catalogue.crops(TOWN)
    assert crops["time"].tolist() == [START + 11, START + 12, START + 13]
    assert set(crops["camera"]) == {"gate"}
    assert set(crops["recording"]) == {"gate.mp4"}
    assert crops[["moment", "box_left", "box_top", "box_width", "box_height"]].values.tolist()[0] == [
        11, 100, 380, 50, 120,
    ]  # fmt: skip
    found, vectors = read_vectors(catalogue, TOWN, "m1")
    assert (found.tolist(), vectors.tolist()) == ([1, 2], [[1, 0], [0, 1]])
    assert catalogue.gallery(TOWN).without_direction == {"m1": 1}
    now = named(catalogue, TOWN, "gate.mp4")
    assert (now.analysed, now.frames, now.problems, now.duration, now.bytes) == (
        20,
        500,
        {"gaps": [[3, 4]]},
        125,
        2_000,
    )
    assert now.has_state
    assert take_up(catalogue, row.key).state == b"s"
    with catalogue.transaction() as database:
        path = database.execute("SELECT path FROM tracklet").fetchone()[0]
    assert np.frombuffer(path, "<f4").reshape(-1, 5).tolist() == [
        [t, 100 + 10 * t, 500, 50, 120] for t in (10, 11, 12, 13, 14)
    ]


def test_a_step_that_fails_keeps_nothing(workspace: Workspace) -> None:
    row = filmed(workspace)
    before = every(workspace.catalogue, TOWN), workspace.catalogue.crops(TOWN)
    with pytest.raises(ReidError, match="UNIQUE"):  # a step that is done twice, its name being taken
        keep(
            workspace.catalogue, row.key, [walk("gate.mp4-1")], [cut("gate.mp4-1", 14)], Progress(analysed=70, frames=9)
        )
    with pytest.raises(ValueError, match="no tracklet of the recording is called strange"):
        keep(workspace.catalogue, row.key, [walk("new")], [cut("strange", 14)], Progress(analysed=70, frames=9))
    after = every(workspace.catalogue, TOWN), workspace.catalogue.crops(TOWN)
    assert after[0] == before[0]
    assert after[1].equals(before[1])


def test_the_same_picture_in_two_tracklets_is_two_crops(workspace: Workspace) -> None:
    row = film(workspace)
    same = {"sha256": bytes(32)}
    crops = [cut("w1", 11, **same), cut("w2", 11, **same), cut("w2", 11, **same)]
    assert keep(workspace.catalogue, row.key, [walk("w1"), walk("w2")], crops, Progress(analysed=20, frames=9)) == [
        1, 2, 2,
    ]  # fmt: skip


def test_at_the_end_no_state_is_left_and_a_file_that_grew_has_its_hash(workspace: Workspace) -> None:
    row = filmed(workspace, sha256=None)
    ended = finish(workspace.catalogue, row.key, Progress(analysed=120, frames=600, state=b"x"), sha256=bytes(32))
    assert (ended.analysed, ended.has_state) == (120, False)
    assert ended.sha256 == bytes(32)
    assert ended.finished is not None
    assert take_up(workspace.catalogue, row.key).state is None


def test_tracks_are_numbered_on_where_a_deletion_took_the_state_and_no_number_is_given_twice(
    workspace: Workspace,
) -> None:
    catalogue, row = workspace.catalogue, film(workspace)
    assert take_up(catalogue, row.key).numbered == 0
    names = ("gate-0009", "gate-0011b", "gate-0011", "2026-03-02")
    keep(catalogue, row.key, [walk(name) for name in names], [cut("gate-0011b", 11)], Progress(analysed=20, frames=9))
    assert take_up(catalogue, row.key).numbered == 11
    delete(workspace, TOWN, Selection(tracklets=frozenset({"gate-0011", "gate-0011b"})), "test")
    assert take_up(catalogue, row.key).numbered == 11, "the newest one was deleted"
    keep(catalogue, row.key, [], [], Progress(analysed=30, frames=12, numbered=14))
    keep(catalogue, row.key, [walk("gate-0013")], [], Progress(analysed=40, frames=15, numbered=13))
    assert take_up(catalogue, row.key).numbered == 14, "one who is in view has the highest"


def test_numbers_of_a_recording_of_an_earlier_program_go_on_from_its_names(workspace: Workspace) -> None:
    row = film(workspace)
    keep(workspace.catalogue, row.key, [walk("gate-0009")], [], Progress(analysed=20, frames=9))
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET settings = '{}'")
    assert take_up(workspace.catalogue, row.key).numbered == 9


def test_a_step_that_remembers_from_before_a_deletion_keeps_nothing(workspace: Workspace) -> None:
    catalogue, row = workspace.catalogue, filmed(workspace)
    filmed(workspace, gallery="other", name="other.mp4")
    taken_up = take_up(catalogue, row.key)
    delete(workspace, "other", Selection(), "of another gallery")
    walks, crops = [walk("w", 70, 75)], [cut("w", 72)]
    before = Progress(analysed=80, frames=400, state=b"in view", deletion=taken_up.deletion)
    keep(catalogue, row.key, [], [], before)
    delete(workspace, TOWN, Selection(ids=frozenset({1})), "a person")
    kept = take_up(catalogue, row.key)
    with pytest.raises(DeletedMeanwhile, match=r"deleted while recording gate\.mp4 was analysed"):
        keep(catalogue, row.key, walks, crops, before)
    with pytest.raises(DeletedMeanwhile):
        note_still(catalogue, row.key, 5.0, taken_up.deletion)
    assert take_up(catalogue, row.key) == kept
    assert kept.state is None
    keep(catalogue, row.key, walks, crops, Progress(analysed=80, frames=400, deletion=kept.deletion))


def test_a_step_of_a_recording_that_was_deleted_is_refused(workspace: Workspace) -> None:
    row = filmed(workspace)
    delete(workspace, TOWN, Selection(recordings=frozenset({"gate.mp4"})), "closed")
    for step in (
        lambda: keep(workspace.catalogue, row.key, [walk("w")], [cut("w", 11)], Progress(analysed=70, frames=9)),
        lambda: finish(workspace.catalogue, row.key, Progress(analysed=70, frames=9)),
        lambda: note_still(workspace.catalogue, row.key, 5.0),
    ):
        with pytest.raises(NotThere, match="deleted while it was analysed"):
            step()


# --- clocks ---


def test_a_cameras_clock_moves_all_its_crops_and_every_index_hears_of_it(workspace: Workspace) -> None:
    catalogue = workspace.catalogue
    filmed(workspace)
    filmed(workspace, name="evening.mp4", start=START + 36_000)
    filmed(workspace, name="door.mp4", camera="door")
    catalogue.add_model("m1", "stripes", 1)
    with catalogue.transaction() as database:
        seen = database.execute("SELECT seq FROM counter").fetchone()[0]
    mended = mend(catalogue, TOWN, 37.0, camera="gate", purpose="the tower clock is in view")
    assert (mended.crops, len(mended.recordings), mended.unknown) == (6, 2, 0)
    late = [START + 37 + moment for moment in (11, 13, 31)]
    assert times(workspace) == [*late, *(time + 36_000 for time in late), *(time - 37 for time in late)]
    (changes,) = read_changes(catalogue, TOWN, "m1", seen)
    assert changes.relabelled.tolist() == [1, 2, 3, 4, 5, 6]
    line = catalogue.audit(1)[0]
    assert (line["action"], line["by"], line["before"], line["after"]) == ("mend clock", 37, 0, 37)
    assert (line["purpose"], line["crops"]) == ("the tower clock is in view", 6)
    again = mend(catalogue, TOWN, -1.5, recording="evening.mp4")
    assert again.recordings[0].clock_offset == 35.5
    assert again.recordings[0].start == START + 36_000, "as it was filmed"
    assert times(workspace)[3] == START + 36_000 + 35.5 + 11


def test_what_is_kept_after_a_correction_has_the_corrected_time(workspace: Workspace) -> None:
    row = filmed(workspace)
    mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    keep(workspace.catalogue, row.key, [walk("late")], [cut("late", 50)], Progress(analysed=60, frames=9))
    assert times(workspace)[-1] == START + 37 + 50


def test_a_time_that_a_person_gave_stays(workspace: Workspace) -> None:
    filmed(workspace)
    editing.relabel(workspace.catalogue, TOWN, Selection(ids=frozenset({2})), "time", START + 1000)
    mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    assert times(workspace) == [START + 37 + 11, START + 1000, START + 37 + 31]
    editing.undo(workspace.catalogue, TOWN)
    assert times(workspace) == [START + 37 + 11, START + 37 + 13, START + 37 + 31]


def test_a_start_can_be_stated_later(workspace: Workspace) -> None:
    filmed(workspace, start=math.nan, start_source=None)
    with pytest.raises(Refused, match=r"start of recording gate\.mp4 is not known"):
        mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    stated = set_start(workspace.catalogue, TOWN, "gate.mp4", START + 60)
    assert stated.crops == 3
    assert (stated.recordings[0].start, stated.recordings[0].start_source) == (START + 60, "stated")
    assert times(workspace) == [START + 60 + moment for moment in (11, 13, 31)]
    mend(workspace.catalogue, TOWN, 5.0, camera="gate")
    again = set_start(workspace.catalogue, TOWN, "gate.mp4", START)
    assert again.recordings[0].clock_offset == 0
    assert times(workspace)[0] == START + 11
    assert workspace.catalogue.audit(1)[0]["before"] == "2026-03-02T07:01:05Z"


def test_recordings_of_unknown_start_are_counted_and_wait(workspace: Workspace) -> None:
    filmed(workspace)
    filmed(workspace, name="old.mp4", start=math.nan, start_source=None)
    mended = mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    assert (mended.crops, [row.name for row in mended.recordings], mended.unknown) == (3, ["gate.mp4"], 1)
    assert named(workspace.catalogue, TOWN, "old.mp4").clock_offset == 0


def test_a_correction_to_no_date_and_one_of_nothing_are_refused(workspace: Workspace) -> None:
    filmed(workspace)
    with pytest.raises(ReidError, match=r"gate\.mp4 cannot begin at"):
        mend(workspace.catalogue, TOWN, -START, camera="gate")
    with pytest.raises(NotThere, match="no recording of camera 'door'"):
        mend(workspace.catalogue, TOWN, 37.0, camera="door")
    with pytest.raises(NotThere, match=r"no recording 'x\.mp4'"):
        set_start(workspace.catalogue, TOWN, "x.mp4", START)
    assert times(workspace) == [START + 11, START + 13, START + 31]


def test_a_camera_that_is_given_another_name_has_it_in_its_recordings_too(workspace: Workspace) -> None:
    filmed(workspace)
    editing.relabel(workspace.catalogue, TOWN, Selection(ids=frozenset({1})), "camera", "door")
    assert named(workspace.catalogue, TOWN, "gate.mp4").camera == "gate", "one crop of three"
    editing.relabel(workspace.catalogue, TOWN, Selection(cameras=frozenset({"gate"})), "camera", "door")
    assert named(workspace.catalogue, TOWN, "gate.mp4").camera == "door"
    editing.undo(workspace.catalogue, TOWN)
    editing.undo(workspace.catalogue, TOWN)
    assert named(workspace.catalogue, TOWN, "gate.mp4").camera == "gate"


def test_a_recording_needs_its_gallery(workspace: Workspace) -> None:
    new = NewRecording(name="a", path="/a", camera="c", width=1, height=1, bytes=1, detector="d")
    with pytest.raises(NotThere, match="no gallery 'nowhere'"):
        add(workspace.catalogue, "nowhere", new)
