"""A gallery that no model has embedded cannot be searched: the way to embed it, and how far that is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.shared import cached, markup
from pages.components.shared.job_card import draw_how_it_ended, draw_running
from pages.components.shared.model_terms import draw_damaged, draw_terms
from reid_core.workspace import job_kinds
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace


def draw_embed_now(workspace: Workspace, gallery: str) -> None:
    """The choice of a model and a button that starts the job; while one runs, its progress instead."""
    job = _last_job(workspace, gallery)
    with st.container(key="embed-now"):
        if job is not None and job.progress.status == "running":
            _watch(workspace, gallery)
            return
        if job is not None and job.progress.status in ("failed", "lost"):
            draw_how_it_ended(workspace, job)
        if choose_and_embed(workspace, gallery, key=f"embed-{gallery}", primary=True):
            st.rerun()


def choose_and_embed(workspace: Workspace, gallery: str, *, key: str, primary: bool = False) -> Path | None:
    """The choice of a model with its terms, and the button; the folder of the job that was just started by it."""
    names = cached.model_names(workspace)
    draw_damaged(workspace)
    if not names:
        markup.text('<p class="rt-text">No model is here yet; train one, or add one with reid model add.</p>')
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox("Model", names, key=f"{key}-model", width=220)
        pressed = st.button("Embed it now", type="primary" if primary else "secondary", key=key)
    draw_terms(workspace, [model])
    if not pressed:
        return None
    return job_kinds.start(workspace, "index", [gallery, f"--model={model}"], gallery=gallery, model=model)


def _last_job(workspace: Workspace, gallery: str) -> Job | None:
    """The newest job that embeds this gallery, by itself or after an import."""
    every = job_kinds.of_kind(workspace, "index", "import")
    return next((job for job in every if job_kinds.embeds(job) and gallery in job_kinds.galleries_of(job)), None)


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, gallery: str) -> None:
    job = _last_job(workspace, gallery)
    if job is None or job.progress.status != "running":
        st.rerun()
    else:
        draw_running(job)
