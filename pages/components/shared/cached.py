"""The open workspace, and what pages keep of it between reruns: galleries, counts, models, indexes."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.shared import markup
from pages.components.shared.session import as_analyst
from reid_core.embedder.inference import Embedder
from reid_core.errors import FREE_SPACE, ReidError
from reid_core.picture_reader import PictureReader
from reid_core.records import natural_order
from reid_core.workspace import opening
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries import browsing
from reid_core.workspace.galleries.browsing import Group, Numbers, has_tracklets
from reid_core.workspace.galleries.editing import Edit, last_edit
from reid_core.workspace.models.order import usable_first
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.workspace import VARIABLE, DamagedModel, ModelEntry, Workspace, default_path

SILENT = 0.7  # seconds of work that need no word
LARGE = 200_000  # crops from which on counts are not made after each change
SECONDS_BETWEEN_COUNTS = 30.0
_opening = threading.Lock()
_counted: dict[tuple[str, str], tuple[int, float, Numbers]] = {}  # version, moment and numbers of each gallery


def open_workspace() -> Workspace:
    """The workspace of `default_path()`, for the operating system's user, whom all sessions share; a page takes
    `workspace_or_problem`.

    It is opened once, since opening makes what is missing. Raises ReidError.
    """
    path = default_path().absolute()
    with _opening:
        if not (path / "catalogue.sqlite").is_file():  # somebody deleted it under the running app
            _open.cache_clear()
        return _open(path)


@lru_cache(maxsize=8)
def _open(path: Path) -> Workspace:
    return opening.open_workspace(path, system_user())


@dataclass(frozen=True)
class GalleryFacts:
    """What the page's controls need to know of a gallery beside its numbers."""

    cameras: list[str]
    recordings: list[str]
    times: tuple[float, float] | None
    has_tracklets: bool


def galleries(workspace: Workspace) -> list[GalleryInfo]:
    """All galleries in numbers, counted anew only when the catalogue has changed."""
    return _galleries(str(workspace.path), workspace.catalogue.version())


@st.cache_data(max_entries=4, show_spinner=False)
def _galleries(path: str, version: int) -> list[GalleryInfo]:
    return open_workspace().catalogue.galleries()


def gallery_facts(workspace: Workspace, gallery: GalleryInfo) -> GalleryFacts:
    # A recording in which nobody was found yet changes no version.
    recordings = natural_order(finding.names(workspace.catalogue, gallery.name))
    facts = _facts(str(workspace.path), gallery.name, workspace.catalogue.version())
    return dataclasses.replace(facts, recordings=recordings)


@st.cache_data(max_entries=16, show_spinner=False)
def _facts(path: str, gallery: str, version: int) -> GalleryFacts:
    catalogue = open_workspace().catalogue
    cameras = natural_order(catalogue.cameras(gallery))
    return GalleryFacts(cameras, [], catalogue.time_range(gallery), has_tracklets(catalogue, gallery))


def view_ids(
    workspace: Workspace, gallery: str, selection: Selection = Selection(), order: str = "import"
) -> NDArray[np.int64]:
    """Ids of the crops that fit, in that order; found anew only when the catalogue has changed. Do not write to it."""
    return _view_ids(str(workspace.path), workspace.catalogue.version(), gallery, selection, order)


@st.cache_resource(max_entries=32, show_spinner=False)
def _view_ids(path: str, version: int, gallery: str, selection: Selection, order: str) -> NDArray[np.int64]:
    return browsing.view_ids(open_workspace().catalogue, gallery, selection, order)


def view_groups(workspace: Workspace, gallery: str, by: str, selection: Selection = Selection()) -> list[Group]:
    """The crops that fit, by identity, tracklet, camera or day; cached like `view_ids`."""
    return _view_groups(str(workspace.path), workspace.catalogue.version(), gallery, by, selection)


@st.cache_resource(max_entries=16, show_spinner=False)
def _view_groups(path: str, version: int, gallery: str, by: str, selection: Selection) -> list[Group]:
    return browsing.view_groups(open_workspace().catalogue, gallery, by, selection)


def gallery_numbers(workspace: Workspace, gallery: GalleryInfo) -> Numbers:
    """What its crops lack or suffer from, counted anew when the catalogue has changed.

    Of a large gallery they may be half a minute old: to count a million rows after each change would be felt.
    """
    key, version, now = (str(workspace.path), gallery.name), workspace.catalogue.version(), time.monotonic()
    known = _counted.get(key)
    fresh = known is not None and (
        known[0] == version or (gallery.crops > LARGE and now - known[1] < SECONDS_BETWEEN_COUNTS)
    )
    if known is None or not fresh:
        known = _counted[key] = version, now, browsing.numbers(workspace.catalogue, gallery.name)
        while len(_counted) > 16:
            _counted.pop(next(iter(_counted)), None)
    return known[2]


def newest_edit(workspace: Workspace, gallery: str) -> Edit | None:
    """The change of labels that can be taken back."""
    return _edit(str(workspace.path), gallery, workspace.catalogue.version())


@st.cache_data(max_entries=8, show_spinner=False)
def _edit(path: str, gallery: str, version: int) -> Edit | None:
    return last_edit(open_workspace().catalogue, gallery)


@st.cache_data(ttl=60, max_entries=16, show_spinner=False)
def _models_here(path: str, embedded: tuple[str, ...]) -> tuple[list[ModelEntry], list[DamagedModel]]:
    return open_workspace().models_and_damaged()  # reads every model's weights to name it: not for each rerun


def usable_models(workspace: Workspace, gallery: GalleryInfo) -> list[ModelEntry]:
    """Models that are here and have embedded the gallery, the best choice first."""
    ids = tuple(id for id, _, _ in gallery.models)
    return usable_first(gallery, _models_here(str(workspace.path), ids)[0])


def models_here(workspace: Workspace) -> list[ModelEntry]:
    """Usable models, whether they have embedded anything or not; at most a minute old."""
    return _models_here(str(workspace.path), ())[0]


def damaged_models(workspace: Workspace) -> list[DamagedModel]:
    """Models that are here and cannot be used; at most a minute old."""
    return _models_here(str(workspace.path), ())[1]


def forget_models() -> None:
    """Read them anew: a calibration has copied a shipped one into the workspace."""
    _models_here.clear()


def model_names(workspace: Workspace) -> list[str]:
    return [entry.name for entry in models_here(workspace)]


@st.cache_resource(max_entries=4, show_spinner="Opening the model")
def embedder(model: str, _folder: Path) -> Embedder:
    return Embedder(_folder, "cpu")  # one photo at a time: torch's start would cost more than it saves


@st.cache_resource(max_entries=4, show_spinner=False)
def _gallery_index(path: str, gallery: str, model: str) -> GalleryIndex:
    return GalleryIndex(open_workspace(), gallery, model)


def ready_index(workspace: Workspace, gallery: str, model: str) -> GalleryIndex:
    """The gallery's index with all that the catalogue holds; says how far it is where reading that takes long."""
    index = _gallery_index(str(workspace.path), gallery, model)
    place, began = st.empty(), time.monotonic()

    def show(done: int, total: int) -> None:
        passed = time.monotonic() - began
        if passed > SILENT:
            left = f", about {max(1, round(passed / done * (total - done)))} s left" if done else ""
            place.progress(done / max(total, 1), f"Reading the gallery's vectors: {done:,} of {total:,}{left}")

    with place:
        index.current(show)
    place.empty()
    return index


def open_index(workspace: Workspace, gallery: str, model: str) -> GalleryIndex:
    """As `ready_index`, where that was asked for before: says nothing."""
    return _gallery_index(str(workspace.path), gallery, model)


def read_picture(source: str, path: str) -> bytes:
    """A crop's full picture from where it was imported. Raises BadImage when it is gone."""
    with PictureReader() as reader:
        return reader.bytes(source, path)


def workspace_or_problem() -> tuple[Workspace, list[GalleryInfo]] | None:
    """The workspace, acting for the session's analyst, and its galleries; None, and why on the page, where it cannot be
    opened."""
    try:
        workspace = as_analyst(open_workspace())
        if workspace.is_short():
            markup.problem(
                "The disk is full", f"Searching and deleting still work, for a while. To go on, {FREE_SPACE}"
            )
        return workspace, galleries(workspace)
    except ReidError as error:
        with st.container(key="start"):
            markup.problem("The workspace cannot be opened", str(error))
            markup.text(
                '<p class="rt-text">The app uses the folder that <b>{variable}</b> names, else <b>./workspace</b>.</p>',
                variable=VARIABLE,
            )
            st.button("Try again")
        return None
