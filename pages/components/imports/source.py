"""Step 1 of an import: which pictures or recordings, dropped here or read from their place on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.components.imports.state import choose, import_state, watch_job
from pages.components.shared import markup, wording
from pages.components.shared.tables import moment
from reid_core.errors import NotThere, ReidError
from reid_core.images import IMAGE_SUFFIXES, UNREADABLE_KINDS, VIDEO_SUFFIXES
from reid_core.records import plural
from reid_core.workspace import job_kinds
from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.allowed_folders import VARIABLE, allowed_folders, check_allowed
from reid_core.workspace.job_kinds import title_of
from reid_core.workspace.workspace import Workspace

WAYS = {"files": "Files", "folder": "A whole folder", "path": "Already on this machine"}
# Of the last two kinds nothing can be read; then the page says so, and what to do.
KINDS = sorted(suffix[1:] for suffix in IMAGE_SUFFIXES | {*uploads.ARCHIVES, *uploads.TABLES} | VIDEO_SUFFIXES)
KINDS += sorted(kind.lower() for kind in UNREADABLE_KINDS)


def draw_head(number: int, title: str, beside: str = "", waits: bool = False) -> None:
    markup.text(
        '<div class="im-head {waits}"><i>{number}</i><p role="heading" aria-level="2">{title}</p><span>{beside}</span>'
        "</div>",
        waits="waits" if waits else "", number=number, title=title, beside=beside,
    )  # fmt: skip


def draw_what(workspace: Workspace) -> None:
    draw_head(1, "What", "Recordings, pictures cropped to one person each, or frames with boxes")
    way = st.segmented_control(
        "From", list(WAYS), format_func=WAYS.__getitem__, default="files", required=True, key="gal-import-way",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if way == "path":
        _ask_path()
    else:
        _ask_files(workspace, whole_folder=way == "folder")
    if trouble := import_state().trouble:
        markup.problem("This cannot be imported", trouble)
    for job in job_kinds.of_kind(workspace, "import", "video"):
        if job.progress.status == "running":
            with st.container(horizontal=True, vertical_alignment="center", key=f"going-{job.folder.name}"):
                markup.text('<p class="im-hold"><b>{title}</b><span>is running</span></p>', title=title_of(job))
                st.button("See it", key=f"gal-see-{job.folder.name}", on_click=watch_job, args=(job.folder,))
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
    number = import_state().drops
    files = st.file_uploader(
        "Pictures or recordings", KINDS, accept_multiple_files="directory" if whole_folder else True,
        key=f"gal-drop-{'folder' if whole_folder else 'files'}-{number}", label_visibility="collapsed",
    )  # fmt: skip
    words = (
        "All pictures or recordings in it and in the folders inside. A folder for each person tells who is who, "
        "and one for each camera which camera filmed a recording."
        if whole_folder
        else "Recordings (MP4, MKV, AVI, MOV, MPEG-TS and others). Or pictures: JPEG, PNG, WebP, BMP or TIFF; or one "
        "zip or tar of them. A table beside pictures (CSV, TSV or Parquet) may tell who, which camera and when."
    )
    markup.text(
        '<p class="rt-small">{words} Up to 2 GB a file. What is larger comes in from its place on this machine: choose '
        "“{way}” above and write the path of the file or of its folder.</p>",
        words=words, way=WAYS["path"],
    )  # fmt: skip
    if files:
        try:
            with st.spinner("Writing the files into the workspace"):
                path = uploads.keep_upload(workspace, [(file.name, file) for file in files])
        except ReidError as error:  # the files stay in the field: nobody has to choose them again
            markup.problem("Nothing was kept of these files yet", str(error))
        else:
            _let_go_of(files)
            choose(path)
            st.rerun()


def _let_go_of(files: Sequence[UploadedFile]) -> None:
    """They lie in the workspace now. Streamlit would hold them in memory, too, until the visit ends."""
    context = get_script_run_ctx()
    remove = None if context is None else getattr(context.uploaded_file_mgr, "remove_file", None)
    if context is not None and remove is not None:
        for file in files:
            remove(context.session_id, file.file_id)


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
            "Folder, recording, zip, tar, table or .mat", key="gal-import-text", placeholder="/srv/cameras/march",
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
        now = import_state()
        now.trouble = ""
        try:
            if not text or not text.strip():
                raise ReidError("Write the path of a folder or file first.")
            typed = text.strip().strip("\"'")  # file managers copy paths with quotes
            real = check_allowed(Path(typed).expanduser())
            if not os.path.exists(real):
                raise NotThere(f"There is no folder or file {typed}. Check the path.")
            choose(real)
        except ReidError as error:
            now.trouble = str(error)
        st.rerun()


def _discard(workspace: Workspace, path: Path) -> None:
    try:
        uploads.discard(workspace, path)
    except ReidError as error:
        import_state().trouble = str(error)


def draw_chosen(workspace: Workspace, path: Path) -> None:
    words = str(path)
    if uploads.is_upload(workspace, path):
        inside = sum(1 for file in path.rglob("*") if file.is_file()) if path.is_dir() else 0
        words = f"{plural(inside, 'file') if path.is_dir() else path.name}, dropped here"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        draw_head(1, "What", words)
        st.button("Choose something else", on_click=choose, args=(None,), key="gal-import-else", type="tertiary")
