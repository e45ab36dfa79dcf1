"""The log of who did what, when and why: lines that are only added to, and the personal fields of a line beside it.

A line keeps what names nobody, and of the rest a commitment: HMAC-SHA256 of the stored text of its fields under a salt
of the line's own. The fields and the salt lie in `audit_fields`. A deletion removes both, and the line stays as it is,
byte by byte: what is chained over lines stays valid, and without the salt no guess can be tried against a commitment.
A commitment is over all of a line's fields, so they go together: of a line about several crops, of which one is deleted
and another stays, as held, the purpose and the numbers of both. The verdicts on the one that stays are kept as ever.

`audit` has the events, and says which of their fields are personal. Of a line that it does not know, as an older or
newer program may have left it, all text is personal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable
from sqlite3 import Connection
from typing import Any

from reid_core.workspace.actor import OPERATING_SYSTEM, PROGRAM, Actor
from reid_core.workspace.catalogue.audit import EVENTS, MovePersonalFields
from reid_core.workspace.catalogue.audit_base import Event
from reid_core.workspace.catalogue.database import run_script
from reid_core.workspace.catalogue.rows import check_text, now

DELETED, ALTERED = "deleted", "altered"
_SALT_BYTES = 32
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BYTES = "CAST({} AS BLOB)"  # what is no text can be read, too
_NONE = ""  # the commitment of a line without personal fields, which an older program does not write
# Letters of scripts that put no space between words, or endings right behind a name, as Korean does.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff"
                       "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")  # fmt: skip
_FINAL = """
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
FIELDS = f"""
CREATE TABLE audit_fields (
    line INTEGER PRIMARY KEY REFERENCES audit(key), salt BLOB NOT NULL, fields TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_fields_are_final BEFORE UPDATE ON audit_fields
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_fields_are_new BEFORE INSERT ON audit_fields
WHEN EXISTS (SELECT 1 FROM audit_fields WHERE line = NEW.line)
    OR NOT EXISTS (SELECT 1 FROM audit WHERE key = NEW.line AND commitment <> '{_NONE}')
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_divided BEFORE INSERT ON audit WHEN NEW.commitment IS NULL
BEGIN SELECT RAISE(ABORT, 'this program is older than the workspace: close it, and start the new one'); END;
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


def write_log(database: Connection, actor: Actor, event: Event) -> None:
    """A line of the log within the transaction of what it tells of. A line that does not say how its actor is `known`
    is of the operating system's user.

    Raises ReidError for what is no text.
    """
    details = event.details()
    check_text(actor.name, event.purpose, _json(details))
    purpose, public, personal = _divided(event.action, event.purpose, details)
    if actor.known != OPERATING_SYSTEM:
        public["known"] = actor.known
    commitment, salt = _committed(personal)
    line = database.execute(
        "INSERT INTO audit (at, who, action, purpose, details, commitment) VALUES (?, ?, ?, ?, ?, ?) RETURNING key",
        (now(), actor.name, event.action, purpose, _json(public), commitment),
    ).fetchall()[0][0]
    if personal:
        database.execute("INSERT INTO audit_fields VALUES (?, ?, ?)", (line, salt, personal))


def read_log(database: Connection, last: int) -> list[dict[str, Any]]:
    """The newest lines, newest first, each with its fields; where a deletion took those, `personal` is `DELETED`, and
    where they are not the fields that were written, or nothing of the line can be read, it is `ALTERED`."""
    rows = database.execute(
        f"SELECT at, who, action, purpose, {_BYTES.format('details')}, commitment, salt, {_BYTES.format('fields')} "
        "FROM audit LEFT JOIN audit_fields ON line = key ORDER BY key DESC LIMIT ?",
        (last,),
    )
    return [_line(row) for row in rows]


def forget_crops(database: Connection, gallery: str, people: Collection[str], *, everything: bool) -> int:
    """Remove the personal fields of lines about the crops of the temporary table `doomed`, and of lines of the gallery,
    or of none, that name one of `people`; with `everything`, of all lines of the gallery. How many lines.

    To be called within the transaction that deletes, while the crops are still there.
    """
    doomed = "FROM crop WHERE id IN (SELECT id FROM doomed)"
    photos = {sha256 for (sha256,) in database.execute(f"SELECT lower(hex(sha256)) {doomed}")}
    crops = {crop for (crop,) in database.execute(f"SELECT id {doomed}")}
    labels = set(people)
    names = patterns_of(people)

    def concerns(details: dict[str, Any], fields: dict[str, Any]) -> bool:
        here = details.get("gallery")
        if everything and here == gallery:
            return True
        if not photos.isdisjoint(fields.get("photos", ())) or not crops.isdisjoint(fields.get("crops", ())):
            return True
        if here not in (gallery, None):
            return False
        return not labels.isdisjoint(fields.get("identities", ())) or mentions(fields, names)

    return _forget(database, concerns, "gallery", gallery)


def forget_recordings(database: Connection, keys: Collection[int]) -> int:
    """The same of lines about recordings of those numbers."""
    return _forget(database, lambda details, fields: details.get("recording") in keys, "", "") if keys else 0


def forget_case(database: Connection, key: int) -> int:
    """The same of lines about the case, its searches and its photos, while it is still there."""
    of_it = "WHERE investigation = ?"
    searches = {search for (search,) in database.execute(f"SELECT key FROM saved_search {of_it}", (key,))}
    photos = {sha256 for (sha256,) in database.execute(f"SELECT lower(hex(sha256)) FROM photo {of_it}", (key,))}

    def concerns(details: dict[str, Any], fields: dict[str, Any]) -> bool:
        return (
            details.get("investigation") == key
            or details.get("search") in searches
            or not photos.isdisjoint(fields.get("photos", ()))
        )

    return _forget(database, concerns, "investigation", key)


def forget_search(database: Connection, search: int, case: int, photos: Collection[str]) -> int:
    """The same of lines about the saved search of that case, and about the photos that went with it."""

    def concerns(details: dict[str, Any], fields: dict[str, Any]) -> bool:
        return details.get("search") == search or not set(photos).isdisjoint(fields.get("photos", ()))

    return _forget(database, concerns, "investigation", case)


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
        write_log(database, Actor("Retrace", PROGRAM), MovePersonalFields(lines=moved))


def _forget(
    database: Connection, concerns: Callable[[dict[str, Any], dict[str, Any]], bool], detail: str, value: object
) -> int:
    """Fields that are not those that were written go with any line of that detail, for what they hide is not known."""
    gone = []
    for line, details, commitment, salt, fields in database.execute(
        f"SELECT line, {_BYTES.format('details')}, commitment, salt, {_BYTES.format('fields')} "
        "FROM audit_fields JOIN audit ON key = line"
    ):
        public, personal = _read(details) or {}, _proved(commitment, salt, fields)
        if personal is None:
            text = fields.decode(errors="replace")
            personal = {"photos": _SHA256.findall(text), "text": text}
            if public.get(detail) == value:
                gone.append(line)
                continue
        if concerns(public, personal):
            gone.append(line)
    database.executemany("DELETE FROM audit_fields WHERE line = ?", [(line,) for line in gone])
    return len(gone)


def _divided(action: str, purpose: str, details: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """The purpose and the details that stay in the line, and the text of the personal fields ("" for none)."""
    stay = EVENTS[action].public() if action in EVENTS else frozenset()
    public = {n: value for n, value in details.items() if n in stay or isinstance(value, bool | int | float)}
    personal = {name: value for name, value in details.items() if name not in public and value not in ("", [], None)}
    if purpose and "purpose" not in stay:
        personal["purpose"], purpose = purpose, ""
    return purpose, public, _json(personal) if personal else ""


def _committed(personal: str) -> tuple[str, bytes]:
    if not personal:
        return _NONE, b""
    salt = secrets.token_bytes(_SALT_BYTES)
    return _commitment(salt, personal.encode()), salt


def _commitment(salt: bytes, personal: bytes) -> str:
    return hmac.new(salt, personal, hashlib.sha256).hexdigest()


def _line(row: tuple[Any, ...]) -> dict[str, Any]:
    at, who, action, purpose, details, commitment, salt, fields = row
    own, public = {"at": at, "who": who, "action": action, "purpose": purpose}, _read(details)
    if public is None:
        return {**own, "personal": ALTERED}
    line = {**own, **{name: value for name, value in public.items() if name not in own}}
    if not commitment:
        return line
    if fields is None:
        return {**line, "personal": DELETED}
    if (personal := _proved(commitment, salt, fields)) is None:
        return {**line, "personal": ALTERED}
    shown = {name: value for name, value in personal.items() if name not in own}
    return {**line, **shown, "purpose": purpose or personal.get("purpose", "")}


def _proved(commitment: str, salt: bytes, fields: bytes) -> dict[str, Any] | None:
    """The fields; None where they are not those that were written."""
    if not hmac.compare_digest(commitment.encode(), _commitment(salt, fields).encode()):
        return None
    return _read(fields)


def _read(text: bytes) -> dict[str, Any] | None:
    """None for what is no object in JSON: somebody wrote it who owns the file."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def patterns_of(people: Collection[str]) -> list[re.Pattern[str]]:
    """For `mentions`, of those labels that can be told from other words."""
    return [pattern for label in people if (pattern := _pattern(label))]


def _pattern(label: str) -> re.Pattern[str] | None:
    """Finds the label in a folded text as words of its own; None for one that may be anything, as a number or letter.

    What stands between its parts may differ, as in anna_smith and Anna Smith.
    """
    name = _folded(label)
    unspaced = bool(_UNSPACED.search(name))
    if not re.search(r"[^\W\d_]", name) or len(name) < (2 if unspaced else 3):
        return None
    if unspaced:
        return re.compile(re.escape(name))
    parts = [part for part in re.split(r"[\W_]+", name) if part]
    words = r"[\W_]+".join(parts) if len(parts) > 1 and all(_is_word(part) for part in parts) else re.escape(name)
    return re.compile(rf"(?<![^\W_]){words}(?![^\W_])")


def _is_word(part: str) -> bool:
    return len(part) > 1 and not re.search(r"\d", part)


def _folded(text: str) -> str:
    """The same for texts that people take for the same: letters with accents may be stored in two ways."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def mentions(values: Any, names: Collection[re.Pattern[str]]) -> bool:
    """Whether a text among the values has one of the names in it; see `patterns_of`."""
    return any(name.search(text) for text in (map(_folded, _texts(values)) if names else ()) for name in names)


def _texts(values: Any) -> Iterable[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from _texts(value)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
