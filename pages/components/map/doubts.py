"""Labels that vectors speak against, one card each with its pictures: to be accepted, left, or never asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.components.gallery.crop_view import open_crop
from pages.components.gallery.label_bar import draw_last_change, draw_trouble
from pages.components.gallery.state import gallery_state
from pages.components.map import state as places
from pages.components.map.examining import draw_examination
from pages.components.map.state import KIND, Doubt, map_state
from pages.components.shared import markup, wording
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.errors import ReidError
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.doubts import (
    Doubts,
    accept_merge,
    accept_mislabel,
    dismiss,
    recall_dismissed,
    standing_doubts,
)
from reid_core.workspace.maps.examination import LabelDoubt, SamePerson
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

PAGE = 12  # doubts that are shown at once


def draw_doubts(workspace: Workspace, gallery: GalleryInfo, made: CropMap) -> None:
    draw_trouble()
    draw_last_change(workspace, gallery.name)
    found = draw_examination(workspace, made)
    if found is None:
        return
    doubts = standing_doubts(workspace, found)
    kinds = {
        "mislabels": f"Suspected mislabels ({len(doubts.mislabels):,})",
        "merges": f"People who look like one ({len(doubts.merges):,})",
    }
    with st.container(horizontal=True, vertical_alignment="center", key="map-doubts-top"):
        kind = st.segmented_control(
            "Doubts", list(kinds), default="mislabels", required=True, format_func=kinds.__getitem__, key=KIND,
            label_visibility="collapsed",
        )  # fmt: skip
        if doubts.dismissed:
            st.button(
                f"Suggest the {doubts.dismissed:,} dismissed again", key="map-recall", type="tertiary",
                on_click=_decide, args=(lambda: recall_dismissed(workspace, gallery.name),),
            )  # fmt: skip
    _draw(workspace, gallery, doubts, kind or "mislabels")


def _draw(workspace: Workspace, gallery: GalleryInfo, doubts: Doubts, kind: str) -> None:
    every: Sequence[Doubt] = doubts.mislabels if kind == "mislabels" else doubts.merges
    later = map_state().later
    standing = [one for one in every if one not in later]
    if put_off := len(every) - len(standing):
        st.button(f"Show the {put_off:,} rejected for now", key="map-later", on_click=later.clear, type="tertiary")
    if not standing:
        looked = "No label speaks against what the model sees." if gallery.identities else "No crop has a label."
        markup.note("Nothing is in doubt", looked if not put_off else "All that were suggested have been looked at.")
        return
    markup.text(
        '<p class="rt-small">Strongest first. A doubt is a lead: the model may be wrong, and people in like clothes '
        "look alike to it. Reject leaves the labels as they are until you ask again; Never again is remembered.</p>"
    )
    ids = {crop for one in standing[:PAGE] for crop in _crops(one)}
    cards = {int(row["id"]): card_of(row) for row in rows_of(workspace.catalogue.crops_of(sorted(ids)))}
    columns = st.columns(2)
    for number, one in enumerate(standing[:PAGE]):
        with columns[number % 2], st.container(key=f"map-doubt-{number}", border=True, gap="small"):
            _draw_doubt(workspace, gallery, one, number, [cards[crop] for crop in _crops(one) if crop in cards])
    if len(standing) > PAGE:
        markup.text(
            '<p class="rt-small">{more} more follow as these are decided.</p>', more=f"{len(standing) - PAGE:,}"
        )


def _crops(doubt: Doubt) -> list[int]:
    """Those that are shown: the crop and the nearest of the other person, or pairs of two people."""
    if isinstance(doubt, LabelDoubt):
        return [doubt.crop, doubt.witness]
    return [crop for pair in doubt.pairs for crop in pair]


def _draw_doubt(
    workspace: Workspace, gallery: GalleryInfo, doubt: Doubt, number: int, cards: list[dict[str, object]]
) -> None:
    if isinstance(doubt, LabelDoubt):
        title = f"Crop {doubt.crop}: {wording.person_name(doubt.label)}, or {wording.person_name(doubt.other)}?"
        why = (
            f"Its nearest crops of {wording.person_name(doubt.other)} are {doubt.others:.2f} alike, those of "
            f"{wording.person_name(doubt.label)} {doubt.own:.2f}."
        )
        lines = [f"now {wording.person_name(doubt.label)}", wording.person_name(doubt.other)]
        acts: list[tuple[str, Callable[[], object]]] = [
            (f"It is {wording.person_name(doubt.other)}", lambda: accept_mislabel(workspace, gallery.name, doubt))
        ]
    else:
        one, other = wording.person_name(doubt.one), wording.person_name(doubt.other)
        title = f"{one} and {other}: one person?"
        why = f"Crops of both are {doubt.across:.2f} alike; crops of each by himself {doubt.within:.2f}."
        lines = [one, other]
        acts = [
            (f"One person, {wording.person_name(keep)}", _merge(workspace, gallery.name, doubt, keep))
            for keep in (doubt.one, doubt.other)
        ]
    markup.text('<p class="map-doubt"><b>{title}</b> {why}</p>', title=title, why=why)
    shown = [{**card, "lines": [lines[place % 2]]} for place, card in enumerate(cards)]
    opened = gallery_grid(shown, kind="strip", label=title, key=f"map-doubt-crops-{number}")
    if opened is not None:
        open_crop(opened)
    with st.container(horizontal=True, vertical_alignment="center", key=f"map-doubt-acts-{number}"):
        for place, (label, act) in enumerate(acts):
            st.button(label, key=f"map-accept-{number}-{place}", on_click=_decide, args=(act,))
        st.button(
            "On the map", key=f"map-show-{number}", type="tertiary", on_click=places.show, args=(tuple(_crops(doubt)),)
        )
        st.button("Reject", key=f"map-reject-{number}", on_click=map_state().later.add, args=(doubt,), type="tertiary")
        st.button(
            "Never again", key=f"map-never-{number}", type="tertiary", on_click=_decide,
            args=(lambda: dismiss(workspace, gallery.name, [doubt]), "It will not be suggested again."),
        )  # fmt: skip


def _merge(workspace: Workspace, gallery: str, doubt: SamePerson, keep: str) -> Callable[[], object]:
    return lambda: accept_merge(workspace, gallery, doubt, keep)


def _decide(act: Callable[[], object], said: str | None = None) -> None:
    now = gallery_state()
    now.said = now.trouble = ""
    try:
        act()
    except ReidError as error:
        now.trouble = str(error)
        return
    if said is not None:
        now.said = said
