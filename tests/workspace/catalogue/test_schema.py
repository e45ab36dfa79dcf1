"""A workspace that an older version made is brought up to date, with a backup; one of a newer version is refused."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue import schema
from reid_core.workspace.catalogue.database import backups
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import read_changes, read_vectors
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries import browsing
from reid_core.workspace.galleries.originals import check_pictures
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER

VERSION_1 = """
CREATE TABLE gallery (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL
) STRICT;
CREATE TABLE source (
    key INTEGER PRIMARY KEY, gallery INTEGER NOT NULL REFERENCES gallery(key), path TEXT NOT NULL,
    format TEXT NOT NULL, imported TEXT NOT NULL, UNIQUE (gallery, path)
) STRICT;
CREATE TABLE crop (
    id INTEGER PRIMARY KEY AUTOINCREMENT, gallery INTEGER NOT NULL REFERENCES gallery(key),
    source INTEGER NOT NULL REFERENCES source(key), path TEXT NOT NULL, identity TEXT, camera TEXT, time REAL,
    tracklet TEXT, split TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, sha256 BLOB NOT NULL,
    UNIQUE (source, path)
) STRICT;
CREATE INDEX crop_gallery ON crop (gallery, split);
CREATE INDEX crop_sha256 ON crop (sha256);
CREATE INDEX crop_identity ON crop (gallery, identity);
CREATE INDEX crop_camera ON crop (gallery, camera);
CREATE TABLE model (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, embedding_size INTEGER NOT NULL
) STRICT;
CREATE TABLE counter (seq INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
CREATE TABLE vector (
    model INTEGER NOT NULL REFERENCES model(key), crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL, float16 BLOB NOT NULL, PRIMARY KEY (model, crop)
) STRICT, WITHOUT ROWID;
CREATE INDEX vector_seq ON vector (model, seq);
CREATE TABLE audit (
    key INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
    purpose TEXT NOT NULL, details TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A workspace as version 1 wrote it: two galleries of three crops, vectors of two models, a line of the log."""
    path = tmp_path / "workspace"
    path.mkdir()
    with sqlite3.connect(path / "catalogue.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(VERSION_1)
        for gallery in (1, 2):
            database.execute("INSERT INTO gallery VALUES (?, ?, '2026-01-05T00:00:00Z')", (gallery, f"site{gallery}"))
            database.execute(
                "INSERT INTO source VALUES (?, ?, '/data', 'table', '2026-01-05T00:00:00Z')", (gallery, gallery)
            )
            for crop in range(3):
                database.execute(
                    "INSERT INTO crop (gallery, source, path, identity, camera, time, split, width, height, sha256) "
                    "VALUES (?, ?, ?, ?, 'door', 5.0, 'gallery', 32, 64, ?)",
                    (gallery, gallery, f"{crop}.jpg", f"p{crop}", bytes([gallery, crop]) * 16),
                )
        seq = 0
        for model in (1, 2):
            database.execute("INSERT INTO model VALUES (?, ?, ?, 2)", (model, f"m{model}", f"model{model}"))
            for crop in range(1, 7):
                seq += 1
                vector = np.array([model, crop], np.float16).tobytes()
                database.execute("INSERT INTO vector VALUES (?, ?, ?, ?)", (model, crop, seq, vector))
        database.execute("UPDATE counter SET seq = ?", (seq,))
        database.execute("INSERT INTO audit (at, who, action, purpose, details) VALUES ('x', 'y', 'search', 'z', '{}')")
        database.execute("PRAGMA user_version=1")
    return path


def test_an_older_workspace_keeps_all_it_has(old: Path) -> None:
    workspace = Workspace(old, TESTER)
    info = workspace.catalogue.gallery("site2")
    assert (info.crops, info.identities, [entry[1:] for entry in info.models]) == (
        3, 3, [("model1", 3), ("model2", 3)],
    )  # fmt: skip
    ids, vectors = read_vectors(workspace.catalogue, "site2", "m2")
    assert ids.tolist() == [4, 5, 6]
    assert vectors.tolist() == [[2, 4], [2, 5], [2, 6]]
    moved, first = workspace.catalogue.audit()
    assert (moved["action"], moved["lines"], first["purpose"]) == ("move personal fields", 1, "z")
    crops = workspace.catalogue.crops("site1")
    assert np.isnan(crops["sharpness"]).all()
    assert browsing.numbers(workspace.catalogue, "site1").unmeasured == 3


def test_age_of_old_crops_is_that_of_their_import(old: Path) -> None:
    day = 1_767_571_200.0  # 2026-01-05T00:00:00Z, by the calendar
    assert browsing.count(Workspace(old, TESTER).catalogue, "site1", Selection(older_than=day)) == 0
    assert browsing.count(Workspace(old, TESTER).catalogue, "site1", Selection(older_than=day + 1)) == 3


def test_what_is_embedded_after_the_change_comes_after_what_was_before(old: Path) -> None:
    catalogue = Workspace(old, TESTER).catalogue
    (changes,) = read_changes(catalogue, "site1", "m1", -1)
    assert catalogue.version() == changes.seq == 12
    catalogue.add_gallery("new")
    assert catalogue.version() == 13


def test_the_backup_is_the_workspace_as_it_was_and_goes_with_a_deletion(old: Path) -> None:
    workspace = Workspace(old, TESTER)
    (backup,) = backups(workspace.catalogue.path)
    with sqlite3.connect(backup) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 1
        assert database.execute("SELECT COUNT(*) FROM vector").fetchone()[0] == 12
    Workspace(old, TESTER)
    assert backups(workspace.catalogue.path) == [backup]
    delete(workspace, "site1", Selection(identities=frozenset({"p1"})), "test")
    assert backups(workspace.catalogue.path) == []


KILLED_IN_BACKUP = """
import os, signal, sys
from pathlib import Path
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue import database
from reid_core.workspace.workspace import Workspace

back_up = database._back_up

def killed(database, path, version):
    def look():
        if list(path.parent.rglob("*-journal")):  # SQLite's own, beside what it writes
            os.kill(os.getpid(), signal.SIGKILL)
        return 0
    database.set_progress_handler(look, 1)
    back_up(database, path, version)

database._back_up = killed
Workspace(Path(sys.argv[1]), system_user())
"""


def test_an_upgrade_that_is_killed_within_its_backup_leaves_nothing_of_it(old: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED_IN_BACKUP, str(old)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(old.glob(".writing-*"))
    workspace = Workspace(old, TESTER)
    assert len(backups(workspace.catalogue.path)) == 1
    assert not list(old.glob(".*"))


def test_a_change_that_breaks_off_leaves_the_old_workspace(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        upgrade = f"{schema.UPGRADES[1]}SELECT no_such_column FROM crop;\n"
        broken.setattr("reid_core.workspace.catalogue.catalogue.UPGRADES", {1: upgrade})
        with pytest.raises(ReidError, match="no_such_column"):
            Workspace(old, TESTER)
    with sqlite3.connect(old / "catalogue.sqlite") as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 1
        assert database.execute("SELECT COUNT(*) FROM vector WHERE model = 1").fetchone()[0] == 6
    assert Workspace(old, TESTER).catalogue.gallery("site1").crops == 3


def test_too_little_room_for_the_backup_is_said_before_anything_changes(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1000

    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda path: Full)
        with pytest.raises(ReidError, match=r"older version .* GB must be free"):
            Workspace(old, TESTER)
    assert not backups(old / "catalogue.sqlite")
    assert Workspace(old, TESTER).catalogue.gallery("site1").crops == 3


@pytest.mark.parametrize("name", ["catalogue", "thumbnails"])
def test_a_workspace_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path, name: str) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    file = workspace.path / f"{name}.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(ReidError, match=rf"{name}\.sqlite was written by a newer version of Retrace \(format 99"):
        Workspace(workspace.path, TESTER)
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 99


def test_a_check_measures_what_an_older_version_imported(tiny_workspace: Workspace) -> None:
    before, looks = tiny_workspace.catalogue.crops("tiny"), tiny_workspace.catalogue.looks("tiny")
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET sharpness = NULL, brightness = NULL, contrast = NULL, look = NULL")
        database.execute("UPDATE crop SET upper = NULL, upper_share = NULL, lower = NULL, lower_share = NULL")
    assert browsing.numbers(tiny_workspace.catalogue, "tiny").unmeasured == 24
    assert check_pictures(tiny_workspace, "tiny", stop=StopRequest()).added == 24
    assert tiny_workspace.catalogue.crops("tiny").equals(before)
    assert tiny_workspace.catalogue.looks("tiny") == looks
