"""Samples in tar shards; the archives are written by Python's tarfile."""

from __future__ import annotations

import io
import json
import math
import tarfile
from pathlib import Path
from typing import Any

import pytest

from reid_core.datasets import Dataset, read_dataset
from reid_core.errors import ReidError


def make_tar(path: Path, files: dict[str, Any]) -> Path:
    """An archive of these files; a dictionary is written as JSON."""
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            data = json.dumps(content).encode() if isinstance(content, dict) else content
            data = data.encode() if isinstance(data, str) else data
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def column(dataset: Dataset, name: str) -> dict[str, Any]:
    return dict(zip(dataset.records.table["path"], dataset.records.table[name], strict=True))


def skipped(dataset: Dataset) -> dict[str, str]:
    return {skip.path: skip.reason for skip in dataset.skipped}


def test_samples_of_one_archive(tmp_path: Path) -> None:
    told = {"identity": "ada", "camera": 2, "time": "2001-09-09T01:46:40Z", "tracklet": 7, "split": "query", "x": [1]}
    files: dict[str, Any] = {"000123.jpg": b"", "000123.json": told, "000123.txt": "a caption"}
    files |= {"000124.png": b"", "000124.cls": "17\n", "000125.jpg": b"", "000125.json": {"split": "gallery"}}
    files |= {"000124.json": {"split": "gallery"}}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", files))
    assert dataset.format == "WebDataset"
    assert dataset.skipped == ()
    assert column(dataset, "identity") == {"000123.jpg": "ada", "000124.png": "17", "000125.jpg": None}
    assert column(dataset, "camera") == {"000123.jpg": "2", "000124.png": None, "000125.jpg": None}
    assert column(dataset, "tracklet")["000123.jpg"] == "7"
    assert column(dataset, "split") == {"000123.jpg": "query", "000124.png": "gallery", "000125.jpg": "gallery"}
    times = column(dataset, "time")
    assert times["000123.jpg"] == 1e9
    assert math.isnan(times["000124.png"])


def test_shards_in_a_folder_keep_samples_of_one_name_apart(tmp_path: Path) -> None:
    for shard, person in (("shard-0001.tar", "ada"), ("shard-0002.tar", "bo")):
        make_tar(tmp_path / "set" / shard, {"1.jpg": b"", "1.json": {"pid": person}, "x/1.jpg": b"", "x/1.cls": "cy"})
    dataset = read_dataset(tmp_path / "set", train_share=0.0)
    assert column(dataset, "identity") == {
        "shard-0001.tar/1.jpg": "ada",
        "shard-0001.tar/x/1.jpg": "cy",
        "shard-0002.tar/1.jpg": "bo",
        "shard-0002.tar/x/1.jpg": "cy",
    }
    assert dataset.source == tmp_path / "set"


@pytest.mark.parametrize("name", ["identity", "PID", "label", "person_id"])
def test_names_are_as_tolerant_as_those_of_columns(tmp_path: Path, name: str) -> None:
    told = {name: 7, "CamID": "3", "Timestamp": 12.5}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", {"1.jpg": b"", "1.json": told}))
    found = [column(dataset, kind)["1.jpg"] for kind in ("identity", "camera", "time")]
    assert found == ["7", "3", 12.5]


def test_names_of_ones_own_are_told_with_the_format(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", {"1.jpg": b"", "1.json": {"who": "ada", "pid": "x"}})
    dataset = read_dataset(path, format="webdataset", columns={"identity": "who"})
    assert dataset.records.identities() == ["ada"]
    with pytest.raises(ReidError, match="No sample's JSON has 'whom' for the identity"):
        read_dataset(path, format="webdataset", columns={"identity": "whom"})


def test_shards_named_after_splits_are_those_splits(tmp_path: Path) -> None:
    for split in ("train", "query", "gallery"):
        person = "ada" if split == "train" else "bo"
        make_tar(tmp_path / f"{split}-000.tar", {"1.jpg": b"", "1.json": {"identity": person}})
    dataset = read_dataset(tmp_path)
    assert column(dataset, "split") == {f"{split}-000.tar/1.jpg": split for split in ("train", "query", "gallery")}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{not json", "2.json is not valid JSON"),
        ("[1, 2]", "2.json holds no object"),
        ("[" * 100_000, "2.json is not valid JSON"),
        (b"\xff\xfe", "2.json is not UTF-8 text"),
        ('{"identity": ["ada"]}', "the identity of its sample is neither text nor a number"),
        ('{"identity": true}', "the identity of its sample is neither text nor a number"),
        ('{"camera": "\\ud800"}', "the camera of its sample is not text in Unicode"),
        ('{"time": 1' + "0" * 5000 + "}", "2.json is not valid JSON"),
        ('{"x": "' + "x" * 2**20 + '"}', "2.json cannot be read: it has 1 MB"),
    ],
)
def test_a_sample_that_cannot_be_used_is_skipped_by_name(tmp_path: Path, content: Any, reason: str) -> None:
    good: dict[str, Any] = {"1.jpg": b"", "1.json": {"identity": "ada"}}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", {**good, "2.jpg": b"", "2.json": content}))
    assert list(column(dataset, "identity")) == ["1.jpg"]
    assert list(skipped(dataset)) == ["2.jpg"]
    assert reason in skipped(dataset)["2.jpg"]


def test_further_pictures_of_a_sample_are_no_crops(tmp_path: Path) -> None:
    files = {"1.mask.png": b"", "1.jpg": b"", "1.cls": "ada", "2.left.jpg": b"", "2.right.jpg": b""}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", files))
    assert list(column(dataset, "identity")) == ["1.jpg", "2.left.jpg"]
    assert skipped(dataset) == {
        "1.mask.png": "the picture of its sample is 1.jpg",
        "2.right.jpg": "the picture of its sample is 2.left.jpg",
    }


def test_an_unknown_split_is_a_sentence(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", {"1.jpg": b"", "1.json": {"split": "extra"}})
    with pytest.raises(ReidError, match=r"sample of 1\.jpg: the split is 'extra'"):
        read_dataset(path)


def test_archives_without_such_parts_are_read_like_folders(tmp_path: Path) -> None:
    market = {"query/0007_c1s1_000000_00.jpg": b"", "bounding_box_test/0007_c3s2_000100_01.jpg": b""}
    assert read_dataset(make_tar(tmp_path / "market.tar", market)).format == "Market-1501"
    table = {"a.jpg": b"", "crops.csv": "image,identity\na.jpg,ada\n"}
    assert read_dataset(make_tar(tmp_path / "table.tar", table)).records.identities() == ["ada"]
    for shard in ("0.tar", "1.tar"):
        make_tar(tmp_path / "loose" / shard, {"1.jpg": b"", "2.jpg": b""})
        make_tar(tmp_path / "people" / shard, {"ada/1.jpg": b"", "bo/2.jpg": b""})
    loose, people = read_dataset(tmp_path / "loose"), read_dataset(tmp_path / "people")
    assert loose.format == "flat folder"
    assert len(loose.records) == 4
    assert people.records.identities() == ["ada", "bo"]


def test_a_table_beside_shards_names_pictures_inside_them(tmp_path: Path) -> None:
    for shard in ("0.tar", "1.tar"):
        make_tar(tmp_path / shard, {f"x{shard[0]}.jpg": b""})
    (tmp_path / "crops.csv").write_text("image,identity\nx0.jpg,ada\n1.tar/x1.jpg,bo\n")
    dataset = read_dataset(tmp_path / "crops.csv")
    assert column(dataset, "identity") == {"0.tar/x0.jpg": "ada", "1.tar/x1.jpg": "bo"}


def test_a_broken_shard_is_skipped_by_name(tmp_path: Path) -> None:
    make_tar(tmp_path / "a.tar", {"1.jpg": b"", "1.cls": "ada"})
    (tmp_path / "b.tar").write_bytes(b"x" * 1024)
    (tmp_path / "c.tar.gz").write_bytes(b"never read")
    reasons = skipped(read_dataset(tmp_path))
    assert list(reasons) == ["b.tar", "c.tar.gz"]
    assert "is not a plain tar archive" in reasons["b.tar"]
    assert "compressed tar, which cannot be read at random" in reasons["c.tar.gz"]


def test_a_folder_of_compressed_shards_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"never read")
    with pytest.raises(ReidError, match=r"holds no pictures.*'a\.tar\.gz': it is a compressed tar.*plain \.tar"):
        read_dataset(tmp_path)


def test_an_archive_beside_pictures_is_skipped_by_name(tmp_path: Path, tiny_jpeg: bytes) -> None:
    make_tar(tmp_path / "backup.tar", {"1.jpg": b"", "1.cls": "ada"})
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    dataset = read_dataset(tmp_path)
    assert list(column(dataset, "path")) == ["a.jpg"]
    assert list(skipped(dataset)) == ["backup.tar"]


def test_a_bomb_of_a_number_or_of_nested_lists_does_not_stop_the_rest(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"{n}.jpg": b"" for n in range(3)} | {
        "0.json": '{"a":' * 200_000,
        "1.json": '{"pid": 1e999}',
    }
    dataset = read_dataset(make_tar(tmp_path / "a.tar", {**files, "2.json": {"pid": 5}}))
    assert column(dataset, "identity")["2.jpg"] == "5"
    assert "0.jpg" in skipped(dataset)


def test_a_wrong_time_costs_a_sample_its_time(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"{n}.jpg": b"" for n in range(4)}
    files |= {"0.json": {"pid": 1, "time": "noon"}, "1.json": {"pid": 1, "time": 1772409600123}}
    files |= {"2.json": {"pid": 1, "time": [1]}, "3.json": {"pid": 1, "time": 20260302}}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", files))
    times = column(dataset, "time")
    assert [times[f"{n}.jpg"] for n in (1, 3)] == [1772409600.123, 1772409600]
    assert [item.path for item in dataset.incomplete] == ["0.jpg", "2.jpg"]
    assert all(math.isnan(times[f"{n}.jpg"]) for n in (0, 2))
    assert dataset.skipped == ()


def test_a_number_of_the_sample_is_not_its_person(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"{n}.jpg": b"" for n in range(6)}
    files |= {f"{n}.json": {"id": n, "name": "abc"[n // 2], "date": "2026-03-02", "time": f"08:0{n}"} for n in range(6)}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", files), train_share=0.0)
    assert list(column(dataset, "identity").values()) == list("aabbcc")
    assert list(column(dataset, "time").values()) == [1772409600 + 8 * 3600 + 60 * n for n in range(6)]
    assert any("'id' is not taken for the person" in note for note in dataset.notes)


def test_marks_of_query_and_gallery_are_read_from_json_too(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"{n}.jpg": b"" for n in range(2)}
    files |= {f"{n}.json": {"pid": 1, "split": "val", "is_query": n == 0, "is_gallery": n == 1} for n in range(2)}
    assert column(read_dataset(make_tar(tmp_path / "a.tar", files)), "split") == {"0.jpg": "query", "1.jpg": "gallery"}


def test_two_names_for_the_time_of_which_one_holds_a_list(tmp_path: Path) -> None:
    told: dict[str, Any] = {"000123.jpg": b"", "000123.json": {"time": [1, 2], "timestamp": 5, "date": {"day": 2}}}
    told |= {"000124.jpg": b"", "000124.json": {"time": 7, "timestamp": 8}}
    dataset = read_dataset(make_tar(tmp_path / "a.tar", told))
    times = column(dataset, "time")
    assert math.isnan(times["000123.jpg"])
    assert times["000124.jpg"] == 7
    assert len(dataset.incomplete) == 1
