"""Clips of walks: from which file, kept how long, and refused for which reason."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reid_core.files import one_at_a_time
from reid_core.signals import StopRequest
from reid_core.temporary import is_ours
from reid_core.video.clips import Clip, Stopped, packets
from reid_core.video.clips.copying import copied
from reid_core.video.stream import open_recording
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips import cache, cutting
from reid_core.workspace.clips.cutting import clip_of, made
from reid_core.workspace.clips.originals import NoClip
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.layout import CLIPS
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support.films import number_in
from tests.workspace.clips.played import CROP, CROP_OF_LATER, TOWN, WALK, delete_spans, played

MPEG: dict[str, Any] = {"kind": "avi", "drawn": {"codec": "mjpeg", "b_frames": 0}}  # no browser plays that


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def problem(workspace: Workspace, crop: int = CROP) -> tuple[str, bool]:
    cut = clip_of(workspace, crop)
    assert cut.clip is None
    assert cut.problem is not None
    assert str(cut.problem).endswith(".")
    return cut.problem.kind, cut.problem.can_convert


def files(workspace: Workspace) -> list[str]:
    folder = workspace.path / CLIPS
    there = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return sorted(path.relative_to(folder).as_posix() for path in there)


def numbers(file: Path) -> list[int]:
    with open_recording(file) as recording:
        return [number_in(frame.rgb()) for frame in recording.frames(rate=None)]


def test_a_clip_shows_the_walk_and_is_kept(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    row = played(workspace, tmp_path)
    clip = clip_of(workspace, CROP).clip
    assert clip is not None
    assert (clip.name, clip.clip.first, clip.clip.said) == ("7000-17000", 0.0, "as recorded")
    assert numbers(clip.file)[35:86] == list(range(36, 87)), "seconds 7 to 17, after the key frame at 0"
    assert files(workspace) == [f"{row.key}/7000-17000.json", f"{row.key}/7000-17000.mp4"]
    monkeypatch.setattr(cutting, "copied", lambda *given: pytest.fail("it is there"))
    assert clip_of(workspace, CROP).clip == clip


def test_a_clip_is_cut_from_the_workspaces_own_copy(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, copied=True)
    own = workspace.originals(row.source) / "gate.mp4"
    own.parent.mkdir(parents=True)
    shutil.move(row.path, own)
    assert clip_of(workspace, CROP).clip is not None


def test_one_that_is_still_analysed_can_be_played_and_may_grow(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, kind="ts", is_over=False)
    with Path(row.path).open("ab") as file:
        file.write(Path(row.path).read_bytes())
    assert clip_of(workspace, CROP).clip is not None


def test_who_asks_for_a_clip_that_is_being_cut_waits_for_it(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path)
    calls: list[float] = []

    def slow(*given: Any) -> Clip:
        calls.append(given[1])
        time.sleep(0.3)
        return copied(*given)

    monkeypatch.setattr(cutting, "copied", slow)
    with ThreadPoolExecutor(4) as pool:
        cuts = list(pool.map(lambda crop: clip_of(workspace, crop), [CROP, CROP, CROP, CROP_OF_LATER]))
    assert sorted(calls) == [7.0, 27.0]
    assert [cut.clip.name for cut in cuts if cut.clip] == ["7000-17000"] * 3 + ["27000-35000"]


def test_what_is_gone_or_changed_is_told(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path)
    path, content = Path(row.path), Path(row.path).read_bytes()
    path.write_bytes(content[:500] + b"another" + content[507:])
    assert problem(workspace) == ("changed", False)
    path.write_bytes(content[:-1])
    assert problem(workspace) == ("changed", False)
    path.unlink()
    assert problem(workspace) == ("gone", False)
    path.mkdir()
    assert problem(workspace) == ("gone", False)


def test_what_cannot_be_read_is_told(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, head=4)
    content = Path(row.path).read_bytes()
    Path(row.path).write_bytes(content[:4] + b"\1" * (len(content) - 4))
    assert problem(workspace) == ("unreadable", False)


def test_what_a_browser_cannot_play_is_converted_on_request(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, **MPEG)
    assert problem(workspace) == ("codec", True)
    told: list[float] = []
    clip = made(workspace, CROP, on_progress=lambda done, total: told.append(done / total))
    assert (clip.name, clip.clip.said) == ("7000-17000-converted", "converted to H.264")
    assert numbers(clip.file) == list(range(36, 87))
    assert told == sorted(told)
    assert clip_of(workspace, CROP).clip == clip
    assert files(workspace) == [f"{row.key}/7000-17000-converted.json", f"{row.key}/7000-17000-converted.mp4"]


def test_who_asks_for_a_clip_waits_until_its_place_is_found_and_it_is_copied(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path, kind="ts", is_over=False)
    monkeypatch.setattr(packets, "PATIENCE", 0.0)
    assert problem(workspace) == ("codec", True)
    stop = StopRequest()
    stop.requested = True
    with pytest.raises(Stopped):
        made(workspace, CROP, stop=stop)
    assert files(workspace) == []
    assert made(workspace, CROP).clip.said == "as recorded"


def test_a_page_does_not_wait_for_a_job_that_looks_for_the_same_place(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    row = played(workspace, tmp_path, kind="ts", is_over=False)
    monkeypatch.setattr(packets, "PATIENCE", 0.2)
    folder = cache.folder_of(workspace.path, row.key)
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(1) as pool, one_at_a_time(folder / "7000-17000.lock"):
        assert pool.submit(problem, workspace).result(timeout=10) == ("codec", True)
    monkeypatch.undo()
    assert clip_of(workspace, CROP).clip is not None


def test_a_conversion_that_is_stopped_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path, **MPEG)
    stop = StopRequest()
    with pytest.raises(Stopped):
        made(workspace, CROP, on_progress=lambda done, total: setattr(stop, "requested", done > 3), stop=stop)
    assert files(workspace) == []


def test_a_conversion_that_is_killed_leaves_no_clip(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, **MPEG)
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from reid_core.workspace.actor import system_user\nfrom reid_core.workspace.workspace import Workspace\n"
        "from reid_core.workspace.clips.cutting import made\n"
        f"made(Workspace(Path(sys.argv[1]), system_user()), {CROP}, "
        "on_progress=lambda done, total: os.kill(os.getpid(), 9) if done > 3 else None)"
    )
    assert subprocess.run([sys.executable, "-c", script, workspace.path]).returncode == -9
    [left] = [path for path in (workspace.path / CLIPS / str(row.key)).iterdir() if path.suffix != ".lock"]
    assert is_ours(left.name)
    assert problem(workspace) == ("codec", True)
    open_workspace(workspace.path, TESTER)
    assert not left.exists(), "swept up"


# --- deleted people ---


@pytest.mark.parametrize("span", [(13.0, 19.0), (0.0, 10.0), (11.0, 11.5), (14.0, 15.0), (0.0, 40.0)])
def test_where_the_walk_itself_would_show_who_was_deleted_there_is_no_clip(
    workspace: Workspace, tmp_path: Path, span: tuple[float, float]
) -> None:
    delete_spans(workspace, played(workspace, tmp_path), span)
    assert problem(workspace) == ("deleted", False)
    assert clip_of(workspace, CROP_OF_LATER).clip is not None or span == (0.0, 40.0)


def test_what_is_around_the_walk_does_not_reach_to_who_was_deleted(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, drawn={"key_every": 5})
    delete_spans(workspace, row, (2.0, 8.0), (16.1, 18.0), (30.0, 35.0))
    cut = clip_of(workspace, CROP)
    assert cut.walk.stretch == (8.001, 16.099)
    assert cut.problem is not None
    assert (cut.problem.kind, cut.problem.can_convert) == ("codec", True), "its key frame is in a span"
    clip = made(workspace, CROP)
    assert clip.clip.times[0] == pytest.approx(8.2)
    assert numbers(clip.file) == list(range(42, 82))


def test_a_copy_that_shows_nobody_who_was_deleted_needs_no_conversion(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path, drawn={"key_every": 5, "b_frames": 0})
    delete_spans(workspace, row, (2.0, 5.9), (18.0, 19.0))
    clip = clip_of(workspace, CROP).clip
    assert clip is not None
    assert clip.clip.first == 7.0


def test_a_clip_that_a_deletion_has_not_wiped_yet_is_not_found_where_it_shows_who_was_deleted(
    workspace: Workspace, tmp_path: Path
) -> None:
    row = played(workspace, tmp_path)
    clip, later = clip_of(workspace, CROP).clip, clip_of(workspace, CROP_OF_LATER).clip
    assert clip is not None
    assert later is not None
    assert clip.clip.first == 0.0, "its stretch begins at second 7"
    delete_spans(workspace, row, (1.0, 3.0))
    assert clip.file.is_file()
    assert problem(workspace) == ("codec", True)
    assert clip_of(workspace, CROP_OF_LATER).clip == later
    assert cache.file_of(workspace, row.key, clip.name) is None
    assert cache.file_of(workspace, row.key, later.name) == later.file
    assert made(workspace, CROP).clip.first == 7.0
    assert clip_of(workspace, CROP).clip != clip


def test_any_deletion_wipes_all_clips_of_its_gallery_and_no_others(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path)
    assert clip_of(workspace, CROP).clip is not None
    assert clip_of(workspace, CROP_OF_LATER).clip is not None
    strange = cache.folder_of(workspace.path, 77)
    strange.mkdir()
    (strange / "1-2.mp4").write_bytes(b"of a recording that is gone")
    assert delete(workspace, TOWN, Selection(ids=frozenset({CROP_OF_LATER})), "test").finished is not None
    assert not (workspace.path / CLIPS).exists()
    assert clip_of(workspace, CROP).clip is not None
    assert files(workspace) == [f"{row.key}/7000-17000.json", f"{row.key}/7000-17000.mp4"]
    delete(workspace, TOWN, Selection(), "test")
    assert not (workspace.path / CLIPS).exists()


def test_a_clip_that_was_being_cut_during_a_deletion_is_cut_anew(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path)
    calls: list[list[str]] = []

    def slow(*given: Any) -> Clip:
        clip = copied(*given)
        if not calls:
            delete(workspace, TOWN, Selection(ids=frozenset({CROP_OF_LATER})), "test")
        calls.append(files(workspace))
        return clip

    monkeypatch.setattr("reid_core.workspace.deletion.wiping._SECONDS_FOR_READERS", 0.2)
    monkeypatch.setattr(cutting, "copied", slow)
    assert clip_of(workspace, CROP).clip is not None
    assert len(calls) == 2
    assert not any(name.endswith("mp4") for name in calls[1])


def test_a_conversion_ends_where_a_deletion_comes(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    played(workspace, tmp_path, **MPEG)
    monkeypatch.setattr("reid_core.workspace.deletion.wiping._SECONDS_FOR_READERS", 0.2)
    monkeypatch.setattr(cutting, "_SECONDS_BETWEEN_LOOKS", 0.0)
    seen: list[float] = []

    def meanwhile(done: float, total: float) -> None:
        if not seen:
            delete(workspace, TOWN, Selection(ids=frozenset({CROP_OF_LATER})), "test")
        seen.append(done)

    with pytest.raises(NoClip, match="deleted while"):
        made(workspace, CROP, on_progress=meanwhile)
    assert len(seen) == 1
    assert files(workspace) == []


# --- room ---


def test_clips_that_were_played_longest_ago_go_first(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    row = played(workspace, tmp_path)
    one = clip_of(workspace, CROP).clip
    assert one is not None
    monkeypatch.setattr(cache, "QUOTA", one.file.stat().st_size + 100)
    os.utime(one.file, (time.time() - 60,) * 2)
    assert clip_of(workspace, CROP_OF_LATER).clip is not None
    assert files(workspace) == [f"{row.key}/27000-35000.json", f"{row.key}/27000-35000.mp4"]


def nearly_full(workspace: Workspace, monkeypatch: Any, lacking: int) -> None:
    """The disk has so many bytes less than clips leave free; each clip that goes gives its own back."""
    there = sum(file.stat().st_size for file in workspace.path.glob(f"{CLIPS}/*/*.mp4"))

    def usage(path: Path) -> tuple[int, int, int]:
        left = sum(file.stat().st_size for file in workspace.path.glob(f"{CLIPS}/*/*.mp4"))
        return shutil._ntuple_diskusage(10**12, 10**12, cache.LEAST_FREE - lacking + there - left)

    monkeypatch.setattr("shutil.disk_usage", usage)


def test_where_the_disk_is_nearly_full_older_clips_go(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    row = played(workspace, tmp_path, kind="ts", is_over=False)
    os.truncate(row.path, 3 * 10**9)  # of many hours, of which 40 seconds are analysed
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE recording SET bytes = ?, duration = NULL", (3 * 10**9,))
    one = clip_of(workspace, CROP).clip
    assert one is not None
    nearly_full(workspace, monkeypatch, 0)
    assert clip_of(workspace, CROP_OF_LATER).clip is not None
    assert files(workspace) == [f"{row.key}/27000-35000.json", f"{row.key}/27000-35000.mp4"]


def test_where_that_makes_no_room_they_stay_and_none_is_made(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path)
    assert clip_of(workspace, CROP).clip is not None
    before = files(workspace)
    nearly_full(workspace, monkeypatch, 10**6)
    assert problem(workspace, CROP_OF_LATER) == ("space", False)
    assert files(workspace) == before != []


def test_what_a_browser_cannot_play_is_told_however_full_the_disk_is(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path, **MPEG)
    nearly_full(workspace, monkeypatch, 10**6)
    assert problem(workspace) == ("codec", True)
    with pytest.raises(NoClip) as raised:
        made(workspace, CROP)
    assert raised.value.kind == "space"


def test_nothing_is_left_of_a_clip_that_was_refused_or_whose_maker_was_killed(
    workspace: Workspace, tmp_path: Path
) -> None:
    row = played(workspace, tmp_path, drawn={"key_every": 5})
    folder = cache.folder_of(workspace.path, row.key)
    delete_spans(workspace, row, (2.0, 8.0))
    assert problem(workspace) == ("codec", True), "its key frame is in a span"
    assert list(folder.iterdir()) == []
    for name in ("1-2.lock", "3-4.lock", "3-4.json", "5-6.json", "7-8.lock", "7-8.json"):
        (folder / name).touch()
    with one_at_a_time(folder / "7-8.lock"):  # somebody is at work on it
        assert clip_of(workspace, CROP_OF_LATER).clip is not None
    left = sorted(file.name for file in folder.iterdir())
    assert left == ["27000-35000.json", "27000-35000.lock", "27000-35000.mp4", "7-8.json", "7-8.lock"]


def test_a_disk_that_fills_up_while_a_clip_is_cut_is_told(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    played(workspace, tmp_path)
    monkeypatch.setattr(cutting, "copied", lambda place, start, end, file, found, check, patience: copied(
        place, start, end, Path("/dev/full"), found, check
    ))  # fmt: skip
    assert problem(workspace) == ("space", False)
    assert files(workspace) == []


def test_a_clip_without_what_is_true_of_it_is_cut_anew(workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path)
    clip = clip_of(workspace, CROP).clip
    assert clip is not None
    for spoil in (lambda: clip.file.with_suffix(".json").write_text("{"), lambda: clip.file.write_bytes(b"half")):
        spoil()
        assert clip_of(workspace, CROP).clip == clip
        assert numbers(clip.file)[0] == 1


def test_names_of_clips_lead_nowhere_else(workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path)
    clip = clip_of(workspace, CROP).clip
    assert clip is not None
    assert cache.file_of(workspace, row.key, clip.name) == clip.file
    for name in ("../1/7000-17000", "7000-17001", "7000-17000.mp4", "x", f"{WALK}", ""):
        assert cache.file_of(workspace, row.key, name) is None
