"""The Training page: runs to start, watch, compare and promote, and the crops that they learn from."""

from __future__ import annotations

import streamlit as st

from pages.components.shared import cached, markup
from pages.components.training import state as places
from reid_core.errors import ReidError, shortened
from reid_core.workspace.workspace import Workspace

state = st.session_state


def main() -> None:
    state["page"] = "training"
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    follow_address()
    with st.container(horizontal=True, vertical_alignment="center", key="trn-top"):
        run: str | None = state.get(places.RUN)
        if run is None:
            markup.heading(HEADINGS[state[places.VIEW]])
        else:
            st.button("All runs", key="trn-back", on_click=places.open_run, args=(None,))
            markup.heading(run)
        st.segmented_control(
            "View",
            places.VIEWS,
            default=state[places.VIEW],
            required=True,
            key=places.picker(),
            label_visibility="collapsed",
            on_change=places.choose_view,
            args=(places.picker(),),
        )
    write_address()
    try:
        draw_view(workspace, run, [gallery.name for gallery in galleries])
    except ReidError as error:
        markup.explain(error)


HEADINGS = {"Runs": "Training", "New run": "New run", "Data": "Training data"}


def follow_address() -> None:
    """The view, run and gallery that the address names, when it names others than before."""
    if places.NEXT in state:
        places.open_run(state.pop(places.NEXT))
        return
    asked = st.query_params.to_dict()
    if asked != state.get("trn-followed"):
        view = asked.get("view", "").replace("-", " ").capitalize()
        if view in places.VIEWS:
            places.turn(view)
        if "run" in asked:
            places.open_run(shortened(asked["run"]))
        if "gallery" in asked:
            state[places.GALLERY] = asked["gallery"]
    if state.get(places.VIEW) not in places.VIEWS:
        state[places.VIEW] = places.VIEWS[0]


def write_address() -> None:
    view, run = state[places.VIEW], state.get(places.RUN)
    wanted = {}
    if run is not None:
        wanted["run"] = run
    elif view != places.VIEWS[0]:
        wanted["view"] = view.lower().replace(" ", "-")
    if view == "Data" and state.get(places.GALLERY):
        wanted["gallery"] = state[places.GALLERY]
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    state["trn-followed"] = wanted


def draw_view(workspace: Workspace, run: str | None, galleries: list[str]) -> None:
    view = state[places.VIEW]
    if run is not None:
        from pages.components.training.run_view import draw_run

        draw_run(workspace, run)
    elif view == "Runs":
        from pages.components.training.run_list import draw_runs

        draw_runs(workspace)
    elif not galleries:
        markup.note("There is nothing to train on yet", "Import crops of people on the Gallery page first.")
    elif view == "New run":
        from pages.components.training.new_run import draw_new_run

        draw_new_run(workspace, galleries)
    else:
        from pages.components.training.training_data import draw_training_data

        draw_training_data(workspace, galleries)


main()
