"""What was lassoed on the map: who and where, its crops, and all that can be done with crops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from pages.components.gallery.browse import draw_found
from pages.components.gallery.browse_bar import View
from pages.components.gallery.crop_view import draw_crop
from pages.components.gallery.deletion_dialog import draw_deletion
from pages.components.gallery.label_bar import draw_last_change
from pages.components.gallery.state import NOTHING, Ids, gallery_state
from pages.components.map import data
from pages.components.map import state as places
from pages.components.map.actions import draw_acts
from pages.components.map.state import map_state
from pages.components.shared import markup, wording
from reid_core.records import harmless, plural
from reid_core.workspace.catalogue.audit import Export
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.maps.colours import people_of
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

NAMED = 6  # people and cameras that are named
HOW = (
    "Take the lasso or the box and draw around crops: they are listed here with who and where they are, to be named, "
    "merged, split, searched with or kept out of training. Click a point to pin its picture, and click a group in the "
    "legend to see it alone."
)


def draw_selection(workspace: Workspace, gallery: GalleryInfo, made: CropMap) -> None:
    ids = places.selected()
    if ids is not None:
        ids = np.intersect1d(ids, made.ids, assume_unique=True)  # what is deleted leaves the map too
    if ids is None or not len(ids):
        draw_last_change(workspace, gallery.name)
        if ids is None:
            markup.text('<p class="rt-text">{how}</p>', how=HOW)
        else:
            markup.note("There is no crop in that region", "Draw around points of the map.")
        draw_opened(workspace, gallery)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="map-selected"):
        _draw_summary(workspace, made, ids)
        st.download_button(
            "CSV", lambda: table_of(workspace, gallery.name, made, ids), data.file_name(made, "csv"), "text/csv",
            on_click="ignore", key="map-csv", type="tertiary",
        )  # fmt: skip
        st.button("Let go", key="map-let-go", on_click=places.let_go, type="tertiary")
    draw_last_change(workspace, gallery.name)
    draw_acts(workspace, gallery, made)
    selection = Selection(ids=frozenset(ids.tolist()))
    draw_found(workspace, gallery, View(ids, (), None, None, selection, False, ("map", gallery.name, map_state().edit)))


def draw_opened(workspace: Workspace, gallery: GalleryInfo, among: Ids = NOTHING) -> None:
    """The dialog of the crop that is looked at, or that is to be deleted from there, where no grid draws it."""
    if gallery_state().deletion is not None:
        draw_deletion(workspace, gallery.name)
    elif gallery_state().open is not None:
        draw_crop(workspace, gallery, among)


def table_of(workspace: Workspace, gallery: str, made: CropMap, ids: Ids) -> bytes:
    """The crops as CSV with their places on the map; the log says that they were taken out."""
    crops = workspace.catalogue.crops_of(ids.tolist())
    rows = data.rows_of_crops(made, crops["id"].to_numpy(dtype=np.int64))
    crops = crops[crops["id"].isin(made.ids[rows])]
    where = {axis: made.points[rows, number] for number, axis in zip(range(made.points.shape[1]), "xyz", strict=False)}
    table = crops.assign(**where, cluster=made.clusters[rows], map=made.info.layout.name, model=made.info.model)
    workspace.catalogue.log(Export(gallery=gallery, crops=len(table), format="csv"))
    return csv_of(table)


def csv_of(table: pd.DataFrame) -> bytes:
    """Text that a spreadsheet would take for a formula is quoted."""
    return table.map(harmless).to_csv(index=False).encode()


def _draw_summary(workspace: Workspace, made: CropMap, ids: Ids) -> None:
    some = data.labels_of(workspace, made, "identity", "camera", "time").iloc[data.rows_of_crops(made, ids)]
    people = [who for who in people_of(some) if who is not None]
    parts = [plural(len(ids), "crop")]
    parts.append(_counted(people, "person", wording.person_name) if people else "nobody named")
    cameras = [camera for camera in some["camera"] if camera is not None]
    if cameras:
        parts.append(_counted(cameras, "camera", wording.camera_name))
    times = some["time"].dropna()
    if len(times):
        first, last = wording.shown_time(float(times.min())), wording.shown_time(float(times.max()))
        parts.append(first if first == last else f"{first} to {last}")
    markup.text('<p class="rt-small" role="status">{words}</p>', words=" · ".join(parts))


def _counted(values: list[str], noun: str, name: Callable[[str], str]) -> str:
    names, counts = np.unique(np.array(values, dtype=str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shown = ", ".join(f"{name(str(names[place]))} ({counts[place]:,})" for place in order[:NAMED])
    return f"{plural(len(names), noun)}: {shown}{' …' * (len(names) > NAMED)}"
