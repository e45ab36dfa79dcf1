from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from reid_core.embedder.card import ModelCard
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.models.order import best_first, shown_first, usable_first
from reid_core.workspace.workspace import ModelEntry, Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL


@pytest.fixture
def gallery(tiny_workspace: Workspace) -> GalleryInfo:
    """Embedded by "a", then by "b", then by "c", which serves it."""
    info = tiny_workspace.catalogue.gallery(TINY_GALLERY)
    return dataclasses.replace(info, models=[("a", "A", 9), ("b", "B", 9), ("c", "C", 9)])


@pytest.fixture
def here(tiny_workspace: Workspace) -> list[ModelEntry]:
    card = ModelCard.read(tiny_workspace.models_folder / TINY_MODEL)
    return [ModelEntry(id.upper(), Path(id), id, card) for id in ("z", "a", "b")]


def test_the_model_that_embedded_last_comes_first(gallery: GalleryInfo) -> None:
    assert best_first(gallery) == ["c", "b", "a"]


def test_only_models_that_are_here_and_have_embedded_the_gallery_are_usable(
    gallery: GalleryInfo, here: list[ModelEntry]
) -> None:
    assert [entry.id for entry in usable_first(gallery, here)] == ["b", "a"]
    assert usable_first(gallery, []) == []


def test_models_that_are_gone_come_last(gallery: GalleryInfo, here: list[ModelEntry]) -> None:
    assert shown_first(gallery, here) == ["b", "a", "c"]
