"""Where pictures are read from: folders and archives, all alike, and treated as hostile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from reid_core.errors import NotThere, ReidError
from reid_core.images import MAX_FILE_BYTES, NO_VIDEO, is_image_name, is_video, is_video_name, unreadable_kind
from reid_core.sources.folder import FolderSource
from reid_core.sources.mat import MatSource
from reid_core.sources.tar import ShardSource, TarSource, is_compressed_tar, is_shard_folder
from reid_core.sources.zip import ZipSource

__all__ = ["FolderSource", "ImageSource", "MatSource", "ShardSource", "TarSource", "ZipSource", "open_source"]

_UNPACK = "Unpack it, and give the folder."
_OTHER = "neither a folder nor a zip or tar of pictures nor a table (.csv, .tsv, .parquet). Give one of those."
_DOCUMENTS = (".docx", ".pptx", ".odt", ".odp", ".epub")
_STARTS = {
    b"Rar!": f"a RAR archive, which is not read. {_UNPACK}",
    b"7z\xbc\xaf\x27\x1c": f"a 7z archive, which is not read. {_UNPACK}",
    b"\x1f\x8b": f"a file compressed by gzip, which is not read. {_UNPACK}",
    b"BZh": f"a file compressed by bzip2, which is not read. {_UNPACK}",
    b"\xfd7zXZ": f"a file compressed by xz, which is not read. {_UNPACK}",
    b"\x28\xb5\x2f\xfd": f"a file compressed by zstd, which is not read. {_UNPACK}",
    b"%PDF": "a PDF. Give a folder, zip or tar of pictures.",
    b"SQLite format 3": "an SQLite database. Save its table as CSV in the folder of its pictures, and give that.",
    b"\xd0\xcf\x11\xe0": "an old Office document. Save a spreadsheet as CSV in the folder of its pictures.",
}
_NAMED = {
    ".txt": "a text. Give the folder of the pictures; labels are read of a CSV with columns image, identity, camera.",
    ".rar": f"called a RAR archive, which is not read. {_UNPACK}",
    ".7z": f"called a 7z archive, which is not read. {_UNPACK}",
    ".gz": f"called a compressed file, which is not read. {_UNPACK}",
    ".xlsx": "called a spreadsheet. Save it as CSV in the folder of its pictures, and give that.",
    ".xls": "called a spreadsheet. Save it as CSV in the folder of its pictures, and give that.",
}
_NAMED |= dict.fromkeys((".json", ".jsonl", ".xml", ".yaml", ".yml", ".md"), _NAMED[".txt"])


class ImageSource(Protocol):
    """A place that pictures are read from by relative path."""

    path: Path

    def names(self) -> Iterator[str]:
        """Relative POSIX paths of all files."""

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each file's relative POSIX path, and why it is never read, or None."""

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """The file's bytes. Raises BadImage when it is missing, has more than `limit` bytes or cannot be read.

        Safe from many threads.
        """

    def close(self) -> None: ...


def open_source(path: Path) -> ImageSource:
    """The folder, zip, tar, folder of tar shards, or .mat of CUHK03 at `path`.

    Raises ReidError when there is nothing there or it cannot be read.
    """
    if path.is_dir():
        return ShardSource(path) if is_shard_folder(path) else FolderSource(path)
    if is_compressed_tar(path.name) and path.is_file():
        raise ReidError(f"{path} is a compressed tar, which cannot be read at random. Unpack it to a plain .tar.")
    if path.is_file() and is_video_name(path.name):
        raise ReidError(f"{path}: {NO_VIDEO}")
    if path.is_file():
        if path.suffix.lower() not in (".tar", ".mat"):
            _refuse_what_is_no_archive(path)
        kinds: dict[str, type[TarSource] | type[MatSource]] = {".tar": TarSource, ".mat": MatSource}
        return kinds.get(path.suffix.lower(), ZipSource)(path)
    raise NotThere(f"There is no folder or file {path}. Check the path.")


def _refuse_what_is_no_archive(path: Path) -> None:
    """Raises ReidError that says what a file is which is no archive, where that can be seen."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:  # to open it says why
        return
    if is_video(start):
        raise ReidError(f"{path}: {NO_VIDEO}")
    if what := _kind_of_document(path, start):
        raise ReidError(f"{path} is {what}")
    if is_image_name(path.name) or unreadable_kind(path.name):
        raise ReidError(f"{path} is one picture. Give the folder or zip that it lies in.")
    if not start.startswith(b"PK") and path.suffix.lower() != ".zip":
        raise ReidError(f"{path} is {_OTHER}")


def _kind_of_document(path: Path, start: bytes) -> str:
    """What a file is, and what to do, by how it begins and by its name; "" where it may be a zip or a picture."""
    suffix = path.suffix.lower()
    if start.startswith(b"PK"):
        if suffix in (".xlsx", ".xlsm", ".ods", ".numbers"):
            return "a spreadsheet. Save it as CSV in the folder of its pictures, and give that."
        return "a document. Give a folder, zip or tar of pictures." if suffix in _DOCUMENTS else ""
    return next((what for magic, what in _STARTS.items() if start.startswith(magic)), _NAMED.get(suffix, ""))
