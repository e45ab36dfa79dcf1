"""Where pictures are read from: folders, zips, and single files that a person names."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from reid_core import images
from reid_core.errors import ReidError
from reid_core.images import BadImage, read_file
from reid_core.sources import open_source
from reid_core.sources.folder import FolderSource
from reid_core.sources.zip import ZipSource


def make_zip(path: Path, entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return path


def test_folders_and_zips_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "set" / "x").mkdir(parents=True)
    (tmp_path / "set" / "x" / "a.jpg").write_bytes(b"one")
    (tmp_path / "set" / "b.jpg").write_bytes(b"two")
    zipped = make_zip(tmp_path / "set.zip", [("b.jpg", b"two"), ("x/", b""), ("x/a.jpg", b"one")])
    for path in (tmp_path / "set", zipped):
        source = open_source(path)
        assert list(source.names()) == ["b.jpg", "x/a.jpg"]
        assert source.read("x/a.jpg") == b"one"
        with pytest.raises(BadImage):
            source.read("x/none.jpg")
        source.close()


def test_nothing_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"There is no folder or file .*nowhere"):
        open_source(tmp_path / "nowhere")


def test_a_file_that_is_no_zip_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ReidError, match=r"a.zip is not a readable zip archive"):
        open_source(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "x/../../evil.jpg", "C:/evil.jpg", "..\\evil.jpg"])
def test_zip_entries_that_lead_out_are_refused_and_never_read(tmp_path: Path, name: str) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [(name, b"evil"), ("good.jpg", b"good")]))
    assert list(source.names()) == ["good.jpg"]
    assert (name.replace("\\", "/"), "the path leads out of the archive") in list(source.entries())
    with pytest.raises(BadImage, match="leads out"):
        source.read(name)


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("xxxxx.jpg#.exe", b"evil")])
    path.write_bytes(path.read_bytes().replace(b"xxxxx.jpg#.exe", b"xxxxx.jpg\0.exe"))
    source = ZipSource(path)
    assert list(source.names()) == []
    assert [refusal for _, refusal in source.entries()] == ["the path leads out of the archive"]


def test_backslashes_in_a_zip_are_folders(tmp_path: Path) -> None:
    # zipfile writes the name as given where the separator is "/", as archives made by old Windows programs have it.
    source = ZipSource(make_zip(tmp_path / "a.zip", [("x\\a.jpg", b"one")]))
    assert list(source.names()) == ["x/a.jpg"]
    assert source.read("x/a.jpg") == b"one"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_entries_with_one_name_the_first_is_read(tmp_path: Path) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [("a.jpg", b"first"), ("a.jpg", b"second")]))
    assert list(source.names()) == ["a.jpg"]
    assert source.read("a.jpg") == b"first"
    refusals = [refusal for _, refusal in source.entries() if refusal]
    assert len(refusals) == 1
    assert "twice" in refusals[0]


def test_a_zip_bomb_is_refused_by_entry_and_the_rest_is_read(tmp_path: Path) -> None:
    source = ZipSource(make_zip(tmp_path / "a.zip", [("bomb.jpg", bytes(4 * 2**20)), ("good.jpg", b"good")]))
    with pytest.raises(BadImage, match="zip bomb"):
        source.read("bomb.jpg")
    assert source.read("good.jpg") == b"good"


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.sources.zip.MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(ReidError, match="zip bomb"):
        ZipSource(make_zip(tmp_path / "a.zip", [("a.jpg", bytes(11))]))


def test_a_file_over_the_limit_is_not_read_from_folder_or_zip(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(bytes(3 * 2**20))
    stored = make_zip(tmp_path / "a.zip", [("a.jpg", bytes(3 * 2**20))], zipfile.ZIP_STORED)
    for path in (tmp_path / "set", stored):
        with pytest.raises(BadImage, match="it has 3 MB, more than the 2 MB"):
            open_source(path).read("a.jpg", limit=2 * 2**20)


def test_a_damaged_entry_is_a_sentence(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("a.jpg", b"what was written")], zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"what was written", b"what is read now"))
    with pytest.raises(BadImage, match="cannot be unpacked"):
        ZipSource(path).read("a.jpg")


def test_links_out_of_a_folder_are_refused_and_links_inside_are_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "set"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    (root / "a.jpg").write_bytes(b"one")
    (root / "link.jpg").symlink_to(outside / "secret.jpg")
    (root / "folder").symlink_to(outside)
    (root / "same.jpg").symlink_to(root / "a.jpg")
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    source = FolderSource(root)
    assert list(source.names()) == ["a.jpg", "same.jpg"]
    assert {name for name, refusal in source.entries() if refusal} == {"folder", "link.jpg", "loop.jpg"}
    for name in ("link.jpg", "folder/secret.jpg", "../outside/secret.jpg"):
        with pytest.raises(BadImage, match="leads out"):
            source.read(name)
    assert source.read("same.jpg") == b"one"


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jpg").write_bytes(b"one")
    (tmp_path / "set").symlink_to(tmp_path / "real")
    source = FolderSource(tmp_path / "set")
    assert list(source.names()) == ["a.jpg"]
    assert source.read("a.jpg") == b"one"


def test_a_named_pipe_is_neither_listed_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    source = FolderSource(tmp_path)
    assert list(source.names()) == []
    with pytest.raises(BadImage, match="not a file"):
        source.read("a.jpg")


def test_a_file_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    try:
        with open(os.fsencode(tmp_path) + b"/\xff.jpg", "wb"):
            pass
    except OSError:
        pytest.skip("this file system allows UTF-8 names only")
    assert [refusal for _, refusal in FolderSource(tmp_path).entries()] == ["its name is not valid UTF-8; rename it"]


def test_names_that_read_like_a_drive_or_lead_up_are_refused_one_by_one(tmp_path: Path) -> None:
    for name in ("1:05.jpg", "a.jpg", "C:a.jpg", "..\\b.jpg"):
        (tmp_path / name).write_bytes(b"one")
    (tmp_path / "d:").mkdir()
    (tmp_path / "d:" / "e.jpg").write_bytes(b"one")
    source = FolderSource(tmp_path)
    assert list(source.names()) == ["1:05.jpg", "a.jpg"]
    refused = {name: refusal for name, refusal in source.entries() if refusal}
    assert set(refused) == {"C:a.jpg", "..\\b.jpg", "d:"}
    assert set(refused.values()) == {"its name reads like a path that leads out of the folder; rename it"}
    assert source.read("1:05.jpg") == b"one"


def test_a_photo_that_a_person_names_is_read_through_links_that_lead_anywhere(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.jpg").write_bytes(b"one")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "link.jpg").symlink_to(tmp_path / "far" / "a.jpg")
    assert read_file(tmp_path / "far" / "a.jpg") == b"one"
    assert read_file(tmp_path / "near" / "link.jpg") == b"one"


def test_what_is_no_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "dead.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    reasons = {
        "none.jpg": "there is no such file",
        "dead.jpg": "there is no such file",
        ".": "it is a folder",
        "pipe.jpg": "it is not a file",
        "loop.jpg": "it cannot be read: .+",
        "a\0.jpg": "it cannot be read: .+",
    }
    for name, reason in reasons.items():
        with pytest.raises(BadImage, match=f"^{reason}$"):
            read_file(tmp_path / name)


def test_a_named_photo_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(2 * 2**20))
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 2 * 2**20)
    assert len(read_file(tmp_path / "a.jpg")) == 2 * 2**20
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(BadImage, match="it has 2 MB, more than the 1 MB"):
        read_file(tmp_path / "a.jpg")
