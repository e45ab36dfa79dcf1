"""A workspace of version 6, in which nothing is from a recording, comes to version 7 whole, whenever it is killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, Seen
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.schema import VERSION
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY
from tests.workspace.catalogue.filmed import filmed
from tests.workspace.catalogue.older import FROM_7, as_version_6, as_version_7

CASE = "case one"


@pytest.fixture
def old(tiny_workspace: Workspace) -> Workspace:
    """Version 6: a verdict on crops 1 and 2, which are tracklet "0001T1" of the entrance."""
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET tracklet = CASE WHEN id IN (1, 2) THEN '0001T1' END")
    cases.create(tiny_workspace, CASE, "who took the bag")
    verdicts.give(tiny_workspace, CASE, MATCH, [Seen(1, 0.9, 1)])
    as_version_6(tiny_workspace.catalogue.path)
    return tiny_workspace


def dump(path: Path) -> list[str]:
    """Every row of the tables that version 6 has, but for the columns that it has not."""
    with sqlite3.connect(path) as database:
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        lines = []
        for (table,) in named:
            if table in ("recording", "tracklet", "zone", "deleted_span", "sqlite_sequence"):
                continue
            names = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})") if name not in FROM_7]
            lines += [
                f"{table}: {row}" for row in database.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1")
            ]
    return lines


def test_old_tracklets_keep_their_names_and_verdicts_their_crops(old: Workspace) -> None:
    before = dump(old.catalogue.path)
    upgraded = Workspace(old.path, TESTER)
    assert dump(old.catalogue.path) == before
    (line,) = tracklets_of(upgraded.catalogue, TINY_GALLERY)
    assert (line.name, line.camera, line.crops, line.recording) == ("0001T1", "entrance", 2, None)
    assert {verdict.crop for verdict in verdicts.log_of(upgraded, CASE)} == {1, 2}
    assert verdicts.standing(upgraded, CASE)[2].decision == MATCH
    crops = upgraded.catalogue.crops(TINY_GALLERY)
    assert crops[list(FROM_7)].isna().all().all()
    assert [path.name for path in backups(old.catalogue.path)] == ["catalogue.sqlite.version-6.backup"]
    filmed(upgraded, gallery=TINY_GALLERY)
    assert len(tracklets_of(upgraded.catalogue, TINY_GALLERY)) == 3


def test_an_upgraded_workspace_is_made_as_a_new_one_is(old: Workspace, tmp_path: Path) -> None:
    def tables(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
        with sqlite3.connect(workspace.catalogue.path) as database:
            names = [n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")]
            return {
                name: [tuple(row) for kind in ("table_info", "index_info", "foreign_key_list")
                       for row in database.execute(f"PRAGMA {kind}({name})")]
                for name in names
            }  # fmt: skip

    assert tables(Workspace(old.path, TESTER)) == tables(Workspace(tmp_path / "new", TESTER))


KILLED = """
import os, signal, sys
from pathlib import Path
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue import database
from reid_core.workspace.workspace import Workspace

moment, statements = sys.argv[2], database._statements

def counted(script):
    for number, statement in enumerate(statements(script)):
        if str(number) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        yield statement
    if moment == "uncommitted":
        os.kill(os.getpid(), signal.SIGKILL)

database._statements = counted
Workspace(Path(sys.argv[1]), system_user())
"""


@pytest.mark.parametrize("moment", ["0", "1", "4", "8", "uncommitted"])
def test_an_upgrade_that_is_killed_begins_again_from_the_old_workspace(old: Workspace, moment: str) -> None:
    before = dump(old.catalogue.path)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(old.path), moment], check=False)
    assert ended.returncode == -signal.SIGKILL
    with sqlite3.connect(old.catalogue.path) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 6
    assert dump(old.catalogue.path) == before
    open_workspace(old.path, TESTER)
    assert dump(old.catalogue.path) == before
    with sqlite3.connect(old.catalogue.path) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == VERSION
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert len(backups(old.catalogue.path)) == 1


def test_walks_of_version_7_are_described_without_the_sizes_that_nobody_kept(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    filmed(workspace, name="gate")
    as_version_7(workspace.catalogue.path)
    upgraded = Workspace(workspace.path, TESTER)
    with upgraded.catalogue.transaction() as database:
        names = "direction, entered, left, standing, zones, ignored, length(path)"
        for row in database.execute(f"SELECT {names} FROM tracklet"):  # five points each, to the right by 40 px
            assert row == ("to the right", "inside the picture", "inside the picture", None, None, 0, 100)
        assert database.execute("PRAGMA user_version").fetchone()[0] == VERSION
    filmed(upgraded, name="later", start=1_772_438_400.0)
