"""Zips that no honest program writes: each bad entry is named and left out, and the rest is read."""

from __future__ import annotations

import contextlib
import io
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.sources.zip import ZipSource

GOOD = ("good.jpg", b"good")


def packed(entries: list[tuple[zipfile.ZipInfo | str, bytes]], method: int = zipfile.ZIP_STORED) -> bytearray:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(info, data, method)
    return bytearray(content.getvalue())


def opened(tmp_path: Path, data: bytes | bytearray) -> ZipSource:
    (tmp_path / "a.zip").write_bytes(data)
    return ZipSource(tmp_path / "a.zip")


def central(data: bytes | bytearray, number: int = 0) -> int:
    """Where the header of that entry begins in the table of contents."""
    place = data.index(b"PK\1\2")
    for _ in range(number):
        place = data.index(b"PK\1\2", place + 4)
    return place


def refused(source: ZipSource) -> dict[str, str]:
    assert source.read("good.jpg") == b"good"
    return {name: reason for name, reason in source.entries() if reason is not None}


def test_an_entry_without_a_name_is_counted_by_its_place(tmp_path: Path) -> None:
    name = "x.jpg"
    data = packed([(name, b"1"), GOOD])
    place = central(data)
    struct.pack_into("<H", data, place + 28, 0)
    del data[place + 46 : place + 46 + len(name)]
    end = data.rindex(b"PK\5\6")
    struct.pack_into("<L", data, end + 12, struct.unpack_from("<L", data, end + 12)[0] - len(name))
    assert refused(opened(tmp_path, data)) == {"entry 1": "it has no name"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "entry 1: it is called ., which names no file"),
        ("..", "..: the path leads out of the archive"),
        ("/", "/: the path leads out of the archive"),
        ("//x/a.jpg", "//x/a.jpg: the path leads out of the archive"),
        ("c:\\a.jpg", "c:/a.jpg: the path leads out of the archive"),
        ("folder.jpg/", "folder.jpg/: it has the name of a folder, but holds data"),
        ("x" * 2_000 + ".jpg", "characters; shorten it"),
    ],
)
def test_names_that_name_no_file_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    [(shown, why)] = refused(opened(tmp_path, packed([(name, b"evil"), GOOD]))).items()
    assert f"{shown}: {why}".endswith(reason)
    assert len(shown) < 1_100


def test_dots_and_empty_parts_of_a_name_say_nothing(tmp_path: Path) -> None:
    source = opened(tmp_path, packed([("./x//y/./a.jpg", b"one"), ("x/", b""), GOOD]))
    assert list(source.names()) == ["x/y/a.jpg", "good.jpg"]
    assert source.read("x/y/a.jpg") == b"one"


def test_links_devices_and_encrypted_entries_are_refused(tmp_path: Path) -> None:
    entries: list[tuple[zipfile.ZipInfo | str, bytes]] = []
    for name, kind in (("link.jpg", stat.S_IFLNK), ("pipe.jpg", stat.S_IFIFO), ("plain.jpg", stat.S_IFREG)):
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (kind | 0o644) << 16
        entries.append((info, b"/etc/passwd"))
    data = packed([*entries, ("secret.jpg", b"x"), ("odd.jpg", b"y"), GOOD])
    data[central(data, 3) + 8] |= 1
    struct.pack_into("<H", data, central(data, 4) + 10, 9)
    assert refused(opened(tmp_path, data)) == {
        "link.jpg": "it is a link",
        "pipe.jpg": "it is not a file",
        "secret.jpg": "it is encrypted; make the archive without a password",
        "odd.jpg": "it is compressed by method 9, which cannot be read; use Deflate",
    }


def test_a_name_that_is_not_the_utf8_it_claims_costs_that_entry(tmp_path: Path) -> None:
    data = packed([("Zoë.jpg", b"x"), GOOD])
    place = data.index("ë".encode(), central(data))
    data[place : place + 2] = b"\xff\xfe"
    assert list(refused(opened(tmp_path, data)).values()) == ["its name is not valid UTF-8; rename it"]


def test_entries_that_share_bytes_are_a_bomb_and_the_first_is_read(tmp_path: Path) -> None:
    data = packed([GOOD, ("b.jpg", b"b"), ("c.jpg", b"c")])
    struct.pack_into("<L", data, central(data, 1) + 42, 0)
    found = refused(opened(tmp_path, data))
    assert found == {"b.jpg": "its bytes are those of another entry too, as in a zip bomb"}


def test_an_entry_that_unpacks_to_more_than_it_says_takes_no_more_memory_than_it_says(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        data = packed([("bomb.jpg", bytes(200 * 2**20)), GOOD], method)
        struct.pack_into("<L", data, central(data) + 24, 50_000)
        source = opened(tmp_path, data)
        tracemalloc.start()
        with pytest.raises(BadImage, match="cannot be unpacked"):
            source.read("bomb.jpg")
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
        tracemalloc.stop()
        assert source.read("good.jpg") == b"good"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_reads_what_was_written(tmp_path: Path, method: int) -> None:
    random.seed(1)
    noise = random.randbytes(300_000)
    source = opened(tmp_path, packed([("noise.jpg", noise), ("text.txt", b"text " * 100), ("empty.jpg", b"")], method))
    assert source.read("noise.jpg") == noise
    assert source.read("text.txt") == b"text " * 100
    assert source.read("empty.jpg") == b""


def test_sizes_that_lie_beyond_the_archive_are_refused(tmp_path: Path) -> None:
    data = packed([("far.jpg", b"x"), ("none.jpg", b"y"), GOOD])
    struct.pack_into("<2L", data, central(data) + 20, 2**31, 2**31)
    struct.pack_into("<2L", data, central(data, 1) + 20, 0xFFFFFFFF, 0xFFFFFFFF)  # and no zip64 field
    assert set(refused(opened(tmp_path, data)).values()) == {"it is cut short: the archive ends before it does"}


def test_large_archives_and_data_descriptors_and_what_lies_in_front_are_read(tmp_path: Path) -> None:
    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    stream = Stream()  # cannot seek: sizes come after the data
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("wide.jpg", "w", force_zip64=True) as file:
            file.write(b"wide")
        archive.writestr("good.jpg", b"good")
    source = opened(tmp_path, b"#!/bin/sh\n" + bytes(stream.data))
    assert source.read("wide.jpg") == b"wide"
    assert refused(source) == {}


def test_many_entries_beyond_the_old_limit_are_read(tmp_path: Path) -> None:
    source = opened(tmp_path, packed([*((f"{number}.jpg", b"x") for number in range(70_000)), GOOD]))
    assert sum(1 for _ in source.names()) == 70_001
    assert source.read("69999.jpg") == b"x"


def test_a_damaged_table_of_contents_costs_what_follows(tmp_path: Path) -> None:
    data = packed([GOOD, ("b.jpg", b"b"), ("c.jpg", b"c")])
    data[central(data, 2)] = 0
    found = refused(opened(tmp_path, data))
    assert found == {"entry 3 of 3": "the archive's table of contents is damaged; what follows cannot be read"}


def test_no_damage_of_a_byte_or_a_cut_is_more_than_a_sentence(tmp_path: Path) -> None:
    random.seed(2)
    data = packed([GOOD, ("b.jpg", b"b" * 100), ("x/c.jpg", b"c")], zipfile.ZIP_DEFLATED)
    for place in range(len(data)):
        for change in (bytes([data[place] ^ 1 << random.randrange(8)]), b"\xff", b""):
            damaged = data[:place] + change + (data[place + 1 :] if change else b"")
            try:
                source = opened(tmp_path, damaged)
            except ReidError:
                continue
            for name in list(source.names()):
                with contextlib.suppress(BadImage):
                    source.read(name)
            source.close()


def test_a_checksum_says_what_was_written(tmp_path: Path) -> None:
    data = packed([("a.jpg", b"x"), GOOD])
    struct.pack_into("<L", data, central(data) + 16, zlib.crc32(b"y"))
    with pytest.raises(BadImage, match="damaged"):
        opened(tmp_path, data).read("a.jpg")


def test_what_is_refused_is_counted_by_the_import(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed([("../a.jpg", b"x"), (".", b"y"), GOOD]))
    assert [item.path for item in read_dataset(tmp_path / "a.zip").skipped] == ["../a.jpg", "entry 2"]


def test_missing_bytes_cost_the_entry_that_they_are_missing_of(tmp_path: Path) -> None:
    data = bytes(packed([("gap.jpg", b"some bytes"), GOOD, ("b.jpg", b"b")])).replace(b"some bytes", b"some b")
    source = opened(tmp_path, data)
    assert next(source.entries()) == ("gap.jpg", "it is cut short: the archive ends before it does")
    assert source.read("good.jpg") == b"good"
    assert source.read("b.jpg") == b"b"
