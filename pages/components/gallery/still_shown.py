"""Files of recordings, where the user keeps them, that still show deleted people: blurring them, removing them."""

from __future__ import annotations

import math

import streamlit as st

from pages.components.gallery.state import StillShownState, still_shown_state
from pages.components.shared import markup
from pages.components.shared.job_card import draw_how_it_ended, draw_running, time_left
from pages.components.widgets.focus.focus import focus_first
from reid_core.errors import NotThere, ReidError, disk_full, is_full
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.clips.shown_file import blurred_of, fault_of, original_of
from reid_core.workspace.deletion.deletion import Receipt
from reid_core.workspace.jobs import Job
from reid_core.workspace.recordings import removal
from reid_core.workspace.recordings.still_shown import StillShown, say_same_film, still_shown
from reid_core.workspace.workspace import Workspace

BLUR, REMOVE = "blur", "remove"
_HAS_COPY = "The workspace has a blurred copy, which pages play instead of the file."


def draw_after_deletion(workspace: Workspace, receipt: Receipt) -> None:
    """Below a receipt: the files that still show whoever was deleted, and other recordings of the same film. Nothing
    where there is none."""
    for one in receipt.recordings:
        if one.same_as:
            markup.text('<p class="rt-hint" role="status">{words}</p>', words=say_same_film(one))
    found = [one for one in receipt.recordings if not one.same_as]
    if not found:
        return
    left = sum(one.key not in still_shown_state().removed for one in found)
    shows = f"{left:,} recordings still show" if left > 1 else "1 recording still shows"
    shows = shows if left else "None of these files still shows"
    markup.text(
        '<div class="rt-hint" role="status"><b>{shows} deleted people.</b> Retrace never deletes your files by '
        "itself. Pages leave out the stretches in which a deleted person is in view.</div>",
        shows=shows,
    )  # fmt: skip
    for one in found:
        _draw_one(workspace, one, receipt.purpose, f"receipt {receipt.number}")


def draw_still_shown(workspace: Workspace, gallery: str, row: RecordingRow) -> None:
    """The same on the page of a recording, whichever deletions took somebody of it: there name and path stand already,
    and how much is not shown. Nothing where its file shows none of them."""
    now = still_shown_state()
    found = still_shown(workspace, row) or now.removed.get(row.key)
    if found is None and now.asked is not None and now.asked[1] == row.key:
        _say_gone(row, now.complaint)
    elif found is not None:
        _draw_one(workspace, found, "", "", on_its_page=True)


def _say_gone(row: RecordingRow, complaint: str) -> None:
    """What was asked about is done by somebody else: another browser, or a terminal."""
    fault = fault_of(original_of(row), may_have_grown=True)
    words = {
        "gone": f"{row.path} is not there any more: somebody else has removed it, or moved it.",
        "changed": f"Another file lies at {row.path} now. It stays.",
    }
    with st.container(key=f"still-{row.key}"):
        markup.problem(
            "There is nothing to do any more", complaint or words.get(fault, "Nobody is to be hidden in it.")
        )
        st.button("Close", key=f"gal-cancel-{row.key}", on_click=_ask, args=(None, row.key))


def forget_still_shown() -> None:
    """What was asked, complained of and said."""
    now = still_shown_state()
    now.asked, now.complaint, now.removed = None, "", {}


def _draw_one(workspace: Workspace, one: StillShown, purpose: str, after: str, *, on_its_page: bool = False) -> None:
    now = still_shown_state()
    row = None if one.gone else _row_of(workspace, one)
    with st.container(key=f"still-{one.key}"):
        if not on_its_page:
            _say_which(one, row)
        elif one.key not in now.removed:
            kept = row is not None and blurred_of(row) is not None
            markup.text('<p class="rt-text">The file still shows them.{copy}</p>', copy=f" {_HAS_COPY}" * kept)
        if one.key in now.removed:
            markup.text('<p class="rt-small" role="status">Its file was removed from the disk.{links}</p>',
                        links=now.said and f" {now.said}")  # fmt: skip
            return
        job = None if row is None else _job_of(workspace, one)
        if job is not None and job.progress.status == "running":
            _watch(workspace, job.folder.name)
        elif job is not None and job.progress.status in ("failed", "lost") and row is not None and not blurred_of(row):
            draw_how_it_ended(workspace, job)
        if now.asked == (BLUR, one.key) and row is not None:
            with focus_first(f"blur-{one.key}"):
                _ask_to_blur(workspace, one, row, after)
        elif now.asked == (REMOVE, one.key):
            with focus_first(f"remove-{one.key}"):
                _ask_to_remove(workspace, one, purpose)
        else:
            _draw_buttons(one, row, job)
        if now.complaint and now.asked is not None and now.asked[1] == one.key:
            markup.problem("This did not work", now.complaint)


def _say_which(one: StillShown, row: RecordingRow | None) -> None:
    if one.gone:
        words = "It went from the gallery. Its file shows everybody in it."
    elif row is None:
        words = "It has gone from the gallery since. Its file shows everybody in it."
    else:
        words = f"Deleted people are in view for {one.describe()}."
        if blurred_of(row) is not None:
            words += f" {_HAS_COPY}"
    markup.text(
        '<p class="rt-text"><b>{name}</b><br><span class="rt-path">{path}</span></p><p class="rt-small">{words}</p>',
        name=one.recording, path=one.path, words=words,
    )  # fmt: skip


def _draw_buttons(one: StillShown, row: RecordingRow | None, job: Job | None) -> None:
    if job is not None and job.progress.status == "running":  # it reads the file
        return
    with st.container(horizontal=True):
        if row is not None and blurred_of(row) is None:
            st.button("Blur…", key=f"gal-blur-{one.key}", on_click=_ask, args=(BLUR, one.key))
        if row is not None or one.gone:
            st.button("Remove file…", key=f"gal-remove-{one.key}", on_click=_ask, args=(REMOVE, one.key))


def _ask_to_blur(workspace: Workspace, one: StillShown, row: RecordingRow, after: str) -> None:
    whole = still_shown(workspace, row) or one  # a blurred copy hides whom earlier deletions took, too
    markup.text(
        '<p class="rt-text">Retrace writes a copy into the workspace. For {much} its whole picture is unrecognisable. '
        "That hides other people in view, too, for where the deleted people stood is no longer known. The copy has no "
        "sound. {long}</p>"
        '<p class="rt-small">The file itself stays where it is and still shows everybody, until it is removed.</p>',
        much=whole.describe(), long=_how_long(row),
    )  # fmt: skip
    with st.container(horizontal=True):
        if st.button("Blur recording", type="primary", key=f"gal-do-blur-{one.key}"):
            _start(workspace, one, after)
        st.button("Cancel", key=f"gal-cancel-{one.key}", on_click=_ask, args=(None, one.key))


def _how_long(row: RecordingRow) -> str:
    from reid_core.workspace.recordings.blurred_copy import seconds_for

    seconds = seconds_for(row)
    if math.isnan(seconds):
        return "How long that takes is not known."
    return f"That takes {time_left(seconds).removesuffix(' left')}."


def _start(workspace: Workspace, one: StillShown, after: str) -> None:
    now = still_shown_state()
    arguments = [one.gallery, f"--recording={one.recording}", *([f"--purpose={after}"] if after else [])]
    try:
        job_kinds.start(workspace, "blur", arguments, recording=one.recording, gallery=one.gallery)
    except (ReidError, OSError) as error:
        now.complaint = _sentence(error)
        return
    now.asked, now.complaint = None, ""
    st.rerun()


def _ask_to_remove(workspace: Workspace, one: StillShown, purpose: str) -> None:
    try:
        plan = None if one.gone else removal.removal_plan(workspace, one.gallery, one.recording)
    except ReidError as error:
        title = "This file is gone already" if isinstance(error, NotThere) else "This file stays"
        markup.problem(title, str(error))
        st.button("Cancel", key=f"gal-cancel-{one.key}", on_click=_ask, args=(None, one.key))
        return
    words = plan or f"{one.path} ({one.file.bytes / 1e6:,.1f} MB) would be removed from the disk."
    markup.text('<p class="rt-text">{words}</p><p class="rt-small">This cannot be undone.</p>', words=words)
    with st.form(f"gal-removal-{one.key}", border=False, enter_to_submit=False):
        typed = st.text_input(f"Type {one.recording} to confirm", key=f"gal-typed-{one.key}", autocomplete="off")
        why = st.text_input("Purpose", value=purpose, key=f"gal-why-{one.key}", help="The log keeps this text.")
        with st.container(horizontal=True):
            sure = st.form_submit_button("Remove the file for good", type="primary", key=f"gal-do-remove-{one.key}")
            never = st.form_submit_button("Keep it", key=f"gal-keep-file-{one.key}")
    if never:
        _ask(None, one.key)
        st.rerun()
    elif sure:
        _remove(workspace, one, typed.strip(), why)


def _remove(workspace: Workspace, one: StillShown, typed: str, purpose: str) -> None:
    now = still_shown_state()
    if typed != one.recording.strip():
        now.complaint = f"Nothing was removed. Type the recording's name to confirm: {one.recording}"
        return
    if not purpose.strip():
        now.complaint = "Nothing was removed. Say why; the log keeps it."
        return
    try:
        links = removal.remove_known_file(workspace, one, purpose, by_page=True)
    except (ReidError, OSError) as error:
        now.complaint = _sentence(error)
        return
    now.asked, now.complaint, now.said = None, "", removal.say_links(links)
    now.removed = {**now.removed, one.key: one}
    st.rerun()


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, name: str) -> None:
    """How far the job is; once it has ended, what is around it is drawn anew."""
    job = jobs.find(workspace.path / jobs.FOLDER / name)
    if job is None or job.progress.status != "running":
        st.rerun()
    draw_running(job)


def _job_of(workspace: Workspace, one: StillShown) -> Job | None:
    """The newest job that blurs it."""
    for job in job_kinds.of_kind(workspace, "blur"):
        if one.gallery in job_kinds.galleries_of(job):
            named = job_kinds.options_of(job.arguments).get("--recording")
            if named == one.recording:
                return job
    return None


def _row_of(workspace: Workspace, one: StillShown) -> RecordingRow | None:
    """The recording as it is now."""
    try:
        rows = finding.every(workspace.catalogue, one.gallery)
    except ReidError:
        return None
    return next((row for row in rows if row.key == one.key), None)


def _ask(what: str | None, key: int) -> None:
    now: StillShownState = still_shown_state()
    now.asked, now.complaint = None if what is None else (what, key), ""


def _sentence(error: ReidError | OSError) -> str:
    if isinstance(error, ReidError):
        return str(error)
    return str(disk_full(error)) if is_full(error) else f"The workspace cannot be written: {error.strerror}."
