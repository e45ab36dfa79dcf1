"""Measures what a filter lets a search look at: from recordings, what was wrong with them, and the crops' indexes."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from reid_core.records import natural_order
from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import GalleryInfo, cameras_of, gallery_key
from reid_core.workspace.search.coverage.coverage import (
    SEAM,
    CameraCoverage,
    Coverage,
    Undated,
    Unfinished,
    is_timed,
)
from reid_core.workspace.search.coverage.crops import bounds, count, has_imported, imported, untimed
from reid_core.workspace.search.coverage.spans import (
    Span,
    Spans,
    common,
    hull,
    in_hours,
    seconds_of,
    union,
    without,
)
from reid_core.workspace.search.coverage.tracklets import not_found
from reid_core.workspace.search.searching import Answer

BEYOND = 366 * 86_400.0  # seconds before the first and after the last recording that are looked at, where asked for


def filter_of(answer: Answer) -> Filter:
    """The filter that the answer was searched with: the cameras of its photos are left out unless it keeps them."""
    question = answer.query.question
    own = frozenset() if question.same_camera else frozenset(answer.query.cameras)
    return dataclasses.replace(question.where, exclude_cameras=question.where.exclude_cameras | own)


def coverage(catalogue: Catalogue, gallery: GalleryInfo, where: Filter, model: str | None = None) -> Coverage:
    """What a search of the gallery under this filter looks at; `model` is the id of the one that it searches by.

    Raises ReidError when the gallery is gone.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        key = gallery_key(database, gallery.name)
        there = _recordings(database, key)
        cameras = _cameras(database, key, there)
        asked = [camera for camera in cameras if _passes(where, camera)]
        dated, undated = defaultdict(list), []
        for one in there:
            if one.camera in asked and one.begin is None:
                undated.append(one)
            elif one.camera in asked:
                dated[one.camera].append(one)
        windows = _windows(dated, where)
        film = frozenset(one.camera for one in there)

        def of(camera: str | None) -> list[_Recording]:
            return [one for one in undated if one.camera == camera]

        with_imported = has_imported(database, key)
        passed_by = not_found(database, key, where, windows, {one.key for one in undated})
        found = tuple(
            dataclasses.replace(
                _filmed(camera, dated[camera], windows.get(camera, ()), [] if is_timed(where) else of(camera)),
                has_recordings=camera in film,
                undated=_undated(database, of(camera)),
                imported=imported(database, key, camera, where, mixed=bool(there)) if with_imported else None,
                ignored=passed_by.ignored[camera],
                ignored_crops=passed_by.ignored_crops[camera],
            )
            for camera in asked
        )
        return Coverage(
            where=dataclasses.replace(where, exclude_ids=frozenset(), only_ids=where.only_ids and frozenset()),
            cameras=found,
            left_out=tuple(camera for camera in cameras if camera not in asked),
            untimed=sum(untimed(database, key, camera, where) for camera in asked) if is_timed(where) else 0,
            unplaced=count(database, key, None, "1", []) if None in cameras and None not in asked else 0,
            tracklets_without_crops=passed_by.lone,
            not_embedded=0 if model is None else gallery.to_embed(model),
            without_direction=0 if model is None else gallery.without_direction.get(model, 0),
        )  # fmt: skip


@dataclass(frozen=True)
class _Recording:
    """A recording's stretches, in seconds into it; `begin` is its first moment since 1970, None where unknown."""

    key: int
    name: str
    camera: str | None
    begin: float | None
    seen: Spans
    gaps: Spans
    waiting: Spans
    unfinished: Unfinished | None
    damaged_frames: int
    damaged_packets: int
    more_gaps: int

    @property
    def whole(self) -> Span:
        """All of it, by the clock; empty where nothing of it could be read."""
        last = max((last for spans in (self.seen, self.gaps, self.waiting) for _, last in spans), default=0.0)
        return (self.begin or 0.0), (self.begin or 0.0) + last

    def dated(self, spans: Spans) -> Spans:
        begin = self.begin or 0.0
        return tuple((begin + first, begin + last) for first, last in spans)


_RECORDINGS = """
SELECT key, name, camera, start + clock_offset, duration, analysed, finished IS NOT NULL,
    json_extract(problems, '$.gaps'), json_extract(problems, '$.stated_seconds'),
    COALESCE(json_extract(problems, '$.damaged_frames'), 0), COALESCE(json_extract(problems, '$.damaged_packets'), 0),
    COALESCE(json_extract(problems, '$.more_gaps'), 0)
FROM recording WHERE gallery = ? ORDER BY start, key
"""


def _recordings(database: Connection, gallery: int) -> list[_Recording]:
    found = []
    for key, name, camera, begin, duration, analysed, finished, gaps, stated, *counts in database.execute(
        _RECORDINGS, (gallery,)
    ):
        length = max(duration or 0.0, analysed)
        reached = length if finished else analysed
        holes = [(first, last) for first, last in json.loads(gaps or "[]")]
        if finished and stated is not None and reached < 0.95 * stated - 2:  # as `Problems.ended` says it
            holes.append((reached, stated))
        lost = union(holes)
        unfinished = None
        if not finished:
            known = math.nan if duration is None else length
            unfinished = Unfinished(name=name, analysed=analysed, seconds=known)
        seen = without(union([(0.0, reached)]), lost)
        waiting = union([(reached, length)])
        found.append(_Recording(key, name, camera, begin, seen, without(lost, waiting), waiting, unfinished, *counts))
    return found


def _cameras(database: Connection, gallery: int, there: Sequence[_Recording]) -> list[str | None]:
    """In their order; the last is None where there are crops or recordings without one."""
    named = {*cameras_of(database, gallery), *(one.camera for one in there if one.camera is not None)}
    nameless = "SELECT 1 FROM crop WHERE gallery = ? AND camera IS NULL LIMIT 1"
    unknown = any(one.camera is None for one in there) or database.execute(nameless, (gallery,)).fetchone()
    return [*natural_order(named), *([None] if unknown else [])]


def _passes(where: Filter, camera: str | None) -> bool:
    return (where.cameras is None or camera in where.cameras) and camera not in where.exclude_cameras


def _windows(dated: dict[str | None, list[_Recording]], where: Filter) -> dict[str | None, Spans]:
    """Of each camera with a recording, the time in which one is looked for."""
    recorded = {camera: union(one.whole for one in several) for camera, several in dated.items()}
    everything = union(span for spans in recorded.values() for span in spans)
    if not everything:
        return {}
    (whole,) = hull(everything)
    first, last = whole
    if where.after is not None:
        first = max(where.after, whole[0] - BEYOND)
    if where.before is not None:
        last = min(where.before, whole[1] + BEYOND)
    stated = () if where.after is None and where.before is None else union([(first, last)])
    found = {}
    for camera, spans in recorded.items():
        base = union([*hull(spans), *everything, *stated])
        found[camera] = in_hours(common(base, (bounds(where),)), where.weekdays, where.hours)
    return found


def _filmed(
    camera: str | None, recordings: Sequence[_Recording], window: Spans, others: Sequence[_Recording]
) -> CameraCoverage:
    """Of dated recordings within the window; `others` are searched as well, though nobody knows their time."""
    inside = [one for one in recordings if common((one.whole,), window)]
    seen = common(union(span for one in inside for span in one.dated(one.seen)), window)
    waiting = without(common(union(span for one in inside for span in one.dated(one.waiting)), window), seen)
    gaps = common(union(span for one in inside for span in one.dated(one.gaps)), window)
    missing = without(window, union(one.whole for one in inside))
    searched = [*inside, *others]
    return CameraCoverage(
        camera=camera,
        recordings=len(inside),
        seen=seen,
        gaps=without(without(gaps, seen), waiting),
        waiting=waiting,
        missing=tuple(span for span in missing if span[1] - span[0] >= SEAM),
        damaged_frames=sum(one.damaged_frames for one in searched),
        damaged_packets=sum(one.damaged_packets for one in searched),
        more_gaps=sum(one.more_gaps for one in searched),
        unfinished=tuple(one.unfinished for one in searched if one.unfinished is not None),
    )


def _undated(database: Connection, recordings: Sequence[_Recording]) -> Undated:
    return Undated(
        recordings=len(recordings),
        crops=sum(_crops_of(database, one.key) for one in recordings),
        seen=sum(seconds_of(one.seen) for one in recordings),
        waiting=sum(seconds_of(one.waiting) for one in recordings),
        gaps=sum(seconds_of(one.gaps) for one in recordings),
        gap_count=sum(len(one.gaps) for one in recordings),
    )


def _crops_of(database: Connection, recording: int) -> int:
    return int(database.execute("SELECT COUNT(*) FROM crop WHERE recording = ?", (recording,)).fetchone()[0])
