"""A gallery to pick a photo from, page by page: its people by their first crops, or all crops by camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.search.answer import say_how_to_index
from pages.components.search.query_photos import take_crop
from pages.components.search.state import desk
from pages.components.shared import cached, markup, wording
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.workspace import Workspace

PAGE = 60  # crops on a page


def draw_picker(workspace: Workspace, gallery: GalleryInfo) -> None:
    facts = cached.gallery_facts(workspace, gallery)
    parts = [plural(gallery.crops, "crop")]
    if gallery.identities:
        parts.insert(0, plural(gallery.identities, "identity"))
    if gallery.cameras:
        parts.append(plural(gallery.cameras, "camera"))
    markup.heading(f"Or pick someone from {gallery.name}", " · ".join(parts))
    if not gallery.crops:
        markup.problem("The gallery is empty", "Import crops into it on the Gallery page, view Import.")
        return
    if not cached.usable_models(workspace, gallery):
        say_how_to_index(workspace, gallery)
    people, camera = False, None
    found: Sequence[int] | NDArray[np.int64]
    with st.container(horizontal=True, vertical_alignment="center", key="picker-bar"):
        if gallery.identities:
            views = ("People", "All crops")
            people = st.segmented_control(
                "Show", views, default="People", required=True, key="picker-view", label_visibility="collapsed",
                persist_state="session",
            ) == "People"  # fmt: skip
        if not people and len(facts.cameras) > 1:
            camera = st.selectbox(
                "Camera", facts.cameras, index=None, placeholder="All cameras", format_func=wording.camera_name,
                key=f"picker-camera-{gallery.name}", label_visibility="collapsed", width=180,
            )  # fmt: skip
        if people:
            found = [group.cover for group in cached.view_groups(workspace, gallery.name, "identity")]
        else:
            cameras = None if camera is None else frozenset({camera})
            found = cached.view_ids(workspace, gallery.name, Selection(cameras=cameras), "camera")
        offset = draw_pager(f"{gallery.name}-{people}-{camera}", len(found))
    rows = workspace.catalogue.crops_of(list(found[offset : offset + PAGE]))
    cards = [{**card_of(row), **picker_lines(row, people)} for row in rows_of(rows)]
    crop = gallery_grid(cards, kind="picker", label="Crops to pick from", key="picker")
    if crop is not None:
        take_crop(workspace, crop)
        st.rerun()


def draw_pager(key: str, total: int) -> int:
    places = desk().places
    offset = min(places.get(key, 0), max(0, (total - 1) // PAGE * PAGE))

    def turn(to: int) -> None:
        places[key] = to

    if total > PAGE:
        st.button("Previous", on_click=turn, args=(offset - PAGE,), disabled=offset == 0, key="pager-back")
        last = offset + PAGE >= total
        st.button("Next", on_click=turn, args=(offset + PAGE,), disabled=last, key="pager-on")
        markup.text(
            '<p class="rt-small">{first:}–{last} of {total}</p>',
            first=f"{offset + 1:,}", last=f"{min(offset + PAGE, total):,}", total=f"{total:,}",
        )  # fmt: skip
    return offset


def picker_lines(row: dict[str, Any], people: bool) -> dict[str, Any]:
    if people:
        return {"lines": [wording.person_name(row["identity"])]}
    return {"lines": [wording.camera_name(row["camera"]), wording.shown_time(row["time"])]}
