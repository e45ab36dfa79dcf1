"""Verdicts: one append-only log of who decided what, undo as a line of it, conflicts kept."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, CONFLICT, MATCH, NOT, UNDO, Seen
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.cases import delete_case
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY

CASE = "case"


@pytest.fixture
def workspace(tiny_workspace: Workspace) -> Workspace:
    cases.create(tiny_workspace, CASE, "test")
    return tiny_workspace


def say(workspace: Workspace, verdict: str, *crops: int, who: str = "ann", **values: object) -> None:
    verdicts.give(workspace, CASE, verdict, [Seen(crop) for crop in crops], who=who, **values)  # type: ignore[arg-type]


def decisions(workspace: Workspace) -> dict[int, str]:
    return {crop: one.decision for crop, one in verdicts.standing(workspace, CASE).items()}


def test_a_verdict_is_kept_with_who_when_model_similarity_and_note(workspace: Workspace) -> None:
    verdicts.give(
        workspace, CASE, NOT, [Seen(3, 0.71, 4)], note="other shoes", model="abc", threshold=0.6, who="ann"
    )  # fmt: skip
    (line,) = verdicts.log_of(workspace, CASE)
    assert (line.crop, line.verdict, line.who, line.note) == (3, NOT, "ann", "other shoes")
    assert (line.model, line.similarity, line.rank, line.threshold, line.undoes) == ("abc", 0.71, 4, 0.6, None)
    assert line.at.endswith("Z")
    assert workspace.catalogue.audit(1)[0] | {"at": ""} == {
        "at": "", "who": workspace.catalogue.audit(1)[0]["who"], "action": "verdict", "purpose": "test", "act": 1,
        "analyst": "ann", "crops": [3], "investigation": 1, "model": "abc", "verdict": NOT,
    }  # fmt: skip


def test_the_newest_verdict_of_an_analyst_stands_and_undo_brings_the_one_before_back(workspace: Workspace) -> None:
    say(workspace, MATCH, 1)
    say(workspace, NOT, 1, 2)
    assert decisions(workspace) == {1: NOT, 2: NOT}
    assert [line.crop for line in verdicts.undo(workspace, CASE, who="ann")] == [1, 2]
    assert decisions(workspace) == {1: MATCH}
    verdicts.undo(workspace, CASE, who="ann")
    assert (decisions(workspace), verdicts.undo(workspace, CASE, who="ann")) == ({}, [])
    assert [line.verdict for line in verdicts.log_of(workspace, CASE)] == [MATCH, NOT, NOT, UNDO, UNDO, UNDO]


def test_nobody_takes_back_what_another_analyst_said(workspace: Workspace) -> None:
    say(workspace, MATCH, 1)
    assert verdicts.undo(workspace, CASE, who="ben") == []
    assert decisions(workspace) == {1: MATCH}


def test_opposite_verdicts_are_a_conflict_until_one_gives_way_and_cannot_tell_contradicts_nobody(
    workspace: Workspace,
) -> None:
    say(workspace, MATCH, 1, 2)
    say(workspace, NOT, 1, who="ben")
    say(workspace, CANNOT_TELL, 2, who="ben")
    assert decisions(workspace) == {1: CONFLICT, 2: MATCH}
    assert verdicts.describe(verdicts.standing(workspace, CASE)) == "1 match, 0 not, 0 cannot tell, 1 conflict"
    verdicts.undo(workspace, CASE, who="ben")
    verdicts.undo(workspace, CASE, who="ben")
    assert decisions(workspace) == {1: MATCH, 2: MATCH}


def _judge_all(path: Path, verdict: str, who: str, barrier: object) -> None:
    workspace = Workspace(path)
    barrier.wait(60)  # type: ignore[attr-defined]
    for crop in range(1, 21):
        verdicts.give(workspace, CASE, verdict, [Seen(crop)], who=who)


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


def test_a_verdict_needs_a_known_word_and_a_crop_that_is_there(workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="match, not, cannot tell"):
        say(workspace, "maybe", 1)
    with pytest.raises(ReidError, match="Crop 999 is gone"):
        say(workspace, MATCH, 1, 999)
    with pytest.raises(ReidError, match="no case"):
        verdicts.standing(workspace, "other")
    assert verdicts.log_of(workspace, CASE) == []
