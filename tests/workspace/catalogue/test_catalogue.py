from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.workspace.catalogue.audit import Search
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.schema import VERSION
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER


def crop(path: str, identity: str | None = "1", camera: str | None = "a", split: str = "gallery") -> NewCrop:
    return NewCrop(path, identity, camera, float("nan"), None, split, 64, 128, path.encode().ljust(32, b"\0"))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", TESTER)
    catalogue.add_gallery("site")
    return catalogue


@pytest.fixture
def source(catalogue: Catalogue) -> int:
    return catalogue.add_source("site", "/pictures", "flat folder")


def test_crops_come_back_in_the_order_of_import_with_what_is_unknown_left_empty(
    catalogue: Catalogue, source: int
) -> None:
    assert catalogue.add_crops("site", source, [crop("b.jpg"), crop("a.jpg", identity=None, camera=None)]) == [
        True,
        True,
    ]
    table = catalogue.crops("site")
    assert list(table["path"]) == ["b.jpg", "a.jpg"]
    assert table["identity"].tolist() == ["1", None]
    assert np.isnan(table["time"]).all()
    assert table["source"].tolist() == ["/pictures", "/pictures"]


def test_a_path_that_is_there_already_is_not_added_again(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg")])
    assert catalogue.add_crops("site", source, [crop("a.jpg", identity="2"), crop("b.jpg")]) == [False, True]
    assert catalogue.crops("site")["identity"].tolist() == ["1", "1"]


def test_crops_of_ids_keep_the_order_asked_for_and_leave_out_the_gone(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop(f"{number}.jpg") for number in range(2000)])
    ids = catalogue.crops("site")["id"].tolist()
    wanted = [ids[1999], 10**9, ids[0], ids[1000]]
    assert catalogue.crops_of(wanted)["path"].tolist() == ["1999.jpg", "0.jpg", "1000.jpg"]
    assert catalogue.crops_of([]).empty
    assert catalogue.crops_of([10**30]).empty  # an address may name any number


def test_numbers_of_a_gallery_count_people_without_distractors_and_junk(catalogue: Catalogue, source: int) -> None:
    people = ["1", "2", "2", "distractor", "junk", None]
    catalogue.add_crops("site", source, [crop(f"{n}.jpg", identity=who) for n, who in enumerate(people)])
    info = catalogue.gallery("site")
    assert (info.crops, info.identities, info.cameras, info.splits) == (6, 2, 1, {"gallery": 6})


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", "x" * 65, ".hidden"])
def test_names_that_could_leave_the_folder_are_refused(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(ReidError, match="cannot name a gallery"):
        catalogue.add_gallery(name)


def test_an_unknown_gallery_names_the_known_ones(catalogue: Catalogue) -> None:
    with pytest.raises(ReidError, match="There are: site"):
        catalogue.crops("sight")


def test_the_audit_log_is_newest_first_and_cannot_be_changed(catalogue: Catalogue) -> None:
    catalogue.log(Search(purpose="case 12", gallery="site", hits=3))
    catalogue.log(Search(purpose="case 13", gallery="site", hits=0))
    lines = catalogue.audit()
    assert [line["purpose"] for line in lines] == ["case 13", "case 12"]
    assert lines[1]["hits"] == 3
    assert lines[0]["who"]
    database = sqlite3.connect(catalogue.path)
    for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            database.execute(statement)


def test_a_catalogue_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.sqlite"
    Catalogue(file, TESTER)
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(ReidError, match="newer version"):
        Catalogue(file, TESTER)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.sqlite"
    file.write_bytes(b"this is not a database at all, but long enough to look like one" * 20)
    with pytest.raises(ReidError, match=r"catalogue\.sqlite is damaged"):
        Catalogue(file, TESTER)


def test_a_workspace_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReidError, match="--workspace"):
        Workspace(tmp_path / "file" / "workspace", TESTER)
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "catalogue.sqlite").mkdir()  # what root is refused, too
    with pytest.raises(ReidError, match="cannot be written"):
        Workspace(locked, TESTER)
    assert stat.S_ISDIR((locked / "catalogue.sqlite").stat().st_mode)
