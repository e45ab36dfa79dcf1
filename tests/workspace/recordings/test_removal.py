"""Deleting the file of a recording from the disk: that very file, and no other."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reid_core.errors import DiskFull, NotThere, Refused, ReidError
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings import named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips.shown_file import ShownFile, is_that_file
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.deletion.holds import hold
from reid_core.workspace.imports.allowed_folders import VARIABLE
from reid_core.workspace.imports.planned_recordings import head_of
from reid_core.workspace.recordings import removal
from reid_core.workspace.recordings.blurred_copy import blur_recording
from reid_core.workspace.recordings.removal import removal_plan, remove_file, remove_known_file, say_links
from reid_core.workspace.recordings.still_shown import still_shown
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.deletion.test_deletion import found_in
from tests.workspace.recordings.filed import NAME, TOWN, crops, filed


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films" / "zelda-quux.mp4"


def log(workspace: Workspace) -> list[tuple[str, str]]:
    """Public details, and personal fields ("" where there are none), of files that were removed."""
    with sqlite3.connect(workspace.catalogue.path) as database:
        return database.execute(
            "SELECT details, COALESCE(fields, '') FROM audit LEFT JOIN audit_fields ON line = key "
            "WHERE action = 'remove file'"
        ).fetchall()


def test_the_file_goes_and_the_recording_stays(workspace: Workspace, path: Path) -> None:
    row = filed(workspace, path)
    plan = removal_plan(workspace, TOWN, NAME)
    assert f"{path} (" in plan
    assert f"Recording {NAME} stays in gallery {TOWN}" in plan
    assert plan.endswith("No other file of it is known: 2 tracklets could not be played any more.")
    assert remove_file(workspace, TOWN, NAME, "request 17") == 0
    assert not path.exists()
    assert named(workspace.catalogue, TOWN, NAME).key == row.key
    assert len(workspace.catalogue.crops(TOWN)) == 3
    ((public, personal),) = log(workspace)
    assert "zelda" not in public
    assert str(path) in personal
    assert "request 17" in personal
    with pytest.raises(NotThere, match="not there any more"):
        remove_file(workspace, TOWN, NAME, "again")


def test_the_path_goes_from_the_log_with_the_recording(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    remove_file(workspace, TOWN, NAME, "request 17")
    delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "retention")
    assert found_in(workspace.path, {"name": b"zelda-quux"}) == set()


def test_of_a_recording_that_has_gone_the_file_can_be_removed_and_the_log_keeps_no_path(
    workspace: Workspace, path: Path
) -> None:
    filed(workspace, path)
    (known,) = delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "retention").recordings
    remove_known_file(workspace, known, "retention")
    assert not path.exists()
    assert found_in(workspace.path, {"name": b"zelda-quux"}) == set()
    assert len(log(workspace)) == 1


def test_what_is_left_is_said_where_the_workspace_has_a_blurred_copy(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    made = blur_recording(workspace, TOWN, NAME, stop=StopRequest())
    only = "The workspace's blurred copy is then the only file of it that is known, and is what is played."
    assert removal_plan(workspace, TOWN, NAME).endswith(only)
    made.path.unlink()
    assert removal_plan(workspace, TOWN, NAME).endswith("1 tracklet could not be played any more.")


def test_a_change_in_the_middle_or_at_the_end_is_another_file(workspace: Workspace, path: Path) -> None:
    """The size and the first megabyte are as they were."""
    data = bytearray(range(256)) * (3 * 2**12)  # three megabytes
    for place in (len(data) - 1, len(data) // 2 - 100):
        path.write_bytes(data)
        with path.open("rb") as opened:
            known = ShownFile(path, False, len(data), **head_told(path))
            assert is_that_file(known, opened)
        changed = bytearray(data)
        changed[place] ^= 255
        path.write_bytes(changed)
        with path.open("rb") as opened:
            assert not is_that_file(known, opened)
            assert is_that_file(replace(known, pieces=""), opened), "as of a recording of an earlier version"
    path.write_bytes(data + b"more")
    with path.open("rb") as opened:
        assert is_that_file(known, opened, may_have_grown=True)


def head_told(path: Path) -> dict[str, Any]:
    head = head_of(path)
    return {"head_bytes": head["bytes"], "head_sha256": head["sha256"], "pieces": head["pieces"],
            "whole_bytes": head["whole_bytes"]}  # fmt: skip


@pytest.mark.parametrize("change", ["another of its size", "longer", "shorter"])
def test_another_file_stays(workspace: Workspace, path: Path, change: str) -> None:
    filed(workspace, path)
    data = path.read_bytes()
    other = {"another of its size": b"\0" * len(data), "longer": data + b"1", "shorter": data[:-1]}[change]
    path.write_bytes(other)
    with pytest.raises(Refused, match="is not the file that was analysed"):
        removal_plan(workspace, TOWN, NAME)
    with pytest.raises(Refused, match="is not the file that was analysed"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.read_bytes() == other
    assert log(workspace) == []


def test_a_link_stays_whether_it_is_the_file_or_a_folder(workspace: Workspace, path: Path, tmp_path: Path) -> None:
    filed(workspace, path)
    real = path.rename(path.with_name("moved.mp4"))
    path.symlink_to(real)
    with pytest.raises(Refused, match="link"):
        remove_file(workspace, TOWN, NAME, "test")
    path.unlink()
    real.rename(path)
    path.parent.rename(tmp_path / "elsewhere")
    (tmp_path / "films").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="link"):
        remove_file(workspace, TOWN, NAME, "test")
    assert (tmp_path / "elsewhere" / path.name).is_file()


def test_other_names_of_the_file_are_told(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    os.link(path, path.with_name("second.mp4"))
    assert say_links(remove_file(workspace, TOWN, NAME, "test")).startswith("It has 1 other name on the disk")
    assert path.with_name("second.mp4").is_file()


def test_a_folder_or_a_file_without_known_bytes_stays(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET facts = '{}'")
    with pytest.raises(Refused, match="Remove it yourself"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.is_file()


def test_a_page_removes_only_from_folders_that_it_may_import_from(
    workspace: Workspace, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(ReidError, match="not in a folder"):
        remove_file(workspace, TOWN, NAME, "test", by_page=True)
    assert path.is_file()
    monkeypatch.setenv(VARIABLE, str(path.parent))
    remove_file(workspace, TOWN, NAME, "test", by_page=True)
    assert not path.exists()


def test_what_a_hold_keeps_or_an_analysis_needs_stays(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    hold(workspace, TOWN, crops(3), "case-9")
    with pytest.raises(Refused, match="held by case-9"):
        remove_file(workspace, TOWN, NAME, "test")
    yard = path.with_name("yard.mp4")
    filed(workspace, yard, name="yard", over=False)
    with pytest.raises(Refused, match="not analysed to its end"):
        remove_file(workspace, TOWN, "yard", "test")
    assert path.is_file()
    assert yard.is_file()


def test_the_plan_names_other_recordings_of_the_file(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    filed(workspace, path, name="again")
    assert f"also the file of recording again of gallery {TOWN}" in removal_plan(workspace, TOWN, NAME)


def test_once_it_is_removed_nothing_still_shows_them(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    remove_file(workspace, TOWN, NAME, "she asked")
    assert still_shown(workspace, named(workspace.catalogue, TOWN, NAME)) is None


def test_a_full_disk_at_the_commit_removes_nothing_and_is_tried_again(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of the first transaction is lost, after all of its steps."""
    filed(workspace, path)
    whole = Catalogue.transaction
    there: list[bool] = []

    @contextmanager
    def full_once(catalogue: Catalogue) -> Iterator[sqlite3.Connection]:
        with whole(catalogue) as database:
            yield database
            if not there and database.in_transaction:
                there.append(path.exists())
                raise DiskFull("The disk is full.")

    monkeypatch.setattr(Catalogue, "transaction", full_once)
    assert remove_file(workspace, TOWN, NAME, "request 17") == 0
    assert there == [True], "the file stays until its line is in the log"
    assert not path.exists()
    assert len(log(workspace)) == 1


def test_a_process_that_ends_before_the_file_goes_has_logged_it(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "unlink", end)
    with pytest.raises(KeyboardInterrupt):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.is_file()
    assert len(log(workspace)) == 1
    monkeypatch.undo()
    remove_file(workspace, TOWN, NAME, "test")
    assert not path.exists()


def test_where_the_file_cannot_go_the_error_says_that_the_log_has_it(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", fail)
    with pytest.raises(ReidError, match="log already says that this file was removed, and it is still there"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.is_file()
    assert len(log(workspace)) == 1


def test_a_folder_that_cannot_be_written_is_seen_before_anything_is_logged(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ReidError, match="Check who may write its folder"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.is_file()
    assert log(workspace) == []


def test_what_changes_once_it_is_logged_is_seen_before_the_file_goes(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    write = removal._log

    def then_hold(*given: Any) -> None:
        write(*given)
        hold(workspace, TOWN, crops(3), "case-9")

    monkeypatch.setattr(removal, "_log", then_hold)
    with pytest.raises(Refused, match="held by case-9.*log already says"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.is_file()

    def then_another(*_: object) -> None:
        path.write_bytes(b"another film")

    monkeypatch.setattr(removal, "_check_rows", lambda *_: None)
    monkeypatch.setattr(removal, "_log", then_another)
    with pytest.raises(Refused, match="is not the file that was analysed.*log already says"):
        remove_file(workspace, TOWN, NAME, "test")
    assert path.read_bytes() == b"another film"


def test_no_file_is_read_while_the_catalogue_is_locked(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    looks: list[int] = []

    def writing_meanwhile(*given: Any) -> bool:
        with sqlite3.connect(workspace.catalogue.path, timeout=0) as database:
            database.execute("BEGIN IMMEDIATE")
        looks.append(1)
        return is_that_file(*given)

    monkeypatch.setattr(removal, "is_that_file", writing_meanwhile)
    remove_file(workspace, TOWN, NAME, "test")
    assert len(looks) == 2
