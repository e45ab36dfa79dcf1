"""Searches by walk: what stands with tracklets reaches the index, its counts and its answers, without a rebuild."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.exact import snapshot
from reid_core.retrieval.filters import Filter
from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.columns import INDEXED
from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.catalogue.recordings.zones import keep_zone, remove_zone
from reid_core.workspace.catalogue.rows import NewCrop, gallery_key
from reid_core.workspace.catalogue.vectors import _indexed, add_vectors
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search import gallery_index, saved_searches
from reid_core.workspace.search.coverage.words import filter_words
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.searching import Answer, Example, Query, Question, answer_query
from reid_core.workspace.search.unknown_labels import refuse_unknown_labels
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import cut, film, walk

LEFT = np.array([[second, 900 - 80 * (second - 10), 500, 50, 120] for second in range(10, 19)], np.float32)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
DOOR = Zone("door", ((0.0, 0.4), (0.16, 0.4), (0.16, 0.5), (0.0, 0.5)))  # x to 307, y from 432 to 540 pixels
QUERY = np.array([[1, 0, 0, 0]], np.float32)


@pytest.fixture
def town(tmp_path: Path) -> Workspace:
    """Crops 1 and 2 of walk "right", 4 s from x 100 to 140; crop 3 of "left", 8 s from 900 to 260; crop 4 imported."""
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    row = film(workspace)
    walks = [walk("right"), walk("left", 10.0, 18.0, path=LEFT)]
    crops = [cut("right", 11.0), cut("right", 13.0), cut("left", 12.0)]
    ids = keep(workspace.catalogue, row.key, walks, crops, Progress(analysed=60.0, frames=300, state=None))
    assert ids == [1, 2, 3]
    source = workspace.catalogue.add_source("town", "/pictures", "flat folder")
    imported = NewCrop(
        "1.jpg", None, "gate", 5.0, "right", "gallery", 64, 128, bytes(32)
    )  # a name that a walk has, too
    workspace.catalogue.add_crops("town", source, [imported])
    workspace.catalogue.add_model("model", "model", 4)
    add_vectors(workspace.catalogue, "model", [1, 2, 3, 4], np.eye(4, dtype=np.float32))
    return workspace


def answered(workspace: Workspace, index: GalleryIndex, where: Filter = Filter()) -> Answer:
    own = workspace.catalogue.crops_of([]).assign(negative=False)
    example = Example(photo=b"", name="a")
    return answer_query(workspace, index, Query(Question((example,), where=where), "model", QUERY, ("",), own, ()))


def hits(workspace: Workspace, index: GalleryIndex, where: Filter = Filter()) -> set[int]:
    return set(answered(workspace, index, where).crops["id"].tolist())


def only(**values: str) -> Filter:
    return Filter(**{name: frozenset({value}) for name, value in values.items()})  # type: ignore[arg-type]


def test_what_stands_with_a_tracklet_is_searched_by(town: Workspace) -> None:
    index = GalleryIndex(town, "town", "model")
    assert hits(town, index) == {1, 2, 3, 4}
    assert hits(town, index, only(directions="to the left")) == {3}
    assert hits(town, index, only(entered="inside the picture")) == {1, 2, 3}
    assert hits(town, index, Filter(min_seconds=5.0)) == {3}
    assert hits(town, index, Filter(max_seconds=4.0)) == {1, 2}
    assert hits(town, index, Filter(min_standing=3.0)) == {1, 2}  # 40 pixels in all, of a person of 120


def test_a_zone_that_is_drawn_reaches_an_open_index(town: Workspace) -> None:
    index = GalleryIndex(town, "town", "model")
    assert hits(town, index, only(zones="door")) == set()
    assert keep_zone(town.catalogue, "town", "gate", DOOR) == 2
    assert hits(town, index, only(zones="door")) == {1, 2, 3}
    assert index.current().choices(Filter(), ["zones"]) == {"zones": {"door": 2}}
    remove_zone(town.catalogue, "town", "gate", "door")
    assert hits(town, index, only(zones="door")) == set()


def test_a_zone_to_ignore_takes_crops_out_of_the_next_search(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    index = GalleryIndex(town, "town", "model")
    assert hits(town, index) == {1, 2, 3, 4}
    monkeypatch.setattr(gallery_index.GalleryIndex, "_opened", None)  # nothing is rebuilt
    keep_zone(town.catalogue, "town", "gate", dataclasses.replace(DOOR, ignored=True))
    answer = answered(town, index)
    assert set(answer.crops["id"]) == {3, 4}  # "left" comes from outside of it
    assert (answer.searched, answer.compared) == (4, 2)
    also = answered(town, index, Filter(ignored=True))
    assert set(also.crops["id"]) == {1, 2, 3, 4}
    assert not Meant(also, None, "").filtered
    assert index.current().choices(answer.where, ["ignored", "directions"]) == {
        "ignored": {True: 1}, "directions": {"to the left": 1},
    }  # fmt: skip
    keep_zone(town.catalogue, "town", "gate", Zone("door", WHOLE, ignored=True))
    assert hits(town, index) == {4}


def test_an_index_of_an_older_program_is_made_anew(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before walks: of version 2, without their columns."""
    monkeypatch.setattr(gallery_index, "KEPT_ROWS", 1)
    columns = {name: kind for name, kind in snapshot._TYPES.items() if name not in ("direction", "walk")}
    with monkeypatch.context() as older:
        older.setattr(snapshot, "VERSION", 2)
        GalleryIndex(town, "town", "model").current()
    folder = town.index_folder("town", "model")
    assert (folder / snapshot.NAME).exists()
    assert snapshot.snapshot_seq(folder) is None
    assert hits(town, GalleryIndex(town, "town", "model"), only(directions="to the left")) == {3}
    assert snapshot.snapshot_seq(folder) == town.catalogue.version()
    monkeypatch.setattr(snapshot, "_TYPES", columns)
    assert snapshot.read_snapshot(folder, "model") is None


def test_what_was_kept_of_walks_comes_back(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery_index, "KEPT_ROWS", 1)
    keep_zone(town.catalogue, "town", "gate", DOOR)
    GalleryIndex(town, "town", "model").current()
    monkeypatch.setattr(gallery_index, "read_changes", lambda *about: iter(()))
    again = GalleryIndex(town, "town", "model")
    assert hits(town, again, Filter(zones=frozenset({"door"}), max_seconds=4.0)) == {1, 2}


def test_only_a_gallery_with_recordings_reads_tracklets(town: Workspace) -> None:
    town.catalogue.add_gallery("still")
    with town.catalogue.transaction() as database:
        named, joined = _indexed(database, gallery_key(database, "still"))
        assert (named, joined) == (INDEXED, "")
        assert "tracklet" in _indexed(database, gallery_key(database, "town"))[1]


def test_exports_say_walks_in_words() -> None:
    where = Filter(zones=frozenset({"door"}), min_seconds=2.5, ignored=True)
    assert filter_words(where) == "in view for at least (s): 2.5; zone: door; also from zones to ignore"


def test_a_saved_search_keeps_its_walks() -> None:
    where = Filter(directions=frozenset({"stays"}), zones=frozenset({"door", "stairs"}), min_seconds=2.5, ignored=True)
    assert saved_searches.from_json(saved_searches.to_json(Question((), where=where))).where == where


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (only(directions="up"), "There is no direction 'up'; use to the left, to the right, towards the camera"),
        (only(entered="door"), "There is no way to enter 'door'; use left edge"),
        (only(left_by="in view already"), "no way to leave 'in view already'; use .*in view at the end"),
        (only(zones="yard"), "Gallery 'town' has no zone 'yard'. It has: door."),
        (only(zones="dummies"), "Gallery 'town' has no zone 'dummies'"),
    ],
)
def test_a_word_that_says_nothing_is_refused(town: Workspace, where: Filter, said: str) -> None:
    with pytest.raises(ReidError, match="no zone 'door'. None is drawn"):
        refuse_unknown_labels(town, "town", only(zones="door"))
    keep_zone(town.catalogue, "town", "gate", DOOR)
    keep_zone(town.catalogue, "town", "gate", Zone("dummies", WHOLE, ignored=True))
    refuse_unknown_labels(town, "town", only(zones="door", directions="stays", left_by="in view at the end"))
    with pytest.raises(ReidError, match=said):
        refuse_unknown_labels(town, "town", where)
