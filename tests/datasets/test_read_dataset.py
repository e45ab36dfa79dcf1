from __future__ import annotations

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
    with pytest.raises(ReidError, match=r"'market-1501'; known are market1501, table, .*mean 'market1501'\?"):
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
