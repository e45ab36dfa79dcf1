"""Legal holds: crops that no deletion takes until the hold is released."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reid_core.errors import NotThere
from reid_core.workspace.catalogue.audit import Hold, Release
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.rows import check_name, gallery_key, next_numbers, now
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.workspace import Workspace


def hold(workspace: Workspace, gallery: str, selection: Selection, name: str) -> int:
    """Keep the selected crops from every deletion until `release`; how many were not held under that name before."""
    check_name(name, "hold")
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        where, values = selection.where(gallery_key(database, gallery))
        added = database.execute(
            f"INSERT OR IGNORE INTO hold (name, crop, since, who) SELECT ?, id, ?, ? FROM crop WHERE {where}",
            (name, now(), workspace.actor.name, *values),
        ).rowcount
        if not database.execute(f"SELECT 1 FROM crop WHERE {where} LIMIT 1", values).fetchone():
            raise NotThere(f"No crop of gallery {gallery!r} fits: {selection.describe()}. Nothing is held.")
        if added:
            write_log(database, workspace.actor, Hold(purpose=name, gallery=gallery, crops=added))
            next_numbers(database, 1)
        return added


def release(workspace: Workspace, name: str) -> int:
    """End the hold of that name. Raises ReidError when there is none."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        released = database.execute("DELETE FROM hold WHERE name = ?", (name,)).rowcount
        if not released:
            names = [n for (n,) in database.execute("SELECT DISTINCT name FROM hold ORDER BY name")]
            there = f"There are: {', '.join(names)}." if names else "There is none."
            raise NotThere(f"There is no hold {name!r}. {there}")
        write_log(database, workspace.actor, Release(purpose=name, crops=released))
        next_numbers(database, 1)
        return released


def holds(workspace: Workspace) -> dict[str, int]:
    """Each hold and how many crops it keeps."""
    with workspace.catalogue.transaction() as database:
        return dict(database.execute("SELECT name, COUNT(*) FROM hold GROUP BY name ORDER BY name").fetchall())


def held(workspace: Workspace, ids: Sequence[int]) -> set[int]:
    """Those of these crops that a hold keeps."""
    with workspace.catalogue.transaction() as database:
        rows = database.execute(
            "SELECT crop FROM hold WHERE crop IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {crop for (crop,) in rows}
