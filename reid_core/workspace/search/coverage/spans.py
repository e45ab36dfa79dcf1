"""Arithmetic of stretches of time: sorted, disjoint, each from its first second up to, and without, its last."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from reid_core.times import FIRST_CLOCK_TIME

Span = tuple[float, float]  # seconds
Spans = tuple[Span, ...]
ALL: Spans = ((-math.inf, math.inf),)
_HOUR, _DAY = 3600.0, 24  # seconds, hours


def union(spans: Iterable[Span]) -> Spans:
    """What is in any of these, which may overlap, touch or be empty, in any order."""
    joined: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] < span[1]):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return tuple(joined)


def common(one: Spans, other: Spans) -> Spans:
    """What is in both."""
    found: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        first, last = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if first < last:
            found.append((first, last))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return tuple(found)


def without(one: Spans, other: Spans) -> Spans:
    """What is in the first and not in the second."""
    edges = [-math.inf, *(edge for span in other for edge in span), math.inf]
    return common(one, tuple(span for span in zip(edges[::2], edges[1::2], strict=True) if span[0] < span[1]))


def hull(spans: Sequence[Span]) -> Spans:
    """From the first to the last of it; nothing of nothing."""
    return ((min(first for first, _ in spans), max(last for _, last in spans)),) if spans else ()


def seconds_of(spans: Iterable[Span]) -> float:
    return sum(last - first for first, last in spans)


def in_hours(spans: Spans, weekdays: frozenset[int] | None, hours: frozenset[int] | None) -> Spans:
    """What of it is on these days of the week (0 is Monday) and in these hours (0 to 23), of UTC; None for all.

    The spans must be finite. Nothing before `FIRST_CLOCK_TIME` has a day or an hour.
    """
    if weekdays is None and hours is None:
        return spans
    found: list[Span] = []
    for first, last in common(spans, ((FIRST_CLOCK_TIME, math.inf),)):
        slots = np.arange(math.floor(first / _HOUR), math.ceil(last / _HOUR))
        fits = np.ones(len(slots), dtype=np.bool_)
        if hours is not None:
            fits &= np.isin(slots % _DAY, list(hours))
        if weekdays is not None:  # the first of January 1970 was a Thursday
            fits &= np.isin((slots // _DAY + 3) % 7, list(weekdays))
        steps = np.flatnonzero(np.diff(np.concatenate([[False], fits, [False]]).astype(np.int8)))
        edges = [float(slots[0] + step) * _HOUR for step in steps]
        found += common(((first, last),), tuple(zip(edges[::2], edges[1::2], strict=True)))
    return tuple(found)
