"""A second map beside the first, of another model, run or layout: what is selected on one is ringed on the other.

The two need not show the same crops; what only one of them shows is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.map import data
from pages.components.map import state as places
from pages.components.map.drawing import draw_point_map, rows_in
from pages.components.map.state import BESIDE, map_state
from pages.components.shared import markup
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.colours import people_of, right_neighbour
from reid_core.workspace.maps.common_neighbours import on_one_only, shared_neighbours
from reid_core.workspace.maps.examination import Examination, read_examination
from reid_core.workspace.maps.files import CropMap, MapInfo
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Other:
    """A map beside: its model and its layout, by name."""

    model: str
    layout: str


def choose_beside(gallery: GalleryInfo, there: list[MapInfo], shown: MapInfo) -> MapInfo | None:
    """Which of the gallery's other maps is shown beside this one; None: none."""
    names = {id: name for id, name, _ in gallery.models}
    others = {
        Other(info.model, info.layout.name): info for info in there
        if info.model in names and (info.model, info.layout.name) != (shown.model, shown.layout.name)
    }  # fmt: skip
    if not others:
        return None
    order = sorted(others, key=lambda name: (name.model == shown.model, name.layout.startswith("pca")))
    chosen: Other | None = st.selectbox(
        "Beside it", order, index=None, key=BESIDE, placeholder="Compare with another map", width=250,
        label_visibility="collapsed",
        format_func=lambda name: f"{names[name.model]}, {described(others[name])}",
        help="Another model or run on the same crops. What is selected on one map is ringed on the other.",
    )  # fmt: skip
    return None if chosen is None else others.get(chosen)


def described(info: MapInfo) -> str:
    layout = info.layout
    shape = "3-D " * (layout.dimensions == 3)
    if layout.method == "pca":
        return f"{shape}principal components"
    return f"{shape}{'densMAP' if layout.dense else 'UMAP'}, {layout.locality} of 5{', fast' * (layout.seed is None)}"


def draw_beside(workspace: Workspace, made: CropMap, by: str, title: str) -> None:
    """Draw the second map. What is drawn around there becomes the page's selection."""
    now = map_state()
    if now.selected is None or now.region is not None:  # let go, or selected on the first map since
        now.beside_region = None
    region = now.beside_region
    said = draw_point_map(
        workspace, made, by, title, key="map-points-beside", marks=[] if region else places.ringed(made),
        edit=now.beside_edit, region=region,
    )  # fmt: skip
    if said.region is not None and said.region.edit > now.beside_edit:
        now.beside_edit = said.region.edit
        if said.region.corners is None:
            places.let_go()
            now.beside_region = None
        else:
            places.select(made.ids[rows_in(workspace, made, said.region)], None)
            now.beside_region = said.region
        st.rerun()  # the first map is drawn already
    if said.asked is not None:
        st.switch_page("pages/search.py", query_params={"gallery": made.info.gallery, "crop": str(said.asked)})
    if said.opened is not None:
        from pages.components.gallery.crop_view import open_crop

        open_crop(said.opened)


# --- in numbers ---


def draw_compared(workspace: Workspace, gallery: GalleryInfo, one: CropMap, other: CropMap) -> None:
    """Both maps in numbers: what their models get right, and how far they see the same neighbours."""
    names = {id: name for id, name, _ in gallery.models}
    heads = "".join(
        markup.filled("<th scope='col'>{model}<span>{layout}</span></th>", model=names.get(made.info.model, ""),
                      layout=described(made.info))
        for made in (one, other)
    )  # fmt: skip
    columns = [_figures(workspace, made) for made in (one, other)]
    rows = "".join(
        markup.filled("<tr><th scope='row'>{name}</th><td>{a}</td><td>{b}</td></tr>", name=name, a=value, b=second)
        for (name, value), (_, second) in zip(*columns, strict=True)
    )
    st.html(f'<table class="rt-facts map-compared"><thead><tr><td></td>{heads}</tr></thead>{rows}</table>')
    shared, share = shared_neighbours(one, other, places.selected())
    if shared:
        which = "selected " if places.selected() is not None else ""
        markup.text(
            '<p class="rt-small"><b>{share}</b> of the nearest crops of {number} {which}crops are the same under both.'
            "</p>",
            which=which, number=f"{shared:,}", share=f"{100 * share:.0f} %",
        )  # fmt: skip
    if apart := on_one_only(one, other):
        markup.text('<p class="rt-small">{crops} on one of them only.</p>', crops=plural(apart, "crop"))


def _figures(workspace: Workspace, made: CropMap) -> list[tuple[str, str]]:
    right = right_neighbour(made, people_of(data.labels_of(workspace, made, "identity")))
    judged = int((right >= 0).sum())
    found = read_examination(workspace, made.info.gallery, made.info.model)
    return [
        ("Nearest crop is of the same person", f"{100 * (right == 1).sum() / judged:.1f} %" if judged else "unknown"),
        ("True neighbours kept by the map", f"{100 * made.info.faithful.kept:.0f} %"),
        *_examined(found),
    ]


def _examined(found: Examination | None) -> list[tuple[str, str]]:
    unknown = "not looked at" if found is None else "unknown"
    pairs, cameras, agreed = (None, None, None) if found is None else (
        found.similarities, found.grouping, found.agreement
    )  # fmt: skip
    return [
        ("One person and two people overlap by", unknown if pairs is None else f"{100 * pairs.overlap:.1f} %"),
        ("Same camera, times as often as by chance", unknown if cameras is None else f"{cameras.ratio:.2f}"),
        ("Clusters and labels agree (adjusted Rand)", unknown if agreed is None else f"{agreed.adjusted_rand:.3f}"),
    ]
