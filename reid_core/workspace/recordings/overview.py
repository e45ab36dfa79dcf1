"""The recordings of a gallery in numbers, for a list of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, spans_in
from reid_core.workspace.catalogue.rows import gallery_key

HOUR = 3600.0  # seconds
# The first that holds is the one word for what was wrong; fields of `Problems`.
_WORDS = (
    ("damaged", ("damaged_packets", "damaged_frames")),
    ("gaps", ("gaps", "more_gaps")),
    ("clock", ("backward_jumps", "wrong_stamps")),
    ("size", ("resized",)),
    ("stamps", ("missing_stamps", "repeated_stamps", "backward_stamps")),
    ("note", ("notes",)),
)


@dataclass(frozen=True)
class RecordingLine:
    """A recording with how many tracklets it has, without those to ignore, and how many are `ignored`.

    `busiest` is how many of them begin within one hour at most, and `problem` one word for what was wrong, "" for
    nothing. In the `spans`, in seconds into it, somebody is in view who was deleted.
    """

    row: RecordingRow
    tracklets: int
    ignored: int
    busiest: int
    problem: str
    spans: Sequence[Span] = ()


def has_recordings(catalogue: Catalogue, gallery: str) -> bool:
    """Whether there is one. Raises ReidError when there is no such gallery."""
    with catalogue.transaction() as database:
        key = gallery_key(database, gallery)
        return database.execute("SELECT 1 FROM recording WHERE gallery = ? LIMIT 1", (key,)).fetchone() is not None


def lines_of(catalogue: Catalogue, rows: Sequence[RecordingRow]) -> list[RecordingLine]:
    """One for each of the recordings, in their order: a page of them, since their tracklets are counted now."""
    keys = json.dumps([row.key for row in rows])
    begins: dict[int, list[float]] = {row.key: [] for row in rows}
    ignored = dict.fromkeys(begins, 0)
    with catalogue.transaction() as database:
        for recording, moment, left_out in database.execute(
            "SELECT recording, start_moment, ignored FROM tracklet "
            "WHERE recording IN (SELECT value FROM json_each(?)) ORDER BY recording, start_moment",
            (keys,),
        ):
            if left_out:
                ignored[recording] += 1
            else:
                begins[recording].append(moment)
        spans = {row.key: spans_in(database, row) for row in rows}
    return [
        RecordingLine(
            row,
            len(begins[row.key]),
            ignored[row.key],
            most_within(begins[row.key]),
            problem_word(row.problems),
            spans[row.key],
        )
        for row in rows
    ]


def most_within(moments: Sequence[float], span: float = HOUR) -> int:
    """How many of the moments, in rising order, lie within a span of so many seconds at most, its end left out.

    >>> most_within([0, 10, 3599, 3600, 3700])
    3
    """
    times = np.asarray(moments, np.float64)
    if not len(times):
        return 0
    return int((np.searchsorted(times, times + span, side="left") - np.arange(len(times))).max())


def problem_word(problems: Mapping[str, Any]) -> str:
    """One word for what was wrong with a recording, by its `Problems.state()`; "" for nothing.

    >>> problem_word({"gaps": [(3.0, 8.0)], "repeated_stamps": 2})
    'gaps'
    """
    return next((word for word, fields in _WORDS if any(problems.get(name) for name in fields)), "")
