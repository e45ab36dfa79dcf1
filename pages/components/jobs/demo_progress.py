"""What a newcomer sees: the demo is being built by a job of its own, and how far it is; or why it could not be."""

from __future__ import annotations

import threading

import streamlit as st

from pages.components.shared import markup
from pages.components.shared.job_card import draw_no_progress, jobs_state
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.imports.demo import GALLERIES
from reid_core.workspace.jobs import Progress
from reid_core.workspace.workspace import Workspace

STAGES = ("Drawing people", "Importing", "Embedding")
_REASONS = {
    "failed": "The demo could not be built",
    "lost": "The demo was interrupted",
    "stopped": "The demo was stopped",
    "finished": "The demo ended without a gallery",
}
_starting = threading.Lock()


def demo_is_ready(workspace: Workspace, galleries: list[GalleryInfo]) -> bool:
    """Whether there is a gallery to search. Where there is none it starts the demo, and draws how it stands.

    The demo's job goes on when its first gallery is ready: it adds recordings and draws their videos.
    """
    folder = workspace.path / "jobs" / "demo"
    progress = jobs.read(folder)
    ended = progress is None or progress.status == "finished"
    if not {gallery.name for gallery in galleries} <= set(GALLERIES) or (galleries and ended) or _embedded(galleries):
        return True
    with _starting:
        if jobs.read(folder) is None:
            jobs.start(folder, ["demo"], workspace.path)
    progress = jobs.read(folder) or Progress(stage="Starting")
    with st.container(key="start"):
        if progress.status == "running":
            _watch(workspace)
        else:
            _say_why(workspace, progress)
    return False


def _embedded(galleries: list[GalleryInfo]) -> bool:
    """Whether a model has embedded all of one: an import ends before embedding begins, so all of it is there."""
    return any(gallery.models and not gallery.to_embed(gallery.models[-1][0]) for gallery in galleries)


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace) -> None:
    folder = workspace.path / "jobs" / "demo"
    progress = jobs.read(folder) or Progress(stage="Starting")
    embedding_has_ended = progress.stage not in ("Starting", "", *STAGES)
    if progress.status != "running" or (embedding_has_ended and _embedded(workspace.catalogue.galleries())):
        st.rerun()
    markup.heading(job_kinds.KINDS["demo"].doing)
    markup.text(
        '<p class="rt-text">This workspace has no gallery yet, so Retrace draws people who walk past four cameras, '
        "to try a search with. It takes less than a minute, and nothing is downloaded.</p>"
    )
    share = progress.done / progress.total if progress.total else 0.0
    markup.text(
        '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        'aria-label="{stage}"><div style="width:{percent}%"></div></div>',
        percent=round(100 * share),
        stage=progress.stage,
    )
    now = STAGES.index(progress.stage) if progress.stage in STAGES else 0
    rows = ""
    for place, stage in enumerate(STAGES):
        state = "done" if place < now else _standing(progress) if place == now else ""
        rows += f'<div class="{"now" if place == now else ""}">{stage}<span>{state}</span></div>'
    st.html(f'<div class="rt-stages">{rows}</div>')
    draw_no_progress(progress)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", key="stop-demo"):
            jobs.stop(folder)
            jobs_state().stopping.add(folder.name)
        if folder.name in jobs_state().stopping:
            markup.text('<p class="rt-small">It stops after this step.</p>')


def _standing(progress: Progress) -> str:
    if not progress.total:
        return "starting"
    left = f" · about {max(1, round(progress.seconds_left))} s left" if progress.seconds_left >= 0 else ""
    return f"{progress.done:,} of {progress.total:,}{left}"


def _say_why(workspace: Workspace, progress: Progress) -> None:
    folder = workspace.path / "jobs" / "demo"
    jobs_state().stopping.discard(folder.name)
    stopped = progress.status == "stopped"
    sentence = progress.message or (
        "What was made so far is kept; it goes on from there." if stopped else "Its log says more."
    )
    (markup.note if stopped else markup.problem)(_REASONS[progress.status], sentence)
    markup.text(
        '<p class="rt-text">To search your own crops or recordings, import them on the Gallery page, view Import.</p>'
    )
    if st.button("Go on" if stopped else "Try again", type="primary", key="retry-demo"):
        jobs.start(folder, ["demo"], workspace.path)
        st.rerun()
    with st.expander("Log"):
        st.code(jobs.log_tail(folder) or "It printed nothing.", language=None, wrap_lines=True)
