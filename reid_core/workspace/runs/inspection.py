"""A gallery's crops looked at before they are trained on; what was found is kept until the gallery changes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from reid_core.errors import Refused
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.records import SPLITS
from reid_core.training.crops.findings import Finding
from reid_core.training.crops.inspection import Histogram, Insight, inspect_crops
from reid_core.training.recipe import Recipe
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.galleries.withheld import without_withheld
from reid_core.workspace.layout import INSIGHTS
from reid_core.workspace.workspace import Workspace


def inspect_gallery(
    workspace: Workspace,
    gallery: str,
    recipe: Recipe | None = None,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Insight:
    """Look at all of its crops under the recipe's division (default: the reference recipe's), and keep the result."""
    recipe = recipe or Recipe()
    stamp = _stamp(workspace, gallery, recipe)
    found = inspect_crops(_crops(workspace, gallery), recipe, f"gallery {gallery}", on_progress=on_progress)
    file = workspace.path / INSIGHTS / f"{gallery}.json"
    file.parent.mkdir(exist_ok=True)
    text = json.dumps({"stamp": stamp, **dataclasses.asdict(found)}, ensure_ascii=False)
    write_atomically(file, lambda opened: opened.write(text.encode()))
    return found


def kept_insight(workspace: Workspace, gallery: str, recipe: Recipe | None = None) -> Insight | None:
    """What was found last; None when the gallery or the division has changed since."""
    try:
        values = read_json((workspace.path / INSIGHTS / f"{gallery}.json").read_bytes())
        if values.pop("stamp") != _stamp(workspace, gallery, recipe or Recipe()):
            return None
        for name in ("crops_each", "heights", "sharpness", "brightness"):
            values[name] = Histogram(**values[name])
        values["findings"] = [Finding(**finding) for finding in values["findings"]]
        return Insight(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def refuse_leakage(workspace: Workspace, gallery: str, recipe: Recipe) -> None:
    """Raises ReidError when pictures or people are on both sides of the division that the recipe makes."""
    found = kept_insight(workspace, gallery, recipe) or inspect_gallery(workspace, gallery, recipe)
    leaking = [finding for finding in found.errors if finding.crops]
    if leaking:
        raise Refused(
            f"{leaking[0].sentence} `reid inspect {gallery}` names them; --allow-leakage trains all the same."
        )


def _crops(workspace: Workspace, gallery: str) -> pd.DataFrame:
    crops = without_withheld(workspace.catalogue, workspace.catalogue.crops(gallery, SPLITS))
    with connect(workspace.catalogue.path) as database:
        key = gallery_key(database, gallery)
        looks = dict(database.execute("SELECT id, look FROM crop WHERE gallery = ? AND look NOT NULL", (key,)))
    # Two sources may hold the same path; the row's number keeps paths apart, as in training.
    paths = [f"{row}/{path}" for row, path in enumerate(crops["path"])]
    look = np.array([looks.get(int(id)) for id in crops["id"]], dtype=object)
    return crops.assign(path=paths, look=pd.Series(look, index=crops.index, dtype=object))


def _stamp(workspace: Workspace, gallery: str, recipe: Recipe) -> list[object]:
    """What the result depends on: the last change of crops or labels, how many there are, and the division."""
    with connect(workspace.catalogue.path) as database:
        key = gallery_key(database, gallery)
        changed, count = database.execute(
            "SELECT COALESCE(MAX(seq), 0), COUNT(*) FROM crop WHERE gallery = ?", (key,)
        ).fetchone()
        last = database.execute("SELECT COALESCE(MAX(id), 0) FROM crop WHERE gallery = ?", (key,)).fetchone()[0]
    return [changed, count, last, recipe.seed, recipe.validation]
