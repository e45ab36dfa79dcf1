"""A recording that is to come in, and its row in the catalogue: a new one, or the one that it goes on with.

A file is known by its bytes, wherever it lies; one that still grows by its path.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reid_core.errors import NotThere, Refused, ReidError, disk_full, is_full, why
from reid_core.files import write_atomically
from reid_core.times import said_time, short_time
from reid_core.video.analysis import RATE
from reid_core.video.detection import Detector
from reid_core.video.stream import Facts, Reading
from reid_core.video.stream.start import Proposal
from reid_core.workspace.catalogue.recordings import finding, keeping
from reid_core.workspace.catalogue.recordings.clock import OVERLAP, overlap, refuse_future
from reid_core.workspace.catalogue.recordings.rows import NewRecording, RecordingRow
from reid_core.workspace.catalogue.recordings.spans import BLURRED, copy_name
from reid_core.workspace.imports.uploads import is_upload
from reid_core.workspace.imports.whole_files import Watch, parts, pieces_of
from reid_core.workspace.workspace import Workspace

HEAD = 2**20  # bytes that tell a file that grows from another of its name
LONGEST_NAME = 80  # characters; tracklets are named by it


@dataclass(frozen=True)
class Planned:
    """A recording to bring in: which camera filmed it, when it began, and what else says when.

    `seconds` is how long it is, NaN where it does not say so. `start` is None where that stays unknown: then its crops
    have no time. `zone` is the name of the camera's time zone. With `copy` the workspace keeps the file, too. `purpose`
    stands in the log.
    """

    path: Path
    camera: str
    seconds: float
    start: Proposal | None = None
    said: tuple[Proposal, ...] = ()
    zone: str | None = None
    reading: Reading = field(default_factory=Reading)
    rate: float = RATE
    copy: bool = False
    purpose: str = ""


def row_of(
    workspace: Workspace, planned: Planned, facts: Facts, gallery: str, detector: Detector, sha256: bytes | None
) -> RecordingRow:
    """The recording in the catalogue, added unless it is there. Raises ReidError where it may not go on, or come in."""
    catalogue, path = workspace.catalogue, str(planned.path.resolve())
    row = None if sha256 is None else finding.of_file(catalogue, gallery, sha256)
    row = row or _followed(finding.at_path(catalogue, gallery, path), planned.path, sha256)
    if row is not None:
        if row.finished is None and row.detector != detector.id:
            former = row.settings.get("detector")
            begun, advice = f"another detector ({former})", "Go on with that one (--detector), or delete"
            if former == detector.card.name:
                begun, advice = f"an earlier version of the detector {former}", "That one is gone, so delete"
            raise Refused(
                f"{planned.path.name} was begun with {begun}. {advice} recording {row.name} of gallery {gallery} and "
                "begin again."
            )
        return row
    offset = _inherited(workspace, planned, facts, gallery)
    _refuse_overlap(workspace, planned, facts, gallery, offset)
    return keeping.add(
        catalogue,
        gallery,
        NewRecording(
            name=_name_of(planned.path), path=path, camera=planned.camera, copied=planned.copy,
            width=facts.width, height=facts.height, bytes=planned.path.stat().st_size, detector=detector.id,
            sha256=sha256, start=planned.start.seconds if planned.start else float("nan"),
            start_source=planned.start.source if planned.start else None, zone=planned.zone,
            clock_offset=offset,
            duration=facts.duration if facts.duration is not None else float("nan"),
            said={one.source: short_time(one.seconds) for one in planned.said},
            facts={**_plain(facts), "head": head_of(planned.path, grows=sha256 is None)},
            settings={"rate": planned.rate, "detector": detector.card.name},
        ),
        purpose=planned.purpose,
    )  # fmt: skip


@dataclass(frozen=True)
class CameraClock:
    """How the clock that tells the starts of a camera was mended on its earlier recordings: a new one gets `offset`
    seconds, too.

    `said` is a sentence about it, "" where the clock was never mended.
    """

    offset: float = 0.0
    said: str = ""


def clock_of(workspace: Workspace, gallery: str, camera: str, source: str) -> CameraClock:
    """Of the recordings of that camera whose start has that source, as the new one's has: a camera that names its files
    and the disk that dates them have two clocks. Where they were mended by different amounts, none is taken for a new
    one, and where the source is "stated", there is no clock."""
    try:
        rows = finding.every(workspace.catalogue, gallery)
    except NotThere:
        return CameraClock()
    offsets = sorted({row.clock_offset for row in rows if row.camera == camera and row.start_source == source})
    if source == "stated" or not any(offsets):
        return CameraClock()
    if len(offsets) > 1:
        amounts = ", ".join(f"{offset:+g} s" if offset else "not at all" for offset in offsets)
        return CameraClock(
            said=f"The clock of camera {camera} was corrected by different amounts on its earlier recordings with "
            f"--start {source} ({amounts}), so a new one is not corrected: do that with `reid clock`."
        )
    return CameraClock(
        offsets[0],
        f"The clock of camera {camera} was corrected by {offsets[0]:+g} s on its earlier recordings with --start "
        f"{source}, so a new one with that gets the same correction. `reid clock` changes it.",
    )


def keep_copy(workspace: Workspace, row: RecordingRow, path: Path, watch: Watch | None = None) -> None:
    """The file itself in the folder of the recording's crops, once, and never in place of a blurred copy. What was
    dropped on a page is not there twice: it gets a second name. Raises ReidError where it cannot be written, and
    Stopped."""
    place = workspace.originals(row.source) / copy_name(row)
    if not row.copied or BLURRED in row.settings or place.is_file():
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if is_upload(workspace, path) and _linked(path, place):
            return
        with path.open("rb") as recording:
            write_atomically(place, lambda file: file.writelines(parts(recording, f"copying {path.name}", watch)))
    except OSError as error:
        if is_full(error):
            raise disk_full(error) from error
        raise ReidError(
            f"{path.name} could not be copied into the workspace ({why(error)}). Run the same command again, or leave "
            "out --copy."
        ) from error


def _linked(path: Path, place: Path) -> bool:
    try:
        place.hardlink_to(path.resolve())
    except OSError:  # there is no such thing here, or the copies lie on another disk
        return False
    return True


def _name_of(path: Path) -> str:
    """Of the file without its ending, on one line and not too long."""
    name = "".join(letter if letter.isprintable() else "_" for letter in path.stem or path.name)
    return name[:LONGEST_NAME]


def _followed(row: RecordingRow | None, path: Path, sha256: bytes | None) -> RecordingRow | None:
    """The recording of that path, where it is this file, which has grown since; a recorder may use a name again."""
    if row is None or path.stat().st_size < row.bytes or not _has_same_head(row, path):
        return None
    if row.sha256 is None:
        return row if row.finished is None else None
    return row if sha256 is None and hash_of(path, row.bytes) == row.sha256 else None


def differing(planned: Planned, row: RecordingRow) -> list[str]:
    """What was asked for and is not done, since the recording was begun otherwise or had come to its end."""
    if row.finished is not None and (size_of(planned.path) or 0) > row.bytes:
        return [
            "The file has grown since it was analysed, and the rest of it is not analysed. To have all of it, delete "
            f"recording {row.name} and import it again."
        ]
    asked = []
    if planned.camera != row.camera:
        asked.append(f"camera {row.camera}, not {planned.camera}")
    start = planned.start.seconds if planned.start is not None and planned.start.source == "stated" else row.time_of(0)
    if abs(start - row.time_of(0)) > OVERLAP or math.isnan(start) != math.isnan(row.time_of(0)):
        asked.append(f"start {said_time(row.time_of(0)) or 'unknown'}, not {said_time(start)}")
    if planned.rate != row.settings.get("rate", planned.rate):
        asked.append(f"{row.settings['rate']:g} frames a second, not {planned.rate:g}")
    said = []
    if planned.copy and not row.copied:
        said.append(
            f"The workspace keeps no copy of recording {row.name}: it came in without one, or a deletion took the copy "
            "because it showed somebody who was deleted."
        )
    if not asked:
        return said
    return [
        *said,
        f"It is in the gallery with {'; '.join(asked)}. `reid clock` corrects its start; for the rest, delete "
        f"recording {row.name} and import it again.",
    ]


def _inherited(workspace: Workspace, planned: Planned, facts: Facts, gallery: str) -> float:
    """Seconds. Raises Refused where they would move the recording into the future."""
    if planned.start is None:
        return 0.0
    offset = clock_of(workspace, gallery, planned.camera, planned.start.source).offset
    if offset:
        subject = f"{planned.path.name} with its camera's clock corrected by {offset:+g} s"
        refuse_future(subject, planned.start.seconds + offset, facts.duration or 0.0)
    return offset


def _refuse_overlap(workspace: Workspace, planned: Planned, facts: Facts, gallery: str, offset: float) -> None:
    if planned.start is None:
        return
    begins, length = planned.start.seconds + offset, facts.duration or 0.0
    for other in finding.every(workspace.catalogue, gallery):
        if other.camera == planned.camera and overlap(begins, length, other):
            raise Refused(
                f"{planned.path.name} would begin at {said_time(begins)} and overlap with {other.name}, which begins "
                f"at {said_time(other.time_of(0))}: camera {planned.camera} cannot film both. Check its --camera and "
                "--start, or correct the clock of the other with `reid clock`."
            )


def _plain(facts: Facts) -> dict[str, Any]:
    """As JSON has it."""
    values = dataclasses.asdict(facts)
    return {**values, "pixel_aspect": str(facts.pixel_aspect), "streams": len(facts.streams)}


def head_of(path: Path, *, grows: bool = False) -> dict[str, Any]:
    """The first bytes, a megabyte at most, which stay while a file grows: how many, and their hash. Of a file that does
    not grow also the hash of some "pieces" of it, see `whole_files`."""
    size = path.stat().st_size
    count = min(size, HEAD)
    found = {"bytes": count, "sha256": hash_of(path, count).hex()}
    if grows:
        return found
    with path.open("rb") as file:
        return {**found, "pieces": pieces_of(file, size), "whole_bytes": size}


def _has_same_head(row: RecordingRow, path: Path) -> bool:
    head = row.facts.get("head")
    return head is None or hash_of(path, head["bytes"]).hex() == head["sha256"]


def hash_of(path: Path, size: int | None = None, watch: Watch | None = None) -> bytes:
    """The SHA-256 of the file, or of its first `size` bytes. Raises NotThere or ReidError where it cannot be read, and
    Stopped."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for part in parts(file, f"hashing {path.name}", watch, size):
                found.update(part)
    except FileNotFoundError as error:
        raise NotThere(f"{path} is not there any more.") from error
    except OSError as error:
        raise ReidError(
            f"{path} cannot be read ({why(error)}). Check its disk, and run the same command again."
        ) from error
    return found.digest()


def size_of(path: Path) -> int | None:
    """In bytes; None where it was moved meanwhile."""
    try:
        return path.stat().st_size
    except OSError:
        return None
