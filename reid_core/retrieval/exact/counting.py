"""How many walks each choice of a filter would find, so that a page can say it beside the choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.retrieval.exact.columns import CodedColumns
from reid_core.retrieval.exact.segments import Segment
from reid_core.retrieval.filters import HAS_ANY, UNMARKED, Filter, Row, rows

Counts = dict[str, dict[Any, int]]
Mask = NDArray[np.bool_] | None  # None for every row


def count_choices(segments: Sequence[Segment], where: Filter, names: Sequence[str]) -> Counts:
    """See `VectorIndex.choices`. Takes a few passes over columns of integers, and sorts nothing."""
    default, filters = type(where)(), rows(type(where))
    given = [name for name in names if getattr(where, name) != getattr(default, name)]
    others = dataclasses.replace(where, **{name: getattr(default, name) for name in names})
    rest: list[Mask] = [segment.allowed(others) for segment in segments]
    alone = {name: [segment.columns.passing(_only(where, name)) for segment in segments] for name in given}
    walks: dict[str, list[NDArray[np.int64]]] = {}
    found: Counts = {}
    for name in names:
        own = name if name in given else ""  # those that are not given are counted among the same rows
        if own not in walks:
            masks = [
                _all_of([rest[place], *(alone[other][place] for other in given if other != own)])
                for place in range(len(segments))
            ]
            walks[own] = _one_of_each(segments, masks)
        counts = found.setdefault(name, {})
        for segment, chosen in zip(segments, walks[own], strict=True):
            for choice, count in _counted(segment.columns, filters[name], chosen):
                counts[choice] = counts.get(choice, 0) + count
    return found


def _only(where: Filter, name: str) -> Filter:
    """The filter with this one of its values alone."""
    row = rows(type(where))[name]
    values = {one: getattr(where, one) for one in (name, row.or_unknown) if one}
    return type(where)(**values)


def _all_of(masks: Sequence[Mask]) -> Mask:
    given = [mask for mask in masks if mask is not None]
    return np.logical_and.reduce(given) if given else None


def _one_of_each(segments: Sequence[Segment], masks: Sequence[Mask]) -> list[NDArray[np.int64]]:
    """One row of each walk that has a row in a mask, by segment; a row of no walk stands for itself."""
    most = max((int(numbers.max(initial=0)) for numbers in map(_walks, segments)), default=0)
    seen = np.zeros(most + 1, np.bool_)
    found = []
    for segment, mask in zip(segments, masks, strict=True):
        passing = np.arange(len(segment.ids)) if mask is None else np.flatnonzero(mask)
        numbers = _walks(segment)[passing]
        row_of = np.full(most + 1, -1, np.int64)
        row_of[numbers] = passing  # of several rows of a walk any will do: they share what is counted
        row_of[seen] = -1
        row_of[0] = -1  # number of no walk
        seen |= row_of >= 0
        found.append(np.concatenate([row_of[row_of >= 0], passing[numbers == 0]]))
    return found


def _walks(segment: Segment) -> NDArray[np.int32]:
    return segment.columns.arrays["walk"]


def _counted(columns: CodedColumns, row: Row, chosen: NDArray[np.int64]) -> Iterator[tuple[Any, int]]:
    """Each choice with the number of the chosen rows that have it; those that none has are left out."""
    values = columns.arrays[row.column][chosen]
    if row.how == UNMARKED:
        marked = int(np.count_nonzero(values))
        yield from [(True, marked)] if marked else []
        return
    labels = columns.names[row.column]
    counts = np.bincount(values + 1, minlength=len(labels) + 1)[1:]  # the first is of those that are not known
    for label, count in zip(labels, counts.tolist(), strict=True):
        for choice in label.split("\n") if row.how == HAS_ANY else (label,):
            if count:
                yield choice, count
