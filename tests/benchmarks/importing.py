"""How fast pictures come in: 10,000 small JPEG files, in a folder and in a zip, into a fresh workspace.

Beside it the loop that one would write first: open with PIL, save a thumbnail, INSERT and commit, file after file.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.signals import StopRequest
from reid_core.workspace.actor import system_user
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.workspace import Workspace

FILES = 10_000
DIFFERENT = 500  # pictures drawn; a trailing number makes every file's bytes its own
PLAIN_FILES = 2_000  # the plain loop is as slow at the end as at the start


def small_jpegs(count: int, size: tuple[int, int] = (64, 128)) -> Iterator[bytes]:
    """Pictures like crops of people: coarse colours with fine noise, about 2.5 kB each, no two of the same bytes."""
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(min(count, DIFFERENT)):
        coarse = Image.fromarray(random.integers(0, 256, (16, 8, 3), dtype=np.uint8)).resize(size)
        noisy = np.asarray(coarse, np.int16) + random.integers(-6, 7, (size[1], size[0], 3))
        buffer = io.BytesIO()
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
        drawn.append(buffer.getvalue())
    for number in range(count):
        yield drawn[number % len(drawn)] + number.to_bytes(4, "big")


def run() -> None:
    print(f"Import, {FILES:,} JPEG files of 64x128 px into a fresh workspace, wall-clock")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pictures, archive = root / "crops", root / "crops.zip"
        pictures.mkdir()
        with zipfile.ZipFile(archive, "w") as packed:
            for number, data in enumerate(small_jpegs(FILES)):
                name = f"{number % 751 + 1:04d}_c{number % 6 + 1}s1_{number:06d}_00.jpg"
                (pictures / name).write_bytes(data)
                packed.writestr(name, data)
        plain = _timed("plain loop, folder", PLAIN_FILES, lambda: _plain_import(pictures, root / "plain"))
        for source, name in ((pictures, "folder"), (archive, "zip")):
            ours = _timed(f"import_dataset, {name}", FILES, lambda: _our_import(source, root / f"workspace-{name}"))  # noqa: B023
            print(f"  {'':<34} {ours / plain:5.1f}x the plain loop")


def _our_import(source: Path, workspace: Path) -> None:
    report = import_dataset(Workspace(workspace, system_user()), read_dataset(source), "bench", stop=StopRequest())
    assert report.added == FILES, report


def _plain_import(pictures: Path, target: Path) -> None:
    target.mkdir()
    database = sqlite3.connect(target / "crops.sqlite")
    database.execute("CREATE TABLE crop (path TEXT PRIMARY KEY, width INTEGER, height INTEGER, sha256 BLOB)")
    for name in sorted(os.listdir(pictures))[:PLAIN_FILES]:
        data = (pictures / name).read_bytes()
        image = Image.open(io.BytesIO(data)).convert("RGB")
        row = (name, *image.size, hashlib.sha256(data).digest())
        image.thumbnail((512, 256))
        image.save(target / name, quality=88)
        database.execute("INSERT INTO crop VALUES (?, ?, ?, ?)", row)
        database.commit()
    database.close()


def _timed(name: str, pictures: int, action: Callable[[], object]) -> float:
    """Pictures per second of one run, printed with its CPU time."""
    began, began_cpu = time.perf_counter(), time.process_time()
    action()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(f"  {name:<34} {pictures / seconds:8.0f} images/s   {1e6 * cpu / pictures:6.0f} CPU µs an image", flush=True)
    return pictures / seconds
