"""Maps of a gallery: made once, read as they were, followed when crops come, and never with what was deleted."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.projection.clusters import NOISE
from reid_core.projection.layout import Layout
from reid_core.projection.neighbours import Stopped
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors, read_vectors
from reid_core.workspace.deletion import wiping
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.maps import making
from reid_core.workspace.maps.files import CropMap, map_file, read_info, write_map_file
from reid_core.workspace.maps.making import drift, make_maps, maps_of, place_new, read_map
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, TINY_PEOPLE
from tests.projection.test_neighbours import unit

MODEL = "0123456789abcdef"
PCA = Layout("pca")
SIZE = 16


def embed(workspace: Workspace, vectors: np.ndarray, ids: list[int] | None = None, model: str = MODEL) -> None:
    ids = workspace.catalogue.crops(TINY_GALLERY)["id"].tolist() if ids is None else ids
    workspace.catalogue.add_model(model, f"model-{model[:3]}", vectors.shape[1])
    add_vectors(workspace.catalogue, model, ids, vectors.astype(np.float32))


def people_vectors(workspace: Workspace) -> np.ndarray:
    """A direction for each person, and a little noise."""
    people = workspace.catalogue.crops(TINY_GALLERY)["identity"].astype(int).to_numpy()
    noise = np.random.default_rng(2).normal(scale=0.03, size=(len(people), SIZE))
    return unit(5, SIZE, 6)[people] + noise


@pytest.fixture
def mapped(tiny_workspace: Workspace) -> Workspace:
    """24 crops of four people, mapped by their principal components."""
    embed(tiny_workspace, people_vectors(tiny_workspace))
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    return tiny_workspace


def the_map(workspace: Workspace, layout: Layout = PCA) -> CropMap:
    return read_map(workspace, TINY_GALLERY, MODEL, layout.name)


def file_of(workspace: Workspace, layout: Layout = PCA) -> Path:
    return map_file(workspace.path, TINY_GALLERY, MODEL, layout.name)


# --- made and read ---


def test_a_map_holds_every_crop_with_its_true_neighbours_and_cluster(mapped: Workspace) -> None:
    made = the_map(mapped)
    crops = mapped.catalogue.crops(TINY_GALLERY)
    assert made.ids.tolist() == sorted(crops["id"])
    ids, vectors = read_vectors(mapped.catalogue, TINY_GALLERY, MODEL)
    vectors = vectors[np.argsort(ids)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    order = np.argsort(-similarities, axis=1)[:, : making.KEPT]
    assert made.neighbours.tolist() == order.tolist()
    assert made.similarities.astype(float) == pytest.approx(np.take_along_axis(similarities, order, 1), abs=1e-3)
    people = crops["identity"].to_numpy()
    for cluster in range(4):
        assert len(set(people[made.clusters == cluster])) == 1
    assert (made.info.crops, made.info.placed, made.info.unusable, made.info.recall) == (24, 0, 0, 1)
    assert made.info.faithful.trustworthiness > 0.9
    assert not made.placed.any()


def test_the_principal_components_are_there_as_a_preview_before_umap_begins(
    mapped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_of(mapped).unlink()
    seen: list[str] = []

    def slow(start: np.ndarray, *arguments: object, **options: object) -> np.ndarray:
        seen.extend(info.layout.method for info in maps_of(mapped, TINY_GALLERY))
        return start

    monkeypatch.setattr(making, "umap_points", slow)
    make_maps(mapped, TINY_GALLERY, MODEL, [Layout()])
    assert seen == ["pca"]
    assert {info.layout.method for info in maps_of(mapped, TINY_GALLERY)} == {"pca", "umap"}


def test_the_same_seed_gives_the_same_map_and_other_settings_other_files(tiny_workspace: Workspace) -> None:
    """UMAP itself, in two and three dimensions, and once more."""
    embed(tiny_workspace, people_vectors(tiny_workspace))
    layouts = [Layout(), Layout(dimensions=3)]
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, layouts)
    first = [np.array(the_map(tiny_workspace, layout).points) for layout in layouts]
    assert [points.shape for points in first] == [(24, 2), (24, 3)]
    assert all(np.isfinite(points).all() for points in first)
    names = {info.layout.name for info in maps_of(tiny_workspace, TINY_GALLERY)}
    assert names == {"pca-2d", "pca-3d", "umap-2d-3-seed0", "umap-3d-3-seed0"}
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, layouts[:1])
    assert (the_map(tiny_workspace, layouts[0]).points == first[0]).all()


def test_a_stop_keeps_what_was_finished(mapped: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    file_of(mapped).unlink()
    stop = StopRequest()

    def stopped(start: np.ndarray, near: object, layout: Layout, **options: object) -> np.ndarray:
        if layout.locality == 2:
            raise Stopped
        return start

    monkeypatch.setattr(making, "umap_points", stopped)
    with pytest.raises(Stopped):
        make_maps(mapped, TINY_GALLERY, MODEL, [Layout(locality=1), Layout(locality=2)], stop=stop)
    assert {info.layout.name for info in maps_of(mapped, TINY_GALLERY)} == {"pca-2d", "umap-2d-1-seed0"}
    stop.requested = True
    with pytest.raises(Stopped):
        make_maps(mapped, TINY_GALLERY, MODEL, [Layout()], stop=stop)


def test_maps_of_two_models_stand_side_by_side_and_never_mix(mapped: Workspace) -> None:
    other = "fedcba9876543210"
    embed(mapped, unit(24, 8, 3), model=other)
    make_maps(mapped, TINY_GALLERY, other, [PCA])
    assert {info.model for info in maps_of(mapped, TINY_GALLERY)} == {MODEL, other}
    assert (read_map(mapped, TINY_GALLERY, other, PCA.name).points != the_map(mapped).points).any()
    with pytest.raises(ReidError, match="This map is not there"):
        read_map(mapped, TINY_GALLERY, "0" * 16, PCA.name)
    with pytest.raises(ReidError, match="has embedded nothing"):
        make_maps(mapped, TINY_GALLERY, "0" * 16, [PCA])


# --- what cannot be mapped ---


def test_fewer_than_five_crops_are_no_map(tiny_workspace: Workspace) -> None:
    embed(tiny_workspace, unit(4, SIZE, 0), ids=[1, 2, 3, 4])
    with pytest.raises(ReidError, match="at least 5 crops; there are 4"):
        make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    assert maps_of(tiny_workspace, TINY_GALLERY) == []


def test_five_crops_are_one(tiny_workspace: Workspace) -> None:
    embed(tiny_workspace, unit(5, SIZE, 0), ids=[1, 2, 3, 4, 5])
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    assert the_map(tiny_workspace).neighbours.shape == (5, 4)
    assert set(the_map(tiny_workspace).clusters) <= {0, NOISE}


def test_vectors_that_are_all_the_same_are_no_map(tiny_workspace: Workspace) -> None:
    embed(tiny_workspace, np.tile(unit(1, SIZE, 0), (24, 1)))
    with pytest.raises(ReidError, match="vectors of all 24 crops are the same"):
        make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0])
def test_vectors_that_are_no_numbers_are_named_and_left_out(tiny_workspace: Workspace, broken: float) -> None:
    vectors = people_vectors(tiny_workspace)
    vectors[[2, 7]] = broken
    embed(tiny_workspace, vectors)
    (info,) = make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    assert (info.left_out, info.unusable, info.crops) == ((3, 8), 2, 22)
    made = the_map(tiny_workspace)
    assert not {3, 8} & set(made.ids.tolist())
    assert len(drift(tiny_workspace, made).new) == 0


def test_many_broken_vectors_do_not_come_back_as_new_crops(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "NAMED", 2)
    vectors = people_vectors(tiny_workspace)
    vectors[:10] = np.nan
    embed(tiny_workspace, vectors)
    (info,) = make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    assert (info.left_out, info.unusable) == ((1, 2), 10)
    assert len(drift(tiny_workspace, the_map(tiny_workspace)).new) == 0


# --- damaged ---


def cut(content: bytes) -> bytes:
    return content[:-40]


def header_changed(change: Callable[[dict], None]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        change(header)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text + content[8 + size :]

    return changed


def no_map(header: dict) -> None:
    del header["__metadata__"]


def another_count(header: dict) -> None:
    info = json.loads(header["__metadata__"]["map"])
    header["__metadata__"]["map"] = json.dumps({**info, "crops": 7})


def three_dimensions(header: dict) -> None:
    info = json.loads(header["__metadata__"]["map"])
    info["layout"]["dimensions"] = 3
    header["__metadata__"]["map"] = json.dumps(info)


@pytest.mark.parametrize(
    "damage",
    [cut, lambda content: b"", lambda content: b"no map at all" * 20, header_changed(no_map),
     header_changed(another_count), header_changed(three_dimensions)],
)  # fmt: skip
def test_a_damaged_map_is_said_and_can_be_made_again(mapped: Workspace, damage: Callable[[bytes], bytes]) -> None:
    file = file_of(mapped)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ReidError, match=r"map .* is damaged\. Make it again"):
        the_map(mapped)
    make_maps(mapped, TINY_GALLERY, MODEL, [PCA])
    assert len(the_map(mapped).ids) == 24


def test_a_file_that_tells_nothing_is_as_if_it_were_not_there(mapped: Workspace) -> None:
    file_of(mapped).write_bytes(b"")
    assert maps_of(mapped, TINY_GALLERY) == []


def test_a_map_that_was_not_made_is_said(mapped: Workspace) -> None:
    with pytest.raises(ReidError, match="This map is not there"):
        the_map(mapped, Layout())


def test_a_full_disk_is_said_and_the_old_map_stays(mapped: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = file_of(mapped).read_bytes()
    monkeypatch.setattr("reid_core.workspace.maps.files.write_atomically", full)
    with pytest.raises(ReidError, match="the disk is full. Make room"):
        write_map_file(file_of(mapped), the_map(mapped))
    assert file_of(mapped).read_bytes() == before


# --- following the gallery ---


@pytest.fixture
def grown(tiny_workspace: Workspace) -> tuple[Workspace, np.ndarray]:
    """A map of all crops but two of person 1 and one of person 4, which were embedded after it was made."""
    vectors, new = people_vectors(tiny_workspace), [1, 2, 24]
    there = [id for id in range(1, 25) if id not in new]
    embed(tiny_workspace, vectors[np.array(there) - 1], ids=there)
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    embed(tiny_workspace, vectors[np.array(new) - 1], ids=new)
    return tiny_workspace, vectors


def test_new_crops_are_placed_amid_their_own_and_marked(grown: tuple[Workspace, np.ndarray]) -> None:
    workspace, vectors = grown
    before = the_map(workspace)
    assert drift(workspace, before).new.tolist() == [1, 2, 24]
    assert place_new(workspace, TINY_GALLERY, MODEL, PCA.name) == 3
    made = the_map(workspace)
    assert made.ids.tolist() == list(range(1, 25))
    assert made.ids[made.placed].tolist() == [1, 2, 24]
    assert (made.info.crops, made.info.placed) == (24, 3)
    assert (made.points[~made.placed] == before.points).all()
    people = workspace.catalogue.crops(TINY_GALLERY)["identity"].to_numpy()
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for row in (0, 1, 23):
        own = made.points[(people == people[row]) & ~made.placed]
        others = made.points[people != people[row]]
        distance = np.linalg.norm(own.mean(axis=0) - made.points[row])
        assert distance < np.linalg.norm(others - made.points[row], axis=1).min()
        candidates = np.flatnonzero(~made.placed)
        assert made.neighbours[row][0] == candidates[np.argmax(units[candidates] @ units[row])]
        assert made.clusters[row] == made.clusters[made.neighbours[row][0]]
    old = np.flatnonzero(~made.placed)
    assert made.ids[made.neighbours[old]].tolist() == before.ids[before.neighbours].tolist()
    assert place_new(workspace, TINY_GALLERY, MODEL, PCA.name) == 0
    assert len(drift(workspace, made).new) == 0


def test_newcomers_without_usable_vectors_are_left_out_once_and_for_all(grown: tuple[Workspace, np.ndarray]) -> None:
    workspace, _ = grown
    embed(workspace, np.full((1, SIZE), np.nan), ids=[2])
    assert place_new(workspace, TINY_GALLERY, MODEL, PCA.name) == 2
    made = the_map(workspace)
    assert (made.info.left_out, made.info.unusable) == ((2,), 1)
    assert len(drift(workspace, made).new) == 0


def test_a_vector_that_was_swapped_for_another_crops_is_noticed(mapped: Workspace) -> None:
    """As many as before, but not the same: one went, and one came."""
    crops = mapped.catalogue.crops(TINY_GALLERY)["id"].tolist()
    with sqlite3.connect(mapped.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop = ? AND model <> 1", (crops[0],))
    make_maps(mapped, TINY_GALLERY, MODEL, [PCA])
    made = the_map(mapped)
    with sqlite3.connect(mapped.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop = ? AND model <> 1", (crops[1],))
    embed(mapped, unit(1, SIZE, 0), ids=[crops[0]])
    found = drift(mapped, made)
    assert (found.new.tolist(), found.gone) == ([crops[0]], 1)


def test_crops_that_went_are_counted(mapped: Workspace) -> None:
    with sqlite3.connect(mapped.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop IN (5, 6)")
    found = drift(mapped, the_map(mapped))
    assert (found.new.tolist(), found.gone) == ([], 2)


# --- deletion ---


def test_a_deletion_takes_crops_off_every_map_and_off_their_neighbours(mapped: Workspace) -> None:
    before = the_map(mapped)
    gone = set(mapped.catalogue.crops(TINY_GALLERY).query("identity == '1'")["id"])
    delete(mapped, TINY_GALLERY, Selection(identities=frozenset({"1"})), "test")
    made = the_map(mapped)
    assert made.ids.tolist() == [id for id in range(1, 25) if id not in gone]
    assert made.info.crops == len(made.ids) == 18
    stays = ~np.isin(before.ids, list(gone))
    assert (made.points == before.points[stays]).all()
    for row, id in enumerate(made.ids):
        old = before.neighbours[int(np.flatnonzero(before.ids == id)[0])]
        wanted = [before.ids[other] for other in old if before.ids[other] not in gone]
        assert made.ids[made.neighbours[row]][: len(wanted)].tolist() == wanted
        assert (made.neighbours[row][len(wanted) :] == row).all()


def test_a_person_whose_vector_was_no_number_is_forgotten_too(tiny_workspace: Workspace) -> None:
    vectors = people_vectors(tiny_workspace)
    vectors[2] = np.nan
    embed(tiny_workspace, vectors)
    make_maps(tiny_workspace, TINY_GALLERY, MODEL, [PCA])
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({3})), "test")
    made = the_map(tiny_workspace)
    assert (made.info.left_out, made.info.unusable, made.unusable.tolist()) == ((), 0, [])


def test_a_gallery_takes_its_maps_along_and_leaves_those_of_others(mapped: Workspace) -> None:
    kept = mapped.path / "maps" / f"{TINY_GALLERY}2@{MODEL}" / "pca-2d.safetensors"
    kept.parent.mkdir()
    kept.write_bytes(file_of(mapped).read_bytes())
    delete(mapped, TINY_GALLERY, Selection(), "test")
    assert kept.is_file()
    assert not file_of(mapped).parent.exists()


def test_a_deletion_that_was_killed_before_the_maps_is_finished_by_the_next_start(
    mapped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(wiping, "forget_on_maps", killed)
        with pytest.raises(KeyboardInterrupt):
            delete(mapped, TINY_GALLERY, Selection(identities=frozenset({"1"})), "test")
    assert len(the_map(mapped).ids) == 24, "the rows are gone, the map still has them"
    again = Workspace(mapped.path, TESTER)
    assert wiping.finish(again.catalogue, again.thumbnails)
    assert len(the_map(again).ids) == 18


def test_what_a_killed_writer_left_behind_goes_with_the_next_deletion(mapped: Workspace) -> None:
    left = file_of(mapped).with_name(".pca-2d.safetensors.4242")
    left.write_bytes(file_of(mapped).read_bytes())
    delete(mapped, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    assert not left.exists()


def test_a_damaged_map_goes_with_a_deletion_as_nobody_can_tell_what_it_shows(mapped: Workspace) -> None:
    file_of(mapped).write_bytes(cut(file_of(mapped).read_bytes()))
    delete(mapped, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    assert not file_of(mapped).exists()


def test_crops_that_are_deleted_while_a_map_is_made_do_not_come_back_with_it(
    mapped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(start: np.ndarray, *arguments: object, **options: object) -> np.ndarray:
        delete(mapped, TINY_GALLERY, Selection(identities=frozenset({"1"})), "test")
        return start

    monkeypatch.setattr(making, "umap_points", slow)
    make_maps(mapped, TINY_GALLERY, MODEL, [Layout()])
    assert len(the_map(mapped, Layout()).ids) == 18

    def all_of_them(start: np.ndarray, *arguments: object, **options: object) -> np.ndarray:
        delete(mapped, TINY_GALLERY, Selection(identities=frozenset(TINY_PEOPLE)), "test")
        return start

    monkeypatch.setattr(making, "umap_points", all_of_them)
    with pytest.raises(ReidError, match="were deleted while it was made"):
        make_maps(mapped, TINY_GALLERY, MODEL, [Layout()])
    assert maps_of(mapped, TINY_GALLERY) == []


def test_what_is_known_of_a_map_is_read_without_its_points(mapped: Workspace) -> None:
    info = read_info(file_of(mapped))
    assert info == the_map(mapped).info
    assert dataclasses.asdict(info)["layout"]["method"] == "pca"
