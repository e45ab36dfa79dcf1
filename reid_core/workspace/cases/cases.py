"""Cases: who is looked for, why, and what was found out. They hold saved searches, their photos and verdicts.

A case is personal data from its name to its last photo. It lives until it is deleted, whole; its searches
and verdicts lose what belongs to a crop when that crop is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection, IntegrityError

from reid_core.errors import NotThere, ReidError
from reid_core.records import plural
from reid_core.workspace.catalogue.audit import BeginCase
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.rows import check_text, now
from reid_core.workspace.workspace import Workspace

LONGEST_NAME = 120


@dataclass(frozen=True)
class Case:
    """`searches`, `photos` and `verdicts` are numbers of what it holds. What was decided at once is one verdict, on
    however many crops; those that were taken back count too."""

    key: int
    name: str
    purpose: str
    notes: str
    created: str
    who: str
    searches: int
    photos: int
    verdicts: int

    def describe(self) -> str:
        """ "3 searches, 1 photo, 12 verdicts"."""
        parts = (plural(self.searches, "search"), plural(self.photos, "photo"), plural(self.verdicts, "verdict"))
        return ", ".join(parts)


def create(workspace: Workspace, name: str, purpose: str, notes: str = "") -> Case:
    """Raises ReidError without a name or a purpose, and for a name that there is."""
    name = _checked(name)
    if not purpose.strip():
        raise ReidError("Say what the case is for; each search and verdict in it is logged with that purpose.")
    check_text(purpose, notes)
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            key = database.execute(
                "INSERT INTO investigation (name, purpose, notes, created, who) VALUES (?, ?, ?, ?, ?) RETURNING key",
                (name, purpose.strip(), notes, now(), workspace.actor.name),
            ).fetchall()[0][0]
        except IntegrityError as error:
            raise ReidError(f"There is a case {name!r} already. Open it, or choose another name.") from error
        write_log(database, workspace.actor, BeginCase(purpose=purpose.strip(), case=key))
    return find(workspace, name)


def every(workspace: Workspace) -> list[Case]:
    """All of them, the newest first."""
    with workspace.catalogue.transaction() as database:
        return [Case(*row) for row in database.execute(f"{_SELECT} ORDER BY key DESC")]


def find(workspace: Workspace, name: str) -> Case:
    """Raises ReidError, naming those that there are, when there is none of that name."""
    with workspace.catalogue.transaction() as database:
        return read_case(database, case_key(database, name))


def edit(
    workspace: Workspace, name: str, *, new_name: str | None = None, purpose: str | None = None,
    notes: str | None = None,
) -> Case:  # fmt: skip
    """Change what is given. Raises ReidError for a name that another one has, and for an empty name or purpose."""
    new_name = name if new_name is None else _checked(new_name)
    if purpose is not None and not purpose.strip():
        raise ReidError("A case needs a purpose.")
    check_text(purpose or "", notes or "")
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = case_key(database, name)
        try:
            database.execute(
                "UPDATE investigation SET name = ?, purpose = COALESCE(?, purpose), notes = COALESCE(?, notes) "
                "WHERE key = ?",
                (new_name, purpose, notes, key),
            )
        except IntegrityError as error:
            raise ReidError(f"There is a case {new_name!r} already. Choose another name.") from error
    return find(workspace, new_name)


def case_key(database: Connection, name: str) -> int:
    """Within a transaction. Raises ReidError as `find` does."""
    row = database.execute("SELECT key FROM investigation WHERE name = ?", (name,)).fetchone()
    if row is None:
        names = [n for (n,) in database.execute("SELECT name FROM investigation ORDER BY key")]
        there = f"There are: {', '.join(names)}." if names else "There is none yet."
        raise NotThere(f"There is no case {name!r}. {there}")
    return int(row[0])


def read_case(database: Connection, key: int) -> Case:
    """The case of that number, which is there, within a transaction."""
    return Case(*database.execute(f"{_SELECT} WHERE key = ?", (key,)).fetchone())


_SELECT = """
SELECT key, name, purpose, notes, created, who,
    (SELECT COUNT(*) FROM saved_search WHERE investigation = investigation.key),
    (SELECT COUNT(*) FROM photo WHERE investigation = investigation.key),
    (SELECT COUNT(DISTINCT act) FROM verdict WHERE investigation = investigation.key AND undoes IS NULL)
FROM investigation
"""


def _checked(name: str) -> str:
    name = " ".join(name.split())
    check_text(name)
    if not name or len(name) > LONGEST_NAME:
        raise ReidError(f"Give the case a name of at most {LONGEST_NAME} characters.")
    return name
