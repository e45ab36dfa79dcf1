"""Filter columns as an index holds them: numpy arrays that a filter becomes a mask over, labels as integer codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.records import DISTRACTOR, JUNK
from reid_core.retrieval.filters import (
    ANY_OF,
    AT_LEAST,
    AT_MOST,
    HAS_ANY,
    HOUR,
    ID,
    LABELS,
    NAMED,
    NONE_OF,
    NUMBERS,
    UNKNOWN_HEIGHT,
    UNMARKED,
    UNTIL,
    WEEKDAY,
    Columns,
    Comparison,
    Filter,
)
from reid_core.times import FIRST_CLOCK_TIME

_UNKNOWN = -1  # code of a label that is not known


class GrowingArray:
    """A numpy array that grows at its end in amortised constant time.

    Rows that are there never move within their buffer: an array got from `values` keeps showing the rows that it had.
    """

    def __init__(self, values: NDArray[Any]) -> None:
        self._buffer = values
        self._length = len(values)

    @property
    def values(self) -> NDArray[Any]:
        return self._buffer[: self._length]

    def append(self, values: NDArray[Any]) -> None:
        end = self._length + len(values)
        if end > len(self._buffer):
            grown = np.empty((max(end, 2 * self._length), *self._buffer.shape[1:]), self._buffer.dtype)
            grown[: self._length] = self.values
            self._buffer = grown
        self._buffer[self._length : end] = values
        self._length = end


class CodedColumns:
    """Columns of many crops; a label is an int32 code into its column's list of names, -1 where it is not known."""

    def __init__(
        self, arrays: dict[str, NDArray[Any]] | None = None, names: dict[str, Sequence[str]] | None = None
    ) -> None:
        """`arrays` (writable) holds codes and numbers by column, `names` the labels; without them, of no crops."""
        if arrays is None:
            arrays = {name: np.empty(0, np.int32) for name in LABELS}
            arrays |= {name: np.empty(0, dtype) for name, dtype in NUMBERS.items()}
        self._columns = {name: GrowingArray(array) for name, array in arrays.items()}
        self._codes = {name: {label: code for code, label in enumerate((names or {}).get(name, ()))} for name in LABELS}

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: column.values for name, column in self._columns.items()}

    @property
    def names(self) -> dict[str, list[str]]:
        """Labels of each label column, in the order of their codes."""
        return {name: list(codes) for name, codes in self._codes.items()}

    def append(self, columns: Columns) -> None:
        for name, values in self._encoded(columns).items():
            self._columns[name].append(values)

    def replace(self, rows: NDArray[np.int64], columns: Columns) -> None:
        """Give these rows the values of `columns`, one after the other."""
        for name, values in self._encoded(columns).items():
            self._columns[name].values[rows] = values

    def _encoded(self, columns: Columns) -> dict[str, NDArray[Any]]:
        encoded = {name: getattr(columns, name) for name in NUMBERS}
        for name, codes in self._codes.items():
            labels = getattr(columns, name).tolist()
            if labels.count(None) == len(labels):  # as the walks of a gallery without recordings
                encoded[name] = np.full(len(labels), _UNKNOWN, dtype=np.int32)
                continue
            encoded[name] = np.array(
                [_UNKNOWN if label is None else codes.setdefault(label, len(codes)) for label in labels], dtype=np.int32
            )
        return encoded

    def passing(self, where: Filter) -> NDArray[np.bool_] | None:
        """Rows that pass all of the filter but what it says of ids; None for every row."""
        masks = [self._passing(one) for one in where.comparisons() if one.column != ID and not self._is_idle(one)]
        return np.logical_and.reduce(masks) if masks else None

    def _is_idle(self, one: Comparison) -> bool:
        """Whether every row passes, so that no mask need slow down the search."""
        return one.how == UNMARKED and (one.value or not self._columns[one.column].values.any())

    def _passing(self, one: Comparison) -> NDArray[np.bool_]:
        values = self._columns[one.column].values
        passed = _COMPARE[one.how](values, self._codes.get(one.column, {}), one.value)
        if one.or_unknown:
            passed |= values == _UNKNOWN
        return passed

    @staticmethod
    def joined(parts: Sequence[tuple[CodedColumns, NDArray[np.int64]]]) -> CodedColumns:
        """A copy of these rows of each part, one part after the other; names that no row uses any more are left out."""
        arrays: dict[str, NDArray[Any]] = {
            name: np.concatenate([part._columns[name].values[rows] for part, rows in parts]) for name in NUMBERS
        }
        names: dict[str, Sequence[str]] = {}
        for column in LABELS:
            shared: dict[str, int] = {}
            coded = []
            for part, rows in parts:
                codes = part._columns[column].values[rows]
                labels = list(part._codes[column])
                recoded = np.full(len(labels) + 1, _UNKNOWN, dtype=np.int32)  # the last entry answers for _UNKNOWN
                for code in np.unique(codes[codes != _UNKNOWN]).tolist():
                    recoded[code] = shared.setdefault(labels[code], len(shared))
                coded.append(recoded[codes])
            arrays[column], names[column] = np.concatenate(coded), list(shared)
        return CodedColumns(arrays, names)


# Which rows pass a comparison, from a column's values, the codes of its labels, and the filter's value.


def _any_of(values: NDArray[Any], codes: dict[str, int], labels: frozenset[str]) -> NDArray[np.bool_]:
    wanted = np.zeros(len(codes) + 1, dtype=np.bool_)  # the last entry answers for _UNKNOWN
    wanted[[codes[label] for label in labels if label in codes]] = True
    passed: NDArray[np.bool_] = wanted[values]
    return passed


def _none_of(values: NDArray[Any], codes: dict[str, int], labels: frozenset[str]) -> NDArray[np.bool_]:
    return ~_any_of(values, codes, labels)


def _has_any(values: NDArray[Any], codes: dict[str, int], names: frozenset[str]) -> NDArray[np.bool_]:
    return _any_of(values, codes, frozenset(label for label in codes if not names.isdisjoint(label.split("\n"))))


def _at_most(values: NDArray[Any], codes: dict[str, int], most: float) -> NDArray[np.bool_]:
    passed: NDArray[np.bool_] = values <= most  # NaN never is
    return passed


def _at_least(values: NDArray[Any], codes: dict[str, int], least: float) -> NDArray[np.bool_]:
    passed: NDArray[np.bool_] = values >= least  # NaN never is
    return passed & (values != UNKNOWN_HEIGHT) if values.dtype.kind == "i" else passed


def _until(values: NDArray[Any], codes: dict[str, int], last: float) -> NDArray[np.bool_]:
    passed: NDArray[np.bool_] = values <= last
    return passed & (values >= FIRST_CLOCK_TIME) if last >= FIRST_CLOCK_TIME else passed


def _weekday(values: NDArray[Any], codes: dict[str, int], days: frozenset[int]) -> NDArray[np.bool_]:
    dated, since = _dated(values)
    return dated & np.isin((since // 86_400 + 3) % 7, list(days))  # the first of January 1970 was a Thursday


def _hour(values: NDArray[Any], codes: dict[str, int], hours: frozenset[int]) -> NDArray[np.bool_]:
    dated, since = _dated(values)
    return dated & np.isin(since // 3600 % 24, list(hours))


def _dated(times: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which times have a date, and whole seconds since 1970."""
    dated = times >= FIRST_CLOCK_TIME
    return dated, np.where(dated, times, 0.0).astype(np.int64)


def _named(values: NDArray[Any], codes: dict[str, int], named: bool) -> NDArray[np.bool_]:
    nobody = [codes[label] for label in (DISTRACTOR, JUNK) if label in codes]
    return ~np.isin(values, [_UNKNOWN, *nobody]) if named else values == _UNKNOWN


def _unmarked(values: NDArray[Any], codes: dict[str, int], or_marked: bool) -> NDArray[np.bool_]:
    return np.ones(len(values), np.bool_) if or_marked else ~values


_COMPARE: dict[str, Callable[[NDArray[Any], dict[str, int], Any], NDArray[np.bool_]]] = {
    ANY_OF: _any_of,
    NONE_OF: _none_of,
    HAS_ANY: _has_any,
    AT_LEAST: _at_least,
    AT_MOST: _at_most,
    UNTIL: _until,
    WEEKDAY: _weekday,
    HOUR: _hour,
    NAMED: _named,
    UNMARKED: _unmarked,
}
