"""The work of this workspace: what runs now, and what ran, newest first."""

from __future__ import annotations

import streamlit as st

from pages.components.jobs.results import draw_result
from pages.components.shared import markup
from pages.components.shared.job_card import (
    ENDED,
    draw_go_on,
    draw_how_it_ended,
    draw_log,
    draw_log_lines,
    draw_running,
    jobs_state,
)
from pages.components.shared.tables import ago
from reid_core.records import plural
from reid_core.workspace import jobs
from reid_core.workspace.job_kinds import result_line, title_of
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

MORE = 100  # ended jobs that are listed besides when more are asked for


def draw_jobs(workspace: Workspace) -> None:
    every = jobs.all_jobs(workspace.path)
    running = [job for job in every if job.progress.status == "running"]
    ended = [job for job in every if job.progress.status != "running"]
    with st.container(key="jobs"):
        beside = f"{plural(len(running), 'job')} running" if running else "nothing is running"
        markup.heading("Jobs", beside)
        if not every:
            markup.note(
                "No job has run here yet",
                "Imports, embedding, deletions and training run by themselves and are listed here, even when this page "
                "is closed meanwhile.",
            )
            return
        if running:
            _watch(workspace, [job.folder.name for job in running])
        now = jobs_state()
        limit = now.listed
        for job in ended[:limit]:
            _draw_ended(workspace, job)
        if len(ended) > limit and st.button(f"Show older ({len(ended) - limit:,} more)", key="gal-jobs-older"):
            now.listed += MORE
            st.rerun()


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, names: list[str]) -> None:
    """The running jobs; once one of them has ended, the page is drawn anew."""
    running = [jobs.find(workspace.path / jobs.FOLDER / name) for name in names]
    if any(job is None or job.progress.status != "running" for job in running):
        st.rerun()
    for job in running:
        if job is not None:
            with st.container(key=f"job-{job.folder.name}"):
                markup.text(
                    '<div class="im-job"><b>{title}</b><span class="im-state running">Running</span>'
                    "<span>started {started}</span></div>",
                    title=title_of(job), started=ago(job.started),
                )  # fmt: skip
                draw_running(job)
                draw_log(job)


def _draw_ended(workspace: Workspace, job: Job) -> None:
    status = job.progress.status
    with st.container(key=f"job-{job.folder.name}"):
        markup.text(
            '<div class="im-job"><b>{title}</b><span class="im-state {status}">{word}</span><span>{when}</span>'
            '<span class="did">{did}</span></div>',
            title=title_of(job), status=status, word=ENDED.get(status, status), when=ago(job.ended),
            did=result_line(job),
        )  # fmt: skip
        if status != "finished":
            draw_how_it_ended(workspace, job)
            draw_go_on(workspace, job)
        with st.expander("Details", key=f"gal-log-{job.folder.name}", type="compact"):
            draw_result(job)
            draw_log_lines(job)
            if st.button("Remove from the list", key=f"gal-forget-{job.folder.name}"):
                jobs.forget(job.folder)
                st.rerun()
