"""What would become of recordings in a gallery, as far as that can be told before they are read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import NotThere, Refused
from reid_core.times import said_time
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.clock import OVERLAP, overlap, refuse_future
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.imports.planned_recordings import clock_of
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Coming:
    """A recording that is to come in: `start` in seconds since 1970, NaN where unknown, and the source that says so;
    `seconds` how long it is, `bytes` how large."""

    path: Path
    camera: str
    start: float
    source: str | None
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Foreseen:
    """`refused` is why it would not come in, "" where nothing speaks against it; `said` are sentences to know."""

    refused: str = ""
    said: tuple[str, ...] = ()


def foreseen(workspace: Workspace, gallery: str, coming: Sequence[Coming]) -> list[Foreseen]:
    """For each, in the gallery of that name, which need not be there yet. Files are not read: one that is there already
    is told by its name and size."""
    rows: list[RecordingRow] = []
    with suppress(NotThere):
        rows = finding.every(workspace.catalogue, gallery)
    found: list[Foreseen] = []
    begun: list[tuple[float, Coming]] = []
    for one in coming:
        clock = clock_of(workspace, gallery, one.camera, one.source or "") if one.source else None
        said = [clock.said] if clock is not None and clock.said else []
        begins = one.start + (clock.offset if clock is not None else 0.0)
        same = next((row for row in rows if _is_same(row, one)), None)
        if same is not None:
            done = "It is not analysed twice." if same.finished else "Its analysis goes on from there."
            found.append(
                Foreseen(said=(f"A recording of this name and size is in the gallery already: {same.name}. {done}",))
            )
            continue
        refused = _ahead(one, begins) or _overlapping(one, begins, rows) or _among(one, begins, begun)
        if not refused and not math.isnan(begins):
            begun.append((begins, one))
        found.append(Foreseen(refused, tuple(said)))
    return found


def _is_same(row: RecordingRow, one: Coming) -> bool:
    return Path(row.path).name == one.path.name and row.bytes == one.bytes


def _ahead(one: Coming, begins: float) -> str:
    if math.isnan(begins):
        return ""
    try:
        refuse_future("It", begins, 0.0 if one.source == "stated" else _length(one))
    except Refused as error:
        return str(error)
    return ""


def _overlapping(one: Coming, begins: float, rows: Sequence[RecordingRow]) -> str:
    if math.isnan(begins):
        return ""
    for row in rows:
        if row.camera == one.camera and overlap(begins, _length(one), row):
            return (
                f"It would overlap with {row.name}, which begins at {said_time(row.time_of(0))}: camera {one.camera} "
                "cannot film both. Check its camera and its start."
            )
    return ""


def _among(one: Coming, begins: float, others: Sequence[tuple[float, Coming]]) -> str:
    """Two of the recordings that come in now."""
    if math.isnan(begins):
        return ""
    cut = OVERLAP / 2
    for first, other in others:
        ends, other_ends = begins + _length(one), first + _length(other)
        if other.camera == one.camera and begins + cut < other_ends - cut and first + cut < ends - cut:
            return (
                f"It would overlap with {other.path.name}, which begins at {said_time(first)}: camera {one.camera} "
                "cannot film both. Check its camera and its start."
            )
    return ""


def _length(one: Coming) -> float:
    return 0.0 if math.isnan(one.seconds) else one.seconds
