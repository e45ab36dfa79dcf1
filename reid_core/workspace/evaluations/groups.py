"""Groups of people or crops that a table says and the catalogue does not, for one evaluation; nothing of it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from reid_core.errors import Damaged, ReidError

KEYS = ("identity", "path")


def read_groups(file: Path) -> pd.DataFrame:
    """A CSV or TSV with a column `identity` or `path` and any others, all as text. Raises ReidError when it is none."""
    try:
        table = pd.read_csv(file, sep="\t" if file.suffix.lower() == ".tsv" else ",", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise Damaged(f"{file} cannot be read as a table ({str(error).strip()}). Give a CSV file.") from error
    if not any(key in table for key in KEYS) or len(table.columns) < 2:
        raise ReidError(
            f"{file} needs a column 'identity' or 'path', and one or more columns of groups; it has: "
            f"{', '.join(map(str, table.columns))}."
        )
    return table


def group_columns(groups: pd.DataFrame, crops: pd.DataFrame) -> dict[str, np.ndarray]:
    """Each column of groups for each crop, by its path where the table has paths, else by its identity.

    Numbers where all values are; None, or NaN, for crops that the table does not name. Raises ReidError when the table
    names one thing twice, or no crop at all.
    """
    key = "path" if "path" in groups else "identity"
    if len(repeated := groups[key][groups[key].duplicated()]):
        raise ReidError(f"The table of groups names {key} {repeated.iloc[0]!r} twice.")
    if not crops[key].isin(groups[key]).any():
        raise ReidError(f"The table of groups names no {key} of this gallery; its first is {groups[key].iloc[0]!r}.")
    found = {}
    for column in groups.columns.difference(list(KEYS), sort=False):
        of_key = dict(zip(groups[key], groups[column], strict=True))
        values = np.array([of_key.get(name) or None for name in crops[key]], dtype=object)
        numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64)
        known = np.array([value is not None for value in values])
        found[str(column)] = numbers if np.isfinite(numbers[known]).all() else values
    return found
