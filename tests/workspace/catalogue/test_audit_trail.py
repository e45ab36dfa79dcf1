"""The log is only added to; what is personal in a line goes with a deletion, and the line stays valid."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.retrieval.filters import Filter
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, Seen
from reid_core.workspace.catalogue import audit_trail
from reid_core.workspace.catalogue.audit import Calibrate, DeleteCrops, Export, ExportHits, Hold, Relabel, ServeModel
from reid_core.workspace.catalogue.audit_base import Event
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.cases import delete_case, delete_search
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.deletion.holds import hold
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Answer, Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, png_bytes, signed, tiny_picture
from tests.workspace.catalogue.older import as_version_6
from tests.workspace.deletion.test_deletion import found_in

MARK = b"zelda-quux"


def person(identity: str) -> Selection:
    return Selection(identities=frozenset({identity}))


def photo(number: int) -> bytes:
    return png_bytes(tiny_picture(100 + number, 0))


def ask(workspace: Workspace, question: Question) -> Answer:
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    return search(workspace, GalleryIndex(workspace, TINY_GALLERY, embedder.id), embedder, question)


def rows(workspace: Workspace) -> list[Any]:
    """The stored lines, as a chain would hash them."""
    with workspace.catalogue.transaction() as database:
        return database.execute("SELECT * FROM audit ORDER BY key").fetchall()


def of_action(workspace: Workspace, action: str) -> dict[str, Any]:
    return next(line for line in workspace.catalogue.audit(1000) if line["action"] == action)


def test_a_line_holds_a_commitment_that_its_fields_and_salt_prove(tiny_workspace: Workspace) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="find zelda-quux"))
    with tiny_workspace.catalogue.transaction() as database:
        purpose, details, commitment = database.execute("SELECT purpose, details, commitment FROM audit").fetchone()
        salt, fields = database.execute("SELECT salt, fields FROM audit_fields").fetchone()
    sha256 = hashlib.sha256(photo(1)).hexdigest()
    assert purpose == ""
    assert sha256 not in details
    assert json.loads(fields) == {"photos": [sha256], "purpose": "find zelda-quux"}
    assert len(salt) == 32
    assert commitment == hmac.new(salt, fields.encode(), "sha256").hexdigest()
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["purpose"], line["photos"], line["hits"]) == ("find zelda-quux", [sha256], 20)
    assert "personal" not in line


def test_the_same_fields_have_another_commitment_in_each_line(tiny_workspace: Workspace) -> None:
    for _ in range(2):
        ask(tiny_workspace, Question((Example(photo(1)),), purpose="again"))
    assert len({row[-1] for row in rows(tiny_workspace)}) == 2


def test_deleting_a_person_takes_the_hashes_of_her_photos_and_leaves_the_lines_as_they_were(
    tiny_workspace: Workspace,
) -> None:
    hers = tiny_workspace.catalogue.crops(TINY_GALLERY).query("identity == '1'")
    ask(tiny_workspace, Question((Example(crop=int(hers["id"].iloc[0])),), purpose="who is it"))
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="somebody else"))
    ask(tiny_workspace, Question((Example(photo(1)),), where=Filter(identities=frozenset({"1"}))))
    before = rows(tiny_workspace)
    needle = {"hash": hers["sha256"].iloc[0].encode(), "bytes": bytes.fromhex(hers["sha256"].iloc[0])}
    delete(tiny_workspace, TINY_GALLERY, person("1"), "request 17")
    assert found_in(tiny_workspace.path, needle) == set()
    assert rows(tiny_workspace)[:-1] == before, "a chain over the lines is as valid as it was"
    deleted, filtered, other, first = tiny_workspace.catalogue.audit()
    assert (deleted["purpose"], deleted["log_lines"]) == ("request 17", 2)
    assert (first["purpose"], first["personal"], first["hits"]) == ("", "deleted", 16), (
        "24 crops but for 8 of its camera"
    )
    assert "photos" not in first
    assert filtered["personal"] == "deleted"
    assert (other["purpose"], len(other["photos"])) == ("somebody else", 1)


def test_a_purpose_that_names_who_goes_goes_too(tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET identity = 'zelda-quux' WHERE identity = '1'")
    hold(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({20})), "zelda-quux.12")
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="Find Zelda-Quux, please"))
    ask(tiny_workspace, Question((Example(photo(2)),), purpose="find zelda-quuxley"))
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM hold")
    delete(tiny_workspace, TINY_GALLERY, person("zelda-quux"), "request 17")
    assert [line["purpose"] for line in tiny_workspace.catalogue.audit()] == [
        "request 17", "find zelda-quuxley", "", "",
    ]  # fmt: skip


def test_a_number_for_a_name_is_no_word_of_a_purpose(tiny_workspace: Workspace) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="case 1"))
    delete(tiny_workspace, TINY_GALLERY, person("1"), "test")
    assert tiny_workspace.catalogue.audit()[1]["purpose"] == "case 1"


def test_a_gallery_takes_all_that_was_said_of_it(tiny_workspace: Workspace) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="find zelda-quux"))
    tiny_workspace.catalogue.log(ExportHits(purpose="for zelda-quux", gallery=TINY_GALLERY, hits=3))
    tiny_workspace.catalogue.log(ExportHits(purpose="of another", gallery="other", hits=3))
    needles = {"name": MARK, "hash": hashlib.sha256(photo(1)).hexdigest().encode()}
    assert {name for name, _ in found_in(tiny_workspace.path, needles)} == set(needles)
    delete(tiny_workspace, TINY_GALLERY, Selection(), "over")
    assert found_in(tiny_workspace.path, needles) == set()
    assert of_action(tiny_workspace, "export hits")["purpose"] == "of another"


def test_a_case_takes_its_purpose_its_searches_and_its_verdicts(tiny_workspace: Workspace) -> None:
    cases.create(tiny_workspace, "bag", "zelda-quux lost a bag")
    answer = ask(tiny_workspace, Question((Example(photo(1)),), purpose="zelda-quux", case="bag"))
    kept = saved_searches.save(tiny_workspace, "bag", "first", answer, TINY_GALLERY, "stripes")
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, kept.model)
    saved_searches.run(tiny_workspace, index, kept)
    verdicts.give(signed(tiny_workspace, "ann"), "bag", MATCH, [Seen(3)])
    verdicts.undo(signed(tiny_workspace, "ann"), "bag")
    ask(tiny_workspace, Question((Example(photo(2)),), purpose="another matter"))
    before = rows(tiny_workspace)
    needles = {"name": MARK, "hash": hashlib.sha256(photo(1)).hexdigest().encode()}
    delete_case(tiny_workspace, "bag", "the bag is back")
    assert found_in(tiny_workspace.path, needles) == set()
    lines = tiny_workspace.catalogue.audit()
    assert rows(tiny_workspace)[:-1] == before
    assert [(line["action"], line["purpose"]) for line in lines] == [
        ("delete investigation", "the bag is back"), ("search", "another matter"), ("verdict", ""), ("verdict", ""),
        ("search", ""), ("save search", ""), ("search", ""), ("investigation", ""),
    ]  # fmt: skip
    assert lines[2]["analyst"] == "ann"


def test_a_saved_search_takes_the_lines_of_its_runs(tiny_workspace: Workspace) -> None:
    cases.create(tiny_workspace, "bag", "a lost bag")
    answer = ask(tiny_workspace, Question((Example(photo(1)),), purpose="zelda-quux"))
    kept = saved_searches.save(tiny_workspace, "bag", "first", answer, TINY_GALLERY, "stripes")
    needles = {"name": MARK, "hash": hashlib.sha256(photo(1)).hexdigest().encode()}
    delete_search(tiny_workspace, kept)
    assert found_in(tiny_workspace.path, needles) == set(), "the line of the search that was saved names both"
    assert of_action(tiny_workspace, "save search")["personal"] == "deleted"
    assert of_action(tiny_workspace, "investigation")["purpose"] == "a lost bag"


def test_neither_lines_nor_their_fields_can_be_changed(tiny_workspace: Workspace) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="case 12"))
    replaced = "REPLACE INTO {0} SELECT * FROM {0} LIMIT 1"
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        for statement in (
            "DELETE FROM audit", "UPDATE audit SET purpose = 'x'", replaced.format("audit"),
            "DELETE FROM audit_fields", "UPDATE audit_fields SET fields = '{}'", replaced.format("audit_fields"),
            "INSERT INTO audit_fields VALUES (77, x'00', '{}')",
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
    database.close()


def test_fields_that_are_not_those_that_were_written_are_called_altered(tiny_workspace: Workspace) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="case 12"))
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:  # by somebody who owns the file
        database.execute("DROP TRIGGER audit_fields_are_final")
        database.execute("UPDATE audit_fields SET fields = replace(fields, 'case 12', 'case 13')")
    database.close()
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["personal"], line["purpose"]) == ("altered", "")


def alter(workspace: Workspace, statement: str, *values: object) -> None:
    """As somebody may who owns the file."""
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("DROP TRIGGER IF EXISTS audit_fields_are_final")
        database.execute("DROP TRIGGER IF EXISTS audit_is_final")
        database.execute(statement, values)
    database.close()


NO_FIELDS = [
    "no JSON", "5", "[]", '{"photos": 5}', '{"photos": [[1]]}', "[" * 100_000, b"\xff",
    '{"who": "zelda-quux", "action": "nothing", "purpose": "forged"}',
]  # fmt: skip


@pytest.mark.parametrize("fields", NO_FIELDS)
def test_a_line_whose_fields_are_forged_is_shown_as_altered_and_goes(
    tiny_workspace: Workspace, fields: str | bytes
) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="case 12"))
    before = tiny_workspace.catalogue.audit(1)[0]
    alter(tiny_workspace, "UPDATE audit_fields SET fields = CAST(? AS TEXT)", fields)
    (line,) = tiny_workspace.catalogue.audit()
    assert line == {**{n: v for n, v in before.items() if n != "photos"}, "purpose": "", "personal": "altered"}
    delete(tiny_workspace, TINY_GALLERY, person("1"), "test")
    with tiny_workspace.catalogue.transaction() as database:
        assert database.execute("SELECT COUNT(*) FROM audit_fields").fetchone()[0] == 0


@pytest.mark.parametrize(("column", "value"), [("details", "no JSON"), ("commitment", "é")])
def test_a_line_that_was_altered_itself_blocks_nothing(tiny_workspace: Workspace, column: str, value: str) -> None:
    ask(tiny_workspace, Question((Example(photo(1)),), purpose="case 12"))
    alter(tiny_workspace, f"UPDATE audit SET {column} = ?", value)
    assert tiny_workspace.catalogue.audit()[0]["personal"] == "altered"
    delete(tiny_workspace, TINY_GALLERY, person("1"), "test")


def test_an_older_program_that_still_runs_writes_no_line_that_tells_all(tiny_workspace: Workspace) -> None:
    line = "INSERT INTO audit (at, who, action, purpose, details) VALUES ('', 'ann', 'search', 'zelda-quux', '{}')"
    with pytest.raises(ReidError, match="older than the workspace"), tiny_workspace.catalogue.transaction() as database:
        database.execute(line)


def test_half_a_character_is_refused_in_a_sentence(tiny_workspace: Workspace) -> None:
    bad = "case \udc80"
    for attempt in (
        lambda: tiny_workspace.catalogue.log(Export(purpose=bad, gallery="g")),
        lambda: delete(tiny_workspace, TINY_GALLERY, person("1"), bad),
        lambda: cases.create(tiny_workspace, "bag", bad),
    ):
        with pytest.raises(ReidError, match="half a character"):
            attempt()


@pytest.mark.parametrize(
    ("label", "text", "goes"),
    [
        ("王伟", "寻找王伟的包", True),
        ("王小伟", "find 王小伟, please", True),
        ("王", "王小伟", False),
        ("김철수", "김철수가 지나갔다", True),
        ("สมชาย", "หาสมชายที่สถานี", True),
        ("José", "find Jose\u0301", True),
        ("Jose\u0301", "find JOSÉ", True),
        ("anna_smith", "find anna_smith", True),
        ("anna_smith", "find Anna Smith's bag", True),
        ("anna", "case_anna_12", True),
        ("anna", "find Joanna", False),
        ("Straße", "STRASSE", True),
        ("ann", "find ＡＮＮ", True),
        ("p-1", "p 1", False),
        ("12", "case 12", False),
    ],
)
def test_a_name_is_found_as_people_write_it(tmp_path: Path, label: str, text: str, goes: bool) -> None:
    assert audit_trail.mentions({"purpose": text}, audit_trail.patterns_of([label])) == goes


class Tomorrow(Event):
    """What a newer program may write."""

    action, title = "an action of tomorrow", "Actions of tomorrow"

    def details(self) -> dict[str, Any]:
        return {"gallery": "g", "file": "zelda-quux.jpg"}


@pytest.mark.parametrize(
    ("event", "details", "stays"),
    [
        (Relabel(gallery="g", column="identity", crops=3), {"gallery": "g", "column": "identity", "crops": 3}, True),
        (
            DeleteCrops(purpose="request 17", gallery="g", crops=3, held=1, receipt=2, ids_sha256="ab", log_lines=4),
            {"gallery": "g", "crops": 3, "held": 1, "receipt": 2, "ids_sha256": "ab", "log_lines": 4}, True,
        ),
        (
            Calibrate(gallery="g", model="m", people=70, also=("h",)),
            {"gallery": "g", "model": "m", "people": 70, "also": ["h"]}, True,
        ),
        (Export(gallery="g", crops=3, format="csv"), {"gallery": "g", "crops": 3, "format": "csv"}, True),
        (
            ServeModel(gallery="g", model="m", former="n", name="mine"),
            {"gallery": "g", "model": "m", "former": "n", "name": "mine"}, True,
        ),
        (
            ServeModel(gallery="g", model="m", even_so="zelda-quux wants it"),
            {"gallery": "g", "model": "m", "former": "", "name": "", "even_so": "zelda-quux wants it"}, False,
        ),
        (Hold(purpose="zelda-quux", gallery="g", crops=3), {"gallery": "g", "crops": 3}, False),
        (Tomorrow(), {"gallery": "g", "file": "zelda-quux.jpg"}, False),
    ],
)  # fmt: skip
def test_what_is_not_known_to_be_public_is_personal(
    tmp_path: Path, event: Event, details: dict[str, Any], stays: bool
) -> None:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", TESTER)
    catalogue.log(event)
    (line,) = catalogue.audit()
    own = {"at": line["at"], "who": TESTER.name, "action": event.action, "purpose": event.purpose}
    assert line == {**own, **details}
    with catalogue.transaction() as database:
        stored = str(database.execute("SELECT * FROM audit").fetchall())
        kept = database.execute("SELECT COUNT(*) FROM audit_fields").fetchone()[0]
    assert (kept == 0) == stays
    assert "zelda" not in stored


# --- a log as earlier versions wrote it ---


@pytest.fixture
def old(tiny_workspace: Workspace) -> Path:
    """Version 4: lines hold everything, here the hash of crop 1's picture and a name."""
    path = tiny_workspace.path
    sha256 = tiny_workspace.catalogue.crops_of([1])["sha256"].iloc[0]
    as_version_6(tiny_workspace.catalogue.path)
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("DROP TABLE audit_fields")
        database.execute("DROP TRIGGER audit_is_divided")
        database.execute("ALTER TABLE audit DROP COLUMN commitment")
        database.execute("PRAGMA user_version=4")
        line = "INSERT INTO audit (at, who, action, purpose, details) VALUES ('2026-11-01T00:00:00Z', 'ann', ?, ?, ?)"
        details = json.dumps({"gallery": TINY_GALLERY, "photos": [sha256], "hits": 20, "model": "m"})
        database.execute(line, ("search", "find zelda-quux", details))
        database.execute(line, ("delete", "request 16", json.dumps({"gallery": "gone", "crops": 3})))
    database.close()
    return path


def test_old_lines_are_divided_once_and_the_log_says_so(old: Path) -> None:
    workspace = Workspace(old, TESTER)
    moved, deleted, searched = workspace.catalogue.audit()
    assert (moved["action"], moved["lines"], moved["purpose"]) == ("move personal fields", 1, "")
    assert (deleted["at"], deleted["purpose"], deleted["crops"]) == ("2026-11-01T00:00:00Z", "request 16", 3)
    assert (searched["who"], searched["purpose"], searched["hits"]) == ("ann", "find zelda-quux", 20)
    assert searched["photos"] == [workspace.catalogue.crops_of([1])["sha256"].iloc[0]]
    assert "zelda" not in str(rows(workspace))
    again = Workspace(old, TESTER)
    assert len(again.catalogue.audit()) == 3
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), sqlite3.connect(again.catalogue.path) as database:
        database.execute("UPDATE audit SET who = 'ben'")
    database.close()


def test_a_deletion_reaches_the_backup_of_the_old_log(old: Path) -> None:
    workspace = Workspace(old, TESTER)
    sha256 = workspace.catalogue.crops_of([1])["sha256"].iloc[0]
    needles = {"name": MARK, "hash": sha256.encode(), "bytes": bytes.fromhex(sha256)}
    (backup,) = backups(workspace.catalogue.path)
    assert ("name", f"./{backup.name}") in found_in(old, needles)
    delete(workspace, TINY_GALLERY, person("1"), "request 17")
    assert found_in(old, needles) == set()
    assert workspace.catalogue.audit()[-1]["personal"] == "deleted"
