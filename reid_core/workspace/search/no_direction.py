"""Crops to which a model gives no direction (all zeros, or no numbers): there is nothing to compare.

They are remembered, so that a gallery counts as embedded without them and the next run need not try them again: a
model's id is that of its weights and preprocessing, so what it gives stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from reid_core.records import SPLITS, plural
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import gallery_key, model_key

REASON = "the model gives it no direction; left out"
EXAMPLE = "for example a black picture"


def never_found(crops: int) -> str:
    """What a search says of so many crops: "1 crop cannot be found by this model: ..."."""
    them = "it" if crops == 1 else "them"
    return f"{plural(crops, 'crop')} cannot be found by this model: it gives {them} no usable vector ({EXAMPLE})"


def keep_without_direction(catalogue: Catalogue, model: str, ids: Sequence[int]) -> None:
    """Remember these crops, but for those that are gone."""
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = model_key(database, model)
        database.executemany(
            "INSERT OR IGNORE INTO no_direction (model, crop) SELECT ?, id FROM crop WHERE id = ?",
            [(key, int(crop)) for crop in ids],
        )


def without_direction(catalogue: Catalogue, gallery: str, model: str, splits: Sequence[str] = SPLITS) -> dict[int, str]:
    """Ids of the crops in these splits to which the model with that id gives no direction, with their paths."""
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        values = (gallery_key(database, gallery), model_key(database, model), *splits)
        rows = database.execute(
            "SELECT id, path FROM no_direction AS missing JOIN crop ON crop.id = missing.crop "
            f"WHERE gallery = ? AND model = ? AND split IN ({', '.join('?' * len(splits))}) ORDER BY id",
            values,
        )
        return dict(rows.fetchall())
