"""Vectors in the catalogue, and the change log by which indexes follow them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.retrieval.protocol import Changes
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import (
    add_vectors,
    count_vectors,
    read_changes,
    read_vectors,
    without_vector,
)
from reid_core.workspace.galleries import editing
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


def only(catalogue: Catalogue, since: int, model: str = "m1") -> Changes:
    (changes,) = read_changes(catalogue, "site", model, since)
    return changes


def test_vectors_come_back_as_half_precision_with_what_filters_need(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg", camera="1"), crop("b.jpg", camera=None, split="query")])
    ids = catalogue.crops("site")["id"].tolist()
    catalogue.add_model("m1", "model", 3)
    vectors = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    add_vectors(catalogue, "m1", ids, vectors)
    changes = only(catalogue, -1)
    found, stored, columns = changes.ids, changes.vectors, changes.columns
    assert found.tolist() == ids
    np.testing.assert_array_equal(stored, vectors.astype(np.float16).astype(np.float32))
    assert columns.camera.tolist() == ["1", None]
    assert columns.split.tolist() == ["gallery", "query"]


def test_a_reader_sees_only_what_was_written_since_it_last_looked(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop(f"{number}.jpg") for number in range(5)])
    ids = catalogue.crops("site")["id"].tolist()
    catalogue.add_model("m1", "model", 2)
    add_vectors(catalogue, "m1", ids[:2], np.ones((2, 2), np.float32))
    seen = only(catalogue, -1).seq
    assert list(read_changes(catalogue, "site", "m1", seen)) == []
    add_vectors(catalogue, "m1", ids[2:], np.ones((3, 2), np.float32))
    assert only(catalogue, seen).ids.tolist() == ids[2:]


def test_vectors_of_another_size_than_the_models_are_refused_whole(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg")])
    catalogue.add_model("m1", "model", 3)
    with pytest.raises(ReidError, match="3; these have 4|of 3 numbers"):
        add_vectors(catalogue, "m1", [1], np.ones((1, 4), np.float32))
    assert count_vectors(catalogue, "site", "m1") == 0


def test_two_models_vectors_are_kept_apart(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg")])
    for model, size in (("m1", 2), ("m2", 5)):
        catalogue.add_model(model, model, size)
        add_vectors(catalogue, model, [1], np.ones((1, size), np.float32))
    assert read_vectors(catalogue, "site", "m1")[1].shape == (1, 2)
    assert [entry[0] for entry in catalogue.gallery("site").models] == ["m1", "m2"]


def test_many_vectors_come_in_pieces_that_say_how_many_there_are(
    catalogue: Catalogue, source: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reid_core.workspace.catalogue.vectors.CHUNK", 4)
    catalogue.add_crops("site", source, [crop(f"{number}.jpg") for number in range(10)])
    catalogue.add_model("m1", "model", 2)
    add_vectors(catalogue, "m1", range(1, 11), np.arange(20, dtype=np.float32).reshape(10, 2))
    pieces = list(read_changes(catalogue, "site", "m1", -1))
    assert [len(piece.ids) for piece in pieces] == [4, 4, 2]
    assert {piece.total for piece in pieces} == {10}
    ids, vectors = read_vectors(catalogue, "site", "m1")
    assert ids.tolist() == list(range(1, 11))
    assert vectors.ravel().tolist() == list(range(20))


def test_a_changed_label_reaches_an_index_without_its_vector(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg"), crop("b.jpg")])
    catalogue.add_model("m1", "model", 2)
    add_vectors(catalogue, "m1", [1, 2], np.ones((2, 2), np.float32))
    seen = only(catalogue, -1).seq
    editing.relabel(catalogue, "site", Selection(ids=frozenset({2})), "camera", "roof")
    changes = only(catalogue, seen)
    assert (changes.relabelled.tolist(), changes.labels.camera.tolist(), changes.ids.tolist()) == ([2], ["roof"], [])


def test_a_log_that_is_shorter_than_what_was_seen_is_refused(catalogue: Catalogue) -> None:
    catalogue.add_model("m1", "model", 2)
    with pytest.raises(ReidError, match="older than its index"):
        list(read_changes(catalogue, "site", "m1", 999))


def test_crops_without_a_vector_are_those_of_the_asked_splits(catalogue: Catalogue, source: int) -> None:
    catalogue.add_crops("site", source, [crop("a.jpg"), crop("b.jpg", "2", split="query"), crop("c.jpg")])
    catalogue.add_model("m1", "model", 2)
    add_vectors(catalogue, "m1", [1], np.ones((1, 2), np.float32))
    assert without_vector(catalogue, "site", "m1", ("query", "gallery")) == [2, 3]
    assert without_vector(catalogue, "site", "m1", ("query",)) == [2]
