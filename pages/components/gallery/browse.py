"""Browsing a gallery: its crops page by page, or gathered into groups that can be opened."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.components.gallery import selection as chosen
from pages.components.gallery.browse_bar import View, draw_bar, noun, page, turn, within
from pages.components.gallery.browse_rail import BY, CROPS, Look, clear_filters, draw_rail, key_of
from pages.components.gallery.crop_view import draw_crop, open_crop
from pages.components.gallery.deletion_dialog import draw_deletion
from pages.components.gallery.label_bar import apply, draw_trouble
from pages.components.gallery.state import NOTHING, gallery_state
from pages.components.shared import cached, markup, wording
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.quality import flaws
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import holds
from reid_core.workspace.galleries.browsing import Group
from reid_core.workspace.galleries.withheld import withheld
from reid_core.workspace.workspace import Workspace

GRID, NEW_NAME = "gal-grid", "gal-new-name-"
state = st.session_state


def draw_browse(workspace: Workspace, gallery: GalleryInfo) -> None:
    with st.container(key="desk"):
        left, right = st.columns([1, 3])
        with left, st.container(key="side"):
            look = draw_rail(workspace, gallery)
        with right:
            draw_found(workspace, gallery, find(workspace, gallery, look))


def find(workspace: Workspace, gallery: GalleryInfo, look: Look) -> View:
    now = gallery_state()
    if now.group is not None and now.group[:2] != (gallery.name, look.by):
        now.group = None
    inside = now.group
    label = None if inside is None else inside[2]
    key, filtered = (gallery.name, look, label), not look.selection.is_everything()
    if look.by is None or label is not None:
        selection = look.selection if look.by is None or label is None else within(look.selection, look.by, label)
        ids = cached.view_ids(workspace, gallery.name, selection, look.order)
        return View(ids, (), look.by, label, selection, filtered, key)
    groups = tuple(cached.view_groups(workspace, gallery.name, look.by, look.selection))
    covers = np.fromiter((group.cover for group in groups), np.int64, len(groups))
    return View(covers, groups, look.by, None, look.selection, filtered, key)


def draw_found(workspace: Workspace, gallery: GalleryInfo, view: View) -> None:
    """Its cards with what can be done with them, and the dialog of the one that is open."""
    if view.inside is not None and view.by is not None:
        _draw_breadcrumb(workspace, gallery, view, view.by, view.inside)
    now = gallery_state()
    if now.seen != view.key:  # what the last action did was said in another view
        now.seen, now.said = view.key, ""
    ids = chosen.follow(
        GRID, (gallery.name, bool(view.groups), view.inside), view.found, (workspace.catalogue.version(), view.key)
    )
    if view.by == "identity" and view.inside is None:
        _draw_nobody(workspace, gallery)
    if not len(view.found):
        _draw_nothing(gallery, view)
    else:
        offset = draw_bar(workspace, gallery, view, ids)
        _draw_grid(workspace, gallery, view, offset)
    if now.deletion is not None:
        draw_deletion(workspace, gallery.name)
    elif now.open is not None:
        draw_crop(workspace, gallery, view.found if not view.groups else NOTHING)


def _draw_breadcrumb(workspace: Workspace, gallery: GalleryInfo, view: View, by: str, label: str) -> None:
    whole = next(name for name, value in BY.items() if value == by)
    with st.container(horizontal=True, vertical_alignment="center", key="gal-crumbs"):
        st.button(whole, on_click=_leave, key="gal-leave", type="tertiary")
        markup.text('<p class="rt-crumb">{name}</p>', name=group_name(by, label))
        if by == "identity" and len(view.found):
            with st.popover("Rename…", key=f"gal-rename-{label}"):  # another label's is closed
                st.text_input("New label", key=NEW_NAME + label, placeholder=label)
                st.button("Rename", type="primary", key="gal-rename-apply", on_click=_rename,
                          args=(workspace, gallery.name, label))  # fmt: skip
                markup.text(
                    '<p class="rt-small">All crops of {name}, also those that filters hide now. The label of somebody '
                    "else makes the two one.</p>",
                    name=group_name(by, label),
                )
                if gallery_state().action is None:
                    draw_trouble()


def _draw_nobody(workspace: Workspace, gallery: GalleryInfo) -> None:
    """Crops that name nobody are in no group; they are not to be forgotten."""
    unnamed = cached.gallery_numbers(workspace, gallery).missing["identity"]
    if not unnamed:
        return

    def see() -> None:
        state[key_of("by", gallery.name)] = CROPS
        if unnamed < gallery.crops:
            state[key_of("missing", gallery.name)] = "identity"

    with st.container(horizontal=True, vertical_alignment="center", key="gal-nobody"):
        markup.text('<p class="rt-small">{crops} name nobody.</p>', crops=plural(unnamed, "crop"))
        st.button("See them", on_click=see, key="gal-see-nobody", type="tertiary")


def _leave() -> None:
    now = gallery_state()
    now.group = now.action = None


def _rename(workspace: Workspace, gallery: str, label: str) -> None:
    name: str = state.get(NEW_NAME + label) or ""
    everybody = Selection(identities=frozenset({label}))
    if apply(workspace, gallery, everybody, "identity", name, needed="Type the new label first."):
        gallery_state().group = (gallery, "identity", name.strip())


def _draw_nothing(gallery: GalleryInfo, view: View) -> None:
    if view.selection.is_everything() and view.by is not None:
        what = next(name for name, value in BY.items() if value == view.by).lower()
        markup.note(f"No {what} here", f"No crop of {gallery.name} says to which it belongs. See its crops instead.")
        return
    if view.inside is not None and not view.filtered:
        name = group_name(view.by, view.inside)
        markup.note(f"{name} has no crop any more", "What it had was given another label, or was deleted.")
        return
    where = f" in {group_name(view.by, view.inside)}" if view.inside is not None else ""
    markup.note(f"No crop fits{where}", "Widen the filters on the left, or clear them.")
    st.button("Clear filters", on_click=clear_filters, args=(gallery.name,), key="gal-clear-here")


# --- the grid ---


def _draw_grid(workspace: Workspace, gallery: GalleryInfo, view: View, offset: int) -> None:
    shown = [int(crop) for crop in view.found[page(offset)]]
    rows = {int(row["id"]): row for row in rows_of(workspace.catalogue.crops_of(shown))}
    if view.groups:
        groups = [group for group in view.groups[page(offset)] if group.cover in rows]
        cards = [group_card(view.by, group, rows[group.cover]) for group in groups]
    else:
        marked = {"held": holds.held(workspace, shown), "not trained on": withheld(workspace.catalogue, shown)}
        cards = []
        for crop in (crop for crop in shown if crop in rows):
            words = [word for word, crops in marked.items() if crop in crops]
            cards.append(crop_card(rows[crop], view.selection, words))

    def turn_if_there(by: int) -> None:
        if by > 0 or offset:
            turn(by)  # past the last page is the last page
            st.rerun()

    opened = gallery_grid(
        cards, kind="groups" if view.groups else "browse", label=f"{noun(view)} cards of {gallery.name}", key=GRID,
        marks=chosen.marks(shown), on_turn=turn_if_there,
    )  # fmt: skip
    if opened is None:
        return
    if not view.groups:
        open_crop(opened)
        return
    label = next((group.label for group in view.groups if group.cover == opened), None)
    if label is not None and view.by is not None:
        gallery_state().group = (gallery.name, view.by, label)
        st.rerun()


def crop_card(row: dict[str, Any], selection: Selection, words: list[str]) -> dict[str, Any]:
    wrong = flaws(*(row[name] for name in ("width", "height", "sharpness", "brightness", "contrast")))
    card = {
        **card_of(row),
        "lines": [wording.person_name(row["identity"]) or "unknown", wording.camera_name(row["camera"])],
    }
    card["title"] = f"Crop {row['id']}: {card['title']}"
    if badge := [*words, *(wrong if selection.flaw is not None else ())]:
        card["badge"] = ", ".join(badge)
    return card


def group_card(by: str | None, group: Group, row: dict[str, Any]) -> dict[str, Any]:
    name = group_name(by, group.label)
    about = plural(group.crops, "crop")
    if by != "camera" and group.cameras:
        about += f" · {plural(group.cameras, 'camera')}"
    return {**card_of(row), "title": f"{name}, {about}", "lines": [name, about]}


def group_name(by: str | None, label: str) -> str:
    if by == "identity":
        return wording.person_name(label)
    if by == "camera":
        return wording.camera_name(label)
    if by == "day":
        return wording.shown_time(float(label)).partition(" ")[0]
    return label
