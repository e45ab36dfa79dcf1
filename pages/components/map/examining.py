"""The examination of a gallery's labels: the one that is kept, its age, and a new one."""

from __future__ import annotations

import streamlit as st

from pages.components.shared import markup
from pages.components.shared.job_card import draw_running
from reid_core.workspace import job_kinds
from reid_core.workspace.job_kinds import newest
from reid_core.workspace.maps.examination import Examination, are_labels_newer, read_examination
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

COMMAND = "examine"


def draw_examination(workspace: Workspace, made: CropMap) -> Examination | None:
    """What was found last, with a word where labels are newer, and the way to look anew; None where there is none."""
    info = made.info
    job = newest(workspace, info.gallery, COMMAND)
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
        gallery = made.info.gallery
        job_kinds.start(workspace, COMMAND, [gallery, "--model", made.info.model], gallery=gallery)
        st.rerun()


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, gallery: str) -> None:
    job = newest(workspace, gallery, COMMAND)
    if job is None or job.progress.status != "running":
        st.rerun()
    draw_running(job)
