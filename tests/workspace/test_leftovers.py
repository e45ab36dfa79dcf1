"""A process that is killed while it writes leaves names and pictures; a deletion finds them, whatever was written."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.datasets import read_dataset
from reid_core.embedder.exchange import add_zip, zip_model
from reid_core.files import write_atomically
from reid_core.signals import StopRequest
from reid_core.training.run import Run
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import leftovers, wiping
from reid_core.workspace.deletion.deletion import delete, receipts
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.job_reporter import Reporter
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.runs.inspection import inspect_gallery
from reid_core.workspace.search import gallery_index
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, png_bytes, tiny_picture
from tests.workspace.deletion.test_deletion import copied, found_in

__all__ = ["copied"]
MARK = b"zelda-quux"
# Not forked from this process: threads of it, such as those of torch, would leave their locks closed in the new one.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["reid_core.workspace.runs.inspection", "reid_core.workspace.imports.importing"])


def person(identity: str) -> Selection:
    return Selection(identities=frozenset({identity}))


# --- writers, each in the process that will be killed ---


def write_to(place: str) -> Callable[[Workspace], object]:
    """As everything does that writes one file: `place` is where, in the workspace."""

    def write(workspace: Workspace) -> None:
        file = workspace.path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lambda opened: opened.write(b'{"worst": "zelda-quux"}'))

    return write


def upload(workspace: Workspace) -> None:
    keep_upload(workspace, [("zelda-quux/cam1.png", b"zelda-quux")])


def copy_an_import(workspace: Workspace) -> None:
    folder = workspace.path.parent / "late" / "zelda-quux"
    folder.mkdir(parents=True)
    (folder / "late.png").write_bytes(png_bytes(tiny_picture(7, 7)) + b"zelda-quux")
    import_dataset(workspace, read_dataset(folder.parent, train_share=0.0), "site", stop=StopRequest(), copy=True)


def snapshot(workspace: Workspace) -> None:
    gallery_index.KEPT_ROWS = 1
    shutil.rmtree(workspace.path / "indexes", ignore_errors=True)  # of a kept index there may be none
    GalleryIndex(workspace, "site", workspace.catalogue.gallery("site").models[0][0]).current()


def add_model(workspace: Workspace) -> None:
    file = workspace.path.parent / "model.zip"
    file.write_bytes(zip_model(workspace.models_folder / "stripes") + b"zelda-quux")
    add_zip(file, workspace.models_folder / "zelda-quux")


def progress(workspace: Workspace) -> None:
    folder = workspace.path / "jobs" / "20260101T000000-import"
    folder.mkdir(parents=True)
    os.environ[jobs.VARIABLE] = str(folder)
    Reporter().progress("zelda-quux", 0, 1)


def state_of_a_run(workspace: Workspace) -> None:
    run = Run(workspace.runs_folder / "mine")
    run.predictions.mkdir(parents=True)
    write_atomically(run.predictions / "epoch-0001.json", lambda file: file.write(MARK))


WRITERS: dict[str, Callable[[Workspace], object]] = {
    "evaluation": write_to("evaluations/site@1@2.json"),
    "insight": lambda workspace: inspect_gallery(workspace, "site"),
    "comparison": write_to("comparisons/site@1@2.json"),
    "map": write_to("maps/site@1/crops.safetensors"),
    "report": write_to("reports/1.csv"),
    "card": write_to("models/stripes/card.json"),
    "model of a run": write_to("runs/mine/models/epoch-0001/card.json"),
    "recipe of a job": write_to("jobs/20260101T000000-train/recipe.yaml"),
    "speeds": write_to("speeds.json"),
    "somewhere new": write_to("journeys/day/1.json"),
    "run": state_of_a_run,
    "upload": upload,
    "import": copy_an_import,
    "snapshot": snapshot,
    "model": add_model,
    "job": progress,
}


def until_it_is_killed(*_: Any) -> None:
    time.sleep(120)


def write_and_hang(path: Path, writer: str) -> None:
    """Everything is written, and nothing is in its place yet."""
    os.fsync = until_it_is_killed  # type: ignore[assignment]
    Path.rename = until_it_is_killed  # type: ignore[assignment]
    WRITERS[writer](open_workspace(path, TESTER))


def temporaries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".writing-")]


def start(workspace: Workspace, writer: str) -> Any:
    process = PROCESSES.Process(target=write_and_hang, args=(workspace.path, writer))
    process.start()
    end = time.monotonic() + 60
    while not any(not path.is_file() or path.stat().st_size for path in temporaries(workspace.path)):
        assert process.exitcode is None, "it failed by itself, see above"
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.1)
    return process


@pytest.mark.parametrize("writer", WRITERS)
def test_what_a_killed_writer_left_goes_with_a_deletion(
    copied: tuple[Workspace, dict[str, bytes]], writer: str
) -> None:
    workspace, needles = copied
    process = start(workspace, writer)
    process.kill()
    process.join()
    assert temporaries(workspace.path), "it was killed in the middle"
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is not None
    assert found_in(workspace.path, needles) == set()
    assert temporaries(workspace.path) == []


@pytest.mark.parametrize("writer", [name for name in WRITERS if name not in ("import", "somewhere new")])
def test_what_a_killed_writer_left_is_gone_after_the_next_opening(
    copied: tuple[Workspace, dict[str, bytes]], writer: str
) -> None:
    workspace, _ = copied
    process = start(workspace, writer)
    open_workspace(workspace.path, TESTER)
    assert temporaries(workspace.path), "a living process goes on writing"
    process.kill()
    process.join()
    open_workspace(workspace.path, TESTER)
    assert temporaries(workspace.path) == []


def test_a_receipt_waits_for_who_is_writing_and_says_so(
    copied: tuple[Workspace, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, needles = copied
    monkeypatch.setattr(wiping, "_SECONDS_FOR_READERS", 0.2)
    process = start(workspace, "insight")
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is None
    said = wiping.why_unfinished(workspace.catalogue, workspace.thumbnails)
    assert "being written by another process" in said
    assert "in insights of the workspace" in said
    assert temporaries(workspace.path), "it was not taken from a living writer"
    process.kill()
    process.join()
    assert receipts(open_workspace(workspace.path, TESTER))[0].finished is not None
    assert found_in(workspace.path, needles) == set()


OLD = [
    "evaluations/.site@1@2.json.4194305", "insights/.site.json.4194305", "runs/mine/.run.json.4194305",
    "runs/mine/predictions/.epoch-0001.json.4194305", "maps/site@1/.crops.safetensors.4194305",
    "models/.stripes.00112233445566778899aabbccddeeff/card.json", "models/.stripes.4194305/card.json",
    "incoming/.20260101T000000-abcdef.4194305/zelda-quux.png", "incoming/selection-0011223344556677.json",
    "jobs/20260101T000000-train/.progress.json.4194305", "reports/.1.csv.4194305", ".speeds.json.4194305",
    "indexes/site@1/index.snapshot.00112233445566778899aabbccddeeff.partial", "originals/1/anna/.anna-cam1.png.4194305",
    "comparisons/.site@1@2.json.4194305", "catalogue.sqlite.version-3.partial", "evaluations/.report.json.1",
]  # fmt: skip


@pytest.mark.parametrize("place", OLD)
def test_what_an_earlier_version_left_goes_with_a_deletion(
    copied: tuple[Workspace, dict[str, bytes]], place: str
) -> None:
    workspace, needles = copied
    file = workspace.path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"zelda-quux")
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is not None
    assert found_in(workspace.path, needles) == set()


def test_a_users_own_files_in_the_workspace_stay_whatever_their_names(
    copied: tuple[Workspace, dict[str, bytes]],
) -> None:
    workspace, _ = copied
    own = [workspace.path / "mine" / ".a.1234", workspace.path / "notes.partial", workspace.path / ".env.12"]
    waiting = keep_upload(workspace, [("x/.y.1234", b"kept"), ("z.part", b"kept")])
    own[0].parent.mkdir()
    for file in own:
        file.write_bytes(b"kept")
    delete(workspace, "site", person("zelda-quux"), "test")
    assert all(file.read_bytes() == b"kept" for file in own)
    assert sum(file.is_file() for file in waiting.rglob("*")) == 2


@pytest.mark.parametrize(
    "place", ["models/foo.partial", "runs/exp.partial", "runs/index.snapshot." + "0a" * 16 + ".partial"]
)
def test_a_model_or_run_whose_name_ends_like_a_half_file_stays(
    copied: tuple[Workspace, dict[str, bytes]], place: str
) -> None:
    workspace, _ = copied
    file = workspace.path / place / "card.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"kept")
    for path in (file, file.parent):
        os.utime(path, (time.time() - 7200,) * 2)
    open_workspace(workspace.path, TESTER)
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is not None
    assert file.read_bytes() == b"kept"


def test_originals_on_another_disk_are_looked_through(
    copied: tuple[Workspace, dict[str, bytes]], tmp_path: Path
) -> None:
    workspace, _ = copied
    originals = workspace.path / "originals"
    originals.rename(tmp_path / "large")
    originals.symlink_to(tmp_path / "large")
    left = tmp_path / "large" / "1" / (".writing-" + "0a" * 16)
    left.write_bytes(b"zelda-quux")
    leftovers.sweep_for_deletion(workspace.path)
    assert not left.exists()


def test_backups_of_both_databases_go_or_the_receipt_is_not_finished(
    copied: tuple[Workspace, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = copied
    made = [
        workspace.path / "catalogue.sqlite.version-3.backup",
        workspace.path / "thumbnails.sqlite.version-0.backup",
    ]
    for backup in made:
        backup.write_bytes(b"zelda-quux")
    unlink = Path.unlink

    def stuck(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".backup":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", stuck)
        assert delete(workspace, "site", person("zelda-quux"), "test").finished is None
    assert wiping.finish(workspace.catalogue, workspace.thumbnails)
    assert backups(workspace.catalogue.path) == backups(workspace.thumbnails.path) == []


def test_a_selection_that_waits_for_its_job_goes_with_its_job(copied: tuple[Workspace, dict[str, bytes]]) -> None:
    """The page wrote it down, and died before the job began."""
    workspace, needles = copied
    folder = jobs.new_folder(workspace.path, "delete")
    (folder / "selection.json").write_text(json.dumps({"identities": ["zelda-quux"]}))
    os.utime(folder, (time.time() - 120,) * 2)
    just_now = jobs.new_folder(workspace.path, "delete")
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is not None
    assert found_in(workspace.path, needles) == set()
    assert just_now.is_dir(), "its process may be starting"


def test_folders_of_keepers_are_looked_through_to_where_their_files_lie() -> None:
    """And no further: what was dropped or copied lies in folders, under names that people gave."""
    known = {"runs": 3, "models": 1, "detectors": 1, "maps": 1, "indexes": 1, "jobs": 1, "evaluations": 0,
             "insights": 0, "comparisons": 0, "reports": 0, "networks": 0, "incoming": 0, "originals": 0, "clips": 1,
             "demo": 0, "analysing": 0}  # fmt: skip
    assert known == leftovers.FOLDERS


def test_an_upgrade_that_was_killed_while_it_made_its_backup_leaves_none(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    (workspace.path / ".writing-00112233445566778899aabbccddeeff").write_bytes(b"half a backup")
    with sqlite3.connect(workspace.catalogue.path) as database:
        assert database.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    open_workspace(workspace.path, TESTER)
    assert temporaries(workspace.path) == []
