"""The Training page: runs to start, watch, compare and promote, and the crops that they learn from."""

from __future__ import annotations

import streamlit as st

from pages.components.shared import address, cached, markup
from pages.components.shared.chosen_gallery import chosen_gallery
from pages.components.training import state as places
from pages.components.training.state import VIEWS, TrainingState, training_state
from reid_core.errors import ReidError, shortened
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

PART, KEYS = "training", ("view", "run")  # of addresses


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    now = training_state()
    follow_address(now)
    run, view = now.run, now.view
    of_gallery = run is None and view != VIEWS[0]
    gallery = chosen_gallery(workspace, galleries, "training", in_address=of_gallery)
    address.arrived("training")
    with st.container(horizontal=True, vertical_alignment="center", key="trn-top"):
        if run is None:
            markup.heading(HEADINGS[view])
        else:
            st.button("All runs", key="trn-back", on_click=places.open_run, args=(None,))
            markup.heading(run)
        st.segmented_control(
            "View",
            VIEWS,
            default=view,
            required=True,
            key=places.picker(),
            label_visibility="collapsed",
            on_change=places.choose_view,
            args=(places.picker(),),
        )
    word = "" if run is not None or view == VIEWS[0] else view.lower().replace(" ", "-")
    address.say(PART, KEYS, {"view": word, "run": run or ""})
    try:
        draw_view(workspace, galleries, gallery, now)
    except ReidError as error:
        markup.explain(error)


HEADINGS = {"Runs": "Training", "New run": "New run", "Data": "Training data"}


def follow_address(now: TrainingState) -> None:
    """The view and the run that the address names, when it names others than before."""
    if now.next is not None:
        places.open_run(now.next)
        now.next = None
        return
    asked = address.asked(PART, KEYS, from_another_page=address.from_another("training"))
    if asked is None:
        return
    view = asked.get("view", VIEWS[0]).replace("-", " ").capitalize()
    places.go(view if view in VIEWS else VIEWS[0])
    if "run" in asked:
        places.open_run(shortened(asked["run"]))


def draw_view(
    workspace: Workspace, galleries: list[GalleryInfo], gallery: GalleryInfo | None, now: TrainingState
) -> None:
    if now.run is not None:
        from pages.components.training.run_view import draw_run

        draw_run(workspace, now.run)
    elif now.view == "Runs":
        from pages.components.training.run_list import draw_runs

        draw_runs(workspace)
    elif gallery is None:
        markup.note("There is nothing to train on yet", "Import crops of people on the Gallery page first.")
    elif now.view == "New run":
        from pages.components.training.new_run import draw_new_run

        draw_new_run(workspace, galleries, gallery.name)
    else:
        from pages.components.training.training_data import draw_training_data

        draw_training_data(workspace, galleries, gallery.name)


main()
