"""A job as people see it: how far it is, how it ended, what it printed, and how to go on."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pages.components.shared import markup
from pages.components.shared.session import kept
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.jobs import Job, Progress
from reid_core.workspace.workspace import Workspace

ENDED = {"finished": "Done", "failed": "Failed", "stopped": "Stopped", "lost": "Interrupted"}
LOG_LINES = 200
BEGINS_AGAIN = "Started again, it begins anew."


@dataclass
class JobsState:
    """Jobs in this visit: names of the folders of those that were asked to stop, and how many ended ones are listed."""

    stopping: set[str] = field(default_factory=set)
    listed: int = 20


def jobs_state() -> JobsState:
    return kept(JobsState)


def draw_running(job: Job) -> None:
    """Its bar, stage, time left, Stop, and that it makes no progress where it makes none."""
    progress = job.progress
    share = progress.done / progress.total if progress.total else 0.0
    markup.text(
        '<div class="im-standing"><b>{stage}</b><span>{standing}</span><span class="left">{left}</span></div>'
        '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        'aria-label="{stage}"><div style="width:{percent}%"></div></div>',
        stage=progress.stage or job_kinds.kind_of(job).doing,
        standing=job_kinds.standing(job),
        left=time_left(progress.seconds_left) if progress.total and not progress.no_progress else "",
        percent=round(100 * share),
    )
    draw_no_progress(progress)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", key=f"gal-stop-{job.folder.name}"):
            jobs.stop(job.folder)
            jobs_state().stopping.add(job.folder.name)
        if job.folder.name in jobs_state().stopping:
            kept = "; what is done is kept" if job_kinds.kind_of(job).keeps else ""
            markup.text('<p class="rt-small">It stops after this step{kept}.</p>', kept=kept)


def draw_no_progress(progress: Progress) -> None:
    """For a job whose process is there, and whose figures have stood still for minutes."""
    if progress.no_progress:
        markup.text(
            '<div class="rt-hint" role="status"><b>{first}{rest}.</b> Its process still runs. It may be in a long '
            "step. Read the log first; stopping loses the work of this step.</div>",
            first=progress.no_progress[0].upper(), rest=progress.no_progress[1:],
        )  # fmt: skip


def draw_how_it_ended(workspace: Workspace, job: Job) -> None:
    """For a job that did not finish: why, in a sentence, and how to go on."""
    jobs_state().stopping.discard(job.folder.name)
    status, arguments, kind = job.progress.status, job_kinds.to_go_on(workspace, job), job_kinds.kind_of(job)
    if status == "failed":
        sentence = job.progress.message or "Its log says more."
        markup.problem("This did not work", sentence)
    elif status == "stopped":
        sentence = "What was done so far is kept."
        if arguments:
            sentence = f"{sentence} It goes on from there." if kind.keeps else BEGINS_AGAIN
        markup.note("Stopped", sentence)
    else:
        sentence = "Its process ended without a word, as when the machine is switched off. "
        kept = "What was done so far is kept" + ("; go on to do the rest." if arguments else ".")
        markup.problem("Interrupted", sentence + (kept if kind.keeps or not arguments else BEGINS_AGAIN))


def draw_go_on(workspace: Workspace, job: Job, *, primary: bool = False) -> None:
    """The button that starts it again in its own folder, where there is something left to do."""
    arguments = job_kinds.to_go_on(workspace, job)
    if job.progress.status == "finished" or arguments is None:
        return
    words = "Try again" if job.progress.status == "failed" else "Go on"
    key = f"gal-again-{job.folder.name}"
    if st.button(words, key=key, type="primary") if primary else st.button(words, key=key):
        now = jobs.find(job.folder)
        if now is not None and now.progress.status != "running":
            jobs.start(job.folder, arguments, workspace.path, job.title)
        st.rerun()


def draw_log(job: Job) -> None:
    with st.expander("Log", key=f"gal-log-{job.folder.name}", type="compact"):
        draw_log_lines(job)


def draw_log_lines(job: Job) -> None:
    with st.container(key=f"log-{job.folder.name}"):
        st.code(jobs.log_tail(job.folder, LOG_LINES) or "It printed nothing.", language=None, wrap_lines=True)


def time_left(seconds: float) -> str:
    """ "about 12 min left"; empty where it is not known."""
    if not seconds >= 0:  # NaN neither
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes / 60:.1f} h left"
