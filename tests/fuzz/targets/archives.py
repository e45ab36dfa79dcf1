"""Zips, tars, shards of samples, MATLAB files, and what is dropped on the page."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import zipfile
from pathlib import Path
from random import Random

import h5py
import numpy as np
from scipy.io import savemat

from reid_core.datasets.readers.mat5 import read_mat5
from reid_core.workspace.actor import system_user
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.workspace import Workspace
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target
from tests.fuzz.targets.pictures import seed_pictures
from tests.fuzz.targets.readers import read_all

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
KINDS = (tarfile.REGTYPE,) * 6 + (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE)
FORMS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
TABLE = b"image,identity,camera\na.jpg,1,2\n0001_c1s1_000151_00.jpg,2,1\n"


def _zips(prepared: Path) -> Attempt:
    pictures = seed_pictures()

    def attempt(random: Random, folder: Path) -> None:
        data = make_zip(random, pictures)
        (folder / "set.zip").write_bytes(odd.damaged(random, data) if random.random() < 0.7 else data)
        read_all(random, folder / "set.zip")

    return attempt


def make_zip(random: Random, pictures: list[bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for _ in range(random.choice((0, 1, 3, 8))):
            name = odd.path(random) if random.random() < 0.8 else odd.text(random)[:15_000]
            entry = zipfile.ZipInfo(name.encode("utf-8", "replace")[:65_000].decode("utf-8", "ignore"))
            if random.random() < 0.1:
                entry.external_attr = random.choice((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR)) << 16
            data = bytes(2**21) if random.random() < 0.02 else random.choice((random.choice(pictures), TABLE, b""))
            archive.writestr(entry, data, random.choice(METHODS))
    return content.getvalue()


def _tars(prepared: Path) -> Attempt:
    pictures = seed_pictures()

    def attempt(random: Random, folder: Path) -> None:
        place = folder / "set.tar"
        if random.random() < 0.3:
            place = folder / "shards"
            place.mkdir()
        for number in range(random.choice((1, 1, 2)) if place.is_dir() else 1):
            data = _make_tar(random, pictures)
            data = odd.damaged(random, data) if random.random() < 0.5 else data
            file = place / f"{random.choice(('train', 'query', 'x'))}-{number}.tar" if place.is_dir() else place
            file.write_bytes(data)
        read_all(random, place)

    return attempt


def _make_tar(random: Random, pictures: list[bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=random.choice(FORMS), errors="surrogateescape") as archive:
        for number in range(random.choice((1, 3, 6))):
            stem = odd.path(random).rpartition(".")[0] if random.random() < 0.4 else f"{number:06d}"
            entry = tarfile.TarInfo(f"{stem}.jpg")
            entry.type = random.choice(KINDS)
            entry.pax_headers = {"size": odd.text(random)[:99]} if random.random() < 0.03 else {}
            _add(archive, entry, random.choice(pictures) if entry.isreg() else b"")
            if random.random() < 0.7:
                _add(archive, tarfile.TarInfo(f"{stem}.json"), _sample(random))
            if random.random() < 0.2:
                _add(archive, tarfile.TarInfo(f"{stem}.cls"), odd.text(random)[:400].encode("utf-8", "replace"))
    return content.getvalue()


def _add(archive: tarfile.TarFile, entry: tarfile.TarInfo, data: bytes) -> None:
    entry.size = len(data)
    try:
        archive.addfile(entry, io.BytesIO(data))
    except (ValueError, UnicodeError):
        return  # a name that this form of tar cannot hold


def _sample(random: Random) -> bytes:
    if random.random() < 0.1:
        return b"[" * 100_000
    told = {random.choice(odd.COLUMNS): odd.value(random) for _ in range(random.randrange(5))}
    return json.dumps(told, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _mats(prepared: Path) -> Attempt:
    seed = _make_mat(prepared / "seed.mat")

    def attempt(random: Random, folder: Path) -> None:
        (folder / "cuhk-03.mat").write_bytes(odd.damaged(random, seed))
        read_all(random, folder / "cuhk-03.mat")

    return attempt


def _make_mat(path: Path) -> bytes:
    """CUHK03's file with one person in each pair of cameras, two views of each."""
    with h5py.File(path, "w", userblock_size=512) as file:
        cells = file.create_group("#refs#")
        pairs = []
        for pair in range(5):
            views = []
            for view in range(10):
                pixels = np.full((3, 4, 6), 20 * view, np.uint8) if view in (0, 5) else np.zeros(2, np.uint64)
                views.append([cells.create_dataset(f"{pair}-{view}", data=pixels).ref])
            data = np.array(views, dtype=h5py.ref_dtype)
            pairs.append(cells.create_dataset(f"pair-{pair}", data=data, dtype=h5py.ref_dtype).ref)
        for version in ("detected", "labeled"):
            file.create_dataset(version, data=np.array([pairs], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        tested = cells.create_dataset("tested", data=np.array([[1.0], [1.0]])).ref
        file.create_dataset("testsets", data=np.array([[tested]], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
    return path.read_bytes()


def _protocols(prepared: Path) -> Attempt:
    seeds = []
    for compressed in (False, True):
        buffer = io.BytesIO()
        names = np.array(["1_001_1_01.png", "1_001_2_06.png"], dtype=object)
        values = {"filelist": names, "train_idx": np.array([[1], [2]]), "labels": np.array([[1.0], [2.5]])}
        savemat(buffer, values, do_compression=compressed)
        seeds.append(buffer.getvalue())

    def attempt(random: Random, folder: Path) -> None:
        data = odd.damaged(random, random.choice(seeds))
        (folder / "protocol.mat").write_bytes(data)
        read_mat5(data)

    return attempt


def _uploads(prepared: Path) -> Attempt:
    pictures = seed_pictures()
    workspace = Workspace(prepared / "workspace", system_user())

    def attempt(random: Random, folder: Path) -> None:
        shutil.rmtree(workspace.incoming, ignore_errors=True)
        files: list[tuple[str, bytes]] = []
        for _ in range(random.choice((0, 1, 2, 4))):
            name = odd.path(random) if random.random() < 0.6 else odd.text(random)
            files.append((name, random.choice(pictures)))
        if random.random() < 0.5:
            data = make_zip(random, pictures)
            files = [("set.zip", odd.damaged(random, data) if random.random() < 0.5 else data)]
            (folder / "set.zip").write_bytes(files[0][1])
            files += [(f"labels{random.choice(('', odd.text(random)))}.csv", TABLE)] * random.randrange(3)
        keep_upload(workspace, files)

    return attempt


TARGETS = (
    Target("zips", _zips),
    Target("tars", _tars),
    Target("mats", _mats),
    Target("protocols", _protocols, (ValueError,)),
    Target("uploads", _uploads),
)
