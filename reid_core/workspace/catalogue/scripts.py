"""Scripts of several SQL statements, run within a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def run_script(database: sqlite3.Connection, script: str) -> None:
    """Run its statements one by one; `executescript` would commit in between."""
    for statement in _statements(script):
        database.execute(statement)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
