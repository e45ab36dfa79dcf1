"""What cases hold of crops and people that are deleted from a gallery, which goes with them.

Verdicts on a crop, and examples that are crops, go by the tables' own rules. What is left for here: the numbers of
deleted crops in verdicts that follow them, photos with the very bytes of a deleted crop, and of saved searches the
names of people of whom nothing is left: those in a filter, and a purpose that mentions one, which each new run would
write into the log again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from sqlite3 import Connection

from reid_core.workspace.catalogue.audit_trail import mentions, patterns_of


def forget_in_cases(database: Connection, gallery: str, people: Collection[str]) -> None:
    """Within the transaction that deletes, while the crops of the temporary table `doomed` are still there."""
    doomed = "SELECT sha256 FROM crop WHERE id IN (SELECT id FROM doomed)"
    database.execute(f"DELETE FROM example WHERE photo IN ({doomed})")
    database.execute(f"DELETE FROM photo WHERE sha256 IN ({doomed})")
    database.execute("UPDATE verdict SET follows = NULL WHERE follows IN (SELECT id FROM doomed)")
    if people:
        _forget_labels(database, gallery, people)


def _forget_labels(database: Connection, gallery: str, people: Collection[str]) -> None:
    names = patterns_of(people)
    for key, text in database.execute(
        "SELECT key, parameters FROM saved_search WHERE gallery = ?", (gallery,)
    ).fetchall():
        parameters = json.loads(text)
        asked = parameters["where"]["identities"]
        left = None if asked is None else [label for label in asked if label not in people]
        told = mentions(parameters.get("purpose", ""), names)
        if left != asked or told:
            parameters["where"]["identities"] = left
            parameters |= {"purpose": ""} if told else {}
            changed = json.dumps(parameters, ensure_ascii=False, sort_keys=True)
            database.execute("UPDATE saved_search SET parameters = ? WHERE key = ?", (changed, key))
