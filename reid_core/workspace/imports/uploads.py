"""Files that people drop on a page: written into the workspace at once, whole or not at all, until they are imported.

Each upload is a folder `incoming/<time>-<random>/`. While it is written its name is a temporary one, so a crash leaves
nothing that looks like an upload; what it leaves is swept away by the next one.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import struct
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from reid_core.errors import DiskFull, NotThere, Refused, ReidError, why
from reid_core.images import is_hidden, printable
from reid_core.records import is_unsafe_path
from reid_core.temporary import sweep, temporary_folder
from reid_core.workspace import jobs
from reid_core.workspace.imports.video.tables import paths_in
from reid_core.workspace.layout import upload_of
from reid_core.workspace.workspace import Workspace

ARCHIVES = (".zip", ".tar", ".mat")
TABLES = (".csv", ".tsv", ".parquet")
MAX_NAME_BYTES = 200  # of a file or folder; file systems take 255
SPARE = 64 * 2**20  # bytes that an upload leaves free: for thumbnails and rows
_CHUNK = 2**20
_STAMP = "%Y%m%dT%H%M%S"
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')

Content = bytes | bytearray | memoryview | BinaryIO


@dataclass(frozen=True)
class Upload:
    """Files that were dropped and never imported. `path` is what `read_dataset` takes; `at` is ISO 8601 in UTC."""

    path: Path
    name: str
    files: int
    bytes: int
    at: str


def keep_upload(workspace: Workspace, files: Sequence[tuple[str, Content]]) -> Path:
    """Write the files down; returns what to import: the one archive or table, or the folder with all of them.

    A name may have folders before it. Names are made safe for every file system, and two of one name are kept apart.
    Tables beside one zip are put into it, for a table finds only pictures of its own folder or archive. Raises
    ReidError, and leaves nothing, when a name leads out of the folder, when archives are mixed with other files, or
    when the disk is full.
    """
    names = _safe_names([name for name, _ in files])
    archive = _check_mixture(names)
    stem = f"{datetime.now(UTC):{_STAMP}}-{secrets.token_hex(3)}"
    place = workspace.incoming / stem
    try:
        workspace.incoming.mkdir(parents=True, exist_ok=True)
        sweep(list(workspace.incoming.iterdir()))
        _check_room(workspace, [content for _, content in files])
        with temporary_folder(place) as part:
            for name, (_, content) in zip(names, files, strict=True):
                _write(part / name, content)
            if archive is not None and len(names) > 1:
                _put_tables_in(part, archive, [name for name in names if name != archive])
            for folder, _, _ in os.walk(part, topdown=False):
                _sync_folder(Path(folder))
            part.rename(place)
        _sync_folder(workspace.incoming)
    except OSError as error:
        raise ReidError(
            f"The files could not be written into the workspace ({why(error)}). Free some space and drop "
            "them again, or import them by their path."
        ) from error
    return _what_to_import(place)


def unfinished(workspace: Workspace) -> list[Upload]:
    """Uploads that no import has finished and none is working on now, newest first."""
    running = [job for job in jobs.all_jobs(workspace.path) if job.progress.status == "running"]
    busy = [path for job in running for path in _files_of(job)]
    found = []
    for folder in sorted(workspace.incoming.glob("[!.]*"), reverse=True):
        if not folder.is_dir() or any(upload_of(workspace.incoming, path) == folder.name for path in busy):
            continue
        inside = [file for file in folder.rglob("*") if file.is_file()]
        path = _what_to_import(folder)
        name = path.name if path != folder else inside[0].name if len(inside) == 1 else f"{len(inside):,} files"
        size = sum(file.stat().st_size for file in inside)
        found.append(Upload(path, name, len(inside), size, _moment(folder)))
    return found


def is_upload(workspace: Workspace, path: Path) -> bool:
    return upload_of(workspace.incoming, path) is not None


def discard(workspace: Workspace, path: Path) -> None:
    """Delete an upload. Raises ReidError for a path that is none, and for one that is being imported."""
    name = upload_of(workspace.incoming, path)
    if name is None:
        raise ReidError(f"{printable(str(path))} is not an upload of this workspace; nothing was deleted.")
    folder = workspace.incoming / name
    if folder.is_dir() and all(upload.path != _what_to_import(folder) for upload in unfinished(workspace)):
        raise Refused("These files are being imported. Stop the import first.")
    shutil.rmtree(folder, ignore_errors=True)


def let_go(workspace: Workspace, path: Path) -> None:
    """A recording that was dropped has come in: its file goes, and with the last one the upload. Other files stay."""
    name = upload_of(workspace.incoming, path)
    if name is None:
        return
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder.parent == workspace.incoming or folder.parent == workspace.incoming.resolve():
            if all(file.is_dir() for file in folder.rglob("*")):
                shutil.rmtree(folder, ignore_errors=True)
            return


def check_there(workspace: Workspace, path: Path, recording: str) -> None:
    """Raises NotThere where the dropped film of that recording went with somebody whom it shows."""
    if is_upload(workspace, path) and not path.is_file():
        raise NotThere(
            f"Somebody was deleted of recording {recording} while it was analysed. The workspace alone had its film, "
            "which showed them, so it was removed. What was found of others is kept; drop the film again to analyse "
            "the rest."
        )


def _files_of(job: jobs.Job) -> list[Path]:
    """What a job reads, by its arguments."""
    named = [Path(argument) for argument in job.arguments if argument.startswith(os.sep)]
    tables = [argument.partition("=")[2] for argument in job.arguments if argument.startswith("--table=")]
    return [*named, *(path for table in tables for path in paths_in(Path(table)))]


# --- names ---


def _safe_names(names: Sequence[str]) -> list[str]:
    if not names:
        raise ReidError("There are no files to keep. Drop some.")
    taken: set[str] = set()
    safe = []
    for name in names:
        if is_unsafe_path(name) or not name.strip("/ "):
            raise Refused(
                f"The file name {printable(name)[:120]!r} leads out of the folder, so nothing was kept. Rename it."
            )
        parts = [_safe_part(part) for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        wanted = path = PurePosixPath(*parts)
        number = 1
        while str(path).casefold() in taken:
            number += 1
            path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        # A file may not be called like a folder of another one either.
        taken |= {str(path).casefold()}
        safe.append(str(path))
    folders = {str(parent).casefold() for path in safe for parent in PurePosixPath(path).parents}
    if clash := [path for path in safe if path.casefold() in folders]:
        raise ReidError(f"{clash[0]!r} is a file and a folder at once, so nothing was kept. Rename one of them.")
    return safe


def _safe_part(part: str) -> str:
    """One file's or folder's name that every file system takes; a dot in front would hide it from the import."""
    name = unicodedata.normalize("NFC", _NOT_IN_NAMES.sub("_", printable(part))).strip()
    name = re.sub(r"^\.", "_", name).rstrip(". ") or "_"
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    ending = f".{suffix}" if dot else ""
    room = MAX_NAME_BYTES - len(ending.encode())
    if room < 1:
        return name.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore")
    return stem.encode()[:room].decode("utf-8", "ignore") + ending


def _check_mixture(names: Sequence[str]) -> str | None:
    """The archive among the files, if there is one; it may come alone, and a zip beside tables."""
    archives = [name for name in names if name.lower().endswith(ARCHIVES)]
    if not archives:
        return None
    others = [name for name in names if name not in archives]
    alone = len(names) == 1
    with_tables = len(archives) == 1 and archives[0].lower().endswith(".zip") and not is_hidden(archives[0])
    if alone or (with_tables and all(name.lower().endswith(TABLES) for name in others)):
        return archives[0]
    if len(archives) > 1:
        raise ReidError(f"{archives[0]} and {archives[1]} cannot come in together. Drop one archive at a time.")
    raise ReidError(f"{archives[0]} is an archive beside other files. Drop it alone, or only a zip with its table.")


# --- files ---


def _check_room(workspace: Workspace, contents: Sequence[Content]) -> None:
    """Raises DiskFull before the first of them is written, where they cannot all be."""
    needed, free = sum(map(_size, contents)), shutil.disk_usage(workspace.incoming).free
    if needed + SPARE > free:
        raise DiskFull(
            f"These files have {needed / 1e9:.1f} GB, and the disk of the workspace has {free / 1e9:.1f} GB left. Free "
            "some space and drop them again, or import them by their path: then nothing is written twice."
        )


def _size(content: Content) -> int:
    if isinstance(content, bytes | bytearray | memoryview):
        return len(content)
    return content.seek(0, os.SEEK_END)


def _write(place: Path, content: Content) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        if isinstance(content, bytes | bytearray | memoryview):
            file.write(content)
        else:
            content.seek(0)
            shutil.copyfileobj(content, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _put_tables_in(folder: Path, archive: str, tables: Sequence[str]) -> None:
    try:
        with zipfile.ZipFile(folder / archive) as zip:  # to add to what is no zip would make it look like one
            there = set(zip.namelist())
        with zipfile.ZipFile(folder / archive, "a") as zip:
            for table in tables:
                name = table if table not in there else f"{secrets.token_hex(3)}-{table}"
                zip.write(folder / table, name, zipfile.ZIP_DEFLATED)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, struct.error) as error:
        raise ReidError(f"{archive} is not a readable zip archive ({error}). Make the archive again.") from error
    for table in tables:
        (folder / table).unlink()
    with (folder / archive).open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _what_to_import(folder: Path) -> Path:
    inside = list(folder.iterdir())
    if len(inside) == 1 and inside[0].is_file() and inside[0].name.lower().endswith((*ARCHIVES, *TABLES)):
        return inside[0]
    return folder


def _moment(folder: Path) -> str:
    try:
        at = datetime.strptime(folder.name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
