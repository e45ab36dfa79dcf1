"""The commands about maps: map, examine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from reid_core.projection.neighbours import Stopped
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.maps import making
from reid_core.workspace.maps.examination import read_examination
from reid_core.workspace.maps.making import maps_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL, Ended

Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP would compile for half a minute; that it is asked aright is what counts here."""
    monkeypatch.setattr(making, "umap_points", lambda start, *arguments, **options: start)


def test_a_map_is_made_its_labels_are_looked_at_and_both_are_told(run_command: Run, tiny_workspace: Workspace) -> None:
    ended = run_command(tiny_workspace.path, "map", TINY_GALLERY, "--json")
    assert ended.code == 0
    told = ended.json()["maps"]
    assert [one["layout"]["method"] for one in told] == ["pca", "umap"]
    assert {one["crops"] for one in told} == {24}
    (model, _, _) = tiny_workspace.catalogue.gallery(TINY_GALLERY).models[-1]
    assert read_examination(tiny_workspace, TINY_GALLERY, model) is not None
    words = run_command(tiny_workspace.path, "map", TINY_GALLERY, "--model", TINY_MODEL, "--fast").out
    assert "Map umap-2d-3-fast of 24 crops: trustworthiness" in words
    assert "Suspected mislabels: 0; pairs of people who look like one: 0." in words


def test_options_choose_the_layout(run_command: Run, tiny_workspace: Workspace) -> None:
    options = ("--dimensions", 3, "--locality", 1, "--locality", 5, "--dense", "--seed", 4)
    assert run_command(tiny_workspace.path, "map", TINY_GALLERY, *options).code == 0
    names = {info.layout.name for info in maps_of(tiny_workspace, TINY_GALLERY)}
    assert names == {"pca-3d", "densmap-3d-1-seed4", "densmap-3d-5-seed4"}


def test_broken_vectors_are_named(run_command: Run, tiny_workspace: Workspace) -> None:
    (model, _, _) = tiny_workspace.catalogue.gallery(TINY_GALLERY).models[-1]
    add_vectors(tiny_workspace.catalogue, model, [4, 9], np.full((2, 16), np.nan, np.float32))
    assert "Left out, as their vectors are no numbers: 2 crops (4, 9)." in run_command(
        tiny_workspace.path, "map", TINY_GALLERY
    ).out.replace("\n", " ")


def test_labels_are_looked_at_again(run_command: Run, tiny_workspace: Workspace) -> None:
    run_command(tiny_workspace.path, "map", TINY_GALLERY)
    ended = run_command(tiny_workspace.path, "examine", TINY_GALLERY, "--json")
    assert (ended.code, ended.json()["crops"]) == (0, 24)
    assert "Suspected mislabels: 0" in run_command(tiny_workspace.path, "examine", TINY_GALLERY).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("examine", TINY_GALLERY), "has no map under this model"), (("map", "nowhere"), "no gallery 'nowhere'"),
     (("map", TINY_GALLERY, "--model", "nobody"), "nobody")],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence(run_command: Run, tiny_workspace: Workspace, arguments: tuple, said: str) -> None:
    ended = run_command(tiny_workspace.path, *arguments)
    assert ended.code == 1
    assert said in ended.err.replace("\n", " ")


def test_a_stop_is_told_and_what_was_finished_is_kept(
    run_command: Run, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: object, stop: object, **options: object) -> None:
        stop.requested = True  # type: ignore[attr-defined]
        raise Stopped

    monkeypatch.setattr(making, "umap_points", stopped)
    ended = run_command(tiny_workspace.path, "map", TINY_GALLERY)
    assert ended.code not in (0, 1)
    assert "what was finished is kept" in (ended.err + ended.out).replace("\n", " ")
    assert [info.layout.method for info in maps_of(tiny_workspace, TINY_GALLERY)] == ["pca"]
