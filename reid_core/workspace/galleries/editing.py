"""Mending labels: of one crop or of many, two identities made one, one made two; and taking the last change back."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Literal

from reid_core.errors import Refused, ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.times import LAST_CLOCK_TIME, short_time
from reid_core.workspace.catalogue.audit import Relabel, UndoRelabel
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import follow_crops
from reid_core.workspace.catalogue.rows import gallery_key, next_numbers, now
from reid_core.workspace.catalogue.selection import Selection

Column = Literal["identity", "camera", "time"]


@dataclass(frozen=True)
class Edit:
    """A change of labels that can be taken back: `crops` rows got `value` in `column`."""

    key: int
    at: str
    who: str
    column: Column
    value: str | float | None
    crops: int

    def describe(self) -> str:
        """ "identity of 12 crops set to 7"."""
        value = short_time(self.value) if isinstance(self.value, float) else self.value
        what = f"{self.column} of {self.crops:,} crop{'s' * (self.crops != 1)}"
        return f"{what} removed" if value is None else f"{what} set to {value}"


def relabel(catalogue: Catalogue, gallery: str, selection: Selection, column: Column, value: str | float | None) -> int:
    """Give the selected crops that identity, camera or time (None: unknown); how many changed.

    Two identities become one by relabelling all of one, one becomes two by relabelling some. Indexes and other
    sessions follow at their next look. Raises ReidError, and changes nothing, for a label that cannot be or when a
    person would then be in training and in testing.
    """
    _check(column, value)
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        where, values = selection.where(key)
        what = json.dumps({"column": column, "value": value}, ensure_ascii=False)
        edit = database.execute(
            "INSERT INTO edit (gallery, at, who, what) VALUES (?, ?, ?, ?) RETURNING key",
            (key, now(), catalogue.actor.name, what),
        ).fetchall()[0][0]
        changed = database.execute(
            "INSERT INTO edit_row (edit, crop, identity, camera, time) SELECT ?, id, identity, camera, time FROM crop "
            f"WHERE {where} AND {column} IS NOT ?",
            (edit, *values, value),
        ).rowcount
        if not changed:
            database.execute("DELETE FROM edit WHERE key = ?", (edit,))
            return 0
        database.execute(
            f"UPDATE crop SET {column} = ?, seq = ? WHERE id IN (SELECT crop FROM edit_row WHERE edit = ?)",
            (value, next_numbers(database, 1), edit),
        )
        if column == "identity":
            _refuse_mixed_sides(database, key, edit)
        elif column == "camera":
            follow_crops(database, edit)
        write_log(database, catalogue.actor, Relabel(gallery=gallery, column=column, crops=changed))
        return changed


def last_edit(catalogue: Catalogue, gallery: str) -> Edit | None:
    """The change that `undo` would take back."""
    with catalogue.transaction() as database:
        return _last(database, gallery_key(database, gallery))


def undo(catalogue: Catalogue, gallery: str) -> Edit | None:
    """Take the last change back; the one before it is then the last. None where there is none left.

    Crops that were deleted since stay deleted. Raises ReidError when the old labels would put a person on both sides.
    """
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        edit = _last(database, key)
        if edit is None:
            return None
        database.execute(
            f"UPDATE crop SET {edit.column} = edit_row.{edit.column}, seq = ? FROM edit_row "
            "WHERE edit_row.edit = ? AND edit_row.crop = crop.id",
            (next_numbers(database, 1), edit.key),
        )
        if edit.column == "identity":
            _refuse_mixed_sides(database, key, edit.key)
        elif edit.column == "camera":
            follow_crops(database, edit.key)
        database.execute("DELETE FROM edit WHERE key = ?", (edit.key,))
        write_log(database, catalogue.actor, UndoRelabel(gallery=gallery, column=edit.column, crops=edit.crops))
        return edit


def _last(database: Connection, gallery: int) -> Edit | None:
    row = database.execute(
        "SELECT key, at, who, what, (SELECT COUNT(*) FROM edit_row WHERE edit = key) AS crops FROM edit "
        "WHERE gallery = ? AND crops > 0 ORDER BY key DESC LIMIT 1",
        (gallery,),
    ).fetchone()
    if row is None:
        return None
    key, at, who, what, crops = row
    change = json.loads(what)
    return Edit(key, at, who, change["column"], change["value"], crops)


def _check(column: str, value: str | float | None) -> None:
    if column not in ("identity", "camera", "time"):
        raise ReidError(f"The {column} of a crop cannot be changed; its identity, camera and time can.")
    if column == "time":
        if value is not None and (not isinstance(value, float) or not 0 <= value <= LAST_CLOCK_TIME):
            raise ReidError(f"The time {value!r} is not in seconds since 1970.")
    elif value is not None and (not isinstance(value, str) or not value.strip() or not _is_name(value)):
        raise ReidError(f"{value!r} is no name for {column}; use 1 to 200 letters or digits, or none for unknown.")


def _is_name(value: str) -> bool:
    return len(value) <= 200 and all(unicodedata.category(letter) not in ("Cc", "Cs") for letter in value)


def _refuse_mixed_sides(database: Connection, gallery: int, edit: int) -> None:
    row = database.execute(
        "SELECT identity FROM crop WHERE gallery = ? AND identity IN "
        "(SELECT identity FROM crop WHERE id IN (SELECT crop FROM edit_row WHERE edit = ?)) "
        "AND identity NOT IN (?, ?) GROUP BY identity HAVING COUNT(DISTINCT split = 'train') > 1 LIMIT 1",
        (gallery, edit, DISTRACTOR, JUNK),
    ).fetchone()
    if row is not None:
        raise Refused(
            f"Identity {row[0]!r} would be for training and for testing in this gallery, and figures measured on it "
            "would be worthless. Give these crops another name, or choose only crops of one split."
        )
