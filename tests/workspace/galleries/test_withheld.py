"""Crops that are kept out of training: which they are, that no training sees them, and that deletion takes them."""

from __future__ import annotations

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.withheld import restore, withheld, withhold, without_withheld
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY


def of(*ids: int) -> Selection:
    return Selection(ids=frozenset(ids))


def to_training(workspace: Workspace) -> None:
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET split = 'train' WHERE identity IN ('1', '2')")


def test_withheld_crops_are_no_training_data_and_keep_their_labels(tiny_workspace: Workspace) -> None:
    to_training(tiny_workspace)
    before, _ = training_data(tiny_workspace, TINY_GALLERY)
    labels = list(tiny_workspace.catalogue.crops_of([1, 2])["identity"])
    assert withhold(tiny_workspace.catalogue, TINY_GALLERY, of(1, 2)) == 2
    after, _ = training_data(tiny_workspace, TINY_GALLERY)
    assert len(after.rows("train")) == len(before.rows("train")) - 2
    assert list(tiny_workspace.catalogue.crops_of([1, 2])["identity"]) == labels


def test_test_crops_are_still_tested_on(tiny_workspace: Workspace) -> None:
    withhold(tiny_workspace.catalogue, TINY_GALLERY, of(1))
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    assert len(without_withheld(tiny_workspace.catalogue, crops)) == len(crops) == 24


def test_withholding_twice_adds_nothing_and_restoring_takes_it_back(tiny_workspace: Workspace) -> None:
    catalogue = tiny_workspace.catalogue
    before = catalogue.version()
    assert withhold(catalogue, TINY_GALLERY, of(3, 4)) == 2
    assert withhold(catalogue, TINY_GALLERY, of(4)) == 0
    assert catalogue.version() > before
    assert withheld(catalogue, [2, 3, 4]) == {3, 4}
    assert restore(catalogue, TINY_GALLERY, of(2, 3)) == 1
    assert withheld(catalogue, [2, 3, 4]) == {4}
    assert [line["action"] for line in catalogue.audit(2)] == ["let train again", "withhold from training"]


def test_a_deleted_crop_is_forgotten_here_too(tiny_workspace: Workspace) -> None:
    withhold(tiny_workspace.catalogue, TINY_GALLERY, of(5))
    delete(tiny_workspace, TINY_GALLERY, of(5), "a test")
    with tiny_workspace.catalogue.transaction() as database:
        assert database.execute("SELECT COUNT(*) FROM withheld").fetchone()[0] == 0
