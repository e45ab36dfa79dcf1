"""What the commands write: in the workspace for its owner alone, whatever the umask; elsewhere as the user has it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.workspace import jobs, privacy
from reid_core.workspace.imports import uploads
from reid_core.workspace.models.calibration import _copy_of
from reid_core.workspace.search import gallery_index
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, Ended

TINY_NETWORK = ["--backbone", "test_efficientnet", "--weights", "none", "--height", "64", "--width", "32"]
JOB = 120.0  # seconds

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def umask() -> Iterator[Callable[[int], None]]:
    """Gives `umask(mask)`; afterwards it is as before."""
    before = os.umask(0o022)
    os.umask(before)

    def set_to(mask: int) -> None:
        os.umask(mask)

    yield set_to
    os.umask(before)


@pytest.fixture
def reid(tmp_path: Path, run_command: Callable[..., Ended]) -> Run:
    """A command as from a shell with umask 000, which is given to it anew each time."""

    def run(*arguments: object) -> Ended:
        os.umask(0)
        ended = run_command(tmp_path / "workspace", *arguments)
        assert ended.code == 0, ended.err
        return ended

    return run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """Every file and folder, this one included, that the group or others may do anything with."""
    return [f"{mode(path):o} {path}" for path in (folder, *sorted(folder.rglob("*"))) if mode(path) & 0o077]


@pytest.mark.timeout(900)
def test_nobody_else_can_read_anything_of_a_new_workspace(
    reid: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_index, "KEPT_ROWS", 1)  # a small gallery's index is kept, too
    workspace, site = tmp_path / "workspace", tmp_path / "site"
    write_site(site, SiteConfig(identities=16, cameras=3, crops_per_visit=(2, 3)))
    shutil.copy(next(site.rglob("*.jpg")), tmp_path / "photo.jpg")
    (site / "broken.jpg").write_bytes(b"no picture")
    crops = reid("import", site, "--gallery", "site", "--copy", "--json").json()["added"]
    reid("delete", "--gallery", "site", "--crop", "1", "--purpose", "asked for", "--yes")
    reid("train", "site", *TINY_NETWORK, "--epochs", 2, "--validation", 0.3, "--name", "first")
    reid("index", "site", "--model", "first")
    reid("map", "site")
    reid("evaluate", "site", "--model", "first")
    reid("model", "export", "first", tmp_path / "first.zip")
    reid("model", "add", tmp_path / "first.zip", "--name", "second")
    reid("case", "new", "gate", "--purpose", "a lost bag")
    reid("search", tmp_path / "photo.jpg", "--gallery", "site", "--case", "gate", "--save", "one")
    opened = Workspace(workspace, TESTER)
    _copy_of(opened.best_model(), opened.models_folder)  # what a calibration does with a shipped model, 0644
    with (tmp_path / "photo.jpg").open("rb") as photo:
        uploads.keep_upload(opened, [("photo.jpg", photo)])
    job = jobs.start_new(workspace, "check", "Check", ["check"])
    end = time.monotonic() + JOB
    while (progress := jobs.read(job)) is not None and progress.status == "running":
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.1)
    with sqlite3.connect(workspace / "catalogue.sqlite") as database:  # with its log and shared memory beside it
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        kinds = {path.relative_to(workspace).parts[0] for path in workspace.rglob("*") if path.is_file()}
        assert kinds >= {"catalogue.sqlite", "thumbnails.sqlite", "originals", "models", "runs", "jobs", "incoming"}
        assert kinds >= {"indexes", "evaluations", "maps"}
        assert len([path for path in (workspace / "originals").rglob("*") if path.is_file()]) >= crops - 1
        assert open_to_others(workspace) == []


def test_what_is_written_elsewhere_has_the_permissions_that_the_user_gives_files(reid: Run, tmp_path: Path) -> None:
    reid("draw", tmp_path / "site", "--identities", 4, "--cameras", 2)
    reid("import", tmp_path / "site", "--gallery", "site")
    reid("case", "new", "gate", "--purpose", "a lost bag")
    reid("export", "site", tmp_path / "exported")
    reid("case", "export", "gate", tmp_path / "case.html")
    reid("model", "export", "market", tmp_path / "market.zip")
    written = [tmp_path / name for name in ("site", "exported", "case.html", "market.zip")]
    for path in (*written, *(tmp_path / "exported").rglob("*")):
        assert mode(path) == (0o777 if path.is_dir() else 0o666), path
    assert open_to_others(tmp_path / "workspace") == []


def test_an_empty_folder_becomes_its_owners_and_one_with_other_things_in_it_stays(
    tmp_path: Path, umask: Callable[[int], None]
) -> None:
    umask(0)
    empty, shared = tmp_path / "empty", tmp_path / "shared"
    empty.mkdir()
    shared.mkdir()
    (shared / "notes.txt").touch()
    for folder in (empty, shared):
        umask(0)
        Workspace(folder, TESTER)
    assert open_to_others(empty) == []
    assert mode(shared) == 0o777
    assert [path.name for path in shared.iterdir() if mode(path) & 0o077] == ["notes.txt"]
    assert privacy.warning(empty) is None
    assert f"chmod -R go= {shared}" in str(privacy.warning(shared))


def test_an_older_workspace_that_others_can_read_is_said_to_be_so_until_it_is_closed(
    tiny_workspace: Workspace, run_command: Run, umask: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_workspace.path
    run = partial(run_command, path)
    assert run("list").err == ""
    for one in (path, *path.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    umask(0o022)
    ended = run("list", "--json")
    assert TINY_GALLERY in [gallery["name"] for gallery in ended.json()["galleries"]]
    assert ended.err.splitlines() == [
        f"Other users of this machine can look into the workspace {path} (drwxr-xr-x). To close it: chmod -R go= {path}"
    ]
    now = os.umask(0o022)
    assert now == 0o022  # it may be shared on purpose: what is new stays as the others have it
    for one in (path, *path.rglob("*")):
        one.chmod(mode(one) & 0o700)
    assert run("list").err == ""


@pytest.mark.parametrize("granted", [0o710, 0o704, 0o770, 0o701])
def test_any_right_of_others_counts(tmp_path: Path, granted: int) -> None:
    folder = tmp_path / "a folder"
    Workspace(folder, TESTER)
    folder.chmod(granted)
    assert f"chmod -R go= '{folder}'" in str(privacy.warning(folder))


def test_a_tighter_umask_of_the_user_stays(tmp_path: Path, umask: Callable[[int], None]) -> None:
    umask(0o177)
    (tmp_path / "workspace").mkdir(mode=0o700)
    (tmp_path / "workspace").chmod(0o700)
    Workspace(tmp_path / "workspace", TESTER)
    now = os.umask(0)
    assert now == 0o177
