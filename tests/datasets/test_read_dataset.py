from __future__ import annotations

import io
import os
import socket
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

JPEGS = ("jpg", "jpeg", "jpe", "jfif", "jif", "JFIF", "jfif-tbnl")
MARKET = ["bounding_box_train/0002_c1s1_000450_03.jpg", "query/0007_c1s1_000000_00.jpg"]


def zip_of(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"never decoded")
    return path


def test_each_format_is_recognised(miniature: Miniature) -> None:
    everything = [*MARKET, "ada/1.jpg"]
    path = miniature.make(everything, {"t.csv": "image\nada/1.jpg\n"})
    assert read_dataset(path).format == "Market-1501"
    assert read_dataset(path, format="market1501").format == "Market-1501"
    assert read_dataset(path, format="table").format == "table"
    assert read_dataset(path, columns={"image": "image"}).format == "table"
    assert read_dataset(path, format="flat").format == "flat folder"


@pytest.mark.parametrize("format", ["market1501", "identity-folders"])
def test_a_forced_format_that_does_not_fit_is_refused_by_path_and_format(miniature: Miniature, format: str) -> None:
    path = miniature.make(["a.jpg", "b.jpg"])
    with pytest.raises(ReidError, match=f"is not in the format '{format}'") as error:
        read_dataset(path, format=format)
    assert str(path) in str(error.value)


def test_an_unknown_format_names_the_known_ones_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"'market-1501'; known are market1501, .*table, .*mean 'market1501'\?"):
        read_dataset(tmp_path, format="market-1501")


def test_an_unknown_kind_of_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"'identty'; known are image, .*mean 'identity'\?"):
        read_dataset(tmp_path, columns={"identty": "who"})


def test_columns_do_not_go_with_another_format(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match="cannot be read as 'flat'"):
        read_dataset(miniature.make(["a.jpg"]), format="flat", columns={"identity": "who"})


def test_a_place_without_pictures_is_refused(miniature: Miniature) -> None:
    path = miniature.make([], {"readme.txt": "nothing here"})
    with pytest.raises(ReidError, match="holds no pictures") as error:
        read_dataset(path)
    assert str(path) in str(error.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="holds no pictures"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip", "nowhere.csv"])
def test_a_path_to_nothing_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReidError, match=name):
        read_dataset(tmp_path / name)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "photo.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "photo.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(ReidError, match="photo.jpg is one picture. Give the folder"):
        read_dataset(tmp_path / "photo.jpg")
    with pytest.raises(ReidError, match="is a 7z archive, which is not read. Unpack it, and give the folder."):
        read_dataset(tmp_path / "photo.7z")


def test_unsafe_zip_entries_are_skipped_by_name_and_the_rest_is_read(tmp_path: Path) -> None:
    unsafe = ["../evil.jpg", "/evil.jpg", "C:/evil.jpg", "x/../../evil.jpg"]
    dataset = read_dataset(zip_of(tmp_path / "a.zip", [*unsafe, "good.jpg"]))
    assert [skip.path for skip in dataset.skipped] == unsafe
    assert {skip.reason for skip in dataset.skipped} == {"the path leads out of the archive"}
    assert dataset.records.table["path"].tolist() == ["good.jpg"]
    assert dataset.describe() == "flat folder: 1 gallery crop; 4 skipped"


def test_only_unsafe_entries_are_no_pictures_and_the_first_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"holds no pictures.*1 entry could not be used: '\.\./evil.jpg'"):
        read_dataset(zip_of(tmp_path / "a.zip", ["../evil.jpg"]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_appears_twice_in_a_zip_is_taken_once(tmp_path: Path) -> None:
    dataset = read_dataset(zip_of(tmp_path / "a.zip", ["a.jpg", "a.jpg", "b.jpg"]))
    assert dataset.records.table["path"].tolist() == ["a.jpg", "b.jpg"]
    assert [skip.path for skip in dataset.skipped] == ["a.jpg"]


def test_links_that_lead_out_of_the_folder_are_skipped_by_name(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "set" / "b.jpg").symlink_to(tmp_path / "outside" / "b.jpg")
    (tmp_path / "set" / "more").symlink_to(tmp_path / "outside")
    dataset = read_dataset(tmp_path / "set")
    assert dataset.records.table["path"].tolist() == ["a.jpg"]
    assert [skip.path for skip in dataset.skipped] == ["b.jpg", "more"]


def test_an_odd_name_costs_itself_and_not_the_import(tmp_path: Path, tiny_jpeg: bytes) -> None:
    for name in ("1:05.jpg", "2.jpg", "c:3.jpg", "\\4.jpg"):
        (tmp_path / name).write_bytes(tiny_jpeg)
    dataset = read_dataset(tmp_path)
    assert dataset.records.table["path"].tolist() == ["1:05.jpg", "2.jpg"]
    assert [skip.path for skip in dataset.skipped] == ["\\4.jpg", "c:3.jpg"]


def test_pictures_of_formats_that_cannot_be_read_are_skipped_by_name(miniature: Miniature) -> None:
    others = dict.fromkeys(["ada/2.HEIC", "bo/2.gif", "bo/3.avif", "bo/._4.heic"], b"never decoded")
    dataset = read_dataset(miniature.make(["ada/1.jpg", "bo/1.jpg"], others))
    assert miniature.skipped(dataset) == {
        "ada/2.HEIC": "HEIC pictures cannot be read; convert them to JPEG",
        "bo/2.gif": "GIF pictures cannot be read; convert them to JPEG",
        "bo/3.avif": "AVIF pictures cannot be read; convert them to JPEG",
    }


def test_a_folder_of_heic_pictures_alone_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.heic").write_bytes(b"never decoded")
    with pytest.raises(ReidError, match=r"holds no pictures .* 'IMG_1.heic': HEIC pictures cannot be read; convert"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("inside", ["", "crops.csv"])
def test_a_link_that_the_user_named_is_followed(tmp_path: Path, tiny_jpeg: bytes, inside: str) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.jpg").write_bytes(tiny_jpeg)
    (real / "crops.csv").write_text("image,identity\na.jpg,ada\n")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "link.csv").symlink_to(real / inside)
    dataset = read_dataset(tmp_path / "desk" / "link.csv")
    assert dataset.source == real
    assert dataset.records.identities() == ["ada"]


def test_one_place_is_one_source_however_it_is_spelled(
    tmp_path: Path, tiny_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "link").symlink_to("set")
    monkeypatch.chdir(tmp_path)
    spellings = [Path("set"), Path("set/../set"), Path("link"), tmp_path / "link"]
    assert {read_dataset(spelling).source for spelling in spellings} == {tmp_path / "set"}


def test_links_in_a_circle_and_impossible_paths_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("loop", "a\0b", "x" * 5000):
        with pytest.raises(ReidError, match="cannot be opened"):
            read_dataset(tmp_path / name)


@pytest.mark.parametrize("name", [b"set-\xff", b"good/\xff.zip"])
def test_a_path_that_is_not_utf8_is_refused_by_its_name(tmp_path: Path, tiny_jpeg: bytes, name: bytes) -> None:
    (tmp_path / "good").mkdir()
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this file system allows UTF-8 names only")
    (odd / "a.jpg").write_bytes(tiny_jpeg)
    with pytest.raises(ReidError, match=r"udcff.* is not valid UTF-8\. Rename") as error:
        read_dataset(odd)
    str(error.value).encode()
    (tmp_path / "link").symlink_to(odd)
    with pytest.raises(ReidError, match="is not valid UTF-8"):
        read_dataset(tmp_path / "link")


def test_pictures_are_not_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not a picture at all")
    assert len(read_dataset(tmp_path).records) == 1


def test_13000_names_in_a_zip_are_read_in_well_under_a_second(tmp_path: Path) -> None:
    names = [f"bounding_box_train/{n // 17 + 1:04d}_c{n % 6 + 1}s1_{n:06d}_00.jpg" for n in range(13_000)]
    path = zip_of(tmp_path / "a.zip", names)
    begin = time.process_time()
    dataset = read_dataset(path)
    assert time.process_time() - begin < 1.5  # 0.25 s measured; room for a slow machine
    assert len(dataset.records) == 13_000


def test_every_name_of_a_jpeg_is_a_picture(miniature: Miniature) -> None:
    names = [f"{person}/{shot}.{suffix}" for person in ("ada", "bo") for shot, suffix in enumerate(JPEGS)]
    dataset = read_dataset(miniature.make(names))
    assert sorted(miniature.column(dataset, "path")) == sorted(names)
    assert dataset.skipped == ()


def test_nothing_that_people_may_mean_to_import_is_left_out_unsaid(miniature: Miniature) -> None:
    named = {
        "bo/x.jp2": "JP2 pictures cannot be read; convert them to JPEG",
        "bo/x.pam": "PAM pictures cannot be read; convert them to JPEG",
        "bo/1.jpg.bak": ".bak files are not read as pictures",
        "bo/2.jpg.part": ".part files are not read as pictures",
        "bo/3.tmp": ".tmp files are not read as pictures",
        "bo/4.jpg.lnk": ".lnk files are not read as pictures",
        "who.xlsx": ".xlsx files are not read; save it as CSV",
        "who.sqlite": ".sqlite files are not read; save it as CSV",
        "bo/v.mkv": "it is a recording; bring it in with `reid video`",
        "bo/000123": "its name has no ending such as .jpg",
        "bo/x.xyz": ".xyz files are not read as pictures",
        "in.zip": "it is an archive, which is not opened inside a folder or another archive; import it by itself",
        "in.rar": "it is an archive, which is not opened inside a folder or another archive; unpack it",
    }
    others = ["readme", "README.md", "labels.txt", "notes.docx", "ada/Thumbs.db", ".DS_Store", "ada/list.json"]
    dataset = read_dataset(miniature.make(["ada/1.jpg", "bo/1.jpg"], dict.fromkeys([*named, *others], b"x")))
    assert miniature.skipped(dataset) == named


def test_many_files_of_an_unknown_kind_are_one_line_with_their_number(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["ada/1.jpg"], {f"x/{number}.emb": b"x" for number in range(1, 6)}))
    assert {(skip.path, skip.reason.replace("top/", "")) for skip in dataset.skipped} == {
        ("5 files ending with .emb", ".emb files are not read as pictures; the first is x/1.emb")
    }


@pytest.mark.parametrize("name", ["walk.mp4", "walk.MKV", "walk.avi", "walk.mov", "walk"])
def test_a_recording_is_refused_as_such_and_not_as_a_broken_archive(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    with pytest.raises(ReidError, match=r"Recordings come in with `reid video`"):
        read_dataset(tmp_path / name)


def test_a_folder_of_recordings_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").write_bytes(b"")
    with pytest.raises(ReidError, match=r"holds recordings\. Recordings come in with `reid video`"):
        read_dataset(tmp_path)


def test_what_is_no_file_is_named_with_its_kind(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "1.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "bo").mkdir()
    (tmp_path / "bo" / "1.jpg").write_bytes(tiny_jpeg)
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "door"))
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "round").symlink_to("about")
    (tmp_path / "about").symlink_to("round")
    (tmp_path / "gone.jpg").symlink_to("nothing.jpg")
    (tmp_path / "friend").symlink_to("ada")
    dataset = read_dataset(tmp_path)
    assert len(dataset.records) == 2
    assert {skip.path: skip.reason for skip in dataset.skipped} == {
        "pipe.jpg": "it is a named pipe, not a file",
        "door": "it is a socket, not a file",
        "loop.jpg": "it is a link that leads in a circle",
        "round": "it is a link that leads in a circle",
        "about": "it is a link that leads in a circle",
        "gone.jpg": "it is a link to nothing",
        "friend": "it is a link to a folder, which is read where it lies",
    }


def test_a_folder_that_cannot_be_opened_is_named(
    tmp_path: Path, tiny_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bo", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(tiny_jpeg)
    really = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)  # root, who may run this, can open every folder
    dataset = read_dataset(tmp_path)
    assert [(skip.path, skip.reason) for skip in dataset.skipped] == [
        ("closed", "the folder cannot be opened: Permission denied")
    ]


def test_in_a_tar_what_is_no_part_of_a_sample_is_named(tmp_path: Path, tiny_jpeg: bytes) -> None:
    path = tmp_path / "a.tar"
    names = ("ada/1.jpg", "ada/2.pjpeg", "bo/1.pgm", "ada/1.cam", "bo/noext", "bo/who.xlsx", "bo/x.bak")
    with tarfile.open(path, "w") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(tiny_jpeg)
            archive.addfile(entry, io.BytesIO(tiny_jpeg))
    dataset = read_dataset(path)
    assert len(dataset.records) == 3
    assert {skip.path for skip in dataset.skipped} == {"bo/noext", "bo/who.xlsx", "bo/x.bak"}


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.rar", b"Rar!\x1a\x07", "is a RAR archive, which is not read. Unpack it"),
        ("a.gz", b"\x1f\x8b\x08", "is a file compressed by gzip, which is not read. Unpack it"),
        ("a.pdf", b"%PDF-1.7", "is a PDF. Give a folder, zip or tar"),
        ("a.txt", b"0001.jpg 1 2", "is a text. Give the folder of the pictures"),
        ("a.json", b"{}", "is a text. Give the folder of the pictures"),
        ("a.xlsx", b"PK\x03\x04", "is a spreadsheet. Save it as CSV"),
        ("a.dat", b"abc", "is neither a folder nor a zip or tar of pictures nor a table"),
        ("a.zip", b"abc", "is not a readable zip archive"),
        ("a.zip", b"Rar!\x1a\x07", "is a RAR archive"),
    ],
)
def test_what_is_no_archive_is_called_what_it_is(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReidError, match=words):
        read_dataset(tmp_path / name)
