"""The Map page: a gallery's crops laid out by what a model sees in them, to be explored, gathered and put right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.components.map import data
from pages.components.map import state as places
from pages.components.map.drawing import Lines, Said, draw_point_map, rows_in
from pages.components.map.making import Wanted, choose_map, choose_model, draw_form, draw_standing, find_map
from pages.components.map.state import map_state
from pages.components.shared import cached, markup
from pages.components.shared.address import arrived
from pages.components.shared.chosen_gallery import chosen_gallery, draw_gallery_field
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.colours import COLOURS
from reid_core.workspace.maps.files import CropMap, MapInfo
from reid_core.workspace.maps.making import maps_of
from reid_core.workspace.workspace import Workspace

state = st.session_state


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    gallery = chosen_gallery(workspace, galleries, "map")
    arrived("map")
    if gallery is None:
        markup.heading("Map")
        markup.note("There is nothing to map yet", "Import crops of people on the Gallery page, and embed them.")
        return
    try:
        draw(workspace, galleries, gallery)
    except ReidError as error:
        markup.explain(error)


def draw(workspace: Workspace, galleries: list[GalleryInfo], gallery: GalleryInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="map-top"):
        markup.heading("Map")
        draw_gallery_field(galleries, width=220)
        places.begin(gallery)
        model = choose_model(workspace, gallery) if gallery.models else None
        beside = st.container(horizontal=True, width="content", key="map-beside-place")
    if model is None:
        markup.note(f"{gallery.name} is not embedded yet", "A map shows what a model sees in crops. Embed them first.")
        from pages.components.shared.embed_now import draw_embed_now

        draw_embed_now(workspace, gallery.name)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-controls"):
        about = st.container(horizontal=True, vertical_alignment="bottom", width="content", key="map-about")
        with st.container(horizontal=True, vertical_alignment="bottom", width="content", key="map-layout"):
            wanted = choose_map(model)
    there = maps_of(workspace, gallery.name)
    shown = find_map(there, wanted)
    draw_standing(workspace, gallery, wanted, there, shown)
    if shown is None:
        return
    try:
        made = data.open_map(workspace, gallery.name, shown.model, shown.layout.name)
    except ReidError as error:
        markup.problem("This map cannot be shown", str(error))
        draw_form(workspace, gallery.name, wanted, "Make it again")
        return
    from pages.components.map.following import follow_gallery

    made = follow_gallery(workspace, made, wanted)
    with beside:
        other = choose_other(workspace, gallery, there, made)
    with about:
        look = choose_look(workspace, gallery, made)
    if other is None:
        draw_map(workspace, gallery, made, look)
        draw_caption(made, "")
    else:
        from pages.components.map.compare import draw_beside

        left, right = st.columns(2)
        with left:
            draw_map(workspace, gallery, made, look)
            draw_caption(made, model[1])
        with right:
            draw_beside(workspace, other, look.by, legend_of(look.by))
            names = {id: name for id, name, _ in gallery.models}
            draw_caption(other, names.get(other.info.model, "a model that is gone"))
    draw_sections(workspace, gallery, made, other, wanted)


@dataclass(frozen=True)
class Look:
    """What the points are coloured by, who is looked for, and what a search has found."""

    by: str
    person: str | None
    lines: Lines | None


def legend_of(by: str) -> str:
    return COLOURS[by].legend or COLOURS[by].title


def choose_look(workspace: Workspace, gallery: GalleryInfo, made: CropMap) -> Look:
    by = st.selectbox(
        "Colour by", list(COLOURS), format_func=lambda by: COLOURS[by].title, key="map-colour", persist_state="session",
        width=150,
    )  # fmt: skip
    person = places.choose_person(workspace, made)
    found = places.last_answer(gallery.name)
    lines = None
    if found is not None and st.toggle(
        "Last search", key=places.SEARCHED, help="Lines from the photo that was searched for last to its hits."
    ):
        lines = places.lines_of(workspace, made, *found)
    return Look(by, person, lines)


def choose_other(workspace: Workspace, gallery: GalleryInfo, there: list[MapInfo], made: CropMap) -> CropMap | None:
    """The map that is shown beside this one."""
    from pages.components.map.compare import choose_beside

    chosen = choose_beside(gallery, there, made.info)
    if chosen is None or not map_state().has_webgl:
        return None
    try:
        return data.open_map(workspace, gallery.name, chosen.model, chosen.layout.name)
    except ReidError as error:
        markup.problem("The other map cannot be shown", str(error))
        return None


def draw_map(workspace: Workspace, gallery: GalleryInfo, made: CropMap, look: Look) -> None:
    from pages.components.map.actions import rows_that_change

    changing, now = rows_that_change(workspace, gallery.name, made), map_state()
    if changing is not None:
        marks = changing
    elif look.person is not None:
        marks = data.rows_of_people(workspace, made, [look.person])
    else:
        sought = data.rows_of_crops(made, np.array(now.shown, np.int64))
        marks = sought or places.ringed(made)
    if not map_state().has_webgl:
        from pages.components.map.fallback import draw_fallback

        ids = draw_fallback(workspace, made, look.by, marks)
        if ids is not None:
            places.select(ids, None)
    else:
        said = draw_point_map(
            workspace, made, look.by, legend_of(look.by), marks=marks[: places.MOST_MARKS], lines=look.lines,
            follow=changing is None and bool(look.person or look.lines or now.shown),
            edit=now.edit, region=places.region_on(made), key="map-points",
        )  # fmt: skip
        follow(workspace, gallery, made, said)


def draw_caption(made: CropMap, model: str) -> None:
    """What is seen, for people who never saw a map; the model's name where there are two."""
    markup.text(
        '<p class="rt-small map-caption">{crops}{seen}{out}. {trust} Distances between far '
        "groups mean little, and so do the axes.</p>",
        crops=plural(len(made.ids), "crop"), seen=f", as {model} sees them" if model else "", trust=trust(made.info),
        out=f"; {made.info.unusable:,} left out, see This map" if made.info.unusable else "",
    )  # fmt: skip


def trust(info: MapInfo) -> str:
    """How far the map can be believed, for people who never saw one."""
    good, kept = info.faithful.trustworthiness, info.faithful.kept
    words = "Nearly all" if good > 0.93 else "Most" if good > 0.85 else "Only some"
    return (
        f"{words} of those who lie together look alike to the model (trustworthiness {good:.2f}). "
        f"{100 * kept:.0f} % of each crop's {info.faithful.k} true neighbours are its neighbours here; the picture "
        "under the pointer shows the true ones."
    )


def follow(workspace: Workspace, gallery: GalleryInfo, made: CropMap, said: Said) -> None:
    """Take up what was done on the map."""
    now = map_state()
    if not said.works:
        now.has_webgl = False
        st.rerun()
    if said.region is not None and said.region.edit > now.edit:
        now.edit = said.region.edit
        if said.region.corners is None:
            places.let_go()
            st.rerun()  # the map is drawn already, with its rings
        else:
            places.select(made.ids[rows_in(workspace, made, said.region)], said.region)
            now.region_of = places.map_key(made)
    if said.asked is not None:
        st.switch_page("pages/search.py", query_params={"gallery": gallery.name, "crop": str(said.asked)})
    if said.opened is not None:
        from pages.components.gallery.crop_view import open_crop

        open_crop(said.opened)


def draw_sections(
    workspace: Workspace, gallery: GalleryInfo, made: CropMap, other: CropMap | None, wanted: Wanted
) -> None:
    state.setdefault(places.SECTION, places.SECTIONS[0])
    section = st.segmented_control(
        "About the map", places.SECTIONS, required=True, key=places.SECTION, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    if section == places.SECTIONS[0]:
        from pages.components.map.selection import draw_selection

        draw_selection(workspace, gallery, made)
        return
    from pages.components.map.selection import draw_opened

    if section == places.SECTIONS[1]:
        from pages.components.map.doubts import draw_doubts

        draw_doubts(workspace, gallery, made)
    elif section == places.SECTIONS[2]:
        from pages.components.map.learnt import draw_learnt

        draw_learnt(workspace, gallery, made, other)
    else:
        from pages.components.map.following import draw_this_map

        draw_this_map(workspace, gallery, made, wanted)
    draw_opened(workspace, gallery)


main()
