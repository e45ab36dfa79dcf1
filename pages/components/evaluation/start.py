"""Starting an evaluation, which is a job, and what is said of it until it is done."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.evaluation.state import evaluation_state
from pages.components.shared import cached, markup
from pages.components.shared.job_card import draw_log, draw_running
from pages.components.shared.model_terms import draw_damaged, draw_terms
from reid_core.records import plural
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

EVALUATE, CALIBRATE = "evaluate", "calibrate"  # commands, and what their jobs are called by


def draw_start(workspace: Workspace, galleries: Sequence[GalleryInfo], gallery: GalleryInfo, *, again: bool) -> None:
    """The button, and behind it which models on which galleries, and how."""
    models = [entry.name for entry in cached.models_here(workspace)]
    if not models:
        markup.note("There is no model yet", "Train one on the Training page, or add one with `reid model add`.")
        return
    here = [entry.name for entry in cached.usable_models(workspace, gallery)]
    words = "Evaluate again" if again else "Evaluate"
    with st.popover(
        words, type="secondary" if again else "primary", key=f"eval-new-{evaluation_state().started}"
    ):  # another one is closed
        chosen = st.multiselect("Models", models, default=here or models[:1], key=f"eval-new-models-{gallery.name}")
        draw_damaged(workspace)
        names = [info.name for info in galleries]
        on = st.multiselect("Galleries", names, default=[gallery.name], key=f"eval-new-galleries-{gallery.name}")
        rerank = st.toggle("Re-rank", key="eval-new-rerank", help="By k-reciprocal neighbours; thresholds fall away.")
        same_camera = st.toggle(
            "The same camera counts", key="eval-new-same-camera",
            help="For galleries of one camera. Crops of one moment look alike: such figures flatter.",
        )  # fmt: skip
        multi_query = st.toggle(
            "Several crops ask together", key="eval-new-multi-query",
            help="All that a camera took of a person, as one query (multi-query).",
        )  # fmt: skip
        if missing := [name for name in chosen if name not in here]:
            markup.text(
                '<p class="rt-small">What {names} has not embedded is embedded first.</p>', names=" and ".join(missing)
            )
            draw_terms(workspace, missing)
        if st.button("Start", type="primary", key="eval-new-start", disabled=not (chosen and on)):
            arguments = evaluation_arguments(
                on, chosen, rerank=rerank, same_camera=same_camera, multi_query=multi_query
            )
            who = " and ".join(chosen) if len(chosen) < 3 else plural(len(chosen), "model")
            job_kinds.start(workspace, EVALUATE, arguments, models=who, galleries=", ".join(on))
            evaluation_state().started += 1
            st.rerun()


def evaluation_arguments(
    galleries: Sequence[str],
    models: Sequence[str],
    *,
    rerank: bool = False,
    same_camera: bool = False,
    multi_query: bool = False,
) -> list[str]:
    """Of `reid evaluate`."""
    arguments = [*galleries]
    for model in models:
        arguments += ["--models", model]
    return arguments + ["--rerank"] * rerank + ["--same-camera"] * same_camera + ["--multi-query"] * multi_query


def draw_jobs(workspace: Workspace, gallery: str) -> None:
    """What runs, followed until it ends; and what ended badly on this gallery, until it is put away."""
    ours = job_kinds.of_kind(workspace, EVALUATE, CALIBRATE)
    if any(job.progress.status == "running" for job in ours):
        st.fragment(_watch, run_every=1.0)(workspace)
    put_away = evaluation_state().put_away
    ended = (job for job in ours if job.progress.status != "running" and gallery in job_kinds.galleries_of(job))
    newest = next(ended, None)
    if newest is None or newest.progress.status == "finished" or newest.folder.name in put_away:
        return
    said = {
        "failed": newest.progress.message or "Its log says more.",
        "stopped": "It was stopped. What was embedded is kept; start it again to go on.",
        "lost": "Its process ended without a word, as when the machine is switched off. Start it again.",
    }.get(newest.progress.status, "")
    with st.container(key="eval-trouble"):
        markup.problem(newest.title, said)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Put away", key="eval-put-away"):
                put_away.add(newest.folder.name)
                st.rerun()
        draw_log(newest)


def _watch(workspace: Workspace) -> None:
    every = job_kinds.of_kind(workspace, EVALUATE, CALIBRATE)
    running = [job for job in every if job.progress.status == "running"]
    for job in running:
        with st.container(key=f"eval-job-{job.folder.name}"):
            markup.text('<p class="rt-label">{title}</p>', title=job.title)
            draw_running(job)
    page, now = evaluation_state(), frozenset(job.folder.name for job in running)
    before, page.followed = page.followed, now
    if before - now or not now:  # one has ended: its results are to be shown
        cached.forget_models()
        st.rerun()
