"""The file of a recording that may be played, what it has to be, and whether it still is that file.

`file_of` gives the workspace's own copy where there is one, else the file where the user keeps it. Of a blurred copy
the stretches in which somebody was deleted may be shown, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.spans import BLURRED, copy_name
from reid_core.workspace.imports.whole_files import pieces_of
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:  # FFmpeg takes its time
    from reid_core.video.stream import Reading

Fault = Literal["", "gone", "changed", "unreadable"]


@dataclass(frozen=True)
class ShownFile:
    """A file of a recording. It has `bytes` bytes, and the SHA-256 of its first `head_bytes` is `head_sha256` in hex,
    "" where that is not known, as of recordings of the first version. `pieces` is that of some pieces of its
    first `whole_bytes`, see `whole_files.pieces_of`, "" where it is not known, as of a file that was read while it
    grew.

    With `blurred` nobody can be recognised in the stretches in which somebody was deleted: it is a derivative, an MP4
    of upright frames without faults. `reading_of` says how a file is read.
    """

    path: Path
    blurred: bool
    bytes: int
    head_bytes: int
    head_sha256: str
    pieces: str = ""
    whole_bytes: int = 0


def file_of(workspace: Workspace, row: RecordingRow) -> ShownFile:
    """The file to play, whether it is there or not; see `fault_of`."""
    own = workspace.originals(row.source) / copy_name(row)
    blurred = blurred_of(row)
    if blurred is not None:
        return _known(own, int(blurred["bytes"]), blurred["head"], blurred=True)
    return _unblurred(row, own) if row.copied and own.is_file() else original_of(row)


def original_of(row: RecordingRow) -> ShownFile:
    """The file that was imported, where the user keeps it."""
    return _unblurred(row, Path(row.path))


def blurred_of(row: RecordingRow) -> Mapping[str, Any] | None:
    """What is known of the blurred copy: "at", "sha256", "bytes" and "head" of it, how many "spans" are unrecognisable,
    "of", the SHA-256 of the original, and perhaps "file", see `copy_name`. None where there is none."""
    found = row.settings.get(BLURRED) if row.copied else None
    return found if isinstance(found, dict) else None


def fault_of(file: ShownFile, *, may_have_grown: bool = False) -> Fault:
    """What is wrong with it: "gone", "unreadable", or "changed" where another file lies there; "" for that very file.

    With `may_have_grown` a recorder may have added to it.
    """
    try:
        if not file.path.is_file():
            return "gone"
        with file.path.open("rb") as opened:
            return "" if is_that_file(file, opened, may_have_grown=may_have_grown) else "changed"
    except FileNotFoundError:
        return "gone"
    except OSError:
        return "unreadable"


def is_that_file(file: ShownFile, opened: BinaryIO, *, may_have_grown: bool = False) -> bool:
    """Whether the open file has the size of that one, its first bytes, and the pieces of it that are known.

    That tells another film, and one that was damaged or cut anew at many places; of a change in between only the hash
    of the whole file tells, see `planned_recordings.hash_of`. Raises OSError.
    """
    size = opened.seek(0, 2)
    if size != file.bytes and not (may_have_grown and size > file.bytes):
        return False
    opened.seek(0)
    if file.head_sha256 not in ("", hashlib.sha256(opened.read(file.head_bytes)).hexdigest()):
        return False
    return file.pieces in ("", pieces_of(opened, file.whole_bytes))


def head_in(opened: BinaryIO) -> dict[str, Any]:
    """Of the first bytes, a megabyte at most: how many, and their SHA-256; and that of "pieces". Raises OSError."""
    from reid_core.workspace.imports.planned_recordings import HEAD

    size = opened.seek(0, 2)
    opened.seek(0)
    first = opened.read(HEAD)
    found = {"bytes": len(first), "sha256": hashlib.sha256(first).hexdigest()}
    return {**found, "pieces": pieces_of(opened, size), "whole_bytes": size}


def reading_of(row: RecordingRow, file: ShownFile) -> Reading:
    """How that file of the recording is read: the original as its analysis read it."""
    from reid_core.video.stream import Reading
    from reid_core.video.stream.examining import BARE

    if file.blurred:
        return Reading()
    facts, rate = row.facts, None
    if facts.get("container") in BARE and row.frames > 1 and row.analysed > 0:
        rate = (row.frames - 1) / row.analysed
    return Reading(
        stream=facts.get("stream"),
        interlaced=True if facts.get("interlaced") else None,  # later frames say themselves whether they are
        pixel_aspect=Fraction(facts["pixel_aspect"]) if "pixel_aspect" in facts else None,
        bare_rate=rate,
    )


def _unblurred(row: RecordingRow, path: Path) -> ShownFile:
    return _known(path, row.bytes, row.facts.get("head") or {"bytes": 0, "sha256": ""}, blurred=False)


def _known(path: Path, size: int, head: Mapping[str, Any], *, blurred: bool) -> ShownFile:
    pieces, whole = str(head.get("pieces") or ""), int(head.get("whole_bytes") or 0)
    return ShownFile(path, blurred, size, int(head["bytes"]), str(head["sha256"]), pieces, whole)
