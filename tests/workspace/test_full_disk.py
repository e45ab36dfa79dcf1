"""A disk that is full to the last byte: what must work then works, and the rest says so in a sentence."""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.errors import DiskFull, ReidError
from reid_core.files import write_atomically
from reid_core.signals import StopRequest
from reid_core.video.boxes import Detections
from reid_core.workspace import job_reporter, jobs, reserve
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete, receipts
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.job_reporter import Reporter
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.reserve import is_short, with_room
from reid_core.workspace.runs import traces
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, Ended, png_bytes, tiny_picture
from tests.support.walkers import WALKERS, ColourDetector, Walker, filmed
from tests.workspace.runs.test_traces import add_run

Reid = Callable[..., Ended]
FULL = OSError(errno.ENOSPC, "No space left on device")


# --- a real disk ---


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk to fill")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no small disk could be mounted here: {made.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> None:
    """To the last byte, as a recorder on the same disk would."""
    with (disk / "recording").open("ab", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
    assert shutil.disk_usage(disk).free == 0


@pytest.fixture
def reid(disk: Path, tiny_model: Path, run_command: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> Reid:
    """A workspace on that disk with 20 crops of five people and a reserve of 4 MiB; no process has it open."""
    monkeypatch.setattr(reserve, "BYTES", 2**22)

    def command(*arguments: object) -> Ended:
        ended = run_command(disk / "workspace", *arguments)
        gc.collect()  # whoever opened the workspace closes it, as a process that ends does
        return ended

    pictures = disk.parent / "pictures"
    for person in range(5):
        (pictures / f"p{person}").mkdir(parents=True)
        for number in range(4):
            picture = png_bytes(tiny_picture(person, number))
            (pictures / f"p{person}" / f"cam{number % 2 + 1}_{number}.png").write_bytes(picture)
    shutil.copytree(tiny_model, disk / "workspace" / "models" / "stripes")
    assert command("import", pictures, "--gallery", "site", "--copy").code == 0
    assert command("index", "site", "--model", "stripes").code == 0
    assert not (disk / "workspace" / "catalogue.sqlite-shm").exists()
    return command


def test_on_a_full_disk_listing_searching_and_deleting_work(reid: Reid, disk: Path) -> None:
    fill(disk)
    listed = reid("list")
    assert listed.code == 0
    assert "site" in listed.out
    assert "The disk is full" in listed.err
    found = reid("search", "--gallery", "site", "--crop", "1", "--purpose", "a lost bag", "--json").json()
    assert len(found["hits"]) == 10, "of the other camera"
    assert reid("audit", "--json").json()["audit"][0]["purpose"] == "a lost bag"
    asked = ["delete", "--gallery", "site", "--identity", "p1", "--purpose", "request 17", "--yes", "--json"]
    (receipt,) = reid(*asked).json()["receipts"]
    assert receipt["crops"] == 4
    assert receipt["finished"] is not None
    assert not list((disk / "workspace" / "originals").rglob("*/p1/*"))
    assert reid("list", "--json").json()["galleries"][0]["crops"] == 16
    assert [line["action"] for line in reid("audit", "--json").json()["audit"]] == ["delete", "search"]


def test_what_else_is_done_then_says_that_the_disk_is_full(reid: Reid, disk: Path) -> None:
    fill(disk)
    (disk.parent / "more" / "p9").mkdir(parents=True)
    noise = np.random.default_rng(1).integers(0, 256, (600, 600, 3), np.uint8)  # a PNG of 1 MB
    (disk.parent / "more" / "p9" / "a.png").write_bytes(png_bytes(Image.fromarray(noise)))
    ended = reid("import", disk.parent / "more", "--gallery", "site", "--copy")
    assert ended.code == 1
    assert "could not be copied into the workspace (the disk is full). Free some space and run it again" in ended.err
    assert "Traceback" not in ended.err
    assert (disk / "workspace" / reserve.FILE).stat().st_size > 3 * 2**20, "an import is given none of the reserve"


def test_beside_a_recorder_that_takes_every_byte_no_search_is_answered_that_is_not_in_the_log(
    reid: Reid, disk: Path
) -> None:
    answered = 0
    for _ in range(40):
        fill(disk)
        ended = reid("search", "--gallery", "site", "--crop", "1", "--purpose", "a lost bag", "--json")
        if ended.code:
            assert "disk is full" in ended.json()["error"]
            assert "free some space" in ended.json()["error"]
            break
        answered += 1
    else:
        pytest.fail("the reserve never ended")
    assert answered >= 5
    (disk / "recording").unlink()
    lines = reid("audit", "--json").json()["audit"]
    assert len(lines) == answered
    assert not is_short(disk / "workspace"), "there is room again, and it is kept again"


def test_a_disk_that_fills_up_while_a_recording_is_analysed_costs_nothing_that_was_kept(
    reid: Reid, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each frame is a step; at the 60th of 150 a recorder takes every byte."""
    film = filmed(tmp_path / "gate.mp4", (*WALKERS, Walker(0, 11.0, 17.0), Walker(2, 18.0, 25.0)), 30)
    asked = ["video", film, "--gallery", "town", "--index-with", "stripes", "--start", "unknown"]

    class Recorder(ColourDetector):
        seen = 0

        def detect(self, picture: np.ndarray) -> Detections:
            self.seen += 1
            if self.seen == 60:
                fill(disk)
            return super().detect(picture)

    monkeypatch.setattr("reid_core.workspace.imports.recordings.STEP", 0.0)
    detector: ColourDetector = Recorder()
    monkeypatch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: detector)
    ended = reid(*asked, "--json")
    assert ended.code == 1
    assert ended.json()["kind"] == "disk full"
    assert "free some space" in ended.json()["error"].lower()
    assert "Traceback" not in ended.err
    (row,) = reid("recordings", "town", "--json").json()["recordings"]
    assert row["finished"] is None
    assert 11.0 <= row["analysed"] <= 13.0
    assert len(reid("tracklets", "town", "--json").json()["tracklets"]) == 2, "they ended before"
    (disk / "recording").unlink()
    detector = ColourDetector()
    assert reid(*asked).code == 0
    kept = reid("tracklets", "town", "--json").json()["tracklets"]
    assert len(kept) == 4
    assert sum(line["crops"] for line in kept) == len(list((disk / "workspace" / "originals").rglob("gate-*/*.jpg")))


def test_a_disk_that_has_no_room_for_the_whole_reserve_keeps_a_part_and_can_be_emptied_when_it_is_full(
    disk: Path, tmp_path: Path, run_command: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reserve, "BYTES", 2**24)
    (tmp_path / "pictures" / "p1").mkdir(parents=True)
    for number in range(4):
        (tmp_path / "pictures" / "p1" / f"{number}.png").write_bytes(png_bytes(tiny_picture(1, number)))

    def reid(*arguments: object) -> Ended:
        ended = run_command(disk / "workspace", *arguments)
        gc.collect()
        return ended

    assert reid("import", tmp_path / "pictures", "--gallery", "site", "--copy").code == 0
    assert 2**22 < (disk / "workspace" / reserve.FILE).stat().st_size < reserve.BYTES
    fill(disk)
    assert reid("list", "--json").json()["galleries"][0]["crops"] == 4
    (receipt,) = reid("delete", "--gallery", "site", "--all", "--purpose", "x", "--yes", "--json").json()["receipts"]
    assert receipt["finished"] is not None
    assert not list((disk / "workspace" / "originals").rglob("*.png"))


# --- the reserve ---


def test_a_workspace_keeps_room_that_is_really_taken(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    file = workspace.path / reserve.FILE
    assert file.stat().st_size == reserve.BYTES
    assert file.stat().st_blocks * 512 >= reserve.BYTES
    assert not workspace.is_short()


def test_room_is_given_bit_by_bit_until_it_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "BYTES", 2**22)
    open_workspace(tmp_path, TESTER)
    tried: list[int] = []

    def work() -> str:
        tried.append((tmp_path / reserve.FILE).stat().st_size)
        if len(tried) < 4:
            raise FULL if len(tried) % 2 else DiskFull("The disk is full.")
        return "done"

    assert with_room(tmp_path, work) == "done"
    assert tried == [2**22 - part for part in (0, 2**18, 2**18 + 2**19, 2**18 + 2**19 + 2**20)]


def test_copies_of_indexes_are_given_last_and_then_it_is_said(tmp_path: Path) -> None:
    open_workspace(tmp_path, TESTER)
    snapshot = tmp_path / "indexes" / "site@1" / "index.snapshot"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_bytes(b"index")
    left: list[tuple[bool, bool]] = []

    def work() -> None:
        left.append(((tmp_path / reserve.FILE).exists(), snapshot.exists()))
        raise FULL

    with pytest.raises(DiskFull, match="The disk is full.* is used up.*free some space: remove other files"):
        with_room(tmp_path, work)
    assert left == [(True, True), (False, True), (False, False)]


@pytest.mark.parametrize("error", [ReidError("no"), OSError(errno.EIO, "I/O"), PermissionError(13, "no")])
def test_other_errors_take_nothing_of_it(tmp_path: Path, error: Exception) -> None:
    open_workspace(tmp_path, TESTER)

    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        with_room(tmp_path, work)
    assert (tmp_path / reserve.FILE).stat().st_size == reserve.BYTES


def test_it_is_made_whole_when_there_is_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_workspace(tmp_path, TESTER)
    os.truncate(tmp_path / reserve.FILE, 1000)

    class Little:
        free = 2**12

    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda path: Little)
        assert is_short(tmp_path)
        assert (tmp_path / reserve.FILE).stat().st_size == (1000 + 2**12) // 4, "a quarter of what there is"
        os.truncate(tmp_path / reserve.FILE, 2000)
        assert is_short(tmp_path)
        assert (tmp_path / reserve.FILE).stat().st_size == 2000, "more than that already"
    assert not is_short(tmp_path)
    assert (tmp_path / reserve.FILE).stat().st_size == reserve.BYTES


@pytest.mark.parametrize(("code", "short"), [(errno.EDQUOT, True), (errno.ENOSPC, True), (errno.EROFS, False)])
def test_a_quota_that_is_used_up_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, short: bool
) -> None:
    """The disk has room then, but none for this user."""
    open_workspace(tmp_path, TESTER)
    os.truncate(tmp_path / reserve.FILE, 1000)

    def refuse(file: Path, size: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(reserve, "_fill", refuse)
    assert is_short(tmp_path) == short


# --- what meets a full disk ---


def test_what_stays_of_a_run_is_written_with_the_reserve(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(tiny_workspace, "mine", TINY_GALLERY)
    real, full = write_atomically, iter([FULL, FULL])

    def write(*given: object) -> None:
        if (error := next(full, None)) is not None:
            raise error
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(traces, "write_atomically", write)
    monkeypatch.setattr(reserve, "_AT_FIRST", 2**16)
    assert delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test").finished is not None
    assert next(full, None) is None
    assert (tiny_workspace.path / reserve.FILE).stat().st_size < reserve.BYTES


def test_a_deletion_without_any_room_is_kept_and_finished_later(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(tiny_workspace, "mine", TINY_GALLERY)

    def never(*_: object) -> None:
        raise FULL

    with monkeypatch.context() as full:
        full.setattr(traces, "write_atomically", never)
        assert delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test").finished is None
        assert open_workspace(tiny_workspace.path, TESTER).catalogue.gallery(TINY_GALLERY).crops == 23
    assert receipts(open_workspace(tiny_workspace.path, TESTER))[0].finished is not None


def test_a_job_goes_on_when_its_progress_has_no_room_and_says_its_end_with_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    folder = workspace.path / "jobs" / "one"
    folder.mkdir(parents=True)
    monkeypatch.setenv(jobs.VARIABLE, str(folder))
    reporter = Reporter()
    real, full = write_atomically, iter([FULL, FULL])

    def write(*given: object) -> None:
        if (error := next(full, None)) is not None:
            raise error
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(job_reporter, "write_atomically", write)
    reporter.progress("Importing", 0, 10)
    assert not (folder / "progress.json").exists()
    reporter.end("failed", "The disk is full.")
    assert json.loads((folder / "progress.json").read_text())["message"] == "The disk is full."


def test_a_command_that_meets_a_full_disk_says_so(
    tiny_workspace: Workspace, run_command: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/report.json")

    monkeypatch.setattr("reid_core.workspace.runs.inspection.write_atomically", full)
    ended = run_command(tiny_workspace.path, "inspect", TINY_GALLERY)
    assert ended.code == 1
    assert "\nError: The disk is full, and /data/report.json could not be written. What was done" in ended.err
    assert "free some space" in ended.err


def test_an_import_on_a_full_disk_names_the_file_and_what_to_do(
    tiny_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "a.png").write_bytes(png_bytes(tiny_picture(9, 9)))

    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr("reid_core.workspace.imports.importing.write_atomically", full)
    with pytest.raises(ReidError, match=r"a\.png could not be copied.*the disk is full.*Free some space"):
        import_dataset(tiny_workspace, read_dataset(folder), TINY_GALLERY, stop=StopRequest(), copy=True)
