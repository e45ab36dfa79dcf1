"""What people decided about labels of crops that are deleted: it goes with them, for it names people."""

from __future__ import annotations

import json
from collections.abc import Collection
from sqlite3 import Connection


def forget_edits(database: Connection, gallery: int, people: Collection[str], *, everything: bool) -> None:
    """Within the transaction that deletes, once the crops are gone: edits of which no crop is left, and those that name
    a person of whom none is, for undo would bring the name back; with `everything`, all of the gallery."""
    if everything:
        database.execute("DELETE FROM edit WHERE gallery = ?", (gallery,))
        return
    database.execute(
        "DELETE FROM edit WHERE gallery = ?1 AND (NOT EXISTS (SELECT 1 FROM edit_row WHERE edit = edit.key) "
        "OR (json_extract(what, '$.column') = 'identity' AND json_extract(what, '$.value') IN "
        "(SELECT value FROM json_each(?2))) OR EXISTS (SELECT 1 FROM edit_row WHERE edit = edit.key "
        "AND identity IN (SELECT value FROM json_each(?2))))",
        (gallery, json.dumps(list(people))),
    )


def forget_dismissals(database: Connection, gallery: int) -> None:
    """Likewise: dismissed doubts that name somebody of whom no crop is left."""
    there = "SELECT 1 FROM crop WHERE gallery = ?1 AND identity = "
    database.execute(
        f"DELETE FROM dismissal WHERE gallery = ?1 AND NOT (EXISTS ({there}one) AND EXISTS ({there}other))", (gallery,)
    )
