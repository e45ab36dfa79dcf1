"""The Evaluation page: how good models are on a gallery, at which threshold, what goes wrong, and for whom."""

from __future__ import annotations

import streamlit as st

from pages.components.evaluation import state as places
from pages.components.evaluation.start import draw_jobs, draw_start
from pages.components.shared import address, cached, markup
from pages.components.shared.chosen_gallery import chosen_gallery, draw_gallery_field
from reid_core.errors import ReidError
from reid_core.evaluation.presentation import html_tables
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.evaluations.kept_reports import Kept
from reid_core.workspace.workspace import Workspace

PART, KEYS = "evaluation", ("view",)  # of addresses
state = st.session_state


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    gallery = chosen_gallery(workspace, galleries, "evaluation")
    follow_view()
    address.arrived("evaluation")
    if gallery is None:
        markup.heading("Evaluation")
        markup.note("There is nothing to measure on yet", "Import crops of labelled people on the Gallery page first.")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="eval-top"):
        if len(galleries) == 1:
            markup.heading(gallery.name)
        draw_gallery_field(galleries)
        view = st.segmented_control(
            "View", places.VIEWS, required=True, key=places.VIEW, label_visibility="collapsed", persist_state="session"
        )
    address.say(PART, KEYS, {"view": "" if view in (None, places.VIEWS[0]) else view.lower()})
    try:
        draw(workspace, galleries, gallery, view or places.VIEWS[0])
    except ReidError as error:
        markup.explain(error)


def follow_view() -> None:
    """The view that the address names, when it names another one than before."""
    asked = address.asked(PART, KEYS, from_another_page=address.from_another("evaluation"))
    if asked is not None:
        view = asked.get("view", "").capitalize()
        state[places.VIEW] = view if view in places.VIEWS else places.VIEWS[0]
    if state.get(places.VIEW) not in places.VIEWS:
        state[places.VIEW] = places.VIEWS[0]


def draw(workspace: Workspace, galleries: list[GalleryInfo], gallery: GalleryInfo, view: str) -> None:
    draw_jobs(workspace, gallery.name)
    kept = places.reports(workspace, gallery.name)
    if view == "Galleries":
        from pages.components.evaluation.views import draw_galleries

        draw_start(workspace, galleries, gallery, again=bool(kept))
        draw_galleries(workspace, galleries)
        return
    if view == "Calibration":
        from pages.components.evaluation.calibration import draw_calibration

        draw_calibration(workspace, gallery)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="eval-choice"):
        chosen = choose_reports(kept)
        draw_start(workspace, galleries, gallery, again=bool(kept))
    if not kept:
        markup.note(
            f"Nothing was measured on {gallery.name} yet",
            "An evaluation looks for the person of each query crop among the gallery crops of other cameras. It needs "
            "labelled people seen by two cameras, and runs in the background.",
        )
        return
    if stale := [one.report.tested.name for one in chosen if not one.fresh]:
        markup.text(
            '<div class="rt-hint">The gallery has changed since {names} was measured. Evaluate again for figures of '
            "what is there now.</div>",
            names=" and ".join(stale),
        )
    draw_reports(workspace, gallery, chosen, view)


def draw_reports(workspace: Workspace, gallery: GalleryInfo, chosen: list[Kept], view: str) -> None:
    from pages.components.evaluation import views

    if not chosen:
        markup.text('<p class="rt-text">No model is chosen.</p>')
        return
    evaluation = places.side_by_side(workspace, chosen)
    named = list(zip(evaluation.reports, places.colours(workspace, gallery.name, chosen), strict=True))
    if cautions := html_tables.cautions(named):
        st.html(cautions)
    if view == "Figures":
        views.draw_figures(workspace, evaluation, named)
    elif view == "Threshold":
        views.draw_threshold(named)
    elif view == "Cameras":
        views.draw_cameras(named)
    elif view == "Groups":
        views.draw_groups(named)
    else:
        from pages.components.evaluation.failures import draw_failures

        draw_failures(workspace, gallery.name, [one for one, _ in named])


def choose_reports(kept: list[Kept]) -> list[Kept]:
    """The newest report of each chosen model under the chosen protocol."""
    protocols = list(dict.fromkeys(one.report.protocol for one in kept))
    if not kept:
        return []
    protocol = protocols[0]
    if len(protocols) > 1:
        words = {places.protocol_words(one): one for one in protocols}
        picked = st.selectbox(
            "Protocol", list(words), key="eval-protocol", label_visibility="collapsed", width=260,
            persist_state="session",
        )  # fmt: skip
        protocol = words[picked]
    newest = {one.report.tested.model: one for one in reversed(kept) if one.report.protocol == protocol}
    names = {id: one.report.tested.name for id, one in sorted(newest.items(), key=lambda item: item[0])}
    if len(names) == 1:
        return list(newest.values())
    ids = st.pills(
        "Models", list(names), default=list(names), selection_mode="multi", format_func=lambda id: names[id],
        key=f"eval-models-{places.protocol_words(protocol)}-{len(names)}", label_visibility="collapsed",
    )  # fmt: skip
    return [newest[id] for id in names if id in (ids or [])]


main()
