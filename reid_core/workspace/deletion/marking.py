"""Which crops a deletion takes, marked in a temporary table, and what follows from it for people and films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.files import OWN
from reid_core.workspace.deletion.recordings import (
    Taken,
    copies_taken,
    keeps_films,
    lost_tracklets,
    recordings_that_go,
    seconds_in_view,
    tracklets_that_go,
)
from reid_core.workspace.layout import DEMO
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Footage:
    """What a deletion takes of films: `people` of whom no crop is left, who was `in_view` when, and copies."""

    people: Sequence[str]
    in_view: Sequence[tuple[int, float, float]]
    taken: Sequence[Taken]


def footage_of(
    database: Connection, workspace: Workspace, gallery: int, recordings: Sequence[int], tracklets: Sequence[int]
) -> Footage:
    people, lost = people_who_go(database, gallery), lost_tracklets(database, gallery, tracklets)
    in_view = seconds_in_view(database, gallery, people, lost)
    return Footage(people, in_view, copies_taken(database, workspace.path, gallery, in_view, recordings, lost))


def copies_now(workspace: Workspace, gallery: str, selection: Selection) -> Sequence[Taken]:
    """Of which recordings the deletion would take a copy now."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN")
        key = gallery_key(database, gallery)
        if not keeps_films(database, workspace.path, key):
            return ()
        mark(database, key, selection)
        recordings = recordings_that_go(database, key, selection)
        tracklets = tracklets_that_go(database, key, selection, recordings)
        return footage_of(database, workspace, key, recordings, tracklets).taken


def people_who_go(database: Connection, gallery: int) -> list[str]:
    """Labels of people of whom no crop is left when the doomed are gone."""
    rows = database.execute(
        "SELECT identity FROM (SELECT identity, COUNT(*) AS doomed FROM crop WHERE id IN (SELECT id FROM doomed) "
        "AND identity NOT IN (?, ?) GROUP BY identity) AS going WHERE doomed = "
        "(SELECT COUNT(*) FROM crop WHERE gallery = ? AND identity = going.identity)",
        (DISTRACTOR, JUNK, gallery),
    )
    return [identity for (identity,) in rows]


def mark(database: Connection, gallery: int, selection: Selection) -> tuple[int, tuple[str, ...]]:
    """Put the ids that may go into the temporary table `doomed`; how many are held, and by what."""
    where, values = selection.where(gallery)
    database.execute("CREATE TEMP TABLE doomed (id INTEGER PRIMARY KEY)")
    database.execute(f"INSERT INTO doomed SELECT id FROM crop WHERE {where}", values)
    names = database.execute(
        "SELECT DISTINCT name FROM hold WHERE crop IN (SELECT id FROM doomed) ORDER BY name"
    ).fetchall()
    held = database.execute("DELETE FROM doomed WHERE id IN (SELECT crop FROM hold)").rowcount
    return held, tuple(name for (name,) in names)


def count_own(database: Connection, workspace: Workspace) -> int:
    """How many of the pictures of the doomed lie in the workspace."""
    row = database.execute(
        f"SELECT COUNT(*) FROM crop JOIN source ON source.key = crop.source WHERE {OWN}", (str(workspace.path / DEMO),)
    ).fetchone()
    return int(row[0])
