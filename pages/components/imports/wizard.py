"""Bringing pictures and recordings in, in three steps that stay in sight: what, check, go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.gallery.state import VIEW
from pages.components.imports.check import Order, draw_check
from pages.components.imports.recordings.arriving import draw_arriving, is_analysis
from pages.components.imports.recordings.check import draw_recordings
from pages.components.imports.recordings.kind import recordings_to_take
from pages.components.imports.source import draw_chosen, draw_head, draw_what
from pages.components.imports.state import choose, import_state, watch_job
from pages.components.jobs.results import can_be_searched, draw_result, offer_embedding
from pages.components.shared import cached, markup
from pages.components.shared.chosen_gallery import turn_to, turn_to_when_there
from pages.components.shared.job_card import (
    draw_go_on,
    draw_how_it_ended,
    draw_log,
    draw_running,
)
from reid_core.errors import ReidError
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.video.starting import start_analysis
from reid_core.workspace.job_kinds import title_of
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

STAGES = ("imp", "imp-chosen", "imp-job")  # keys: nothing chosen yet, something to check, a job
Later = Callable[[DeltaGenerator | None], None]


def draw_import(workspace: Workspace) -> None:
    job = _current_job(workspace)
    path = import_state().path if job is None else None
    with markup.taking_turns(STAGES, STAGES[2 if job is not None else 1 if path is not None else 0]):
        with st.container(key="imp-what"):
            if job is not None:
                draw_head(1, "What", _what_of(job))
            elif path is not None:
                draw_chosen(workspace, path)
            else:
                draw_what(workspace)
        order, later = None, None
        with st.container(key="imp-check"):
            beside = _going_where(job) if job else "" if path else "What was recognised, before anything is imported"
            draw_head(2, "Check", beside, waits=not path and not job)
            if path is not None:
                order, later = _draw_check(workspace, path)
        with st.container(key="imp-go"):
            beside = "" if order or job else "It runs by itself; you may leave the page"
            draw_head(3, "Go", beside, waits=not order and not job)
            if job is not None:
                _draw_job(workspace, job)
            elif order is not None:
                _draw_go(workspace, order, later)
            elif later is not None:
                later(None)


def _draw_check(workspace: Workspace, path: Path) -> tuple[Order | None, Later | None]:
    """What is ready to start, and what draws the rest of the step that takes its time."""
    uploaded = uploads.is_upload(workspace, path)
    files = recordings_to_take(path)
    if files:
        checked = draw_recordings(workspace, path, files, uploaded=uploaded)
        return checked.order, checked.later
    return draw_check(workspace, path, uploaded), None


def _what_of(job: Job) -> str:
    """ "gate.mp4" of "Analyse gate.mp4 into town"."""
    title = title_of(job)
    return title.removeprefix("Import ").removeprefix("Analyse ").rpartition(" into ")[0] or title


def _going_where(job: Job) -> str:
    options = job_kinds.options_of(job.arguments)
    if "--gallery" not in options:
        return ""
    model = options.get("--index-with")
    return f"for gallery {options['--gallery']}, " + (f"embedded by {model}" if model else "not embedded yet")


# --- 3: go ---


def _draw_go(workspace: Workspace, order: Order, later: Later | None) -> None:
    markup.text('<p class="rt-text">{words}</p>', words=order.summary)
    place = st.empty() if later is not None else None
    st.button(
        order.button, type="primary" if order.is_usual else "secondary", key="gal-import-start", on_click=_start,
        args=(workspace, order),
    )  # fmt: skip
    now = import_state()
    if now.refused:
        markup.problem("The import could not be started", now.refused)
        now.refused = ""
    if later is not None:
        later(place)


def _start(workspace: Workspace, order: Order) -> None:
    """Before the page is drawn, so that no run of it stands between the button and the job."""
    now = import_state()
    try:
        if order.rows:
            folder = start_analysis(workspace, order.rows, order.arguments, **order.names)
        else:
            folder = job_kinds.start(workspace, "import", order.arguments, **order.names)
    except (ReidError, OSError) as error:
        now.refused = str(error)
        return
    watch_job(folder)
    turn_to_when_there(order.gallery)
    now.path = None


def _current_job(workspace: Workspace) -> Job | None:
    """The job whose progress or result is shown: this visit's, or on a new visit the address's."""
    now = import_state()
    if now.job is None and now.path is None and not now.looked:
        asked = st.query_params.get("import", "")
        for job in jobs.all_jobs(workspace.path):
            if job.folder.name == asked:
                watch_job(job.folder)
    now.looked = True
    if now.job is None:
        return None
    found = jobs.find(workspace.path / jobs.FOLDER / now.job)
    if found is None:
        choose(None)
    return found


def _draw_job(workspace: Workspace, job: Job) -> None:
    status = job.progress.status
    if status == "running":
        _watch(workspace, job.folder)
        st.button("Import something else", key="gal-import-other", on_click=choose, args=(None,), type="tertiary")
        return
    if status != "finished":
        turn_to_when_there(None)
        draw_how_it_ended(workspace, job)
    gallery = draw_result(job)
    here = {info.name: info for info in cached.galleries(workspace)}
    info = here.get(gallery or "")
    searchable = info is not None and (can_be_searched(job) or bool(cached.usable_models(workspace, info)))
    with st.container(horizontal=True, key="imp-next"):
        draw_go_on(workspace, job, primary=True)
        if info is not None and info.crops:
            if searchable and st.button(
                "Search it", type="primary", key="gal-import-search", on_click=turn_to, args=(info.name,)
            ):
                st.switch_page("pages/search.py", query_params={"gallery": info.name})
            st.button("Browse the gallery", key="gal-import-browse", on_click=_browse, args=(info.name,))
        st.button("Import more", key="gal-import-more", on_click=choose, args=(None,))
    if info is not None and info.crops and not searchable and status == "finished":
        started = offer_embedding(workspace, info.name)
        if started is not None:
            watch_job(started)
            st.rerun()
    draw_log(job)


def _browse(gallery: str) -> None:
    """To the page's own view of the gallery."""
    choose(None)
    turn_to(gallery)
    st.session_state[VIEW] = "Browse"


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, folder: Path) -> None:
    job = jobs.find(folder)
    if job is None or job.progress.status != "running":
        st.rerun()
    else:
        draw_running(job)
        if is_analysis(job):
            draw_arriving(workspace, job)
        markup.text('<p class="rt-small">It goes on when you leave or close this page; the view Jobs shows it too.</p>')
        draw_log(job)
