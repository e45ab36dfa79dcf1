"""Doubts about labels in a workspace: planted mistakes are found, kept, decided on, and forgotten with their crops."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.projection.layout import Layout
from reid_core.projection.neighbours import Stopped
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries import editing
from reid_core.workspace.maps import examination
from reid_core.workspace.maps.doubts import accept_merge, accept_mislabel, dismiss, recall_dismissed, standing_doubts
from reid_core.workspace.maps.examination import (
    Examination,
    LabelDoubt,
    SamePerson,
    are_labels_newer,
    examine,
    read_examination,
)
from reid_core.workspace.maps.making import make_maps
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.projection.test_neighbours import unit

MODEL = "0123456789abcdef"
WRONG = 3  # a crop of person 1 under the label of person 2


def ids_of(workspace: Workspace, *people: str) -> list[int]:
    crops = workspace.catalogue.crops(TINY_GALLERY)
    return [int(id) for id in crops.loc[crops["identity"].isin(people), "id"]]


@pytest.fixture
def doubtful(tiny_workspace: Workspace) -> Workspace:
    """Four people, of whom 3 and 4 are one in truth, and one crop of person 1 is labelled 2; mapped, not examined."""
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    true = crops["identity"].replace({"4": "3"}).astype(int).to_numpy()
    noise = np.random.default_rng(1).normal(scale=0.03, size=(len(crops), 16))
    vectors = (unit(4, 16, 6)[true] + noise).astype(np.float32)
    tiny_workspace.catalogue.add_model(MODEL, "planted", 16)
    add_vectors(tiny_workspace.catalogue, MODEL, crops["id"].tolist(), vectors)
    editing.relabel(tiny_workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({WRONG})), "identity", "2")
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, [Layout("pca")])
    return tiny_workspace


@pytest.fixture
def found(doubtful: Workspace) -> Examination:
    return examine(doubtful, TINY_GALLERY, MODEL)


def test_planted_mistakes_are_found_and_read_back_as_they_were(doubtful: Workspace, found: Examination) -> None:
    assert [(one.crop, one.label, one.other) for one in found.mislabels] == [(WRONG, "2", "1")]
    assert found.mislabels[0].witness in ids_of(doubtful, "1")
    assert [(one.one, one.other) for one in found.merges] == [("3", "4")]
    assert {a for a, _ in found.merges[0].pairs} <= set(ids_of(doubtful, "3"))
    assert {b for _, b in found.merges[0].pairs} <= set(ids_of(doubtful, "4"))
    assert found.found == (1, 1)
    assert (found.crops, found.clusters, found.unclustered) == (24, 3, 0)
    assert found.agreement is not None
    assert 0 < found.agreement.adjusted_rand < 1
    assert found.similarities is not None
    assert found.grouping is not None
    assert set(found.grouping.cameras) == {"entrance", "hall", "stairs"}
    assert read_examination(doubtful, TINY_GALLERY, MODEL) == found


def test_a_mislabel_that_is_accepted_stands_no_more_until_it_is_taken_back(
    doubtful: Workspace, found: Examination
) -> None:
    accept_mislabel(doubtful, TINY_GALLERY, found.mislabels[0])
    assert WRONG in ids_of(doubtful, "1")
    assert standing_doubts(doubtful, found).mislabels == ()
    with pytest.raises(ReidError, match="Crop 3 is no longer labelled 2"):
        accept_mislabel(doubtful, TINY_GALLERY, found.mislabels[0])
    editing.undo(doubtful.catalogue, TINY_GALLERY)
    assert WRONG in ids_of(doubtful, "2")
    assert standing_doubts(doubtful, found).mislabels == found.mislabels


@pytest.mark.parametrize(("keep", "gone"), [("3", "4"), ("4", "3")])
def test_two_people_are_made_one_under_either_name(
    doubtful: Workspace, found: Examination, keep: str, gone: str
) -> None:
    assert accept_merge(doubtful, TINY_GALLERY, found.merges[0], keep) == 6
    assert len(ids_of(doubtful, keep)) == 12
    assert ids_of(doubtful, gone) == []
    assert standing_doubts(doubtful, found).merges == ()
    with pytest.raises(ReidError, match=f"No crop is labelled {gone} any more"):
        accept_merge(doubtful, TINY_GALLERY, found.merges[0], keep)
    editing.undo(doubtful.catalogue, TINY_GALLERY)
    assert standing_doubts(doubtful, found).merges == found.merges


def test_a_third_name_is_no_merge_of_two(doubtful: Workspace, found: Examination) -> None:
    with pytest.raises(ReidError, match="'1' is neither 3 nor 4"):
        accept_merge(doubtful, TINY_GALLERY, found.merges[0], "1")


def test_what_is_dismissed_is_never_suggested_again_until_it_is_recalled(
    doubtful: Workspace, found: Examination
) -> None:
    both: list[LabelDoubt | SamePerson] = [*found.mislabels, *found.merges]
    assert dismiss(doubtful, TINY_GALLERY, both) == 2
    assert dismiss(doubtful, TINY_GALLERY, both) == 0
    again = examine(doubtful, TINY_GALLERY, MODEL)
    standing = standing_doubts(doubtful, again)
    assert (standing.mislabels, standing.merges, standing.dismissed) == ((), (), 2)
    logged = doubtful.catalogue.audit()
    assert [line["action"] for line in logged].count("dismiss doubts") == 1
    assert recall_dismissed(doubtful, TINY_GALLERY) == 2
    assert recall_dismissed(doubtful, TINY_GALLERY) == 0
    assert standing_doubts(doubtful, again).mislabels == found.mislabels


def test_new_labels_are_noticed_and_new_vectors_elsewhere_are_not(doubtful: Workspace, found: Examination) -> None:
    assert not are_labels_newer(doubtful, found)
    add_vectors(doubtful.catalogue, MODEL, [1], unit(1, 16, 3))
    assert not are_labels_newer(doubtful, found)
    editing.relabel(doubtful.catalogue, TINY_GALLERY, Selection(ids=frozenset({1})), "identity", "zoe")
    assert are_labels_newer(doubtful, found)


def test_a_deletion_takes_what_was_found_and_what_was_dismissed_of_a_person(
    doubtful: Workspace, found: Examination
) -> None:
    dismiss(doubtful, TINY_GALLERY, [*found.mislabels, *found.merges])
    delete(doubtful, TINY_GALLERY, Selection(identities=frozenset({"4"})), "test")
    assert read_examination(doubtful, TINY_GALLERY, MODEL) is None
    assert rows(doubtful) == [(WRONG, "2", "1")]
    assert dismiss(doubtful, TINY_GALLERY, found.merges) == 0  # by a page that was drawn before
    delete(doubtful, TINY_GALLERY, Selection(ids=frozenset({WRONG})), "test")
    assert rows(doubtful) == []
    assert dismiss(doubtful, TINY_GALLERY, found.mislabels) == 0
    assert standing_doubts(doubtful, found).mislabels == ()


def rows(workspace: Workspace) -> list[tuple[int | None, str, str]]:
    with sqlite3.connect(workspace.catalogue.path) as database:
        return database.execute("SELECT crop, one, other FROM dismissal").fetchall()


def test_the_whole_gallery_takes_its_dismissals_along(doubtful: Workspace, found: Examination) -> None:
    dismiss(doubtful, TINY_GALLERY, found.merges)
    delete(doubtful, TINY_GALLERY, Selection(), "test")
    assert rows(doubtful) == []


def test_crops_that_are_deleted_while_it_looks_leave_nothing(
    doubtful: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*arguments: object) -> None:
        delete(doubtful, TINY_GALLERY, Selection(identities=frozenset({"4"})), "test")

    monkeypatch.setattr(examination, "similarities", look)
    with pytest.raises(ReidError, match="deleted while"):
        examine(doubtful, TINY_GALLERY, MODEL)
    assert read_examination(doubtful, TINY_GALLERY, MODEL) is None


def test_crops_whose_vectors_went_are_not_judged(doubtful: Workspace) -> None:
    with sqlite3.connect(doubtful.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop = ? AND model <> 1", (WRONG,))
    found = examine(doubtful, TINY_GALLERY, MODEL)
    assert found.mislabels == ()
    assert len(found.merges) == 1


def test_without_a_map_there_is_nothing_to_look_by(tiny_workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="has no map under this model"):
        examine(tiny_workspace, TINY_GALLERY, MODEL)


def test_a_stop_keeps_what_was_found_before(doubtful: Workspace, found: Examination) -> None:
    stop = StopRequest()
    stop.requested = True
    with pytest.raises(Stopped):
        examine(doubtful, TINY_GALLERY, MODEL, stop=stop)
    assert read_examination(doubtful, TINY_GALLERY, MODEL) == found


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"gallery": "tiny"}'])
def test_a_damaged_file_is_as_none(doubtful: Workspace, found: Examination, content: str) -> None:
    file = Path(doubtful.path / "maps" / f"{TINY_GALLERY}@{MODEL}" / "examined.json")
    assert file.is_file()
    file.write_text(content)
    assert read_examination(doubtful, TINY_GALLERY, MODEL) is None
