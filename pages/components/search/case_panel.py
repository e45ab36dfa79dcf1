"""The case that searches and verdicts belong to: chosen, begun, put down in notes, and its searches kept."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from pages.components.search import verdicts as deciding
from pages.components.search.blind import judged_by
from pages.components.search.export import draw_exports
from pages.components.search.saved_searches import draw_saved, say_saved
from pages.components.search.state import PURPOSE, desk
from pages.components.shared import address, markup
from pages.components.shared.session import analyst, as_analyst, draw_name_field
from reid_core.errors import ReidError, shortened
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.cases import Case
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import ModelEntry, Workspace

PART, KEYS = "case", ("investigation",)  # of addresses, which keep the word that they began with
state = st.session_state


def open_case(workspace: Workspace, *, from_another_page: bool = False) -> Case | None:
    """The one that is open; the address names it by its number, so that a reload opens it again."""
    there, table = cases.every(workspace), desk()
    if (asked := address.asked(PART, KEYS, from_another_page=from_another_page)) is not None:
        query = asked.get("investigation")
        found = next((case for case in there if str(case.key) == query), None)
        table.case = None if found is None else found.name
        if query is not None and found is None:
            table.case_trouble = f"There is no case {shortened(query)} in this workspace any more."
    case = next((case for case in there if case.name == table.case), None)
    table.case, table.case_purpose = (None, "") if case is None else (case.name, case.purpose)
    address.say(PART, KEYS, {"investigation": "" if case is None else str(case.key)})
    return case


def take_case(name: str | None) -> None:
    table = desk()
    table.case, table.case_trouble = name, ""
    table.close()
    table.said = table.problem = ""
    table.turn += 1


def purpose_now() -> str:
    """Why one searches: the case's purpose, else what was typed."""
    table = desk()
    return table.case_purpose if table.case is not None else str(state.get(PURPOSE) or "").strip()


def draw_case(workspace: Workspace) -> None:
    """The lowest part of the left side: why one searches, and where that is kept."""
    case, table = open_case(workspace), desk()
    if table.case_trouble:
        markup.problem("This did not work", table.case_trouble)
    if case is None:
        st.text_input(
            "Purpose", key=PURPOSE, placeholder="Why you search", persist_state="session",
            help="Each search is written into the workspace's log, with this text.",
        )  # fmt: skip
    else:
        markup.text(
            '<p class="rt-label">Case</p><p class="rt-case"><b>{name}</b><span>{purpose}</span>'
            "<span>{signed}</span></p>",
            name=case.name,
            purpose=case.purpose,
            signed=f"Your decisions and searches are signed {who}" if (who := analyst()) else "",
        )
    with st.container(horizontal=True):
        opened = st.button("Case…" if case is None else "Notes, searches…", key="case-open", width="stretch")
        if case is not None:
            st.button("Leave it", on_click=take_case, args=(None,), key="case-leave")
    if opened:
        draw_dialog(workspace)
    elif table.pending is not None:
        draw_beginning(workspace)


def forget_pending() -> None:
    desk().pending = None


@st.dialog("Whose verdict is this?", on_dismiss=forget_pending)
def draw_beginning(workspace: Workspace) -> None:
    """A verdict was given before there was a case, or before it was known who decides."""
    draw_name_field()
    workspace, name = as_analyst(workspace), desk().case
    if name is None:
        markup.text('<p class="rt-text">Verdicts belong to a case. Begin one, or open one that is there.</p>')
        _draw_choice(workspace)
    elif st.button("Keep the verdict", type="primary", key="case-sign") or analyst():
        _opened(workspace, name)


@st.dialog("Case", width="large", on_dismiss="rerun")  # the page is for whose name was typed
def draw_dialog(workspace: Workspace) -> None:
    case = next((case for case in cases.every(workspace) if case.name == desk().case), None)
    if case is None:
        markup.text('<p class="rt-text">It keeps searches, verdicts and notes together, and opens again as it was.</p>')
        draw_name_field()
        _draw_choice(as_analyst(workspace))
        return
    markup.text('<p class="rt-title" role="heading" aria-level="2">{name}</p>', name=case.name)
    standing = verdicts.describe(verdicts.standing(workspace, case.name, judged_by=judged_by()))
    markup.numbers([
        ("Purpose", case.purpose), ("Begun", f"{case.created[:10]} by {case.who}"), ("Verdicts", standing),
    ])  # fmt: skip
    notes = f"case-notes-{case.key}"
    st.text_area(
        "Notes", case.notes, key=notes, height=120, placeholder="What is known", help="Kept as soon as you leave them.",
        on_change=_keep_notes, args=(workspace, case.name, notes),
    )  # fmt: skip
    draw_name_field()
    draw_saved(as_analyst(workspace), case)


def _keep_notes(workspace: Workspace, name: str, field: str) -> None:
    try:
        cases.edit(workspace, name, notes=state[field])
    except ReidError as error:
        desk().case_trouble = str(error)


def _draw_choice(workspace: Workspace) -> None:
    there = cases.every(workspace)
    if there:
        names = [case.name for case in there]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("One that is there", names, key="case-choose")
            if st.button("Open", key="case-take"):
                _opened(workspace, name)
    with st.form("case-form", border=False):
        name = st.text_input("A new one", f"Search of {datetime.now():%d %B %Y, %H:%M}", key="case-name")
        purpose = st.text_input(
            "Purpose",
            str(state.get(PURPOSE) or ""),
            key="case-new-purpose",
            placeholder="Why this search is made",
        )
        begun = st.form_submit_button("Begin", type="primary", key="case-begin")
    if begun:
        try:
            case = cases.create(workspace, name, purpose)
        except ReidError as error:
            markup.problem("It was not begun", str(error))
            return
        _opened(workspace, case.name)


def _opened(workspace: Workspace, name: str) -> None:
    """Open it, and keep the verdict that waited for that in it."""
    table = desk()
    pair, waiting = table.pair, table.pending
    take_case(name)
    table.pair, table.pending = pair, None
    if waiting is not None:
        try:
            deciding.judge(workspace, *waiting, table)
        except ReidError as error:
            table.problem = str(error)
        if pair is None:  # the keys went to the dialog, and go on in the list
            table.look_at(waiting[1][0])
    st.rerun()


def draw_keeping(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, answer: Answer, meant: Meant) -> None:
    """What can be kept of the answer: the search in the case, and the hits in a file."""
    name = desk().case
    if name is not None:
        with st.popover("Save search", key="save-popover"), st.form("save-form", border=False):
            wanted = st.text_input("Name of this search", key="save-name", placeholder="As it is found again")
            if st.form_submit_button("Save", type="primary", key="save"):
                try:
                    kept = saved_searches.save(workspace, name, wanted, answer, gallery.name, model.name)
                except ReidError as error:
                    markup.problem("It was not saved", str(error))
                else:
                    say_saved(kept.key)
                    markup.text('<p class="rt-small" role="status">Saved. The address opens it again.</p>')
    draw_exports(workspace, gallery, answer, meant)
