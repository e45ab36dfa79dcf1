"""Deleting crops for good: what would go and what stays, why, and the receipt."""

from __future__ import annotations

import html
import os
import shutil
from pathlib import Path

import streamlit as st

from pages.components.gallery import selection as chosen
from pages.components.gallery.state import NOTHING, VIEW, Deletion, Ids, gallery_state
from pages.components.gallery.still_shown import draw_after_deletion, forget_still_shown
from pages.components.shared import markup, wording
from pages.components.widgets.focus.focus import focus_first
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.errors import ReidError, disk_full, is_full
from reid_core.records import plural
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.selection import Selection, order_to_json
from reid_core.workspace.deletion import deletion, wiping
from reid_core.workspace.deletion.deletion import Plan, Receipt
from reid_core.workspace.reserve import with_room
from reid_core.workspace.workspace import Workspace

AT_ONCE = 2_000  # crops up to which the page waits; more are deleted by a job
PURPOSE = "gal-purpose"  # key of the field for a reason
COPIES = "gal-copies"  # key of the choice what happens to films that only the workspace has
BLUR, REMOVE = "Blur first", "Remove"
SHOWN = 6  # pictures of what would go


def ask_deletion(ids: Ids) -> None:
    """From the next run on the dialog asks about these crops."""
    forget_deletion()
    gallery_state().deletion = Deletion(ids)


def ask_deletion_of(recording: str) -> None:
    """From the next run on the dialog asks about this recording with all that was found in it."""
    forget_deletion()
    gallery_state().deletion = Deletion(NOTHING, recording)


def forget_deletion() -> None:
    gallery_state().deletion = None
    forget_still_shown()
    st.session_state.pop(PURPOSE, None)
    st.session_state.pop(COPIES, None)


def draw_deletion(workspace: Workspace, gallery: str) -> None:
    """The dialog, while there is something to ask or to show."""
    now = gallery_state().deletion
    if now is not None:
        title = "Delete crops" if now.recording is None else "Delete a recording"
        st.dialog(title, width="medium", on_dismiss=forget_deletion)(_dialog)(workspace, gallery)


def _dialog(workspace: Workspace, gallery: str) -> None:
    now = gallery_state().deletion
    if now is None:
        st.rerun()
    elif now.receipt is not None:
        _show_receipt(workspace, now.receipt)
    elif now.job:
        title = "A job deletes them" if now.recording is None else "A job deletes the recording"
        first = "The film is blurred first: nothing is deleted before that is done. " if now.blurs else ""
        markup.note(
            title,
            f"{first}The job goes on when this page is closed. The view Jobs shows how far it is, and History has its "
            "receipt afterwards.",
        )
        with st.container(horizontal=True):
            if st.button("See the job", key="gal-see-job", on_click=_see_job):
                st.rerun()
            _done()
    else:
        _ask(workspace, gallery, now)


def _ask(workspace: Workspace, gallery: str, now: Deletion) -> None:
    ids, selection = now.ids, Selection(ids=frozenset(now.ids.tolist()))
    if now.recording is not None:
        selection = Selection(recordings=frozenset({now.recording}))
    try:
        with st.spinner("Counting", show_time=False):
            plan = _plan(workspace, gallery, selection, now)
    except ReidError as error:
        markup.problem("This cannot be deleted", str(error))
        _done("Close")
        return
    if not plan.crops and not (now.recording and (plan.tracklets or plan.recordings)):
        _say_why_not(plan, now)
        _done("Close")
        return
    if now.recording is not None:
        _show_plan_of_recording(plan, gallery, now.recording)
    else:
        _show_plan(workspace, plan, gallery, ids)
    _show_copies(plan)
    with focus_first("deletion"), st.form("gal-deletion", border=False, enter_to_submit=False):
        purpose = st.text_input(
            "Purpose", key=PURPOSE, placeholder="Why: a case, a request, the end of a deadline",
            help="The receipt and the log keep this text. Name nobody in it.",
        )  # fmt: skip
        if plan.blurs:
            _choose_fate_of_copies(plan)
        trouble = st.container()  # above the buttons: below them it may be out of sight
        with st.container(horizontal=True):
            what = plural(plan.crops, "crop") if now.recording is None else "the recording"
            sure = st.form_submit_button(f"Delete {what} for good", type="primary", key="gal-sure")
            kept = "them" if now.recording is None else "it"
            never = st.form_submit_button(f"Keep {kept}", key="gal-keep")
    if never:
        forget_deletion()
        st.rerun()
    if sure:
        _delete(workspace, gallery, selection, plan, purpose.strip(), now)
    if now.complaint:
        with trouble:
            markup.problem("Nothing was deleted", now.complaint)


def _plan(workspace: Workspace, gallery: str, selection: Selection, now: Deletion) -> Plan:
    """Counted anew only when the catalogue has changed while the dialog is open."""
    version = workspace.catalogue.version()
    if now.plan is None or now.plan[0] != version:
        now.plan = version, deletion.plan(workspace, gallery, selection)
    return now.plan[1]


def _show_plan(workspace: Workspace, plan: Plan, gallery: str, ids: Ids) -> None:
    crops = workspace.catalogue.crops_of(ids[:SHOWN].tolist())
    people = (
        set(crops["identity"])
        if len(ids) <= SHOWN
        else set(workspace.catalogue.crops_of(ids[:500].tolist())["identity"])
    )
    whom = wording.person_name(people.pop()) if len(people) == 1 and len(ids) <= 500 and None not in people else ""
    title = plural(plan.crops, "crop") + (f" of {whom}" if whom else "")
    gallery_grid([card_of(row) for row in rows_of(crops)], kind="strip", label="What would go", key="gal-doomed")
    sentences = [f"From gallery {gallery}, with all that was computed of them."]
    if plan.identities and not whom:
        sentences.append(f"Nothing would be left of {plural(plan.identities, 'person')}.")
    if plan.files_kept:
        where = "it was" if plan.files_kept == 1 else "they were"
        sentences.append(f"{plural(plan.files_kept, 'original')} would stay where {where} imported from.")
    if plan.held:
        sentences.append(f"{plural(plan.held, 'crop')} would stay: held by {', '.join(plan.holds)}.")
    markup.text(
        '<p class="rt-big">{title}</p><p class="rt-text">{sentences}</p>', title=title, sentences=" ".join(sentences)
    )
    markup.text('<p class="rt-small">This cannot be undone. A receipt proves what went, and names nobody.</p>')


def _show_plan_of_recording(plan: Plan, gallery: str, recording: str) -> None:
    title = f"Recording {recording}" if plan.recordings else plural(plan.crops, "crop") + f" of {recording}"
    sentences = [f"From gallery {gallery}: {plan.describe()}"]
    if plan.recordings and not plan.copies:
        sentences.append("The file of the recording stays where it is.")
    markup.text(
        '<p class="rt-big">{title}</p><p class="rt-text">{sentences}</p>', title=title, sentences=" ".join(sentences)
    )
    markup.text('<p class="rt-small">This cannot be undone. A receipt proves what went, and names nobody.</p>')


def _show_copies(plan: Plan) -> None:
    """What would happen to films in the workspace that show who goes."""
    for copy in plan.copies:
        markup.text('<p class="rt-text">{words}</p>', words=copy.would())


def _choose_fate_of_copies(plan: Plan) -> None:
    lost = " ".join(copy.lost() for copy in plan.copies if copy.blurs)
    st.radio(
        "The film that only the workspace has", [BLUR, REMOVE], key=COPIES, horizontal=False,
        captions=[
            "Nothing is deleted before that is done. Whoever else is in view then is hidden, too.",
            f"At once. {lost}",
        ],
    )  # fmt: skip


def _say_why_not(plan: Plan, now: Deletion) -> None:
    if plan.held:
        markup.note(
            "Held",
            f"{plural(plan.held, 'crop')} stay: held by {', '.join(plan.holds)}. Release them first, in History.",
        )
    else:
        gone = "These crops are" if now.recording is None else "This recording is"
        markup.note("There is nothing to delete", f"{gone} gone already.")


def _delete(workspace: Workspace, gallery: str, selection: Selection, plan: Plan, purpose: str, now: Deletion) -> None:
    now.complaint = ""
    if not purpose:
        what = "these crops are" if now.recording is None else "this recording is"
        now.complaint = f"Say why {what} deleted; the receipt keeps it."
        return
    remove = st.session_state.get(COPIES) == REMOVE
    now.blurs = plan.blurs and not remove
    try:
        if plan.crops <= AT_ONCE and not now.blurs:
            with st.spinner("Deleting", show_time=False):
                now.receipt = deletion.delete(workspace, gallery, selection, purpose, remove_copies=remove)
        else:
            now.job = start_job(workspace, gallery, selection, plan.crops, purpose, remove_copies=remove)
    except ReidError as error:
        now.complaint = str(error)
        return
    except OSError as error:
        full = is_full(error)
        now.complaint = str(disk_full(error)) if full else f"The workspace cannot be written: {error.strerror}."
        return
    chosen.clear()
    st.rerun()


def start_job(
    workspace: Workspace, gallery: str, selection: Selection, crops: int, purpose: str, *, remove_copies: bool = False
) -> str:
    """Start `reid delete` on a file with the selection and the purpose, which the command removes; the job's folder."""
    folder = jobs.new_folder(workspace.path, "delete")
    file = folder / "selection.json"
    try:
        with_room(workspace.path, lambda: _keep_private(file, order_to_json(selection, purpose)))
        arguments = ["delete", "--gallery", gallery, "--selection", str(file), "--yes"]
        arguments += ["--remove-copies"] if remove_copies else []
        title = job_kinds.title("delete", crops=plural(crops, "crop"), gallery=gallery)
        jobs.start(folder, arguments, workspace.path, title)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return str(folder)


def _keep_private(file: Path, text: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def _show_receipt(workspace: Workspace, receipt: Receipt) -> None:
    waits = "" if receipt.finished else wiping.why_unfinished(workspace.catalogue, workspace.thumbnails)
    facts = {
        "Receipt": receipt.number,
        "Deleted": f"{plural(receipt.crops, 'crop')} of gallery {receipt.gallery}",
        "Kept by holds": plural(receipt.held, "crop") if receipt.held else None,
        "Originals left": f"{receipt.files_kept:,}, where they were imported from" if receipt.files_kept else None,
        "When": receipt.at.replace("T", " ").removesuffix("Z") + " UTC",
        "By": receipt.who,
        "Purpose": receipt.purpose,
        "SHA-256 of ids": receipt.ids_sha256,
        "Wiped": f"not yet. {waits} The rest goes when the workspace is next opened." if waits else "every byte",
    }
    rows = "".join(
        f"<tr><th scope='row'>{name}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None
    )
    with focus_first("receipt"):
        markup.text('<p class="rt-big">Deleted</p>')
    st.html(f'<table class="rt-facts rt-receipt">{rows}</table>')
    for copy in receipt.copies:
        markup.text('<p class="rt-hint" role="status">{words}</p>', words=copy.did())
    draw_after_deletion(workspace, receipt)
    _done()


def _see_job() -> None:
    forget_deletion()
    st.session_state[VIEW] = "Jobs"


def _done(label: str = "Done") -> None:
    if st.button(label, key="gal-deletion-done"):
        forget_deletion()
        st.rerun()
