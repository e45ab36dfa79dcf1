"""Filter columns as an index holds them: numpy arrays that a filter becomes a mask over, labels as integer codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.records import DISTRACTOR, FIRST_CLOCK_TIME, JUNK
from reid_core.retrieval.filters import LABELS, NUMBERS, UNKNOWN_HEIGHT, Columns, Filter

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
            encoded[name] = np.array(
                [_UNKNOWN if label is None else codes.setdefault(label, len(codes)) for label in labels], dtype=np.int32
            )
        return encoded

    def passing(self, where: Filter) -> NDArray[np.bool_] | None:
        """Rows that pass all of the filter but `only_ids` and `exclude_ids`; None for every row."""
        time, height = self._columns["time"].values, self._columns["height"].values
        tests: list[NDArray[np.bool_]] = []
        for name, labels in (("camera", where.cameras), ("identity", where.identities), ("split", where.splits)):
            if labels is not None:
                tests.append(self._is_any_of(name, labels))
        if where.exclude_cameras:
            tests.append(~self._is_any_of("camera", where.exclude_cameras))
        if where.after is not None:
            tests.append(time >= where.after)
        if where.before is not None:
            tests.append(time <= where.before)
            if where.before >= FIRST_CLOCK_TIME:  # seconds into a recording are before no date
                tests.append(time >= FIRST_CLOCK_TIME)
        if where.min_height is not None:
            tests.append((height >= where.min_height) & (height != UNKNOWN_HEIGHT))
        if where.min_sharpness is not None:
            tests.append(self._columns["sharpness"].values >= where.min_sharpness)
        if where.weekdays is not None or where.hours is not None:
            tests.append(_in_the_week(time, where.weekdays, where.hours))
        if where.identity_known is not None:
            codes = self._codes["identity"]
            nobody = [codes[label] for label in (DISTRACTOR, JUNK) if label in codes]
            named = ~np.isin(self._columns["identity"].values, [_UNKNOWN, *nobody])
            tests.append(named if where.identity_known else self._columns["identity"].values == _UNKNOWN)
        for name, colours in (("upper", where.upper), ("lower", where.lower)):
            if colours is not None:
                fits = self._is_any_of(name, colours)
                tests.append(fits | (self._columns[name].values == _UNKNOWN) if where.unclear_colours else fits)
        return np.logical_and.reduce(tests) if tests else None

    def _is_any_of(self, name: str, labels: frozenset[str]) -> NDArray[np.bool_]:
        codes = self._codes[name]
        wanted = np.zeros(len(codes) + 1, dtype=np.bool_)  # the last entry answers for _UNKNOWN
        wanted[[codes[label] for label in labels if label in codes]] = True
        passed: NDArray[np.bool_] = wanted[self._columns[name].values]
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


def _in_the_week(
    time: NDArray[np.float64], weekdays: frozenset[int] | None, hours: frozenset[int] | None
) -> NDArray[np.bool_]:
    dated = time >= FIRST_CLOCK_TIME
    since = np.where(dated, time, 0.0).astype(np.int64)
    days, seconds = np.divmod(since, 86_400)
    passed = dated
    if weekdays is not None:
        passed = passed & np.isin((days + 3) % 7, list(weekdays))  # the first of January 1970 was a Thursday
    if hours is not None:
        passed = passed & np.isin(seconds // 3600, list(hours))
    return passed
