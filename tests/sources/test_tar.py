"""Tar archives and folders of shards, honest and hostile; the archives are written by Python's tarfile."""

from __future__ import annotations

import io
import os
import tarfile
import threading
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.images import BadImage, MissingFile
from reid_core.sources import open_source
from reid_core.sources.folder import FolderSource
from reid_core.sources.tar import ShardSource, TarSource

Member = tuple[str | tarfile.TarInfo, bytes]


def make_tar(path: Path, members: Iterable[Member], form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data) if isinstance(name, str) else info.size
            archive.addfile(info, io.BytesIO(data))
    return path


def member(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_archives_of_all_forms_are_read_in_place(tmp_path: Path, form: int) -> None:
    long = "/".join(["a-long-folder-name"] * 7) + "/x.jpg"
    longest = "x" * 99 + ".jpg"
    files = [("a.jpg", b"one"), ("empty.jpg", b""), ("./x/b.jpg", bytes(range(256)) * 3), (long, b"far")]
    files += [] if form == tarfile.USTAR_FORMAT else [("y/" + longest * 3, b"farther"), ("Zoë.jpg", b"two")]
    source = open_source(make_tar(tmp_path / "a.tar", [(member("x", tarfile.DIRTYPE), b""), *files], form))
    assert isinstance(source, TarSource)
    wanted = {name.removeprefix("./"): data for name, data in files}
    assert list(source.names()) == list(wanted)
    assert {name: source.read(name) for name in source.names()} == wanted
    with pytest.raises(MissingFile, match=r"not in a\.tar"):
        source.read("none.jpg")
    source.close()


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "x/../../evil.jpg", "C:/evil.jpg", "..\\evil.jpg"])
def test_entries_that_lead_out_are_refused_and_never_read(tmp_path: Path, name: str) -> None:
    source = TarSource(make_tar(tmp_path / "a.tar", [(name, b"evil"), ("good.jpg", b"good")]))
    assert list(source.names()) == ["good.jpg"]
    assert next(source.entries()) == (name.replace("\\", "/"), "the path leads out of the archive")
    for spelling in (name, name.replace("\\", "/")):
        with pytest.raises(BadImage, match="leads out"):
            source.read(spelling)


def test_a_long_name_may_not_lead_out_either(tmp_path: Path) -> None:
    long = "x/" * 80 + "../" * 90 + "evil.jpg"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        source = TarSource(make_tar(tmp_path / "a.tar", [(long, b"evil")], form))
        assert list(source.entries()) == [(long, "the path leads out of the archive")]


def test_links_and_devices_are_refused_by_name(tmp_path: Path) -> None:
    kinds = {tarfile.SYMTYPE: "it is a link", tarfile.LNKTYPE: "it is a link", tarfile.FIFOTYPE: "it is not a file"}
    kinds |= {tarfile.CHRTYPE: "it is not a file"}
    members: list[Member] = [(member(f"{kind.decode()}.jpg", kind, "/etc/passwd"), b"") for kind in kinds]
    source = TarSource(make_tar(tmp_path / "a.tar", [*members, ("good.jpg", b"good")]))
    refused = {f"{kind.decode()}.jpg": why for kind, why in kinds.items()}
    assert {name: why for name, why in source.entries() if why} == refused
    assert source.read("good.jpg") == b"good"
    for name, why in refused.items():
        with pytest.raises(BadImage, match=why):
            source.read(name)


def test_a_size_beside_a_link_is_not_the_size_of_data(tmp_path: Path) -> None:
    # Old programs write the size of the file that a hard link leads to, without its data.
    link = member("link.jpg", tarfile.LNKTYPE, "a.jpg")
    link.size = 5000
    header = link.tobuf(tarfile.USTAR_FORMAT)
    rest = make_tar(tmp_path / "rest.tar", [("good.jpg", b"good")]).read_bytes()
    (tmp_path / "a.tar").write_bytes(header + rest)
    source = TarSource(tmp_path / "a.tar")
    assert list(source.entries()) == [("link.jpg", "it is a link"), ("good.jpg", None)]
    assert source.read("good.jpg") == b"good"


def test_of_two_entries_with_one_name_the_first_is_read(tmp_path: Path) -> None:
    source = TarSource(make_tar(tmp_path / "a.tar", [("a.jpg", b"first"), ("a.jpg", b"second")]))
    assert [refusal is None for _, refusal in source.entries()] == [True, False]
    assert source.read("a.jpg") == b"first"


def test_a_claim_of_more_bytes_than_there_are_is_refused(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", [("a.jpg", b"good"), ("b.jpg", bytes(5000))])
    path.write_bytes(path.read_bytes()[: 512 * 5])
    source = TarSource(path)
    assert list(source.entries()) == [("a.jpg", None), ("b.jpg", "it is cut short: the archive ends before it does")]
    huge = tarfile.TarInfo("a.jpg")
    huge.size = 2**62
    (tmp_path / "huge.tar").write_bytes(huge.tobuf(tarfile.GNU_FORMAT))
    assert [why is None for _, why in TarSource(tmp_path / "huge.tar").entries()] == [False]


def test_damage_in_the_middle_names_the_byte_and_keeps_what_is_before(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", [("a.jpg", b"good"), ("b.jpg", b"lost")])
    data = bytearray(path.read_bytes())
    data[1024] ^= 0xFF  # the second header begins after one header and one block of data
    path.write_bytes(data)
    source = TarSource(path)
    assert list(source.entries()) == [
        ("a.jpg", None),
        ("a.tar", "the archive is damaged at byte 1024; what follows cannot be read"),
    ]


@pytest.mark.parametrize("data", [b"", b"no tar at all", bytes(10240), b"x" * 2048])
def test_a_file_that_is_no_tar_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(ReidError, match=r"a\.tar is (not a plain|an empty) tar archive"):
        open_source(tmp_path / "a.tar")


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.TAR.XZ"])
def test_a_compressed_tar_is_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"never read")
    with pytest.raises(ReidError, match=r"is a compressed tar.* Unpack it to a plain \.tar"):
        open_source(tmp_path / name)


def test_files_over_the_limit_and_names_that_are_not_text_are_not_read(tmp_path: Path) -> None:
    odd = os.fsdecode(b"\xff.jpg")
    source = TarSource(make_tar(tmp_path / "a.tar", [("a.jpg", bytes(3 * 2**20)), (odd, b"x")], tarfile.GNU_FORMAT))
    with pytest.raises(BadImage, match="it has 3 MB, more than the 2 MB"):
        source.read("a.jpg", limit=2 * 2**20)
    assert [why for _, why in source.entries()] == [None, "its name is not valid UTF-8; rename it"]


def test_an_archive_that_changes_is_not_misread(tmp_path: Path) -> None:
    source = TarSource(make_tar(tmp_path / "a.tar", [("a.jpg", b"one")]))
    make_tar(tmp_path / "a.tar", [("longer-name.jpg", b"x" * 9000), ("a.jpg", b"one")])
    os.utime(tmp_path / "a.tar", ns=(1, 1))
    with pytest.raises(BadImage, match=r"a\.tar was changed"):
        source.read("a.jpg")


def test_many_threads_read_one_archive(tmp_path: Path) -> None:
    files = {f"{number}.jpg": str(number).encode() * 500 for number in range(100)}
    source = TarSource(make_tar(tmp_path / "a.tar", list(files.items())))
    wrong: list[str] = []

    def check() -> None:
        wrong.extend(name for name, data in files.items() if source.read(name) != data)

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_folder_of_shards_is_one_source(tmp_path: Path) -> None:
    make_tar(tmp_path / "shard-0002.tar", [("1.jpg", b"three")])
    make_tar(tmp_path / "shard-0001.tar", [("1.jpg", b"one"), ("x/2.jpg", b"two")])
    (tmp_path / "notes.csv").write_bytes(b"image\n")
    (tmp_path / "broken.tar").write_bytes(b"no tar")
    (tmp_path / ".cache").mkdir()
    source = open_source(tmp_path)
    assert isinstance(source, ShardSource)
    wanted = {"shard-0001.tar/1.jpg": b"one", "shard-0001.tar/x/2.jpg": b"two", "shard-0002.tar/1.jpg": b"three"}
    assert {name: source.read(name) for name in source.names()} == {"notes.csv": b"image\n", **wanted}
    refused = {name: why for name, why in source.entries() if why}
    assert list(refused) == ["broken.tar"]
    assert "is an empty tar archive, or none" in str(refused["broken.tar"])
    for name in ("shard-0003.tar/1.jpg", "shard-0001.tar/3.jpg", "broken.tar/1.jpg", "../x.tar/1.jpg", "none.csv"):
        with pytest.raises(BadImage):
            source.read(name)


def test_a_shard_that_is_a_link_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    make_tar(tmp_path / "secret.tar", [("1.jpg", b"secret")])
    make_tar(tmp_path / "set" / "a.tar", [("1.jpg", b"one")])
    (tmp_path / "set" / "b.tar").symlink_to(tmp_path / "secret.tar")
    source = open_source(tmp_path / "set")
    assert list(source.names()) == ["a.tar/1.jpg"]
    assert dict(source.entries())["b.tar"] == "it is a link that leads out of the folder"
    with pytest.raises(BadImage):
        source.read("b.tar/1.jpg")


@pytest.mark.parametrize("beside", ["a.jpg", "people/a.jpg"])
def test_a_tar_beside_pictures_or_folders_makes_no_shards(tmp_path: Path, beside: str) -> None:
    make_tar(tmp_path / "backup.tar", [("1.jpg", b"one")])
    (tmp_path / beside).parent.mkdir(exist_ok=True)
    (tmp_path / beside).write_bytes(b"one")
    assert isinstance(open_source(tmp_path), FolderSource)


def test_names_that_name_no_file_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    names = ["", ".", "./", "x.jpg/", "y" * 5_000 + ".jpg", "./z//good.jpg"]
    source = TarSource(make_tar(tmp_path / "a.tar", [(name, b"data") for name in names]))
    assert list(source.names()) == ["z/good.jpg"]
    assert source.read("z/good.jpg") == b"data"
    found = [(name[:9], why) for name, why in source.entries() if why]
    assert found == [
        ("entry 1", "it has no name"),
        ("entry 2", "it is called ., which names no file"),
        ("./", "it has the name of a folder, but holds data"),
        ("x.jpg/", "it has the name of a folder, but holds data"),
        ("yyyyyyyyy", "its name has more than 1,024 characters; shorten it"),
    ]


def test_attributes_of_gigabytes_take_no_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 40 * 2**20
    good = make_tar(tmp_path / "good.tar", [("good.jpg", b"good")]).read_bytes()
    name = b"50000000 path=" + b"x" * (40 * 2**20 - 14)
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + name + good)
    tracemalloc.start()
    assert list(TarSource(tmp_path / "a.tar").entries()) == [("good.jpg", None)]
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()
