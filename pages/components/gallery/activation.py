"""Where the model looks in a crop, and what it finds alike in two: laid over their pictures in the view of one crop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from pages.components.gallery.state import gallery_state
from pages.components.shared import cached, markup, pictures
from pages.components.shared.heat import laid_over
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.embedder.activation import Hidden, agreeing, hide_patches, looked_at
from reid_core.images import BadImage, decode
from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import ModelEntry, Workspace

PICTURE, LOOKS, AGREES = "Picture", "Model’s focus", "Compare two"  # short: three fit a phone
NEAREST = 6  # crops that are offered for it


def choose_look(workspace: Workspace, gallery: GalleryInfo) -> str:
    """Which of the three is shown; the picture alone where no model that embedded the gallery is here."""
    if not cached.usable_models(workspace, gallery):
        return PICTURE
    chosen: str = st.segmented_control(
        "What to show", (PICTURE, LOOKS, AGREES), default=PICTURE, required=True, key="gal-look",
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen


def draw_look(workspace: Workspace, gallery: GalleryInfo, row: dict[str, Any], look: str) -> None:
    """Draw the crop with colour over it. Raises ReidError when the model cannot be run."""
    model = cached.usable_models(workspace, gallery)[0]
    try:
        picture = decode(cached.read_picture(str(row["source"]), str(row["path"])))
    except BadImage as error:
        markup.problem("There is no picture to look at", f"{error}.")
        return
    hidden = _hidden(model.id, str(row["sha256"]), model.folder, picture)
    if look == LOOKS:
        heat = looked_at(hidden)
        _figure([(laid_over(picture, heat, float(heat.max())), f"Crop {row['id']}")])
        markup.text(
            '<p class="rt-small">Stronger colour where <b>{name}</b> relies more on what is there. Hiding the '
            "strongest patch takes {most} of the similarity. The model goes by this; it need not be the person.</p>",
            name=model.name,
            most=f"{hidden.most:.3f}",
        )
        return
    _draw_pair(workspace, gallery, model, row, picture, hidden)


def _draw_pair(
    workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, row: dict[str, Any], picture: Image.Image,
    hidden: Hidden,
) -> None:  # fmt: skip
    crop = int(row["id"])
    near = _nearest(workspace, gallery, model, crop, hidden)
    if not near:
        markup.note("There is nothing to compare it with", f"{model.name} has embedded no other crop of this gallery.")
        return
    compared = gallery_state().beside
    other = near[0] if compared is None or compared not in near else compared
    table = {int(found["id"]): found for found in rows_of(workspace.catalogue.crops_of(near))}
    if other not in table:
        markup.note("The other crop is gone", "It was deleted while the page was open. Choose another one.")
        return
    about = table[other]
    try:
        beside = decode(cached.read_picture(str(about["source"]), str(about["path"])))
    except BadImage as error:
        markup.problem("There is no picture to compare with", f"{error}.")
        return
    there = _hidden(model.id, str(about["sha256"]), model.folder, beside)
    heats = agreeing(hidden, there.whole), agreeing(there, hidden.whole)
    most = max(float(np.abs(heat).max()) for heat in heats)
    _figure([
        (laid_over(picture, heats[0], most), f"Crop {crop}"),
        (laid_over(beside, heats[1], most), f"Crop {other}"),
    ])  # fmt: skip
    markup.text(
        '<p class="rt-small">Similarity <b>{similarity}</b> under {name}. <span class="rt-for">Blue</span> speaks for '
        'one person: hidden, the two are less alike. <span class="rt-against">Orange</span> speaks against it.</p>',
        similarity=f"{hidden.similarity(there):.2f}",
        name=model.name,
    )
    markup.text('<p class="rt-label">Compare with one of the nearest</p>')
    cards = [card_of(table[id]) for id in near if id in table]
    chosen = gallery_grid(cards, kind="strip", label="Nearest crops", key="gal-beside-grid")
    if chosen is not None and chosen != other:
        gallery_state().beside = chosen
        st.rerun(scope="fragment")


def _nearest(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, crop: int, hidden: Hidden) -> list[int]:
    """Ids of the crops nearest to it under the model, nearest first."""
    index = cached.ready_index(workspace, gallery.name, model.id).current()
    found = index.search(hidden.whole[None], NEAREST, Filter(exclude_ids=frozenset({crop}))).ids[0]
    return [int(id) for id in found if id >= 0]


@st.cache_resource(max_entries=32, show_spinner="Hiding one patch after another")
def _hidden(model: str, sha256: str, _folder: Path, _picture: Image.Image) -> Hidden:
    embedder = cached.embedder(model, _folder)
    return hide_patches(embedder.embed_pixels, embedder.prepare(_picture))


def _figure(images: list[tuple[Image.Image, str]]) -> None:
    frame = '<div class="frame"><img src="{picture}" alt="{name}"></div>'
    frames = "".join(markup.filled(frame, picture=pictures.preview_of(image), name=name) for image, name in images)
    st.html(f'<figure class="rt-figure rt-crop rt-pair">{frames}</figure>')
