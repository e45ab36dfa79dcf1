"""Deletion of a case or of a saved search, with a receipt. Its crops stay in their galleries."""

from __future__ import annotations

from sqlite3 import Connection

from reid_core.errors import ReidError
from reid_core.workspace.actor import Actor
from reid_core.workspace.cases.cases import case_key, read_case
from reid_core.workspace.catalogue.audit import DeleteCase, DeleteSearch
from reid_core.workspace.catalogue.audit_trail import forget_case, forget_search, write_log
from reid_core.workspace.catalogue.rows import check_text, now
from reid_core.workspace.deletion.wiping import finish
from reid_core.workspace.reserve import with_room
from reid_core.workspace.search.saved_searches import SavedSearch
from reid_core.workspace.workspace import Workspace


def delete_case(workspace: Workspace, name: str, purpose: str) -> int:
    """Delete it with its searches, photos and verdicts for good; the number of the receipt.

    Crops stay in their galleries. Raises ReidError when no purpose is given.
    """
    if not purpose.strip():
        raise ReidError("Say why the case is deleted; the receipt keeps it (--purpose).")
    number = with_room(workspace.path, lambda: _delete_case_rows(workspace, name, purpose))
    finish(workspace.catalogue, workspace.thumbnails)
    return number


def _delete_case_rows(workspace: Workspace, name: str, purpose: str) -> int:
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, name)
        found = read_case(database, key)
        number = _write_receipt(database, workspace.actor, f"case {key}: {found.describe()}", purpose)
        lines = forget_case(database, key)
        database.execute("DELETE FROM investigation WHERE key = ?", (key,))
        event = DeleteCase(purpose=purpose.strip(), case=key, receipt=number, deleted=found.describe(), log_lines=lines)
        write_log(database, workspace.actor, event)
        return number


def delete_search(workspace: Workspace, search: SavedSearch, purpose: str = "the search was removed") -> int:
    """Delete it for good, with the photos that no other search of its case uses; the number of the receipt.

    Verdicts stay.
    """
    number = with_room(workspace.path, lambda: _delete_search_rows(workspace, search, purpose))
    finish(workspace.catalogue, workspace.thumbnails)
    return number


def _delete_search_rows(workspace: Workspace, search: SavedSearch, purpose: str) -> int:
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        case = case_key(database, search.case)
        number = _write_receipt(database, workspace.actor, f"search {search.key} of case {case}", purpose)
        database.execute("DELETE FROM saved_search WHERE key = ?", (search.key,))
        gone = database.execute(
            "DELETE FROM photo WHERE investigation = ? AND sha256 NOT IN (SELECT example.photo FROM example "
            "JOIN saved_search ON saved_search.key = search WHERE saved_search.investigation = photo.investigation "
            "AND example.photo NOT NULL) RETURNING lower(hex(sha256))",
            (case,),
        ).fetchall()
        lines = forget_search(database, search.key, case, {sha256 for (sha256,) in gone})
        event = DeleteSearch(purpose=purpose, case=case, search=search.key, receipt=number, log_lines=lines)
        write_log(database, workspace.actor, event)
        return number


def _write_receipt(database: Connection, actor: Actor, what: str, purpose: str) -> int:
    """Within a transaction that deletes no crops: its receipt, by which `wiping.finish` empties the logs too."""
    check_text(purpose)
    row = database.execute(
        "INSERT INTO deletion (at, who, purpose, gallery, selection, crops, held, files_kept, ids_sha256) "
        "VALUES (?, ?, ?, '', ?, 0, 0, 0, '') RETURNING key",
        (now(), actor.name, purpose.strip(), what),
    ).fetchall()
    return int(row[0][0])
