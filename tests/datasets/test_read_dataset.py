from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

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
    with pytest.raises(ReidError, match="not a readable zip"):
        read_dataset(tmp_path / "photo.jpg")


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
