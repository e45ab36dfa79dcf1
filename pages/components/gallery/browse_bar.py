"""Above the grid: how much there is or what is chosen, what can be done with it, and the pager."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from pages.components.gallery import selection as chosen
from pages.components.gallery.label_bar import draw_actions, draw_form, draw_trouble
from pages.components.gallery.selection import Chosen
from pages.components.gallery.state import NOTHING, Ids, gallery_state
from pages.components.shared import cached, markup
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.browsing import Group, of_group
from reid_core.workspace.workspace import Workspace

PAGE = 100  # cards on a page


@dataclass(frozen=True)
class View:
    """What is on the right: the ids of its cards, groups where these are groups, and what tells it from others."""

    found: Ids
    groups: tuple[Group, ...]
    by: str | None
    inside: str | None  # label of the group that is open
    selection: Selection  # filters and group together
    filtered: bool
    key: Hashable


def within(selection: Selection, by: str, label: str) -> Selection:
    """Of the crops that fit, those of the group."""
    group = of_group(by, label)
    for name in ("identities", "cameras", "tracklets"):
        if name in group and getattr(selection, name) is not None:
            group[name] &= getattr(selection, name)
    for name, end in (("after", max), ("before", min)):
        if name in group and getattr(selection, name) is not None:
            group[name] = end(group[name], getattr(selection, name))
    return replace(selection, **group)


def draw_bar(workspace: Workspace, gallery: GalleryInfo, view: View, ids: Ids) -> int:
    """What is there or what is chosen, with what can be done with it, and the pager; returns the page's offset."""
    total = len(view.found)
    covers = set(ids.tolist()) if view.groups else set()
    picked = [group for group in view.groups if group.cover in covers]
    people = tuple(group.label for group in picked) if view.by == "identity" else ()
    crops = sum(group.crops for group in picked) if view.groups else len(ids)

    def chosen_of() -> Chosen:
        if not view.groups:
            return Chosen(ids, people)
        parts = [cached.view_ids(workspace, gallery.name, part) for part in _parts(view, [g.label for g in picked])]
        return Chosen(np.unique(np.concatenate(parts)) if parts else NOTHING, people)

    with st.container(key="gal-bar", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key="gal-bar-row"):
            if len(ids):
                what = plural(len(ids), noun(view)) if view.groups else f"{len(ids):,}"
                more = f", {plural(crops, 'crop')}" if view.groups else ""
                markup.text('<p class="rt-count" role="status"><b>{what}</b> selected{more}</p>', what=what, more=more)
                if len(ids) < total:
                    _select_all(view, total)
                with st.container(horizontal=True, vertical_alignment="center", key="gal-actions", width="content"):
                    draw_actions(chosen_of, crops, people)
            else:
                markup.text('<p class="rt-count"><b>{what}</b></p>', what=plural(total, noun(view)))
                _select_all(view, total)
            offset = _draw_pager(view.key, total)
        if len(ids) and gallery_state().action:
            with st.container(horizontal=True, vertical_alignment="center", key="gal-form"):
                draw_form(workspace, gallery, chosen_of, crops, people)
            draw_trouble()
    return offset


def _parts(view: View, labels: Sequence[str]) -> list[Selection]:
    """What the crops of these groups are; days are stretches of time, of which a selection has one."""
    if view.by is None or not labels:
        return []
    if view.by == "day":
        return [within(view.selection, "day", label) for label in labels]
    whole: dict[str, Any] = {next(iter(of_group(view.by, labels[0]))): frozenset(labels)}
    return [replace(view.selection, **whole)]


def noun(view: View) -> str:
    if not view.groups:
        return "crop"
    return {"identity": "person", "tracklet": "tracklet", "camera": "camera", "day": "day"}[view.by or ""]


def _select_all(view: View, total: int) -> None:
    words = f"Select all {total:,}" + (" that fit" if view.filtered else "")
    if total < 2:
        return
    st.button(words, on_click=chosen.choose, args=(view.found,), key="gal-all", type="tertiary")


def _draw_pager(key: Hashable, total: int) -> int:
    now = gallery_state()
    kept, offset = now.place
    offset = min(offset if kept == key else 0, max(0, (total - 1) // PAGE * PAGE))
    now.place = key, offset
    if total <= PAGE:
        return offset
    last = min(offset + PAGE, total)
    with st.container(horizontal=True, vertical_alignment="center", key="gal-pager", width="content"):
        markup.text(
            '<p class="rt-small">{first}–{last} of {total}</p>',
            first=f"{offset + 1:,}", last=f"{last:,}", total=f"{total:,}",
        )  # fmt: skip
        st.button("Previous", on_click=turn, args=(-1,), disabled=offset == 0, key="gal-back")
        st.button("Next", on_click=turn, args=(1,), disabled=last == total, key="gal-on")
    return offset


def turn(by: int) -> None:
    """Another page from the next run on."""
    now = gallery_state()
    key, offset = now.place
    now.place = key, max(0, offset + by * PAGE)


def page(offset: int) -> slice:
    """The page's part of what was found."""
    return slice(offset, offset + PAGE)
