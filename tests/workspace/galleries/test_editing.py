"""Labels mended by hand, and taken back."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries import editing
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, TINY_PEOPLE


def labels(workspace: Workspace, column: str = "identity") -> list[object]:
    return workspace.catalogue.crops(TINY_GALLERY)[column].tolist()


def relabel(workspace: Workspace, selection: Selection, value: str | float | None, column: editing.Column = "identity"):
    return editing.relabel(workspace.catalogue, TINY_GALLERY, selection, column, value)


def test_labels_of_one_or_many_are_set_and_come_back_in_reverse_order(tiny_workspace: Workspace) -> None:
    before = labels(tiny_workspace)
    assert relabel(tiny_workspace, Selection(ids=frozenset({1})), "anna") == 1
    assert relabel(tiny_workspace, Selection(cameras=frozenset({"hall"})), None) == 8
    assert labels(tiny_workspace).count(None) == 8
    edit = editing.undo(tiny_workspace.catalogue, TINY_GALLERY)
    assert edit is not None
    assert edit.describe() == "identity of 8 crops removed"
    assert labels(tiny_workspace) == ["anna", *before[1:]]
    edit = editing.undo(tiny_workspace.catalogue, TINY_GALLERY)
    assert edit is not None
    assert edit.describe() == "identity of 1 crop set to anna"
    assert labels(tiny_workspace) == before
    assert editing.undo(tiny_workspace.catalogue, TINY_GALLERY) is None


def test_two_people_become_one_and_one_becomes_two(tiny_workspace: Workspace) -> None:
    assert relabel(tiny_workspace, Selection(identities=frozenset({"2", "3"})), "2") == 6  # only what changes
    assert set(labels(tiny_workspace)) == {"1", "2", "4"}
    relabel(tiny_workspace, Selection(identities=frozenset({"2"}), cameras=frozenset({"stairs"})), "5")
    assert labels(tiny_workspace).count("5") == 4
    editing.undo(tiny_workspace.catalogue, TINY_GALLERY)
    editing.undo(tiny_workspace.catalogue, TINY_GALLERY)
    assert set(labels(tiny_workspace)) == set(TINY_PEOPLE)


def test_cameras_and_times_can_be_mended_too(tiny_workspace: Workspace) -> None:
    assert relabel(tiny_workspace, Selection(ids=frozenset({1, 2})), "roof", "camera") == 2
    assert relabel(tiny_workspace, Selection(ids=frozenset({1})), 1_767_225_661.5, "time") == 1
    row = tiny_workspace.catalogue.crops_of([1]).iloc[0]
    assert (row["camera"], row["time"]) == ("roof", 1_767_225_661.5)
    edit = editing.last_edit(tiny_workspace.catalogue, TINY_GALLERY)
    assert edit is not None
    assert edit.describe() == "time of 1 crop set to 2026-01-01T00:01:01Z"


def test_nothing_is_written_where_nothing_changes(tiny_workspace: Workspace) -> None:
    version = tiny_workspace.catalogue.version()
    assert relabel(tiny_workspace, Selection(identities=frozenset({"1"})), "1") == 0
    assert tiny_workspace.catalogue.version() == version
    assert editing.last_edit(tiny_workspace.catalogue, TINY_GALLERY) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("identity", " "),
        ("camera", "x" * 201),
        ("time", -1.0),
        ("time", "noon"),
        ("path", "x"),
        ("time", float("inf")),
        ("identity", "anna\0evil"),
        ("camera", "\ud800"),
    ],
)
def test_a_label_that_cannot_be_is_refused(
    tiny_workspace: Workspace, column: editing.Column, value: str | float
) -> None:
    with pytest.raises(ReidError, match="no name|not in seconds|cannot be changed"):
        relabel(tiny_workspace, Selection(ids=frozenset({1})), value, column)


def test_a_label_that_puts_a_person_on_both_sides_changes_nothing(tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'train' WHERE identity IN ('1', '2')")
    before = labels(tiny_workspace)
    with pytest.raises(ReidError, match="training and for testing"):
        relabel(tiny_workspace, Selection(identities=frozenset({"3"})), "2")
    assert labels(tiny_workspace) == before
    assert editing.last_edit(tiny_workspace.catalogue, TINY_GALLERY) is None


def test_an_open_index_filters_by_the_new_label(tiny_workspace: Workspace) -> None:
    from reid_core.embedder.inference import Embedder
    from reid_core.retrieval.filters import Filter

    model = Embedder(tiny_workspace.find_model("stripes")).id
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, model)
    query = index.current().vectors(np.array([1]))
    relabel(tiny_workspace, Selection(ids=frozenset({3, 4})), "roof", "camera")
    found = index.current().search(query, 24, Filter(cameras=frozenset({"roof"})))
    assert sorted(found.ids[0][found.ids[0] >= 0].tolist()) == [3, 4]


def test_what_was_deleted_since_does_not_come_back(tiny_workspace: Workspace) -> None:
    relabel(tiny_workspace, Selection(ids=frozenset({1, 2})), "anna")
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    edit = editing.undo(tiny_workspace.catalogue, TINY_GALLERY)
    assert edit is not None
    assert edit.crops == 1
    assert len(labels(tiny_workspace)) == 23
    assert "anna" not in labels(tiny_workspace)
