"""Bringing pictures in, in three steps that stay in sight: what, check, go."""

from __future__ import annotations

import os
import time
from pathlib import Path

import streamlit as st

from pages.components.imports.check import Order, draw_check
from pages.components.imports.destination import CHOICES
from pages.components.jobs.job_card import (
    draw_go_on,
    draw_how_it_ended,
    draw_log,
    draw_running,
    import_style,
    moment,
)
from pages.components.jobs.results import can_be_searched, draw_result, offer_embedding
from pages.components.shared import cached, markup, wording
from reid_core.errors import ReidError
from reid_core.images import IMAGE_SUFFIXES, UNREADABLE_KINDS, VIDEO_SUFFIXES
from reid_core.records import plural
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.allowed_folders import VARIABLE, allowed_folders, check_allowed
from reid_core.workspace.job_kinds import title_of
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

PATH = "gal-import-path"  # what is to be imported
JOB = "gal-import-job"  # the folder's name of the job that does it
DROPS = "gal-import-drops"  # how often files were dropped: each time the uploader starts afresh
TROUBLE = "gal-import-trouble"
WAYS = {"files": "Files", "folder": "A whole folder", "path": "Already on this machine"}
# Of the last two kinds nothing can be read; then the page says so, and what to do.
KINDS = sorted(suffix[1:] for suffix in IMAGE_SUFFIXES | {*uploads.ARCHIVES, *uploads.TABLES} | VIDEO_SUFFIXES)
KINDS += sorted(kind.lower() for kind in UNREADABLE_KINDS)
state = st.session_state


def draw_import(workspace: Workspace) -> None:
    import_style()
    job = _current_job(workspace)
    path = Path(state[PATH]) if PATH in state and job is None else None
    with st.container(key="imp"):
        with st.container(key="imp-what"):
            if job is not None:
                _head(1, "What", title_of(job).removeprefix("Import ").rpartition(" into ")[0] or title_of(job))
            elif path is not None:
                _draw_chosen(workspace, path)
            else:
                _draw_what(workspace)
        order = None
        with st.container(key="imp-check"):
            beside = _going_where(job) if job else "" if path else "What was recognised, before anything is imported"
            _head(2, "Check", beside, waits=not path and not job)
            if path is not None:
                order = draw_check(workspace, path, uploads.is_upload(workspace, path))
        with st.container(key="imp-go"):
            beside = "" if order or job else "The import runs by itself; you may leave the page"
            _head(3, "Go", beside, waits=not order and not job)
            if job is not None:
                _draw_job(workspace, job)
            elif order is not None:
                _draw_go(workspace, order)


def _going_where(job: Job) -> str:
    options = job_kinds.options_of(job.arguments)
    if "--gallery" not in options:
        return ""
    model = options.get("--index-with")
    return f"for gallery {options['--gallery']}, " + (f"embedded by {model}" if model else "not embedded yet")


def _head(number: int, title: str, beside: str = "", waits: bool = False) -> None:
    markup.text(
        '<div class="im-head {waits}"><i>{number}</i><p role="heading" aria-level="2">{title}</p><span>{beside}</span>'
        "</div>",
        waits="waits" if waits else "", number=number, title=title, beside=beside,
    )  # fmt: skip


# --- 1: what ---


def _draw_what(workspace: Workspace) -> None:
    _head(1, "What", "Pictures that are cropped to one person each")
    way = st.segmented_control(
        "From", list(WAYS), format_func=WAYS.__getitem__, default="files", required=True, key="gal-import-way",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if way == "path":
        _ask_path()
    else:
        _ask_files(workspace, whole_folder=way == "folder")
    if TROUBLE in state:
        markup.problem("This cannot be imported", state[TROUBLE])
    for job in job_kinds.of_kind(workspace, "import"):
        if job.progress.status == "running":
            with st.container(horizontal=True, vertical_alignment="center", key=f"going-{job.folder.name}"):
                markup.text('<p class="im-hold"><b>{title}</b><span>is running</span></p>', title=title_of(job))
                st.button("See it", key=f"gal-see-{job.folder.name}", on_click=_follow, args=(job.folder,))
    waiting = uploads.unfinished(workspace)
    if waiting:
        markup.text('<p class="rt-label">Dropped before and not imported yet</p>')
    for upload in waiting:
        with st.container(horizontal=True, vertical_alignment="center", key=f"waiting-{_folder(workspace, upload)}"):
            markup.text(
                '<p class="im-hold"><b>{name}</b><span>{size} · dropped {at} UTC, perhaps in another window</span></p>',
                name=upload.name, size=wording.shown_bytes(upload.bytes), at=moment(upload.at),
            )  # fmt: skip
            name = _folder(workspace, upload)
            st.button("Go on", key=f"gal-take-{name}", on_click=choose, args=(upload.path,))
            st.button(
                "Discard", key=f"gal-discard-{name}", on_click=_discard, args=(workspace, upload.path), type="tertiary"
            )


def _folder(workspace: Workspace, upload: uploads.Upload) -> str:
    return upload.path.relative_to(workspace.incoming).parts[0]


def _ask_files(workspace: Workspace, *, whole_folder: bool) -> None:
    number = state.setdefault(DROPS, 0)
    files = st.file_uploader(
        "Pictures", KINDS, accept_multiple_files="directory" if whole_folder else True,
        key=f"gal-drop-{'folder' if whole_folder else 'files'}-{number}", label_visibility="collapsed",
    )  # fmt: skip
    words = (
        "All pictures in it and in the folders inside. A folder for each person tells who is who."
        if whole_folder
        else "JPEG, PNG, WebP, BMP or TIFF; or one zip or tar of them. A table beside them (CSV, TSV or Parquet) may "
        "tell who, which camera and when."
    )
    markup.text('<p class="rt-small">{words} Up to 2 GB; import more by its path.</p>', words=words)
    if files:
        try:
            with st.spinner("Writing the files into the workspace"):
                path = uploads.keep_upload(workspace, [(file.name, file) for file in files])
        except ReidError as error:  # the files stay in the field: nobody has to choose them again
            markup.problem("Nothing was kept of these files yet", str(error))
        else:
            choose(path)
            st.rerun()


def _ask_path() -> None:
    folders = allowed_folders()
    if folders == []:
        markup.note(
            "Imports by path are switched off",
            f"The app was started with {VARIABLE} empty. Drop files instead, or start it with folders in {VARIABLE}.",
        )
        return
    with st.form("gal-import-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Folder, zip, tar, table or .mat", key="gal-import-text", placeholder="/srv/cameras/march",
            persist_state="session",
        )  # fmt: skip
        asked = st.form_submit_button("Look at it", type="primary")
    where = (
        "Any place that the user who started the app can read."
        if folders is None
        else f"It must lie in {' or '.join(map(str, folders))}."
    )
    markup.text('<p class="rt-small">{where} Nothing is moved.</p>', where=where)
    if asked:
        state.pop(TROUBLE, None)
        try:
            if not text or not text.strip():
                raise ReidError("Write the path of a folder or file first.")
            typed = text.strip().strip("\"'")  # file managers copy paths with quotes
            real = check_allowed(Path(typed).expanduser())
            if not os.path.exists(real):
                raise ReidError(f"There is no folder or file {typed}. Check the path.")
            choose(real)
        except ReidError as error:
            state[TROUBLE] = str(error)
        st.rerun()


def _discard(workspace: Workspace, path: Path) -> None:
    try:
        uploads.discard(workspace, path)
    except ReidError as error:
        state[TROUBLE] = str(error)


def choose(path: Path | None) -> None:
    """Go to step 2 with this, or back to step 1."""
    for key in [key for key in state if str(key).startswith(CHOICES)]:
        del state[key]
    state.pop(TROUBLE, None)
    state.pop(JOB, None)
    st.query_params.pop("import", None)
    state[DROPS] = state.get(DROPS, 0) + 1
    if path is None:
        state.pop(PATH, None)
    else:
        state[PATH] = str(path)
        state[CHOICES + "asked"] = time.time_ns()


def _draw_chosen(workspace: Workspace, path: Path) -> None:
    words = str(path)
    if uploads.is_upload(workspace, path):
        inside = sum(1 for file in path.rglob("*") if file.is_file()) if path.is_dir() else 0
        words = f"{plural(inside, 'file') if path.is_dir() else path.name}, dropped here"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _head(1, "What", words)
        st.button("Choose something else", on_click=choose, args=(None,), key="gal-import-else", type="tertiary")


# --- 3: go ---


def _draw_go(workspace: Workspace, order: Order) -> None:
    markup.text('<p class="rt-text">{words}</p>', words=order.summary)
    if st.button(order.button, type="primary" if order.is_usual else "secondary", key="gal-import-start"):
        try:
            folder = job_kinds.start(workspace, "import", order.arguments, **order.names)
        except (ReidError, OSError) as error:
            markup.problem("The import could not be started", str(error))
            return
        _follow(folder)
        state.pop(PATH, None)
        st.rerun()


def _follow(folder: Path) -> None:
    state[JOB] = folder.name
    st.query_params["import"] = folder.name


def _current_job(workspace: Workspace) -> Job | None:
    """The job whose progress or result is shown: this visit's, or on a new visit the address's."""
    if JOB not in state and PATH not in state and "gal-import-seen" not in state:
        asked = st.query_params.get("import", "")
        for job in jobs.all_jobs(workspace.path):
            if job.folder.name == asked:
                _follow(job.folder)
    state["gal-import-seen"] = True
    if JOB not in state:
        return None
    found = jobs.find(workspace.path / jobs.FOLDER / state[JOB])
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
        draw_how_it_ended(workspace, job)
    gallery = draw_result(job)
    here = {info.name: info for info in cached.galleries(workspace)}
    info = here.get(gallery or "")
    searchable = info is not None and (can_be_searched(job) or bool(cached.usable_models(workspace, info)))
    with st.container(horizontal=True, key="imp-next"):
        draw_go_on(workspace, job, primary=True)
        if info is not None and info.crops:
            if searchable and st.button(
                "Search it", type="primary", key="gal-import-search", on_click=_turn_to, args=(info.name,)
            ):
                st.switch_page("pages/search.py", query_params={"gallery": info.name})
            st.button("Browse the gallery", key="gal-import-browse", on_click=_browse, args=(info.name,))
        st.button("Import more", key="gal-import-more", on_click=choose, args=(None,))
    if info is not None and info.crops and not searchable and status == "finished":
        started = offer_embedding(workspace, info.name)
        if started is not None:
            _follow(started)
            st.rerun()
    draw_log(job)


def _turn_to(gallery: str) -> None:
    """What the page is about from now on, and its address; before anything of it is drawn."""
    state["gallery"] = st.query_params["gallery"] = gallery


def _browse(gallery: str) -> None:
    """To the page's own view of the gallery."""
    choose(None)
    _turn_to(gallery)
    state["gal-view"] = "Browse"


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, folder: Path) -> None:
    job = jobs.find(folder)
    if job is None or job.progress.status != "running":
        st.rerun()
    else:
        draw_running(job)
        markup.text('<p class="rt-small">It goes on when you leave or close this page; the view Jobs shows it too.</p>')
        draw_log(job)
