"""Who trains and who validates: the division of a gallery's training crops. No torch: forms ask it too."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK, Records, plural, split_identities
from reid_core.training.recipe import Recipe


def divide_rows(
    rows: pd.DataFrame, recipe: Recipe, description: str, fold: tuple[int, int] | None = None
) -> tuple[pd.DataFrame, Records]:
    """The labelled ones of training `rows` (columns of `Records`), and the records of just these with new splits.

    Validation is a seeded share of their identities, or the fold's. Raises ReidError, naming the data by `description`,
    when nobody is labelled, there is no such fold, or fewer than two identities are left to train on.
    """
    rows = rows[rows["identity"].notna() & ~rows["identity"].isin([DISTRACTOR, JUNK])]
    if rows.empty:
        raise ReidError(
            f"{_first(description)} has no labelled training crops. Import data with identities, a share of which "
            "is to train on; or, to try it, drawn people: `reid draw people`, then `reid import people --gallery "
            "drawn`."
        )
    if fold:
        records = _divide_by_fold(Records(rows), fold, recipe.seed, description)
    else:
        share = 1 - recipe.validation
        # Another purpose than an import's division, or all who were kept for training would fall on one side here too.
        records = split_identities(Records(rows), train_share=share, seed=recipe.seed, purpose="")
    trained = records.table["split"] == "train"
    if (people := records.table.loc[trained, "identity"].nunique()) < 2:
        beside = "fold {} of {}".format(*fold) if fold else f"the validation share of {recipe.validation}"
        raise ReidError(
            f"{_first(description)} has {plural(people, 'identity')} to train on beside {beside}; at least 2 are "
            "needed."
        )
    return rows, records


def _divide_by_fold(records: Records, fold: tuple[int, int], seed: int, description: str) -> Records:
    """All identities but the fold's train; the fold's are queries and gallery as `split_identities` divides them."""
    number, count = fold
    people = np.array(sorted(records.identities()), dtype=object)
    if not (count >= 2 and 1 <= number <= count):
        raise ReidError(f"There is no fold {number} of {count}; there are 2 folds at least, counted from 1.")
    if count > len(people):
        raise ReidError(
            f"{_first(description)} has {plural(len(people), 'identity')} to train on, too few for {count} folds."
        )
    order = np.random.default_rng(seed).permutation(len(people))
    held_out = records.table["identity"].isin(people[order[number - 1 :: count]]).to_numpy()
    split = np.full(len(records), "train", dtype=object)
    tested = Records(records.table[held_out])
    split[held_out] = split_identities(tested, train_share=0.0, seed=seed, purpose="").table["split"]
    return Records(records.table.assign(split=split))


def _first(description: str) -> str:
    """As the first word of a sentence."""
    return description[:1].upper() + description[1:]
