"""The tracklets before and after one, past the same camera: by index, however many there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from sqlite3 import Connection

_WITH_CROPS = "EXISTS (SELECT 1 FROM crop WHERE crop.recording = tracklet.recording AND crop.tracklet = tracklet.name)"
_EARLIER = (
    "SELECT start_moment, key FROM tracklet WHERE recording = ?1 AND (start_moment, key) < (?2, ?3) "
    f"AND {_WITH_CROPS} ORDER BY start_moment DESC, key DESC LIMIT 1"
)
_LATER = (
    "SELECT start_moment, key FROM tracklet WHERE recording = ?1 AND (start_moment, key) > (?2, ?3) "
    f"AND {_WITH_CROPS} ORDER BY start_moment, key LIMIT 1"
)


@dataclass(frozen=True)
class Beside:
    """A tracklet among others: its recording, whose moment 0 was at `begins` (NaN: unknown), and where it starts."""

    gallery: int
    recording: int
    camera: str | None
    begins: float
    start: float
    key: int


def beside(database: Connection, place: Beside) -> tuple[int | None, int | None]:
    """The best crops of the tracklet before and of the one after, by when they start: among the recordings of its
    camera where the times are known, else in its own recording. Tracklets without crops are passed over."""
    begins = {place.recording: 0.0 if math.isnan(place.begins) else place.begins}
    if place.camera is not None and not math.isnan(place.begins):
        rows = database.execute(
            "SELECT key, start + clock_offset FROM recording WHERE gallery = ? AND camera = ? AND start IS NOT NULL",
            (place.gallery, place.camera),
        )
        begins |= dict(rows.fetchall())
    own = begins[place.recording]
    found = []
    for query, last in ((_EARLIER, max), (_LATER, min)):
        nearest: list[tuple[float, int]] = []
        for recording, second in begins.items():
            start = place.start if recording == place.recording else own + place.start - second
            row = database.execute(query, (recording, start, place.key)).fetchone()
            if row is not None:
                nearest.append((second + row[0], row[1]))
        found.append(_best_of(database, last(nearest)[1]) if nearest else None)
    return found[0], found[1]


def best_crop(database: Connection, recording: int, tracklet: str, start: float, end: float) -> int | None:
    """The crop that is nearest to the middle of the walk, of two the first: there a person is seen from the side and
    whole, more often than where she comes or goes."""
    row = database.execute(
        "SELECT id FROM crop WHERE recording = ? AND tracklet = ? ORDER BY abs(moment - ?), id LIMIT 1",
        (recording, tracklet, (start + end) / 2),
    ).fetchone()
    return None if row is None else int(row[0])


def _best_of(database: Connection, key: int) -> int | None:
    cells = database.execute("SELECT recording, name, start_moment, end_moment FROM tracklet WHERE key = ?", (key,))
    return best_crop(database, *cells.fetchone())
