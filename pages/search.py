"""The Search page: photos of a person on the left, who it could be on the right."""

from __future__ import annotations

import streamlit as st

from pages.components.jobs.demo_progress import demo_is_ready
from pages.components.search import address, photo, query_photos, verdicts
from pages.components.search.answer import confirmed_alone, draw_answer
from pages.components.search.case_panel import draw_case, open_case
from pages.components.search.picker import draw_picker
from pages.components.search.saved_searches import follow_saved
from pages.components.search.scenes.stage import draw_stage
from pages.components.search.state import desk
from pages.components.shared import cached, markup
from pages.components.shared.address import arrived, from_another
from pages.components.shared.chosen_gallery import chosen_gallery, draw_gallery_field


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    if not demo_is_ready(workspace, galleries):
        return
    follow_saved(workspace)
    gallery = chosen_gallery(workspace, galleries, "search")
    if gallery is None:
        return
    with st.container(key="desk"):
        left, right = st.columns([1, 3])
        with left, st.container(key="side"):
            from_another_page = from_another("search")
            draw_gallery_field(galleries, label="visible", width="stretch")
            query_photos.follow_address(workspace, gallery, from_another_page=from_another_page)
            address.follow(workspace, gallery, from_another_page=from_another_page)
            open_case(workspace, from_another_page=from_another_page)
            arrived("search")
            photo.take_up()
            verdicts.take_up(workspace, gallery)
            camera, same_camera = photo.draw_photos(workspace, gallery)
            with st.container(key="case"):
                draw_case(workspace)
        there = bool(query_photos.photos()) or confirmed_alone()
        shown = "staged" if desk().staged is not None else "answered" if there else "picking"
        with right, markup.taking_turns(("staged", "answered", "picking"), shown):
            if shown == "staged":
                draw_stage(workspace)
            elif shown == "picking":
                draw_picker(workspace, gallery)
            else:
                draw_answer(workspace, gallery, camera, same_camera)
    address.say(workspace, gallery)


main()
