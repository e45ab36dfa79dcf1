"""Seconds of a recording in which somebody was in view who is deleted: no clip may show them."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection
from typing import TypeAlias

from reid_core.workspace.catalogue.catalogue import Catalogue

Span: TypeAlias = tuple[float, float]
NEXT = 0.001  # seconds: what begins behind a span begins so much later


def deleted_spans(catalogue: Catalogue, recording: int) -> list[Span]:
    """In seconds into the recording, by their beginning."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        return spans_in(database, recording)


def spans_in(database: Connection, recording: int) -> list[Span]:
    """The same within a transaction."""
    rows = database.execute(
        "SELECT start_moment, end_moment FROM deleted_span WHERE recording = ? ORDER BY start_moment", (recording,)
    )
    return [(start, end) for start, end in rows]


def overlaps(one: Span, spans: Iterable[Span]) -> bool:
    """Whether any of the spans shares a moment with it, be it only its first or last."""
    return any(start <= one[1] and end >= one[0] for start, end in spans)


def kept_clear(core: Span, whole: Span, spans: Iterable[Span]) -> Span | None:
    """`whole`, cut where it reaches from `core` into a span; None where `core` itself does."""
    low, high = whole
    for start, end in spans:
        if start <= core[1] and end >= core[0]:
            return None
        if end < core[0]:
            low = max(low, round(end + NEXT, 3))
        else:
            high = min(high, round(start - NEXT, 3))
    return min(low, core[0]), max(high, core[1])
