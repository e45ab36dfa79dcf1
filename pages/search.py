"""The Search page: a photo on the left, who it could be on the right."""

from __future__ import annotations

import streamlit as st

from pages import common
from pages.components.answer import draw_answer
from pages.components.demo_progress import demo_is_ready
from pages.components.photo import Chosen, draw_photo, follow_address
from pages.components.picker import draw_picker
from reid_core.workspace.rows import GalleryInfo

state = st.session_state


def main() -> None:
    opened = common.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    if not demo_is_ready(workspace, galleries):
        return
    with st.container(key="desk"):
        left, right = st.columns([1, 3])
        with left, st.container(key="side"):
            gallery = choose_gallery(galleries)
            follow_address(workspace, gallery, from_another_page=state.get("page") == "gallery")
            state["page"] = "search"
            photo: Chosen | None = state.get("photo")
            camera, same_camera = draw_photo(workspace, gallery, photo)
        with right:
            if photo is None:
                draw_picker(workspace, gallery)
            else:
                draw_answer(workspace, gallery, photo, camera, same_camera)


def choose_gallery(galleries: list[GalleryInfo]) -> GalleryInfo:
    """The gallery that is searched: the address's, else the first that can be searched."""
    names = {gallery.name: gallery for gallery in galleries}
    if state.get("gallery") not in names:
        asked = st.query_params.get("gallery", "")
        ready = next((gallery.name for gallery in galleries if gallery.models), galleries[0].name)
        state["gallery"] = asked if asked in names else ready
        if asked and asked not in names:
            state["trouble"] = f"There is no gallery {asked!r} in this workspace. This is {ready}."
    if len(names) > 1:
        st.selectbox("Gallery", list(names), key="gallery", persist_state="session")
    return names[state["gallery"]]


main()
