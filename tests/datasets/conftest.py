"""Miniature data sets of tiny pictures, made by each test as a folder and as a zip with a folder on top."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reid_core.datasets import Dataset


def encode_tiny_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 8), (200, 40, 40)).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Miniature:
    folder: Path
    is_zip: bool

    def make(self, pictures: Iterable[str], others: Mapping[str, str | bytes] | None = None) -> Path:
        """The path of a data set with these pictures and other files."""
        files = dict.fromkeys(pictures, encode_tiny_jpeg())
        for name, content in (others or {}).items():
            files[name] = content.encode() if isinstance(content, str) else content
        root = self.folder / ("set.zip" if self.is_zip else "set")
        if self.is_zip:
            with zipfile.ZipFile(root, "w") as archive:
                for name, data in files.items():
                    archive.writestr(f"top/{name}", data)
            return root
        for name, data in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        return root

    def column(self, dataset: Dataset, column: str) -> dict[str, Any]:
        """Path (without the zip's top folder) -> value of the column."""
        table = dataset.records.table
        paths = [path.removeprefix("top/") for path in table["path"]]
        return dict(zip(paths, table[column], strict=True))

    def skipped(self, dataset: Dataset) -> dict[str, str]:
        return {skip.path.removeprefix("top/"): skip.reason for skip in dataset.skipped}


@pytest.fixture
def tiny_jpeg() -> bytes:
    return encode_tiny_jpeg()


@pytest.fixture(params=["folder", "zip"])
def miniature(request: pytest.FixtureRequest, tmp_path: Path) -> Miniature:
    return Miniature(tmp_path, request.param == "zip")
