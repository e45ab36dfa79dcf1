"""The Search page: photos of a person on the left, who it could be on the right."""

from __future__ import annotations

import streamlit as st

from pages.components.jobs.demo_progress import demo_is_ready
from pages.components.search import address, photo, query_photos, verdicts
from pages.components.search.answer import confirmed_alone, draw_answer
from pages.components.search.case_panel import draw_case
from pages.components.search.picker import draw_picker
from pages.components.search.saved_searches import follow_saved
from pages.components.shared import cached
from reid_core.errors import shown
from reid_core.workspace.catalogue.rows import GalleryInfo

state = st.session_state


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    if not demo_is_ready(workspace, galleries):
        return
    follow_saved(workspace)
    with st.container(key="desk"):
        left, right = st.columns([1, 3])
        with left, st.container(key="side"):
            gallery = choose_gallery(galleries)
            from_another_page = state.get("page", "search") != "search"
            query_photos.follow_address(workspace, gallery, from_another_page=from_another_page)
            address.follow(workspace, gallery, from_another_page=from_another_page)
            state["page"] = "search"
            photo.take_up()
            verdicts.take_up(workspace, gallery)
            camera, same_camera = photo.draw_photos(workspace, gallery)
            with st.container(key="case"):
                draw_case(workspace)
        with right:
            if query_photos.STAGED in state:
                photo.draw_stage()
            elif not query_photos.photos() and not confirmed_alone():
                draw_picker(workspace, gallery)
            else:
                draw_answer(workspace, gallery, camera, same_camera)
    address.say(workspace, gallery)


def choose_gallery(galleries: list[GalleryInfo]) -> GalleryInfo:
    """The gallery that is searched: the address's, else the first that can be searched."""
    names = {gallery.name: gallery for gallery in galleries}
    if state.get("gallery") not in names:
        wanted = st.query_params.get("gallery", "")
        ready = next((gallery.name for gallery in galleries if gallery.models), galleries[0].name)
        state["gallery"] = wanted if wanted in names else ready
        if wanted and wanted not in names:
            state[query_photos.TROUBLE] = f"There is no gallery {shown(wanted)} in this workspace. This is {ready}."
    if len(names) > 1:
        st.selectbox("Gallery", list(names), key="gallery", persist_state="session")
    return names[state["gallery"]]


main()
