"""Folders of pictures as data sets lay them out, and as none does."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from random import Random

from reid_core.datasets import READERS, read_dataset
from reid_core.errors import ReidError
from reid_core.sources import open_source
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

LISTS = (
    "list_train.txt",
    "list_val.txt",
    "list_query.txt",
    "list_gallery.txt",
    "crops.csv",
    "labels.tsv",
    "splits.json",
)


def _folders(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        names = [odd.path(random) for _ in range(random.choice((0, 1, 5, 20)))]
        root = Path(os.path.join(folder, "set"))
        for name in names:
            _make(random, root, name)
        top = random.choice(("", "MSMT17_V1/"))
        for name in random.sample(LISTS, random.choice((0, 0, 2, 4))):
            lines = [f"{odd.path(random)}{random.choice((' ', ',', '	'))}{odd.text(random)}" for _ in range(4)]
            _write(root, f"{top}{name}", "\n".join(lines).encode("utf-8", "surrogatepass"))
        root.mkdir(exist_ok=True)
        read_all(random, root)

    return attempt


def read_all(random: Random, path: Path) -> None:
    """Read the data set in a way that a person may ask for, and a few of its pictures."""
    named = random.choice((None, None, *READERS))
    zone = "Europe/London" if random.random() < 0.1 else None
    with contextlib.suppress(ReidError):
        dataset = read_dataset(path, format=named, time_zone=zone, camera_pattern=random.choice((None, r"(\d)")))
        dataset.describe()
    source = open_source(path)
    with contextlib.closing(source):
        for name, refusal in list(source.entries())[:20]:
            assert refusal is None or len(refusal) < 2_500
            with contextlib.suppress(ReidError):
                source.read(name, limit=2**22)


def _make(random: Random, root: Path, name: str) -> None:
    kind = random.randrange(30)
    if kind == 0:
        _place(root, name, lambda path: os.symlink(random.choice(("/etc/passwd", "..", name, "a.jpg")), path))
    elif kind == 1:
        _place(root, name, lambda path: os.mkfifo(path))
    else:
        _write(root, name, b"x")


def _write(root: Path, name: str, data: bytes) -> None:
    def write(path: bytes) -> None:
        with open(path, "xb") as file:  # a pipe of that name would wait for a reader
            file.write(data)

    _place(root, name, write)


def _place(root: Path, name: str, make: object) -> None:
    """Names that this file system does not take are left out."""
    with contextlib.suppress(OSError, ValueError):
        path = os.fsencode(root) + b"/" + name.encode("utf-8", "surrogateescape")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        make(path)  # type: ignore[operator]


TARGETS = (Target("folders", _folders),)
