from __future__ import annotations

import errno
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.errors import DiskFull, Refused, ReidError
from reid_core.records import is_unsafe_path
from reid_core.signals import StopRequest
from reid_core.workspace import jobs
from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.uploads import discard, keep_upload, unfinished
from reid_core.workspace.imports.video.tables import TableRow, write_recording_table
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, png_bytes, tiny_picture


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/") + ".png", data)
    return buffer.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _job(workspace: Workspace, status: str, arguments: list[str], *results: dict[str, object]) -> jobs.Job:
    """A job's folder as the job itself leaves it; one that runs is this very process."""
    folder = workspace.path / jobs.FOLDER / "made"
    folder.mkdir(parents=True, exist_ok=True)
    process = {"process": os.getpid(), "process_started": psutil.Process().create_time()}
    (folder / "job.json").write_text(json.dumps({"arguments": arguments, "title": "Import", **process}))
    (folder / "progress.json").write_text(json.dumps({"status": status}))
    (folder / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results))
    job = jobs.find(folder)
    assert job is not None
    return job


# --- keeping ---


def test_pictures_become_a_folder_with_their_bytes(workspace: Workspace) -> None:
    path = keep_upload(workspace, [("a.jpg", b"one"), ("b.jpg", io.BytesIO(b"two")), ("x/c.jpg", memoryview(b"3"))])
    assert path.parent == workspace.incoming
    assert _files(path) == {"a.jpg": b"one", "b.jpg": b"two", "x/c.jpg": b"3"}


def test_a_file_object_is_read_from_its_start(workspace: Workspace) -> None:
    content = io.BytesIO(b"whole")
    content.read(3)
    assert _files(keep_upload(workspace, [("a.jpg", content)])) == {"a.jpg": b"whole"}


@pytest.mark.parametrize("name", ["crops.zip", "shard.TAR", "cuhk-03.mat", "labels.csv"])
def test_one_archive_or_table_stays_what_it_is(workspace: Workspace, name: str) -> None:
    path = keep_upload(workspace, [(name, b"data")])
    assert path.name == name
    assert path.read_bytes() == b"data"
    assert path.parent.parent == workspace.incoming


def test_files_of_one_name_are_kept_apart_whatever_the_case(workspace: Workspace) -> None:
    path = keep_upload(workspace, [("a.jpg", b"1"), ("a.jpg", b"2"), ("A.JPG", b"3"), ("a-2.jpg", b"4")])
    files = _files(path)
    assert sorted(files.values()) == [b"1", b"2", b"3", b"4"]
    assert len({name.casefold() for name in files}) == 4


@pytest.mark.parametrize(
    "name", ["../x.jpg", "a/../../x.jpg", "/etc/x.jpg", "C:\\x.jpg", "a\0.jpg", "..\\x.jpg", "", "/"]
)
def test_a_hostile_name_keeps_nothing_at_all(workspace: Workspace, name: str) -> None:
    with pytest.raises(ReidError, match="nothing was kept"):
        keep_upload(workspace, [("good.jpg", b"1"), (name, b"2")])
    assert _files(workspace.path / "incoming") == {}
    assert unfinished(workspace) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (".hidden.jpg", "_hidden.jpg"),
        ('a<b>:"|?*.jpg', "a_b______.jpg"),
        ("line\nbreak.jpg", "line_break.jpg"),
        ("trailing. /x.jpg", "trailing/x.jpg"),
        ("0002_c1s1_000451_03.jpg", "0002_c1s1_000451_03.jpg"),
    ],
)
def test_names_are_made_safe(workspace: Workspace, name: str, kept: str) -> None:
    assert sorted(_files(keep_upload(workspace, [(name, b"1"), ("other.jpg", b"2")]))) == sorted([kept, "other.jpg"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=6))
def test_whatever_the_names_are_they_are_refused_or_written_inside(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    workspace = Workspace(tmp_path_factory.getbasetemp() / "hostile", TESTER)
    files = [(f"{name}.jpg", bytes([place])) for place, name in enumerate(names)]
    try:
        path = keep_upload(workspace, files)
    except ReidError:
        assert any(is_unsafe_path(name) for name, _ in files) or "at once" in _said(workspace, files)
        return
    assert sorted(_files(path).values()) == [data for _, data in files]
    shutil.rmtree(path)


def _said(workspace: Workspace, files: list[tuple[str, bytes]]) -> str:
    with pytest.raises(ReidError) as error:
        keep_upload(workspace, files)
    return str(error.value)


def test_a_file_that_is_also_a_folder_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="at once"):
        keep_upload(workspace, [("a", b"1"), ("a/b.jpg", b"2")])


def test_archives_are_not_mixed_with_other_files(workspace: Workspace) -> None:
    for names in (["a.zip", "b.zip"], ["a.zip", "b.jpg"], ["a.tar", "b.csv"]):
        with pytest.raises(ReidError, match="archive"):
            keep_upload(workspace, [(name, b"") for name in names])


def test_a_table_beside_a_zip_tells_of_its_pictures(workspace: Workspace) -> None:
    archive = _zip(a=png_bytes(tiny_picture(1, 0)), b=png_bytes(tiny_picture(2, 0)))
    path = keep_upload(workspace, [("crops.csv", b"image,pid\na.png,anna\nb.png,ben\n"), ("crops.zip", archive)])
    assert path.name == "crops.zip"
    assert list(read_dataset(path, train_share=0).records.table["identity"]) == ["anna", "ben"]


def test_a_broken_zip_with_a_table_is_a_sentence_and_keeps_nothing(workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="not a readable zip"):
        keep_upload(workspace, [("crops.csv", b"image\n"), ("crops.zip", b"no zip")])
    assert _files(workspace.incoming) == {}


def test_a_full_disk_is_a_sentence_and_leaves_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("reid_core.workspace.imports.uploads.os.fsync", full)
    with pytest.raises(ReidError, match="the disk is full.*Free some space"):
        keep_upload(workspace, [("a.jpg", b"1"), ("b.jpg", b"2"), ("c.jpg", b"3")])
    assert list(workspace.incoming.iterdir()) == []


def test_a_crash_between_leaves_nothing_that_looks_like_an_upload(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(*arguments: object) -> None:
        raise Crash

    monkeypatch.setattr(Path, "rename", crash)
    monkeypatch.setattr(shutil, "rmtree", lambda *arguments, **options: None)  # a killed process tidies nothing
    with pytest.raises(Crash):
        keep_upload(workspace, [("a.jpg", b"1")])
    assert len(list(workspace.incoming.iterdir())) == 1
    assert unfinished(workspace) == []
    monkeypatch.undo()
    keep_upload(workspace, [("b.jpg", b"2")])
    assert [upload.files for upload in unfinished(workspace)] == [1]
    assert len(list(workspace.incoming.iterdir())) == 1


# --- uploads that wait ---


def test_an_upload_waits_until_it_is_imported(workspace: Workspace) -> None:
    path = keep_upload(workspace, [("a.png", png_bytes(tiny_picture(1, 0))), ("b.png", png_bytes(tiny_picture(2, 0)))])
    (waiting,) = unfinished(workspace)
    assert (waiting.path, waiting.files, waiting.name) == (path, 2, "2 files")
    import_dataset(workspace, read_dataset(path), "door", stop=StopRequest())
    assert unfinished(workspace) == []
    assert workspace.catalogue.gallery("door").crops == 2


def test_an_upload_into_a_workspace_behind_a_link_is_copied_and_removed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = Workspace(tmp_path / "link" / "workspace", TESTER)
    path = keep_upload(workspace, [("a.png", png_bytes(tiny_picture(1, 0)))])
    import_dataset(workspace, read_dataset(path), "door", stop=StopRequest())
    assert unfinished(workspace) == []
    assert len(_files(workspace.path / "originals")) == 1


def test_what_is_being_imported_neither_waits_nor_can_be_discarded(workspace: Workspace) -> None:
    path = keep_upload(workspace, [("crops.zip", b"1")])
    _job(workspace, "running", ["import", str(path), "--gallery=door"])
    assert unfinished(workspace) == []
    with pytest.raises(ReidError, match="being imported"):
        discard(workspace, path)
    assert path.exists()
    _job(workspace, "stopped", ["import", str(path), "--gallery=door"])
    discard(workspace, path)
    assert list(workspace.incoming.iterdir()) == []


def test_only_uploads_can_be_discarded(workspace: Workspace, tmp_path: Path) -> None:
    keep_upload(workspace, [("a.jpg", b"1")])
    for path in (tmp_path, workspace.path, workspace.incoming, workspace.incoming / ".." / "catalogue.sqlite"):
        with pytest.raises(ReidError, match="not an upload"):
            discard(workspace, path)
    assert (workspace.path / "catalogue.sqlite").exists()


def test_recordings_are_kept_alone_and_among_pictures(workspace: Workspace) -> None:
    folder = keep_upload(workspace, [("walk.mp4", b"1"), ("x/walk.MKV", b"2")])
    assert _files(folder) == {"walk.mp4": b"1", "x/walk.MKV": b"2"}
    assert _files(keep_upload(workspace, [("walk.mp4", b"1"), ("a.jpg", b"2")])) == {"walk.mp4": b"1", "a.jpg": b"2"}


def test_what_is_larger_than_the_room_that_is_left_is_refused_before_it_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_write", None)  # nothing is written
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(100, 90, uploads.SPARE + 3))
    with pytest.raises(DiskFull, match="These files have 0.0 GB, and the disk of the workspace has 0.1 GB left"):
        keep_upload(workspace, [("a.mp4", io.BytesIO(b"12")), ("b.mp4", b"34")])
    assert unfinished(workspace) == []


def test_an_upload_whose_recordings_a_job_analyses_is_not_offered_again(workspace: Workspace) -> None:
    folder = keep_upload(workspace, [("gate.mp4", b"1")])
    table = workspace.path / "jobs" / "made" / "recordings.csv"
    _job(workspace, "running", ["video", f"--table={table}", "--gallery=town"])
    write_recording_table(table, [TableRow(folder / "gate.mp4", "gate", "unknown")])
    assert unfinished(workspace) == []
    with pytest.raises(Refused, match="being imported"):
        discard(workspace, folder)


def test_a_recording_that_came_in_leaves_its_upload_and_the_last_one_takes_it_along(workspace: Workspace) -> None:
    folder = keep_upload(workspace, [("x/gate.mp4", b"1"), ("door.mp4", b"2")])
    uploads.let_go(workspace, folder / "x" / "gate.mp4")
    assert _files(folder) == {"door.mp4": b"2"}
    outside = workspace.path / "mine.mp4"
    outside.write_bytes(b"3")
    uploads.let_go(workspace, outside)
    assert outside.exists()
    uploads.let_go(workspace, folder / "door.mp4")
    assert not folder.exists()


def test_a_zip_that_no_table_can_be_put_into_is_a_sentence(workspace: Workspace) -> None:
    whole = _zip(a=b"some bytes", b=b"more")
    gap = whole.replace(b"some bytes", b"some b")  # zipfile reads it, and cannot write where entries begin
    with pytest.raises(ReidError, match="is not a readable zip archive"):
        keep_upload(workspace, [("set.zip", gap), ("crops.csv", b"image\na.png\n")])
    assert list(workspace.incoming.iterdir()) == []
