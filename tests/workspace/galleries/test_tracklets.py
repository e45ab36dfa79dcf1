"""The table of tracklets: those of recordings and those that labels tell, each once."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.catalogue.recordings import Progress, keep, mend
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.exports.tracklets import to_csv, write_tracklets
from reid_core.workspace.galleries import editing
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import START, cut, film, filmed, walk

TOWN = "town"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def imported(workspace: Workspace, *crops: tuple[str, str | None, str, float, tuple[float, ...] | None]) -> None:
    """Labelled crops: tracklet, identity, camera, time, and left, top, width and height of the box."""
    workspace.catalogue.add_gallery(TOWN)
    source = workspace.catalogue.add_source(TOWN, "/frames", "table")
    rows = []
    for number, (tracklet, identity, camera, time, box) in enumerate(crops):
        left, top, width, height = box or (math.nan,) * 4
        rows.append(
            NewCrop(
                path=f"{number}.jpg", identity=identity, camera=camera, time=time, tracklet=tracklet, split="gallery",
                width=50, height=120, sha256=number.to_bytes(32, "big"), box_left=left, box_top=top, box_width=width,
                box_height=height,
            )
        )  # fmt: skip
    workspace.catalogue.add_crops(TOWN, source, rows)


def test_a_tracklet_of_a_recording_says_all_that_its_analysis_kept(workspace: Workspace) -> None:
    row = film(workspace)
    keep(
        workspace.catalogue, row.key, [walk("w", open_at_start=True, exit=(900.5, 700.25))],
        [cut("w", 11, identity="ann"), cut("w", 13, identity="ann")], Progress(analysed=60, frames=9),
    )  # fmt: skip
    (line,) = tracklets_of(workspace.catalogue, TOWN)
    assert (line.name, line.camera, line.recording, line.crops, line.identities) == ("w", "gate", row.name, 2, ("ann",))
    assert (line.start, line.end, line.seconds) == (START + 10, START + 14, 4)
    assert (line.entry, line.exit) == ((100, 500), (900.5, 700.25))
    assert (line.detections, line.score, line.moved) == (21, 0.75, 2.5)
    assert line.flags == ("in view at the start",)
    mend(workspace.catalogue, TOWN, 37.0, camera="gate")
    assert tracklets_of(workspace.catalogue, TOWN)[0].start == START + 47


def test_labels_of_crops_tell_the_others(workspace: Workspace) -> None:
    """Two cameras number theirs alike. The foot is the middle of the lower edge of the box."""
    imported(
        workspace, ("7", "ann", "gate", START + 5, (10, 20, 30, 100)), ("7", "ann", "gate", START + 2, (0, 20, 30, 90)),
        ("7", "bob", "gate", START + 3, None), ("7", None, "door", START, None),
    )  # fmt: skip
    door, gate = tracklets_of(workspace.catalogue, TOWN)
    assert (door.name, door.camera, door.crops, door.identities, door.entry) == ("7", "door", 1, (), None)
    assert (gate.name, gate.camera, gate.crops, gate.identities) == ("7", "gate", 3, ("ann", "bob"))
    assert (gate.start, gate.end, gate.seconds) == (START + 2, START + 5, 3)
    assert (gate.entry, gate.exit) == ((15, 110), (25, 120))
    assert (gate.recording, gate.detections, gate.flags) == (None, None, ())


def test_each_is_listed_once_by_time_and_those_of_unknown_time_last(workspace: Workspace) -> None:
    filmed(workspace, name="b.mp4", start=math.nan, start_source=None)
    filmed(workspace, name="a.mp4")
    imported(workspace, ("7", None, "gate", START + 20, None), ("8", None, "gate", math.nan, None))
    assert [line.name for line in tracklets_of(workspace.catalogue, TOWN)] == [
        "a.mp4-1", "7", "a.mp4-2", "8", "b.mp4-1", "b.mp4-2",
    ]  # fmt: skip


def test_cameras_are_those_of_the_crops_as_they_are_labelled_now(workspace: Workspace) -> None:
    filmed(workspace)
    imported(workspace, ("7", None, "door", START + 20, None))
    editing.relabel(workspace.catalogue, TOWN, Selection(ids=frozenset({3})), "camera", "hall")

    def names(*cameras: str) -> list[str]:
        return [line.name for line in tracklets_of(workspace.catalogue, TOWN, cameras)]

    assert names("gate") == ["gate.mp4-1"]
    assert names("hall", "door") == ["7", "gate.mp4-2"]


def test_a_tracklet_of_which_no_crop_was_kept_is_that_of_the_recordings_camera(workspace: Workspace) -> None:
    row = film(workspace)
    keep(workspace.catalogue, row.key, [walk("w")], [], Progress(analysed=60, frames=9))
    (line,) = tracklets_of(workspace.catalogue, TOWN, ["gate"])
    assert (line.crops, line.camera) == (0, "gate")


def test_the_file_has_a_row_for_each_and_no_formula(workspace: Workspace) -> None:
    filmed(workspace)
    imported(workspace, ("=1+1", "ann", "gate", START + 20, None))
    first, formula, _ = csv.DictReader(io.StringIO(to_csv(tracklets_of(workspace.catalogue, TOWN))))
    assert formula["tracklet"] == "'=1+1"
    assert (formula["start"], formula["entry_x"], formula["recording"]) == ("2026-03-02T07:00:20Z", "", "")
    assert first == {
        "tracklet": "gate.mp4-1", "camera": "gate", "start": "2026-03-02T07:00:10Z", "end": "2026-03-02T07:00:14Z",
        "seconds": "4.0", "crops": "2", "detections": "21", "entry_x": "100.0", "entry_y": "500.0", "exit_x": "140.0",
        "exit_y": "500.0", "moved": "2.5", "identity": "", "recording": "gate.mp4", "start_moment": "10.0",
        "end_moment": "14.0", "score": "0.75", "flags": "",
    }  # fmt: skip


def test_what_is_written_is_in_the_log_and_not_in_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    filmed(workspace)
    lines = tracklets_of(workspace.catalogue, TOWN)
    with pytest.raises(ReidError, match="a deletion would not look for it"):
        write_tracklets(workspace, TOWN, lines, workspace.path / "tracklets.csv")
    write_tracklets(workspace, TOWN, lines, tmp_path / "tracklets.csv", "for the map")
    assert (tmp_path / "tracklets.csv").read_text() == to_csv(lines)
    line = workspace.catalogue.audit(1)[0]
    assert (line["action"], line["tracklets"], line["purpose"]) == ("export tracklets", 2, "for the map")


def test_a_gallery_without_tracklets_still_has_a_table(workspace: Workspace) -> None:
    workspace.catalogue.add_gallery(TOWN)
    assert tracklets_of(workspace.catalogue, TOWN) == []
    assert to_csv([]).startswith("tracklet,camera,start,end,")
