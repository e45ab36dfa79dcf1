"""Films in the workspace that a deletion takes: what is said before, and what survives of other people."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reid_core.errors import DiskFull, ReidError
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.audit_sentences import sentence_of
from reid_core.workspace.catalogue.recordings import named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips.contract import answer
from reid_core.workspace.clips.shown_file import blurred_of, fault_of, file_of
from reid_core.workspace.deletion import deletion
from reid_core.workspace.deletion.deletion import delete, plan, receipts
from reid_core.workspace.imports.planned_recordings import hash_of, keep_copy
from reid_core.workspace.imports.whole_files import Stopped
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.recordings import blurred_copy
from reid_core.workspace.recordings.removal import remove_file
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support.films import film as draw
from tests.workspace.recordings.filed import NAME, RATE, SECONDS, TOWN, between, crops, dropped, filed, hidden_seconds


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def films_of(workspace: Workspace) -> list[str]:
    return sorted(file.name for file in workspace.path.glob("originals/*/*") if file.is_file())


def test_the_only_film_is_blurred_first_and_other_peoples_walks_can_be_played(workspace: Workspace) -> None:
    row = dropped(workspace)
    (copy,) = plan(workspace, TOWN, crops(1, 2)).copies
    assert (copy.only, copy.blurs, copy.tracklets) == (True, True, 1)
    assert "It would be blurred first" in copy.would()
    told: list[float] = []
    receipt = delete(workspace, TOWN, crops(1, 2), "she asked", on_progress=lambda done, total: told.append(done))
    assert max(told) == pytest.approx(SECONDS - 1 / RATE)
    assert (receipt.crops, receipt.recordings) == (2, ())
    assert "is blurred now where they were in view" in receipt.copies[0].did()
    logged = next(line for line in workspace.catalogue.audit(9) if line["action"] == "delete")
    assert "may still show" not in sentence_of(logged), "there is no other file"
    now = named(workspace.catalogue, TOWN, NAME)
    shown = file_of(workspace, now)
    assert films_of(workspace) == [shown.path.name] != ["gate.mp4"], "the film that showed her is gone"
    assert (shown.blurred, fault_of(shown)) == (True, "")
    assert hidden_seconds(shown.path) == between(8, 16)
    clip = answer(workspace, 3)["clip"]
    assert clip is not None
    assert clip["said"] == "blurred copy"
    assert now.key == row.key
    keep_copy(workspace, now, draw(workspace.path.parent / "gate.mp4", 5, rate=RATE))
    assert films_of(workspace) == [shown.path.name], "an import does not bring the film back"


def test_the_next_deletion_blurs_the_blurred_copy_and_leaves_no_earlier_one(workspace: Workspace) -> None:
    row = dropped(workspace)
    filed(workspace, workspace.path.parent / "more.mp4", name="more")  # so that the gallery stays
    delete(workspace, TOWN, crops(1, 2), "she asked")
    with workspace.catalogue.transaction() as database:  # so that the recording stays
        database.execute("UPDATE crop SET recording = ?, tracklet = NULL, moment = 20 WHERE id = 4", (row.key,))
    delete(workspace, TOWN, crops(3), "he asked")
    shown = file_of(workspace, named(workspace.catalogue, TOWN, NAME))
    assert films_of(workspace) == [shown.path.name]
    assert fault_of(shown) == ""
    assert hidden_seconds(shown.path) == between(8, 16) | between(28, 36)


def test_a_blurred_copy_whose_original_was_removed_is_blurred_again_by_the_next_deletion(workspace: Workspace) -> None:
    path = workspace.path.parent / "gate.mp4"
    row = filed(workspace, path)
    filed(workspace, workspace.path.parent / "more.mp4", name="more")
    delete(workspace, TOWN, crops(1, 2), "she asked")
    blurred_copy.blur_recording(workspace, TOWN, NAME, stop=StopRequest())
    (copy,) = plan(workspace, TOWN, crops(3)).copies
    assert (copy.only, copy.elsewhere) == (False, str(path))
    assert "Its file stays where it is" in copy.would()
    remove_file(workspace, TOWN, NAME, "she asked")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET recording = ?, tracklet = NULL, moment = 20 WHERE id = 4", (row.key,))
    (copy,) = plan(workspace, TOWN, crops(3)).copies
    assert (copy.only, copy.blurs) == (True, True)
    delete(workspace, TOWN, crops(3), "he asked")
    assert hidden_seconds(file_of(workspace, named(workspace.catalogue, TOWN, NAME)).path) == (
        between(8, 16) | between(28, 36)
    )


@pytest.mark.parametrize("what", ["crops", "crops, and no blurring", "crops, and no copy", "recording"])
def test_what_was_dropped_goes_too_where_its_import_was_killed_at_the_end(workspace: Workspace, what: str) -> None:
    upload = workspace.incoming / "20260302T080000-abcdef"
    upload.mkdir(parents=True)
    path = draw(upload / "gate.mp4", int(SECONDS * RATE), rate=RATE)
    row = filed(workspace, path, copied=what != "crops, and no copy")
    keep_copy(workspace, row, path)
    asked = Selection(recordings=frozenset({NAME})) if what == "recording" else crops(1, 2)
    assert len(plan(workspace, TOWN, asked).copies) == 1
    delete(workspace, TOWN, asked, "she asked", remove_copies="no blurring" in what)
    assert list(workspace.incoming.rglob("*.mp4")) == []
    assert "gate.mp4" not in films_of(workspace)
    assert len(films_of(workspace)) == (what in ("crops", "crops, and no copy"))


def test_a_copy_that_is_missing_is_not_taken_for_another_file_at_the_path_of_the_recording(
    workspace: Workspace,
) -> None:
    row, other = dropped(workspace), workspace.path.parent / "gate.mp4"
    file_of(workspace, row).path.unlink()
    other.write_bytes(b"another film")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET path = ?", (str(other.resolve()),))
    assert plan(workspace, TOWN, crops(1, 2)).copies == ()
    assert delete(workspace, TOWN, crops(1, 2), "she asked").crops == 2
    assert other.read_bytes() == b"another film"


def test_without_blurring_the_only_film_goes_and_that_is_said_before_and_after(workspace: Workspace) -> None:
    dropped(workspace)
    planned = plan(workspace, TOWN, crops(1, 2)).without_blurring()
    assert not planned.blurs
    assert planned.copies[0].would() == (
        "The workspace's copy of recording gate would be removed, and no other file of it is known. The tracklet "
        "that stays could not be played any more."
    )
    receipt = delete(workspace, TOWN, crops(1, 2), "she asked", remove_copies=True)
    assert "the tracklet that stays cannot be played any more." in receipt.copies[0].did()
    assert films_of(workspace) == []
    assert answer(workspace, 3)["kind"] == "gone"


def test_a_film_of_which_no_stretch_is_hidden_stays_as_it_is(workspace: Workspace) -> None:
    """Another crop of the same walk stays, and so the walk may be watched."""
    dropped(workspace)
    assert plan(workspace, TOWN, crops(1)).copies == ()
    assert delete(workspace, TOWN, crops(1), "a bad crop").copies == ()
    assert films_of(workspace) == ["gate.mp4"]
    assert answer(workspace, 2)["clip"] is not None


def test_a_recording_that_goes_takes_its_film_and_one_that_is_not_analysed_too(workspace: Workspace) -> None:
    dropped(workspace)
    (copy,) = plan(workspace, TOWN, Selection(recordings=frozenset({NAME}))).copies
    assert copy.would() == (
        "The workspace's copy of recording gate would be removed, too. No other file of it is known."
    )
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET finished = NULL")
    (copy,) = plan(workspace, TOWN, crops(1)).copies
    assert copy.would().endswith(
        "The 2 tracklets that stay could not be played any more, and the rest of it could not be analysed."
    )
    delete(workspace, TOWN, crops(1), "test")
    assert films_of(workspace) == []


def test_a_stop_while_it_blurs_deletes_nothing(workspace: Workspace) -> None:
    dropped(workspace)
    stop = StopRequest()

    def hear(done: float, total: float | None) -> None:
        stop.requested = done > 5

    with pytest.raises(Stopped):
        delete(workspace, TOWN, crops(1, 2), "she asked", stop=stop, on_progress=hear)
    assert (len(workspace.catalogue.crops(TOWN)), receipts(workspace)) == (3, [])
    assert films_of(workspace) == ["gate.mp4"]


@pytest.mark.parametrize("trouble", ["no room", "damaged"])
def test_a_film_that_cannot_be_blurred_keeps_all_and_the_words_say_what_to_do(
    workspace: Workspace, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = dropped(workspace)
    if trouble == "no room":
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**9, 10**9 - 5_000_000, 5_000_000))
    else:
        with file_of(workspace, row).path.open("r+b") as file:
            file.seek(1000)
            file.write(b"damage")
    with pytest.raises(DiskFull if trouble == "no room" else ReidError, match="--remove-copies") as raised:
        delete(workspace, TOWN, crops(1, 2), "she asked")
    assert str(raised.value).startswith("Nothing was deleted, because the workspace's copy of recording gate could")
    assert ("there are 5 MB" in str(raised.value)) == (trouble == "no room")
    assert (len(workspace.catalogue.crops(TOWN)), receipts(workspace)) == (3, [])
    monkeypatch.undo()
    delete(workspace, TOWN, crops(1, 2), "she asked", remove_copies=True)
    assert films_of(workspace) == []


def test_a_clip_that_cannot_be_wiped_keeps_all_and_is_told_in_words(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    dropped(workspace)
    monkeypatch.setattr("reid_core.workspace.deletion.kept_copies.wipe_clips", refuse)
    with pytest.raises(ReidError, match="Permission denied"):
        delete(workspace, TOWN, crops(1, 2), "she asked")
    assert (len(workspace.catalogue.crops(TOWN)), films_of(workspace)) == (3, ["gate.mp4"])


def once(act: Callable[[], object]) -> Callable[[float, float | None], None]:
    done: list[float] = []

    def hear(second: float, total: float | None) -> None:
        if second > 39 and not done:
            done.append(second)
            act()

    return hear


def test_whoever_is_deleted_meanwhile_is_hidden_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    row = dropped(workspace)
    filed(workspace, workspace.path.parent / "more.mp4", name="more")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET recording = ?, tracklet = NULL, moment = 20 WHERE id = 4", (row.key,))
    monkeypatch.setattr("reid_core.workspace.deletion.wiping._SECONDS_FOR_READERS", 0.2)
    other = once(lambda: delete(workspace, TOWN, crops(3), "he asked"))
    delete(workspace, TOWN, crops(1, 2), "she asked", on_progress=other)
    shown = file_of(workspace, named(workspace.catalogue, TOWN, NAME))
    assert fault_of(shown) == ""
    assert hidden_seconds(shown.path) == between(8, 16) | between(28, 36)
    assert films_of(workspace) == [shown.path.name]


def test_a_film_that_another_deletion_wipes_before_it_is_read_is_looked_for_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, done = dropped(workspace), list[str]()
    filed(workspace, workspace.path.parent / "more.mp4", name="more")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET recording = ?, tracklet = NULL, moment = 20 WHERE id = 4", (row.key,))

    def hash_late(*given: Any, **named: Any) -> bytes:
        if not done:
            done.append("begun")
            delete(workspace, TOWN, crops(3), "he asked")
        return hash_of(*given, **named)

    monkeypatch.setattr(blurred_copy, "hash_of", hash_late)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    shown = file_of(workspace, named(workspace.catalogue, TOWN, NAME))
    assert films_of(workspace) == [shown.path.name]
    assert hidden_seconds(shown.path) == between(8, 16) | between(28, 36)


_SLOW = """
import os, signal, sys
from pathlib import Path
from reid_core.workspace.actor import Actor
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion, kept_copies
from reid_core.workspace.workspace import Workspace

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

at = sys.argv[2]
hear = lambda done, total: die() if at == "blurring" and done > 20 else None
if at == "in place":
    deletion._delete_rows = die
if at == "deleted":
    deletion.finish = die
deletion.delete(Workspace(Path(sys.argv[1]), Actor("a", "b")), "town", Selection(ids=frozenset({1, 2})), "she asked",
                on_progress=hear)
"""


@pytest.mark.parametrize("at", ["blurring", "in place", "deleted"])
def test_a_kill_leaves_all_as_it_was_or_the_deletion_whole(workspace: Workspace, at: str) -> None:
    dropped(workspace)
    ended = subprocess.run([sys.executable, "-c", _SLOW, str(workspace.path), at], env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    row = named(workspace.catalogue, TOWN, NAME)
    shown = file_of(workspace, row)
    assert fault_of(shown) == "", "what is to be played is there at each moment"
    if at == "deleted":
        assert blurred_of(row) is not None
        assert len(workspace.catalogue.crops(TOWN)) == 1
    else:
        assert (blurred_of(row), len(workspace.catalogue.crops(TOWN))) == (None, 3)
    again = open_workspace(workspace.path, TESTER)
    if at != "deleted":
        delete(again, TOWN, crops(1, 2), "she asked")
    shown = file_of(again, named(again.catalogue, TOWN, NAME))
    assert films_of(again) == [shown.path.name], "and what the dead process left is swept up"
    assert hidden_seconds(shown.path) == between(8, 16)


def test_no_clip_of_the_unblurred_film_is_played_once_its_rows_are_gone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was cut before, and is wiped before the receipt: a crash between must not leave it to be played."""
    dropped(workspace)
    assert answer(workspace, 3)["clip"] is not None
    monkeypatch.setattr(deletion, "finish", lambda *databases: False)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    assert list(workspace.path.glob("clips/*/*.mp4")) == []
