"""Curves of runs as tables, read fast and read again only as far as they have grown; what differs between runs.

A run's curve is a CSV that its process appends to; the row that is being written is not there yet.
"""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import pandas as pd

from reid_core.training.recipe import Recipe, recipe_values

KEPT = 512  # tables; 10,000 steps of eight columns take 640 kB
SHOWN = 800  # points of a line: about as many as a chart has pixels
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Read:
    """What was read of a file: its identity, how many bytes of it, and a mark to see that they are still the same."""

    inode: int
    size: int
    mark: bytes
    table: pd.DataFrame


_read: OrderedDict[Path, _Read] = OrderedDict()
_reading = Lock()
_MARK = 64  # last bytes of what was read


def read_table(path: Path) -> pd.DataFrame:
    """Whole rows of `steps.csv`, `epochs.csv` or `resources.csv`; empty where there are none. Do not write to it."""
    with _reading:
        known = _read.pop(path, None)
        try:
            with path.open("rb") as file:
                found = _up_to_date(file, known)
        except OSError:
            return pd.DataFrame()
        _read[path] = found
        while len(_read) > KEPT:
            _read.popitem(last=False)
        return found.table


def _up_to_date(file: io.BufferedReader, known: _Read | None) -> _Read:
    about = os.fstat(file.fileno())
    if known is not None and known.inode == about.st_ino and known.size <= about.st_size and known.size:
        file.seek(known.size - len(known.mark))
        content = file.read()
        if content.startswith(known.mark):
            new = _whole_rows(content[len(known.mark) :])
            if not new:
                return known
            rows = _rows(new, list(known.table.columns))
            table = pd.concat([known.table, rows], ignore_index=True)
            return _Read(about.st_ino, known.size + len(new), (known.mark + new)[-_MARK:], table)
    file.seek(0)
    content = _whole_rows(file.read())
    header, _, rest = content.partition(b"\n")
    columns = header.decode("utf-8", "replace").strip().split(",") if header else []
    table = _rows(rest, columns) if columns else pd.DataFrame()
    return _Read(about.st_ino, len(content), content[-_MARK:], table)


def _whole_rows(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _rows(content: bytes, columns: list[str]) -> pd.DataFrame:
    """Rows up to the first that is no row of numbers: after it nothing can be trusted."""
    try:
        table = pd.read_csv(
            io.BytesIO(content), header=None, names=columns, dtype=np.float64, index_col=False, on_bad_lines="error"
        )
        if all(line.count(b",") == len(columns) - 1 for line in (content[: content.find(b"\n")],)):
            return table
    except (ValueError, pd.errors.ParserError):
        pass
    good = []
    for line in content.splitlines():
        try:
            row = [float(part or "nan") for part in line.split(b",")]
        except ValueError:
            break
        if len(row) != len(columns):
            break
        good.append(row)
    return pd.DataFrame(good, columns=columns, dtype=np.float64)


def thin(x: Numbers, y: Numbers, points: int = SHOWN) -> tuple[Numbers, Numbers]:
    """About `points` of (N,) points that draw the same line: of each stretch its lowest and highest, in order.

    The first and last points stay. A stretch without a number gives one NaN, which breaks the line as it did.
    """
    count = len(x)
    if count <= points:
        return x, y
    inner = np.arange(1, count - 1)
    edges = np.linspace(1, count - 1, max(1, points // 2)).astype(np.int64)
    starts = np.unique(edges[:-1])
    finite = np.isfinite(y)
    low = np.where(finite, y, np.inf)[inner]
    high = np.where(finite, y, -np.inf)[inner]
    chosen = [0, count - 1]
    for begin, end in zip(starts, np.append(starts[1:], count - 1), strict=True):
        part = slice(begin - 1, end - 1)
        chosen += [int(begin + np.argmin(low[part])), int(begin + np.argmax(high[part]))]
    kept = np.unique(chosen)
    return x[kept], y[kept]


def differences(recipes: Mapping[str, Recipe]) -> dict[str, list[object]]:
    """Values in which the recipes of these runs are not all alike, by name, in the order of the runs."""
    values = {value.name: [getattr(recipe, value.name) for recipe in recipes.values()] for value in recipe_values()}
    return {name: row for name, row in values.items() if any(one != row[0] for one in row[1:])}
