"""The tracklets of a gallery as one table: those that an analysis kept, and those that crops' labels tell."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import gallery_key


@dataclass(frozen=True, kw_only=True)
class TrackletLine:
    """A walk past one camera. What is not known is None, or NaN.

    `start` and `end` are in seconds as in `Records.time`; of a recording whose start is unknown, and of crops without
    times, NaN. `start_moment` and `end_moment` are seconds into the recording. `entry` and `exit` are foot points in
    pixels of the frame: of a tracklet without a recording, those of its first and last crop with a box. `identities`
    are the labels of its crops.
    """

    name: str
    camera: str | None
    start: float
    end: float
    crops: int
    identities: tuple[str, ...]
    entry: tuple[float, float] | None = None
    exit: tuple[float, float] | None = None
    recording: str | None = None
    start_moment: float = float("nan")
    end_moment: float = float("nan")
    detections: int | None = None
    score: float = float("nan")
    moved: float = float("nan")
    open_at_start: bool = False
    open_at_end: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted, where that is known."""
        return self.end_moment - self.start_moment if self.recording is not None else self.end - self.start

    @property
    def flags(self) -> tuple[str, ...]:
        """Whether the recording, or its analysis, began or ended with the person in view."""
        words = (("in view at the start", self.open_at_start), ("in view at the end", self.open_at_end))
        return tuple(word for word, holds in words if holds)


def tracklets_of(catalogue: Catalogue, gallery: str, cameras: Collection[str] | None = None) -> list[TrackletLine]:
    """All of them, or those of these cameras, by time. Raises ReidError when there is no such gallery."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        values = (gallery_key(database, gallery), None if cameras is None else json.dumps(list(cameras)))
        kept = [_kept(row) for row in database.execute(_KEPT, values)]
        feet = {(name, camera): tuple(points) for name, camera, *points in database.execute(_FEET, values)}
        told = [_told(row, feet.get(row[:2], ())) for row in database.execute(_TOLD, values)]
    return sorted([*kept, *told], key=_order)


# The camera is that of the crops, for people correct it there; of those that nobody labelled, that of the recording.
_KEPT = """
SELECT tracklet.name, COALESCE(MIN(crop.camera), recording.camera) AS seen_by, start + clock_offset, start_moment,
    end_moment, COUNT(crop.id), json_group_array(DISTINCT crop.identity), entry_x, entry_y, exit_x, exit_y,
    recording.name, detections, score, moved, open_at_start, open_at_end
FROM tracklet JOIN recording ON recording.key = tracklet.recording
    LEFT JOIN crop ON crop.recording = tracklet.recording AND crop.tracklet = tracklet.name
WHERE tracklet.gallery = ?1 GROUP BY tracklet.key
HAVING ?2 IS NULL OR seen_by IN (SELECT value FROM json_each(?2))
"""
# A tracklet belongs to its camera: two cameras may number theirs alike. The plus: by no other index than that of names.
_OF_LABELS = """
FROM crop WHERE gallery = ?1 AND tracklet IS NOT NULL AND (?2 IS NULL OR camera IN (SELECT value FROM json_each(?2)))
    AND NOT EXISTS (
        SELECT 1 FROM tracklet AS kept WHERE kept.gallery = crop.gallery AND kept.name = crop.tracklet
            AND +kept.recording = crop.recording
    )
"""
_TOLD = f"""
SELECT tracklet, camera, MIN(time), MAX(time), COUNT(*), json_group_array(DISTINCT identity)
{_OF_LABELS} GROUP BY camera, tracklet
"""
_FEET = f"""
WITH boxed AS (
    SELECT tracklet, camera, box_left + box_width / 2 AS x, box_top + box_height AS y,
        ROW_NUMBER() OVER (PARTITION BY camera, tracklet ORDER BY time, id) AS place,
        ROW_NUMBER() OVER (PARTITION BY camera, tracklet ORDER BY time DESC, id DESC) AS place_from_end
    {_OF_LABELS} AND box_left IS NOT NULL
)
SELECT tracklet, camera, MAX(x) FILTER (WHERE place = 1), MAX(y) FILTER (WHERE place = 1),
    MAX(x) FILTER (WHERE place_from_end = 1), MAX(y) FILTER (WHERE place_from_end = 1)
FROM boxed GROUP BY camera, tracklet
"""


def _kept(row: tuple[Any, ...]) -> TrackletLine:
    name, camera, start, first, last, crops, people, *points, recording, detections, score, moved, opened, ended = row
    begins = _number(start)
    return TrackletLine(
        name=name, camera=camera, start=begins + first, end=begins + last, crops=crops, identities=_people(people),
        entry=_point(*points[:2]), exit=_point(*points[2:]), recording=recording, start_moment=first, end_moment=last,
        detections=detections, score=score, moved=moved, open_at_start=bool(opened), open_at_end=bool(ended),
    )  # fmt: skip


def _told(row: tuple[Any, ...], feet: tuple[float, ...]) -> TrackletLine:
    """`feet` are those of its first and last crop with a box: x, y, x, y; nothing where there is none."""
    name, camera, start, end, crops, people = row
    return TrackletLine(
        name=name, camera=camera, start=_number(start), end=_number(end), crops=crops, identities=_people(people),
        entry=_point(*feet[:2]), exit=_point(*feet[2:]),
    )  # fmt: skip


def _order(line: TrackletLine) -> tuple[Any, ...]:
    unknown = line.start != line.start
    return (
        unknown,
        0.0 if unknown else line.start,
        line.recording or "",
        line.start_moment,
        line.camera or "",
        line.name,
    )


def _people(labels: str) -> tuple[str, ...]:
    return tuple(sorted(label for label in json.loads(labels) if label is not None))


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _point(x: float | None = None, y: float | None = None) -> tuple[float, float] | None:
    return None if x is None or y is None else (x, y)
