"""The columns of a crop: a new catalogue has what an upgraded one has, and every reader takes them from one table."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import numpy as np

from reid_core.retrieval.filters import Columns
from reid_core.workspace.catalogue import schema
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.columns import COLUMNS, INDEXED, INDEXED_OF_WALKS, SHOWN, Column, table_of
from reid_core.workspace.catalogue.rows import CROP_COLUMNS, NewCrop
from tests.conftest import TESTER
from tests.workspace.catalogue.test_schema import VERSION_1


def columns_of(database: sqlite3.Connection) -> dict[str, tuple[object, ...]]:
    """Type, whether it must be there, and default of each column of table `crop`, by name."""
    return {name: tuple(rest) for _, name, *rest in database.execute("PRAGMA table_info(crop)")}


def test_a_new_catalogue_has_the_columns_of_an_upgraded_one(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    with sqlite3.connect(old) as database:
        database.executescript(f"{VERSION_1}PRAGMA user_version=1;")
    Catalogue(old, TESTER)
    with sqlite3.connect(old) as upgraded, sqlite3.connect(":memory:") as new:
        new.executescript(schema.CATALOGUE)
        assert columns_of(new) == columns_of(upgraded)
        assert set(columns_of(new)) == {column.name for column in COLUMNS}


def test_tables_of_crops_have_the_columns_that_they_always_had_and_then_where_a_crop_was_cut() -> None:
    assert CROP_COLUMNS == tuple(SHOWN) == (
        "id", "path", "identity", "camera", "time", "tracklet", "split", "width", "height", "sha256", "source",
        "sharpness", "brightness", "contrast", "alike", "upper", "upper_share", "lower", "lower_share",
        "recording", "moment", "frame", "box_left", "box_top", "box_width", "box_height",
    )  # fmt: skip


def test_what_an_import_finds_and_what_an_index_reads_are_columns() -> None:
    names = {column.name for column in COLUMNS}
    assert {field.name for field in dataclasses.fields(NewCrop)} <= names
    assert set(INDEXED) <= names
    assert {*INDEXED, *INDEXED_OF_WALKS, "walk"} == {field.name for field in dataclasses.fields(Columns)}


def test_a_line_in_the_table_makes_a_column() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute(table_of((*COLUMNS, Column("hat", "TEXT"))))
        assert columns_of(database)["hat"] == ("TEXT", 0, None, 0)
        assert np.dtype(Column("brim", "REAL").dtype) == np.float64
