"""Recordings, tracklets and what an analysis has reached, as the rest of the program sees them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import NotThere, Refused
from reid_core.workspace.catalogue.recordings.walks import follow_zones

START_SOURCES = ("stated", "name", "container", "file")  # who says when a recording begins
NUMBERED = "numbered"  # in the settings of a recording: the highest number that a track of it ever had
_UNKNOWN = float("nan")
_NUMBERED = re.compile(r"-([0-9]{1,9})[a-z]?$")


class DeletedMeanwhile(Refused):
    """A deletion took something of the gallery since an analysis took up its state: that may show who was deleted."""


@dataclass(frozen=True, kw_only=True)
class NewRecording:
    """What is known of a recording before it is analysed.

    `start` is the moment of its first frame in seconds since 1970 as its camera's clock has it, NaN where unknown, and
    `start_source` which of `START_SOURCES` says so; `said` is what the others say. `duration` is in seconds, NaN where
    unknown; `width` and `height` are pixels of the upright frame. `copied` recordings lie in the folder of their source
    under their own name. `sha256` of a file that is still growing is None. `clock_offset` is how many seconds its
    camera's clock was found to be slow.
    """

    name: str
    path: str
    camera: str | None
    width: int
    height: int
    sha256: bytes | None = None  # before the field whose name hides the type
    bytes: int
    detector: str
    copied: bool = False
    start: float = _UNKNOWN
    start_source: str | None = None
    zone: str | None = None
    clock_offset: float = 0.0
    duration: float = _UNKNOWN
    said: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RecordingRow(NewRecording):
    """A recording as the catalogue has it.

    It is analysed up to second `analysed`, and to its end once `finished` says when. One that is not finished and has
    no state (`has_state`) goes on there with an empty scene: a deletion has taken what was in view. `still_moment` is
    NaN where there is no still.
    """

    key: int
    gallery: str
    source: int
    frames: int
    problems: Mapping[str, Any]
    analysed: float
    has_state: bool
    still_moment: float
    imported: str
    finished: str | None

    def time_of(self, moment: float) -> float:
        """In seconds since 1970, with the clock mended, what is so many seconds into the recording; NaN if unknown."""
        return self.start + self.clock_offset + moment


@dataclass(frozen=True, kw_only=True)
class NewTracklet:
    """A walk past the camera. Its `name` is the label `tracklet` of its crops, and of no other tracklet of the gallery.

    Moments are seconds into the recording. `entry` and `exit` are the first and last foot point in pixels of the
    upright frame, `path` (N, 5) is moment, x and y of the foot point, width and height of the box, once a second; NaN
    where a size is not known. `score` is the detector's mean,
    `moved` how far its foot point got from where it was first, in heights of the box. One that is `open_at_start` or
    `open_at_end` was in view when the recording, or its analysis, began or ended.
    """

    name: str
    start_moment: float
    end_moment: float
    entry: tuple[float, float]
    exit: tuple[float, float]
    path: NDArray[np.float32]
    detections: int
    score: float
    moved: float
    open_at_start: bool = False
    open_at_end: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an analysis is: `frames` are decoded up to second `analysed`, and `state` is what it goes on from.

    `after` is how many frames the step before left: where the catalogue has another number, another process analyses
    the recording, too, and nothing is kept. `deletion` is `TakenUp.deletion`: where there is a newer one, nothing is
    kept either. None keeps it whatever is there. `numbered` is the highest number that a track has had. `duration` and
    `bytes` are of a file that has grown; NaN and None leave them as they are.
    """

    analysed: float
    frames: int
    problems: Mapping[str, Any] = field(default_factory=dict)
    state: bytes | None = None
    duration: float = _UNKNOWN
    bytes: int | None = None
    after: int | None = None
    deletion: int | None = None
    numbered: int = 0


@dataclass(frozen=True)
class TakenUp:
    """What an analysis goes on from: the recording as it is, and its state, None for an empty scene.

    `numbered` is the highest number that a track of the recording ever had, 0 for none; `deletion` that of the newest
    receipt of a deletion in its gallery, 0 for none.
    """

    row: RecordingRow
    state: bytes | None
    numbered: int
    deletion: int


@dataclass(frozen=True, eq=False)
class Vectors:
    """(N, D) of N crops by the model of that id, which the catalogue knows; a row with NaN has no direction."""

    model: str
    rows: NDArray[np.float32]


_COLUMNS = (
    "key", "source", "name", "path", "copied", "sha256", "bytes", "camera", "start", "start_source", "zone", "said",
    "clock_offset", "duration", "width", "height", "facts", "frames", "problems", "detector", "settings", "analysed",
    "still_moment", "imported", "finished",
)  # fmt: skip
_NUMBERS = ("start", "duration", "still_moment")  # NULL is NaN
_JSON = ("said", "facts", "problems", "settings")


def of_key(database: Connection, recording: int) -> RecordingRow:
    """Raises ReidError when it was deleted."""
    rows = read(database, "recording.key = ?", (recording,))
    if not rows:
        raise NotThere("The recording was deleted while it was analysed. Run `reid video` again to bring it back.")
    return rows[0]


def newest_deletion(database: Connection, gallery: str) -> int:
    """Number of its receipt; 0 where nothing of that gallery was deleted."""
    row = database.execute("SELECT COALESCE(MAX(key), 0) FROM deletion WHERE gallery = ?", (gallery,)).fetchone()
    return int(row[0])


def untouched(database: Connection, recording: int, deletion: int | None) -> RecordingRow:
    """The recording, where nothing of its gallery was deleted since that deletion; None asks for no more than the
    recording. Raises DeletedMeanwhile, and ReidError when the recording was deleted."""
    row = of_key(database, recording)
    if deletion is not None and newest_deletion(database, row.gallery) > deletion:
        raise DeletedMeanwhile(
            f"Something of gallery {row.gallery} was deleted while recording {row.name} was analysed, so the last "
            "step was not kept. Run the same command again to go on."
        )
    return row


def number_of(tracklet: str) -> int:
    """The number at the end of its name ("gate-0012b"); 0 where there is none."""
    found = _NUMBERED.search(tracklet)
    return int(found[1]) if found else 0


def read(database: Connection, where: str, values: Sequence[Any]) -> list[RecordingRow]:
    """Recordings that meet the condition on table `recording`."""
    rows = database.execute(
        f"SELECT gallery.name, state IS NOT NULL, {', '.join(f'recording.{name}' for name in _COLUMNS)} "
        f"FROM recording JOIN gallery ON gallery.key = recording.gallery WHERE {where} "
        "ORDER BY recording.camera, start, recording.key",
        tuple(values),
    )
    found = []
    for gallery, has_state, *cells in rows:
        given = {name: _value(name, cell) for name, cell in zip(_COLUMNS, cells, strict=True)}
        found.append(RecordingRow(gallery=gallery, has_state=bool(has_state), **given))
    return found


def follow_crops(database: Connection, edit: int) -> None:
    """Where that change of labels gave all crops of a recording one camera, the recording has it, too, and the zones of
    that camera are those of its tracklets."""
    moved = database.execute(
        "WITH changed AS (SELECT recording AS key, MIN(camera) AS camera FROM crop WHERE recording IN "
        "(SELECT crop.recording FROM edit_row JOIN crop ON crop.id = edit_row.crop WHERE edit = ?) "
        "GROUP BY recording HAVING COUNT(DISTINCT camera) = 1 AND COUNT(camera) = COUNT(*)) "
        "UPDATE recording SET camera = changed.camera FROM changed WHERE recording.key = changed.key "
        "AND recording.camera IS NOT changed.camera RETURNING recording.gallery, recording.camera",
        (edit,),
    ).fetchall()
    for gallery, camera in set(moved):
        follow_zones(database, gallery, camera)


def cell(name: str, value: Any) -> Any:
    """The value of that field as it is written."""
    if name in _JSON:
        return json.dumps(value, ensure_ascii=False)
    return None if name in _NUMBERS and math.isnan(value) else value


def _value(name: str, cell: Any) -> Any:
    if name in _JSON:
        return json.loads(cell)
    if name == "copied":
        return bool(cell)
    return _UNKNOWN if name in _NUMBERS and cell is None else cell
