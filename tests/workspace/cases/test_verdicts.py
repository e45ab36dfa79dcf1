"""Verdicts: one append-only log of who decided what, undo as a line of it, conflicts kept."""

from __future__ import annotations

import dataclasses
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from reid_core.errors import NotThere, ReidError
from reid_core.workspace.actor import SIGNED, Actor
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, CONFLICT, MATCH, NOT, UNDO, Seen
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.cases import delete_case
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, signed
from tests.workspace.catalogue.older import as_version_6

CASE = "case"


@pytest.fixture
def workspace(tiny_workspace: Workspace) -> Workspace:
    cases.create(tiny_workspace, CASE, "test")
    return tiny_workspace


def say(workspace: Workspace, verdict: str, *crops: int, who: str = "ann", **values: object) -> None:
    """On these crops alone, unless `crops_only=False`."""
    how = {"crops_only": True, **values}
    verdicts.give(signed(workspace, who), CASE, verdict, [Seen(crop) for crop in crops], **how)  # type: ignore[arg-type]


def decisions(workspace: Workspace) -> dict[int, str]:
    return {crop: one.decision for crop, one in verdicts.standing(workspace, CASE).items()}


def test_a_verdict_is_kept_with_who_when_model_similarity_and_note(workspace: Workspace) -> None:
    verdicts.give(
        signed(workspace, "ann"), CASE, NOT, [Seen(3, 0.71, 4)], note="other shoes", model="abc", threshold=0.6,
        crops_only=True,
    )  # fmt: skip
    (line,) = verdicts.log_of(workspace, CASE)
    assert (line.crop, line.verdict, line.who, line.note) == (3, NOT, "ann", "other shoes")
    assert (line.model, line.similarity, line.rank, line.threshold, line.undoes) == ("abc", 0.71, 4, 0.6, None)
    assert line.at.endswith("Z")
    assert workspace.catalogue.audit(1)[0] | {"at": ""} == {
        "at": "", "who": "ann", "known": SIGNED, "action": "verdict", "purpose": "test", "act": 1,
        "analyst": "ann", "crops": [3], "investigation": 1, "model": "abc", "verdict": NOT,
    }  # fmt: skip


def test_a_verdict_counts_for_the_whole_tracklet_and_is_one_act_with_the_crop_that_was_looked_at(
    workspace: Workspace,
) -> None:
    given = verdicts.give(
        signed(workspace, "ann"), CASE, MATCH, [Seen(4, 0.9, 2), Seen(9)], note="the bag", model="abc"
    )
    assert [(line.crop, line.follows) for line in given] == [(4, None), (9, None), (3, 4), (10, 9)]
    assert [(line.similarity, line.rank) for line in given] == [(0.9, 2), (None, None), (None, None), (None, None)]
    assert {(line.act, line.note, line.model) for line in given} == {(1, "the bag", "abc")}
    assert decisions(workspace) == dict.fromkeys((3, 4, 9, 10), MATCH)
    line = workspace.catalogue.audit(1)[0]
    assert (line["crops"], line["looked_at"]) == ([4, 9, 3, 10], 2), "one line, those that were looked at first"
    taken = verdicts.undo(signed(workspace, "ann"), CASE)
    assert [(line.crop, line.follows) for line in taken] == [(4, None), (9, None), (3, 4), (10, 9)]
    assert (decisions(workspace), workspace.catalogue.audit(1)[0]["looked_at"]) == ({}, 2)


def test_a_tracklet_is_one_of_the_same_camera_and_gallery(workspace: Workspace) -> None:
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET tracklet = '1-entrance', camera = 'hall' WHERE id = 20")
        database.execute("UPDATE crop SET tracklet = NULL WHERE id IN (5, 6)")
        database.execute("UPDATE crop SET camera = NULL WHERE id IN (7, 8)")
    assert verdicts.followers(workspace, [1, 5, 7]) == {2: 1}


def test_who_takes_a_crop_for_another_person_than_its_tracklet_judges_it_alone(workspace: Workspace) -> None:
    say(workspace, MATCH, 3, crops_only=False)
    say(workspace, NOT, 4)
    assert decisions(workspace) == {3: MATCH, 4: NOT}


def as_version_5(workspace: Workspace) -> None:
    as_version_6(workspace.catalogue.path)
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("DROP TRIGGER verdict_is_final")
        database.execute("ALTER TABLE verdict DROP COLUMN follows")
        database.execute(
            "CREATE TRIGGER verdict_is_final BEFORE UPDATE ON verdict "
            "BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END"
        )
        database.execute("PRAGMA user_version=5")
    database.close()


def test_verdicts_of_a_workspace_of_the_version_before_read_as_before(workspace: Workspace) -> None:
    verdicts.give(signed(workspace, "ann"), CASE, NOT, [Seen(1, 0.7, 3), Seen(2, 0.6, 3)])
    before = verdicts.log_of(workspace, CASE)
    as_version_5(workspace)
    upgraded = Workspace(workspace.path, TESTER)
    assert verdicts.log_of(upgraded, CASE) == before
    assert [(line.rank, line.follows) for line in before] == [(3, None), (3, None)]
    assert [path.name for path in backups(workspace.catalogue.path)] == ["catalogue.sqlite.version-5.backup"]


def test_the_newest_verdict_of_an_analyst_stands_and_undo_brings_the_one_before_back(workspace: Workspace) -> None:
    say(workspace, MATCH, 1)
    say(workspace, NOT, 1, 2)
    assert decisions(workspace) == {1: NOT, 2: NOT}
    assert [line.crop for line in verdicts.undo(signed(workspace, "ann"), CASE)] == [1, 2]
    assert decisions(workspace) == {1: MATCH}
    verdicts.undo(signed(workspace, "ann"), CASE)
    assert (decisions(workspace), verdicts.undo(signed(workspace, "ann"), CASE)) == ({}, [])
    assert [line.verdict for line in verdicts.log_of(workspace, CASE)] == [MATCH, NOT, NOT, UNDO, UNDO, UNDO]


def test_nobody_takes_back_what_another_analyst_said(workspace: Workspace) -> None:
    say(workspace, MATCH, 1)
    assert verdicts.undo(signed(workspace, "ben"), CASE) == []
    assert decisions(workspace) == {1: MATCH}


def test_opposite_verdicts_are_a_conflict_until_one_gives_way_and_cannot_tell_contradicts_nobody(
    workspace: Workspace,
) -> None:
    say(workspace, MATCH, 1, 2)
    say(workspace, NOT, 1, who="ben")
    say(workspace, CANNOT_TELL, 2, who="ben")
    assert decisions(workspace) == {1: CONFLICT, 2: MATCH}
    assert verdicts.describe(verdicts.standing(workspace, CASE)) == "1 match, 0 not, 0 cannot tell, 1 conflict"
    verdicts.undo(signed(workspace, "ben"), CASE)
    verdicts.undo(signed(workspace, "ben"), CASE)
    assert decisions(workspace) == {1: MATCH, 2: MATCH}


def _judge_all(path: Path, verdict: str, who: str, barrier: object) -> None:
    workspace = Workspace(path, TESTER)
    barrier.wait(60)  # type: ignore[attr-defined]
    for crop in range(1, 21):
        verdicts.give(signed(workspace, who), CASE, verdict, [Seen(crop)], crops_only=True)


def test_two_analysts_who_say_the_opposite_at_once_are_both_kept(workspace: Workspace) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    analysts = [
        context.Process(target=_judge_all, args=(workspace.path, verdict, who, barrier))
        for verdict, who in ((MATCH, "ann"), (NOT, "ben"))
    ]
    for analyst in analysts:
        analyst.start()
    for analyst in analysts:
        analyst.join(120)
    assert [analyst.exitcode for analyst in analysts] == [0, 0]
    assert decisions(workspace) == dict.fromkeys(range(1, 21), CONFLICT)
    log = verdicts.log_of(workspace, CASE)
    assert (len(log), len({line.act for line in log})) == (40, 40)


def test_the_log_cannot_be_changed_but_goes_with_the_crop_and_with_the_case(workspace: Workspace) -> None:
    say(workspace, MATCH, 1, 2)
    say(workspace, NOT, 3)
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("PRAGMA foreign_keys=ON")
        replaced = "REPLACE INTO {0} SELECT * FROM {0} LIMIT 1"
        for statement in (
            "DELETE FROM verdict", "UPDATE verdict SET verdict = 'not'", replaced.format("verdict"),
            "DELETE FROM audit", "UPDATE audit SET who = 'ben'", replaced.format("audit"),
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(statement)
    database.close()
    delete(workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    assert decisions(workspace) == {2: MATCH, 3: NOT}
    delete_case(workspace, CASE, "over")
    with workspace.catalogue.transaction() as database:
        assert database.execute("SELECT COUNT(*) FROM verdict").fetchone() == (0,)


@pytest.mark.parametrize("upgraded", [False, True])
def test_a_verdict_forgets_the_deleted_crop_that_it_followed_and_changes_in_nothing_else(
    workspace: Workspace, upgraded: bool
) -> None:
    if upgraded:
        as_version_5(workspace)
        workspace = Workspace(workspace.path, TESTER)
    say(workspace, MATCH, 3, crops_only=False)
    with sqlite3.connect(workspace.catalogue.path) as database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(verdict)")]
        changes = [f"{name} = {name} || '1'" for name in columns] + ["follows = NULL, note = 'x'", "follows = 9"]
        for change in changes:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(f"UPDATE verdict SET {change} WHERE follows = 3")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("UPDATE verdict SET follows = 3 WHERE follows IS NULL")
    database.close()
    (before,) = [line for line in verdicts.log_of(workspace, CASE) if line.follows == 3]
    delete(workspace, TINY_GALLERY, Selection(ids=frozenset({3})), "test")
    assert verdicts.log_of(workspace, CASE) == [dataclasses.replace(before, follows=None)]


def test_spaces_around_a_name_make_no_other_analyst_and_an_empty_name_is_nobodys(workspace: Workspace) -> None:
    say(workspace, MATCH, 1, who=" ann ")
    assert verdicts.log_of(workspace, CASE)[0].who == "ann"
    with pytest.raises(ReidError, match="needs a name"):
        Actor(" ", SIGNED)


def test_a_case_counts_what_was_decided_at_once_as_one_verdict(workspace: Workspace) -> None:
    say(workspace, MATCH, 3, 9, crops_only=False)
    say(workspace, NOT, 1)
    verdicts.undo(signed(workspace, "ann"), CASE)
    assert cases.find(workspace, CASE).describe() == "0 searches, 0 photos, 2 verdicts"


def test_a_verdict_needs_a_known_word_and_a_crop_that_is_there(workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="match, not, cannot tell"):
        say(workspace, "maybe", 1)
    with pytest.raises(ReidError, match="Crop 999 is gone"):
        say(workspace, MATCH, 1, 999)
    for number in (2**63, -(2**70), 0):
        with pytest.raises(NotThere, match=f"Crop {number} is gone"):
            say(workspace, MATCH, number)
    with pytest.raises(ReidError, match="half a character"):
        say(workspace, MATCH, 1, note="\udcff")
    with pytest.raises(ReidError, match="no case"):
        verdicts.standing(workspace, "other")
    assert verdicts.log_of(workspace, CASE) == []
