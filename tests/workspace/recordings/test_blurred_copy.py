"""The blurred copy of a recording in the workspace: whole or not there, and a deletion wins over it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reid_core.errors import DiskFull, NotThere, Refused
from reid_core.signals import StopRequest
from reid_core.video import blurring
from reid_core.workspace.catalogue.recordings import named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips.contract import answer
from reid_core.workspace.clips.cutting import clip_of
from reid_core.workspace.clips.shown_file import blurred_of, fault_of, file_of
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.imports.planned_recordings import keep_copy
from reid_core.workspace.recordings import blurred_copy
from reid_core.workspace.recordings.blurred_copy import BlurredCopy, blur_recording
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.clips.played import delete_spans
from tests.workspace.recordings.filed import NAME, TOWN, between, crops, filed, hidden_seconds


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films" / "gate.mp4"


def blur(workspace: Workspace, stop: StopRequest | None = None, **given: Any) -> BlurredCopy:
    return blur_recording(workspace, TOWN, NAME, stop=stop or StopRequest(), **given)


def folder_of(workspace: Workspace) -> list[str]:
    return sorted(file.name for file in workspace.path.glob("originals/*/*") if file.is_file())


def test_the_copy_is_unrecognisable_where_somebody_was_deleted_and_is_the_file_to_play(
    workspace: Workspace, path: Path
) -> None:
    filed(workspace, path)
    before = path.read_bytes()
    delete(workspace, TOWN, crops(1, 2), "she asked")
    made = blur(workspace, purpose="receipt 1")
    assert (made.stretches, made.seconds, made.already, made.stopped) == (1, 8.0, False, False)
    assert hidden_seconds(made.path) == between(8, 16)
    assert path.read_bytes() == before
    row = named(workspace.catalogue, TOWN, NAME)
    told = blurred_of(row)
    assert told is not None
    assert told["sha256"] == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert told["of"] == hashlib.sha256(before).hexdigest()
    assert told["spans"] == 1
    shown = file_of(workspace, row)
    assert (shown.path, shown.blurred, fault_of(shown)) == (made.path, True, "")
    assert blur(workspace).already


def test_clips_are_cut_from_the_blurred_copy_once_there_is_one(workspace: Workspace, path: Path) -> None:
    row = filed(workspace, path)
    delete_spans(workspace, row, (11.0, 12.0))
    refused = clip_of(workspace, 1)
    assert refused.clip is None
    assert refused.problem is not None
    assert refused.problem.kind == "deleted"
    before = clip_of(workspace, 3).clip
    assert before is not None
    blur(workspace)
    assert not before.file.exists(), "it was cut from the original"
    clip = clip_of(workspace, 1).clip
    assert clip is not None
    assert clip.clip.first == pytest.approx(7.0, abs=2.5)
    assert clip.clip.times[-1] == pytest.approx(17.0, abs=0.3)
    hidden = {round(moment + clip.clip.first, 3) for moment in hidden_seconds(clip.file)}
    assert hidden == between(11, 12)
    assert answer(workspace, 1)["clip"]["said"] == "blurred copy"


def test_without_a_blurred_copy_the_file_to_play_is_the_one_that_was_imported(workspace: Workspace, path: Path) -> None:
    row = filed(workspace, path)
    shown = file_of(workspace, row)
    assert (shown.path, shown.blurred, fault_of(shown)) == (path, False, "")
    copied = filed(workspace, path.with_name("yard.mp4"), name="yard", copied=True)
    keep_copy(workspace, copied, path.with_name("yard.mp4"))
    assert file_of(workspace, copied).path == workspace.originals(copied.source) / "yard.mp4"
    path.unlink()
    assert fault_of(shown) == "gone"
    path.write_bytes(b"another")
    assert fault_of(shown) == "changed"


def test_the_next_deletion_takes_the_blurred_copy_and_the_original_makes_a_new_one(
    workspace: Workspace, path: Path
) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    blur(workspace)
    third = workspace.catalogue.crops(TOWN)["id"].tolist()
    assert third == [3]
    again = filed(workspace, path.with_name("yard.mp4"), name="yard")  # so that the gallery stays
    assert again.key > 1
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET finished = NULL WHERE name = ?", (NAME,))  # so that the recording stays
    delete(workspace, TOWN, crops(3), "he asked")
    row = named(workspace.catalogue, TOWN, NAME)
    assert (row.copied, blurred_of(row), "blurred" in row.settings) == (False, None, False)
    assert folder_of(workspace) == []
    made = blur(workspace)
    assert hidden_seconds(made.path) == between(8, 16) | between(28, 36)


def test_an_import_does_not_put_the_original_in_place_of_a_blurred_copy(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    made = blur(workspace)
    made.path.unlink()
    row = named(workspace.catalogue, TOWN, NAME)
    keep_copy(workspace, row, path)
    assert not made.path.exists()
    assert fault_of(file_of(workspace, row)) == "gone"
    assert not blur(workspace).already, "it is made again"


def test_a_recording_of_which_nobody_was_deleted_is_not_blurred(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    with pytest.raises(Refused, match="nothing to blur"):
        blur(workspace)


@pytest.mark.parametrize("change", ["gone", "another", "longer"])
def test_only_the_very_file_is_blurred(workspace: Workspace, path: Path, change: str) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(b"another film" if change == "another" else path.read_bytes() + b"more")
    with pytest.raises(NotThere if change == "gone" else Refused, match="not at" if change == "gone" else "is not the"):
        blur(workspace)
    assert folder_of(workspace) == []


def test_a_film_that_was_changed_in_its_middle_is_not_blurred(workspace: Workspace, path: Path) -> None:
    """Whoever was deleted may be seen at other seconds of it: before it is blurred, the whole file is compared."""
    filed(workspace, path)  # of this recording no pieces are known
    delete(workspace, TOWN, crops(1, 2), "she asked")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET facts = json_set(facts, '$.head.bytes', 0, '$.head.sha256', '')")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"changed")
    with pytest.raises(Refused, match="is not the file that was analysed, so recording gate is not blurred"):
        blur(workspace)
    assert folder_of(workspace) == []


def test_room_for_the_copy_is_asked_for_before_it_is_written(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    written: list[object] = []
    monkeypatch.setattr(blurring, "write_blurred", lambda *given, **options: written.append(given))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=60_000_000))
    with pytest.raises(DiskFull, match=r"67 MB must be free .* there are 60 MB. Nothing was written: ") as raised:
        blur(workspace)
    assert "delete crops" not in str(raised.value), "a deletion that has to blur first does not work on a full disk"
    assert (written, folder_of(workspace)) == ([], [])


def test_a_stop_leaves_nothing(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    stop = StopRequest()
    told: list[float] = []

    def hear(done: float, total: float | None) -> None:
        told.append(done)
        stop.requested = done > 5

    assert blur(workspace, stop, on_progress=hear).stopped
    assert max(told) < 6
    assert folder_of(workspace) == []
    assert not named(workspace.catalogue, TOWN, NAME).copied


def once(at: float, act: Callable[[], object]) -> Callable[[float, float | None], None]:
    """Acts when the film is first blurred up to that second."""
    done: list[float] = []

    def hear(second: float, total: float | None) -> None:
        if second >= at and not done:
            done.append(second)
            act()

    return hear


def test_a_deletion_while_it_is_blurred_wins(workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the first try nothing is left, and the second one hides whoever was deleted meanwhile."""
    filed(workspace, path)
    filed(workspace, path.with_name("yard.mp4"), name="yard")
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET finished = NULL WHERE name = ?", (NAME,))
    delete(workspace, TOWN, crops(1, 2), "she asked")
    monkeypatch.setattr("reid_core.workspace.deletion.wiping._SECONDS_FOR_READERS", 0.2)
    made = blur(workspace, on_progress=once(39.0, lambda: delete(workspace, TOWN, crops(3), "he asked")))
    assert made.stretches == 2
    assert hidden_seconds(made.path) == between(8, 16) | between(28, 36)


def test_a_recording_that_is_deleted_while_it_is_blurred_leaves_nothing(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    monkeypatch.setattr("reid_core.workspace.deletion.wiping._SECONDS_FOR_READERS", 0.2)
    whole = Selection(recordings=frozenset({NAME}))
    with pytest.raises(NotThere, match="deleted while it was blurred"):
        blur(workspace, on_progress=once(39.0, lambda: delete(workspace, TOWN, whole, "retention")))
    assert folder_of(workspace) == []


def test_a_deletion_of_other_people_lets_it_go_on(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    filed(workspace, path.with_name("yard.mp4"), name="yard")
    delete(workspace, TOWN, crops(1, 2), "she asked")
    tries: list[float] = []
    act = once(20.0, lambda: delete(workspace, TOWN, crops(4, 5), "another recording"))

    def hear(done: float, total: float | None) -> None:
        tries.append(done)
        act(done, total)

    made = blur(workspace, on_progress=hear)
    assert tries == sorted(tries), "it was not begun again"
    assert named(workspace.catalogue, TOWN, NAME).copied
    assert made.path.is_file()


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(blurring, "write_blurred", full)
    with pytest.raises(DiskFull, match="The disk is full, and nothing of the blurred copy of recording gate was kept"):
        blur(workspace)
    assert folder_of(workspace) == []
    monkeypatch.undo()
    monkeypatch.setattr(blurred_copy, "keep_blurred", full)
    with pytest.raises(DiskFull):
        blur(workspace)
    assert folder_of(workspace) == [], "a file without its row would be nobody's"


_SLOW = """
import sys, time
from pathlib import Path
from reid_core.signals import StopRequest
from reid_core.workspace.actor import Actor
from reid_core.workspace.recordings.blurred_copy import blur_recording
from reid_core.workspace.workspace import Workspace

def hear(done, total):
    if done > 20:
        print("halfway", flush=True)
        time.sleep(60)

blur_recording(Workspace(Path(sys.argv[1]), Actor("a", "b")), "town", "gate", stop=StopRequest(), on_progress=hear)
"""


def test_a_kill_leaves_no_copy_and_the_next_try_takes_what_it_was_writing(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(workspace.path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "halfway\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(0.1)
    (left,) = folder_of(workspace)
    assert left.startswith(".writing-")
    row = named(workspace.catalogue, TOWN, NAME)
    assert (row.copied, json.dumps(row.settings).count("blurred")) == (False, 0)
    made = blur(workspace)
    assert folder_of(workspace) == [made.path.name]
