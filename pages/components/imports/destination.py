"""Where imported pictures go: the gallery, the model that embeds them, copied or left where they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.components.imports.state import CHOICES
from pages.components.shared import cached, markup
from pages.components.shared.model_terms import draw_damaged, draw_terms
from reid_core.errors import ReidError
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.imports import previewing
from reid_core.workspace.imports.previewing import Preview
from reid_core.workspace.workspace import Workspace

NEW = "A new gallery"
NOT_NOW = "Not now"
state = st.session_state


@dataclass(frozen=True)
class Where:
    """Gallery, whether it is made by this import, whether pictures are copied, and what embeds them afterwards."""

    gallery: str
    is_new: bool
    copy: bool
    model: str | None


@dataclass(frozen=True)
class Target:
    """The gallery that was chosen, and why it cannot be used, or ""."""

    gallery: str
    is_new: bool
    problem: str = ""


def draw_where(workspace: Workspace, path: Path, uploaded: bool, preview: Preview | None) -> Where | None:
    """Draws the choices; None while the name cannot be used."""
    infos = {info.name: info for info in cached.galleries(workspace)}
    target = draw_gallery(workspace, _free_name(path, uploaded, set(infos)))
    if (
        not target.is_new
        and preview is not None
        and str(preview.dataset.source) in set(workspace.catalogue.sources(target.gallery)["path"])
    ):
        markup.text(
            '<p class="rt-small">{name} has crops from this place already. What is new is added; labels that it has '
            "are kept.</p>",
            name=target.gallery,
        )
    model = draw_model(workspace, target, may_wait=True)
    copy = uploaded
    if uploaded:
        words = "The pictures are copied into the workspace; what you dropped is removed afterwards."
    else:
        copy = st.toggle("Copy the pictures into the workspace", key=CHOICES + "copy", persist_state="session")
        words = (
            "The workspace then holds all that it needs."
            if copy
            else "They are left where they are and must stay there, for Retrace reads them from that place."
        )
    markup.text('<p class="rt-small">{words}</p>', words=words)
    return None if target.problem else Where(target.gallery, target.is_new, copy, model)


def draw_gallery(workspace: Workspace, proposed: str) -> Target:
    """The gallery, or the name of a new one, which is proposed."""
    markup.text('<p class="im-group">Where it goes</p>')
    infos = {info.name: info for info in cached.galleries(workspace)}
    chosen = st.selectbox("Gallery", [NEW, *infos], key=CHOICES + "gallery", persist_state="session")
    if chosen != NEW:
        return Target(chosen, is_new=False)
    state.setdefault(CHOICES + "name", proposed)
    gallery = (st.text_input("Its name", key=CHOICES + "name", persist_state="session") or "").strip()
    problem = ""
    try:
        check_name(gallery, "gallery")
    except ReidError as error:
        problem = str(error)
    if gallery in infos:
        problem = f"There is a gallery {gallery} already. Choose it above to add to it, or write another name."
    if problem:
        markup.problem("Choose another name", problem)
    return Target(gallery, is_new=True, problem=problem)


def draw_model(workspace: Workspace, target: Target, *, may_wait: bool) -> str | None:
    """The model that embeds the crops, with its terms; None for later, where that may wait, or where there is none."""
    infos = {info.name: info for info in cached.galleries(workspace)}
    chosen = NEW if target.is_new else target.gallery
    own = [entry.name for entry in cached.usable_models(workspace, infos[chosen])] if chosen in infos else []
    names = list(dict.fromkeys([*own, *cached.model_names(workspace)]))
    if may_wait:
        names.append(NOT_NOW)
    model = st.selectbox("Embed it with", names, key=f"{CHOICES}model-{chosen}", persist_state="session")
    draw_damaged(workspace)
    if model == NOT_NOW or model is None:
        markup.text('<p class="rt-small">It can be browsed, but not searched until it is embedded.</p>')
        return None
    draw_terms(workspace, [model], before="Afterwards, so that it can be searched. " if may_wait else "")
    return model


def free_name(stem: str, taken: set[str]) -> str:
    """That name, or with a number where a gallery has it."""
    names = (stem, *(f"{stem[:60]}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _free_name(path: Path, uploaded: bool, taken: set[str]) -> str:
    stem = previewing.gallery_name(path) or "pictures"
    if uploaded and path.is_dir():  # its own name is only the time of the upload
        inside = list(path.iterdir())
        dropped = inside[0] if len(inside) == 1 and inside[0].is_dir() else None
        # A folder with pictures in it may be called like a person; one with folders is the site's.
        of_folders = dropped is not None and all(entry.is_dir() for entry in dropped.iterdir())
        stem = (previewing.gallery_name(dropped) if dropped is not None and of_folders else "") or "pictures"
    return free_name(stem, taken)
