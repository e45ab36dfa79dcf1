"""Crops that are kept out of training, whatever their split. They keep their labels, and are searched like others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from sqlite3 import Connection
from typing import Any

import pandas as pd

from reid_core.workspace.catalogue.audit import LetTrain, Withhold
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import gallery_key, next_numbers, now
from reid_core.workspace.catalogue.selection import Selection


def withhold(catalogue: Catalogue, gallery: str, selection: Selection) -> int:
    """No run that starts from now on trains on the selected crops, until `restore`; how many were not withheld yet."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        where, values = selection.where(gallery_key(database, gallery))
        _touch(database, f"{where} AND id NOT IN (SELECT crop FROM withheld)", values)
        added = database.execute(
            f"INSERT OR IGNORE INTO withheld (crop, at, who) SELECT id, ?, ? FROM crop WHERE {where}",
            (now(), catalogue.actor.name, *values),
        ).rowcount
        if added:
            write_log(database, catalogue.actor, Withhold(gallery=gallery, crops=added))
        return added


def restore(catalogue: Catalogue, gallery: str, selection: Selection) -> int:
    """Trainings may use the selected crops again; how many were withheld."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        where, values = selection.where(gallery_key(database, gallery))
        _touch(database, f"{where} AND id IN (SELECT crop FROM withheld)", values)
        removed = database.execute(
            f"DELETE FROM withheld WHERE crop IN (SELECT id FROM crop WHERE {where})", values
        ).rowcount
        if removed:
            write_log(database, catalogue.actor, LetTrain(gallery=gallery, crops=removed))
        return removed


def _touch(database: Connection, where: str, values: list[Any]) -> None:
    """The crops are others than before to everybody who keeps something of a gallery's labels."""
    database.execute(f"UPDATE crop SET seq = ? WHERE {where}", (next_numbers(database, 1), *values))


def withheld(catalogue: Catalogue, ids: Iterable[int]) -> set[int]:
    """Those of these crops that are kept out of training."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT crop FROM withheld WHERE crop IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
        )
        return {crop for (crop,) in rows}


def without_withheld(catalogue: Catalogue, crops: pd.DataFrame) -> pd.DataFrame:
    """The rows of `crops` (columns `id` and `split`) without training crops that are withheld."""
    with catalogue.transaction() as database:
        kept_out = [crop for (crop,) in database.execute("SELECT crop FROM withheld")]
    return crops[~((crops["split"] == "train") & crops["id"].isin(kept_out))] if kept_out else crops
