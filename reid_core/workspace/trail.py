"""The log of who did what, when and why: lines that are only added to, and the personal fields of a line beside it.

A line keeps what names nobody, and of the rest a commitment: HMAC-SHA256 of the stored text of its fields under a salt
of the line's own. The fields and the salt lie in `audit_fields`. A deletion removes both, and the line stays as it is,
byte by byte: what is chained over lines stays valid, and without the salt no guess can be tried against a commitment.

Numbers and truth values stay in the line, and so do texts that `PUBLIC` names. All other text is personal, and so is
the purpose, which people write freely; but that of a deletion is kept, as its receipt keeps it. What each action keeps:

    action                  in the line                                         personal
    search                  gallery, model, hits, top, rerank; of a saved one   purpose, photos (hashes of what was
                            its number and its investigation's                  searched with), identities (of a filter)
    save search             gallery, model, numbers of search, investigation    purpose
    verdict                 investigation, verdict, act, undoes, analyst, model  purpose, crops
    investigation           its number                                          purpose
    export investigation    its number, verdicts                                purpose
    export, export hits     gallery, what, kind, format, models, crops, hits    purpose
    serve                   gallery, model, its name, the former model          purpose, even_so (why it was not better)
    calibrate               gallery, also, model, people (how many)             purpose
    relabel, undo           gallery, column, crops                              –
    withhold from training, let train again    gallery, crops                   –
    dismiss doubts, recall doubts              gallery, doubts                  –
    hold, release           gallery, crops                                      purpose (the name of the hold)
    delete                  purpose, gallery, crops, held, receipt, ids_sha256, log_lines    –
    delete search, delete investigation    purpose, numbers, receipt, what it held, log_lines    –
    move personal fields    lines                                               –
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from sqlite3 import Connection
from typing import Any

from reid_core.workspace.rows import now, user
from reid_core.workspace.scripts import run_script

PUBLIC = frozenset(
    ("gallery", "also", "model", "models", "name", "former", "column", "what", "kind", "format", "verdict", "analyst",
     "ids_sha256", "deleted")
)  # fmt: skip
DELETED, ALTERED = "deleted", "altered"
_SALT_BYTES = 32
_FINAL = """
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
FIELDS = """
CREATE TABLE audit_fields (
    line INTEGER PRIMARY KEY REFERENCES audit(key), salt BLOB NOT NULL, fields TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_fields_are_final BEFORE UPDATE ON audit_fields
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_fields_are_new BEFORE INSERT ON audit_fields
WHEN EXISTS (SELECT 1 FROM audit_fields WHERE line = NEW.line)
    OR NOT EXISTS (SELECT 1 FROM audit WHERE key = NEW.line AND commitment NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_fields_are_kept BEFORE DELETE ON audit_fields
WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE finished IS NULL)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: fields of its lines go with a deletion, which has a receipt');
END;
"""
AUDIT = f"""
CREATE TABLE audit (
    key INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
    purpose TEXT NOT NULL, details TEXT NOT NULL, commitment TEXT
) STRICT;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
{_FINAL}
{FIELDS}
"""


def write_log(database: Connection, action: str, purpose: str, details: dict[str, Any]) -> None:
    """A line of the log within the transaction of what it tells of."""
    purpose, public, personal = _divided(action, purpose, details)
    commitment, salt = _committed(personal)
    line = database.execute(
        "INSERT INTO audit (at, who, action, purpose, details, commitment) VALUES (?, ?, ?, ?, ?, ?) RETURNING key",
        (now(), user(), action, purpose, _json(public), commitment),
    ).fetchall()[0][0]
    if personal:
        database.execute("INSERT INTO audit_fields VALUES (?, ?, ?)", (line, salt, personal))


def read_log(database: Connection, last: int) -> list[dict[str, Any]]:
    """The newest lines, newest first, each with its fields; where a deletion took those, `personal` is `DELETED`, and
    where they are not the fields that were written, `ALTERED`."""
    rows = database.execute(
        "SELECT at, who, action, purpose, details, commitment, salt, fields FROM audit LEFT JOIN audit_fields "
        "ON line = key ORDER BY key DESC LIMIT ?",
        (last,),
    )
    return [_line(*row) for row in rows]


def forget_crops(database: Connection, gallery: str, people: Collection[str], *, everything: bool) -> int:
    """Remove the personal fields of lines about the crops of the temporary table `doomed`, and of lines of the gallery,
    or of none, that name one of `people`; with `everything`, of all lines of the gallery. How many lines.

    To be called within the transaction that deletes, while the crops are still there.
    """
    doomed = "FROM crop WHERE id IN (SELECT id FROM doomed)"
    photos = {sha256 for (sha256,) in database.execute(f"SELECT lower(hex(sha256)) {doomed}")}
    crops = {crop for (crop,) in database.execute(f"SELECT id {doomed}")}
    labels = set(people)
    names = [label.casefold() for label in people if len(label) > 2 and re.search(r"[^\W\d_]", label)]

    def concerns(details: dict[str, Any], fields: dict[str, Any]) -> bool:
        here = details.get("gallery")
        if everything and here == gallery:
            return True
        if not photos.isdisjoint(fields.get("photos", ())) or not crops.isdisjoint(fields.get("crops", ())):
            return True
        if here not in (gallery, None):
            return False
        return not labels.isdisjoint(fields.get("identities", ())) or _mentions(fields, names)

    return _forget(database, concerns)


def forget_investigation(database: Connection, key: int) -> int:
    """The same of lines about the investigation, its searches and its photos, while it is still there."""
    of_it = "WHERE investigation = ?"
    searches = {search for (search,) in database.execute(f"SELECT key FROM saved_search {of_it}", (key,))}
    photos = {sha256 for (sha256,) in database.execute(f"SELECT lower(hex(sha256)) FROM photo {of_it}", (key,))}

    def concerns(details: dict[str, Any], fields: dict[str, Any]) -> bool:
        return (
            details.get("investigation") == key
            or details.get("search") in searches
            or not photos.isdisjoint(fields.get("photos", ()))
        )

    return _forget(database, concerns)


def forget_search(database: Connection, search: int) -> int:
    """The same of lines about the saved search."""
    return _forget(database, lambda details, fields: details.get("search") == search)


def move_personal_fields(database: Connection) -> None:
    """Of a log whose lines hold everything: divide each as `write_log` does. The move is a line itself."""
    run_script(database, f"DROP TRIGGER audit_is_final;\nALTER TABLE audit ADD COLUMN commitment TEXT;\n{FIELDS}")
    moved = 0
    rows = database.execute("SELECT key, action, purpose, details FROM audit ORDER BY key").fetchall()
    for line, action, old_purpose, details in rows:
        purpose, public, personal = _divided(action, old_purpose, json.loads(details))
        if personal:
            commitment, salt = _committed(personal)
            database.execute(
                "UPDATE audit SET purpose = ?, details = ?, commitment = ? WHERE key = ?",
                (purpose, _json(public), commitment, line),
            )
            database.execute("INSERT INTO audit_fields VALUES (?, ?, ?)", (line, salt, personal))
            moved += 1
    run_script(database, _FINAL)
    if rows:
        write_log(database, "move personal fields", "", {"lines": moved})


def _forget(database: Connection, concerns: Callable[[dict[str, Any], dict[str, Any]], bool]) -> int:
    rows = database.execute("SELECT line, details, fields FROM audit_fields JOIN audit ON key = line")
    gone = [line for line, details, fields in rows if concerns(json.loads(details), json.loads(fields))]
    database.executemany("DELETE FROM audit_fields WHERE line = ?", [(line,) for line in gone])
    return len(gone)


def _divided(action: str, purpose: str, details: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """The purpose and the details that stay in the line, and the text of the personal fields ("" for none)."""
    public = {name: value for name, value in details.items() if name in PUBLIC or _is_number(value)}
    personal = {name: value for name, value in details.items() if name not in public and value not in ("", [], None)}
    if purpose and not action.startswith("delete"):
        personal["purpose"], purpose = purpose, ""
    return purpose, public, _json(personal) if personal else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _committed(personal: str) -> tuple[str | None, bytes]:
    salt = secrets.token_bytes(_SALT_BYTES)
    return (_commitment(salt, personal) if personal else None), salt


def _commitment(salt: bytes, personal: str) -> str:
    return hmac.new(salt, personal.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _line(
    at: str, who: str, action: str, purpose: str, details: str, commitment: str | None, salt: bytes, fields: str | None
) -> dict[str, Any]:
    line = {"at": at, "who": who, "action": action, "purpose": purpose, **json.loads(details)}
    if commitment is None:
        return line
    if fields is None:
        return {**line, "purpose": purpose or DELETED, "personal": DELETED}
    if not hmac.compare_digest(commitment, _commitment(salt, fields)):
        return {**line, **json.loads(fields), "personal": ALTERED}
    return {**line, **json.loads(fields)}


def _mentions(values: Any, names: Collection[str]) -> bool:
    """Whether a text among the values has one of the names in it, as words of their own."""
    for text in _texts(values) if names else ():
        words = text.casefold()
        if any(name in words and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in names):
            return True
    return False


def _texts(values: Any) -> Iterable[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from _texts(value)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
