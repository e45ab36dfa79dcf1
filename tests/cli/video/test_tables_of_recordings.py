"""`reid video --table`: several recordings, each with its own camera and start; and recordings that were dropped."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_core.workspace.imports.uploads import keep_upload, unfinished
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.support.walkers import WALKERS, filmed

Reid = Callable[..., Ended]


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    """Another film, of which nothing says the camera."""
    (tmp_path / "recordings").mkdir()
    return filmed(tmp_path / "recordings" / "20260302_093000.mp4", WALKERS[:1], 7)


@pytest.fixture
def by_table(reid: Reid, tmp_path: Path) -> Reid:
    """`by_table(rows, …)`: a table with these rows, into gallery "town"."""

    def run(rows: list[dict[str, object]], *options: str) -> Ended:
        with (tmp_path / "list.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, ["path", "camera", "start", "time_zone", "stream"])
            writer.writeheader()
            writer.writerows(rows)
        return reid("video", "--table", tmp_path / "list.csv", "--gallery", "town", "--index-with", "stripes", *options)

    return run


def recordings(reid: Reid) -> list[tuple[str, str, str | None, str | None]]:
    found = reid("recordings", "town", "--json").json()["recordings"]
    return [(row["name"], row["camera"], row["start"], row["start_source"]) for row in found]


def test_each_row_has_its_own_camera_start_and_time_zone(reid: Reid, by_table: Reid, street: Path, yard: Path) -> None:
    ended = by_table(
        [
            {"path": street, "camera": "north", "start": "2026-03-02T07:00:00Z"},
            {"path": yard, "camera": "yard", "start": "name", "time_zone": "Europe/Berlin"},
        ],
        "--json",
    )
    assert ended.json()["left_out"] == 0
    assert recordings(reid) == [
        (street.stem, "north", "2026-03-02T07:00:00Z", "stated"),
        (yard.stem, "yard", "2026-03-02T08:30:00Z", "name"),
    ]


def test_what_a_row_does_not_say_is_taken_from_the_options(
    reid: Reid, by_table: Reid, street: Path, yard: Path
) -> None:
    by_table([{"path": street}, {"path": yard, "start": "unknown"}], "--camera", "hall", "--start", "name")
    assert [row[1:] for row in recordings(reid)] == [
        ("hall", None, None), ("hall", "2026-03-02T08:30:00Z", "name"),
    ]  # fmt: skip


def test_a_bad_row_is_named_with_its_number_and_the_others_come_in(
    reid: Reid, by_table: Reid, street: Path, yard: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.mp4").write_text("no film")
    ended = by_table(
        [
            {"path": tmp_path / "gone.mp4", "camera": "x", "start": "unknown"},
            {"path": street, "start": "name"},
            {"path": tmp_path / "notes.mp4", "camera": "x", "start": "unknown"},
            {"path": yard, "start": "unknown"},
            {"path": yard, "camera": "yard"},
            {"path": yard, "camera": "yard", "start": "soon"},
            {"path": yard, "camera": "yard", "start": "name", "time_zone": "Berlin"},
        ],
        "--json",
    ).json()
    assert [row[1] for row in recordings(reid)] == ["gate"]
    said = {one["path"].split(":")[0]: one["reason"] for one in ended["skipped"]}
    assert list(said) == ["row 2", "row 4", "row 5", "row 6", "row 7", "row 8"]
    assert "There is no file" in said["row 2"]
    assert "is not a video" in said["row 4"]
    assert "column camera" in said["row 5"]
    assert "has no start" in said["row 6"]
    assert "'soon' is not a start" in said["row 7"]
    assert "Did you mean 'Europe/Berlin'?" in said["row 8"]


def test_a_table_of_which_no_row_can_be_used_ends_with_the_first_reason(
    reid: Reid, by_table: Reid, tmp_path: Path
) -> None:
    ended = by_table([{"path": tmp_path / "gone.mp4", "start": "unknown"}])
    assert ended.code == 1
    assert "No row of" in ended.err
    assert "There is no file" in ended.err
    assert reid("list", "--json").json()["galleries"] == []


def test_either_a_path_or_a_table_is_given(reid: Reid, video: Reid, by_table: Reid, street: Path) -> None:
    for ended in (reid("video", "--gallery", "town"), by_table([{"path": street}], str(street))):
        assert ended.code == 1
        assert "Give either the PATH of a recording or folder, or --table" in ended.err


# --- recordings that were dropped on the page ---


def dropped(workspace: Workspace, *films: Path) -> Path:
    """The folder of an upload of these."""
    return keep_upload(workspace, [(film.name, film.read_bytes()) for film in films])


def test_a_dropped_recording_is_kept_once_and_its_upload_is_gone_when_it_has_come_in(
    reid: Reid, by_table: Reid, workspace: Workspace, street: Path, yard: Path
) -> None:
    folder = dropped(workspace, street, yard)
    rows = [
        {"path": folder / street.name, "start": "name"},
        {"path": folder / yard.name, "camera": "y", "start": "unknown"},
    ]
    by_table(rows[:1])
    assert [file.name for file in folder.iterdir()] == [yard.name]
    by_table(rows)
    assert not folder.exists()
    assert unfinished(workspace) == []
    kept = {file.name: file for file in (workspace.path / "originals").rglob("*.mp4")}
    assert {name: file.read_bytes() for name, file in kept.items()} == {
        street.name: street.read_bytes(), yard.name: yard.read_bytes(),
    }  # fmt: skip
    assert len(recordings(reid)) == 2


def test_a_dropped_recording_is_not_written_a_second_time(workspace: Workspace, by_table: Reid, street: Path) -> None:
    folder = dropped(workspace, street)
    number = os.stat(folder / street.name).st_ino
    by_table([{"path": folder / street.name, "start": "name"}])
    (kept,) = (workspace.path / "originals").rglob("*.mp4")
    assert kept.stat().st_ino == number


def test_of_a_dropped_recording_its_place_and_date_say_nothing(
    reid: Reid, by_table: Reid, workspace: Workspace, street: Path
) -> None:
    folder = keep_upload(workspace, [("2026-03-02/gate.mp4", street.read_bytes())])
    for start in ("name", "file"):
        row = {"path": folder / "2026-03-02" / "gate.mp4", "start": start, "time_zone": "UTC"}
        assert "has no start from the file's" in by_table([row]).err
    folder = keep_upload(workspace, [("2026-03-02/08-00-00.mp4", street.read_bytes())])
    by_table([{"path": folder / "2026-03-02" / "08-00-00.mp4", "camera": "g", "start": "name", "time_zone": "UTC"}])
    assert recordings(reid) == [("08-00-00", "g", "2026-03-02T08:00:00Z", "name")]


def test_the_same_table_again_goes_on_although_what_had_come_in_is_gone(
    reid: Reid, by_table: Reid, workspace: Workspace, street: Path, yard: Path
) -> None:
    folder = dropped(workspace, street, yard)
    rows = [
        {"path": folder / street.name, "start": "name"},
        {"path": folder / yard.name, "camera": "y", "start": "unknown"},
    ]
    by_table(rows[:1])
    again = by_table(rows, "--json").json()
    assert (again["left_out"], [one["camera"] for one in again["recordings"]]) == (0, ["y"])
    whole = by_table(rows, "--json")
    assert (whole.code, whole.json()["recordings"]) == (0, [])
