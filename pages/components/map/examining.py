"""The examination of a gallery's labels: the one that is kept, its age, and a new one."""

from __future__ import annotations

import streamlit as st

from pages.components.shared import markup
from pages.components.shared.job_card import draw_running, import_style
from reid_core.workspace import jobs
from reid_core.workspace.jobs import Job
from reid_core.workspace.maps.examination import Examination, are_labels_newer, read_examination
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

COMMAND = "examine"


def draw_examination(workspace: Workspace, made: CropMap) -> Examination | None:
    """What was found last, with a word where labels are newer, and the way to look anew; None where there is none."""
    info = made.info
    job = _newest_job(workspace, info.gallery)
    if job is not None and job.progress.status == "running":
        _watch(workspace, info.gallery)
    found = read_examination(workspace, info.gallery, info.model)
    if job is not None and job.progress.status == "running":
        return found
    if job is not None and job.progress.status == "failed" and (found is None or job.started > found.at):
        markup.problem("The labels could not be looked at", job.progress.message or "Its log says more.")
    if found is None:
        markup.note(
            "Nobody has looked yet", "A job compares each crop with its neighbours, each person with those near by."
        )
        _draw_start(workspace, made, "Look at the labels", "primary")
    elif are_labels_newer(workspace, found):
        with st.container(horizontal=True, vertical_alignment="center", key="map-older"):
            markup.text('<div class="rt-hint">Labels changed since this was found.</div>')
            _draw_start(workspace, made, "Look again", "secondary")
    return found


def _draw_start(workspace: Workspace, made: CropMap, label: str, kind: str) -> None:
    if st.button(label, key="map-examine", type="primary" if kind == "primary" else "secondary"):
        arguments = [COMMAND, made.info.gallery, "--model", made.info.model]
        jobs.start_new(workspace.path, COMMAND, f"Look at labels of {made.info.gallery}", arguments)
        st.rerun()


def _newest_job(workspace: Workspace, gallery: str) -> Job | None:
    return next((job for job in jobs.all_jobs(workspace.path) if job.arguments[:2] == (COMMAND, gallery)), None)


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, gallery: str) -> None:
    job = _newest_job(workspace, gallery)
    if job is None or job.progress.status != "running":
        st.rerun()
    import_style()
    draw_running(job)
