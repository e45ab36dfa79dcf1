"""Crops that were selected on the map as verdicts of a case: each, with its tracklet, is or is not the person."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.gallery.state import Ids, gallery_state
from pages.components.map.state import map_state
from pages.components.search.state import desk
from pages.components.shared.session import analyst, as_analyst, draw_name_field
from reid_core.errors import NotThere, ReidError
from reid_core.records import plural
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.cases import Case
from reid_core.workspace.cases.verdicts import MATCH, VERDICTS, WORDS, Seen
from reid_core.workspace.workspace import Workspace

MOST = 500  # crops that are judged at once
NOTE = "Selected on the map"
NEW = "A new case…"
NAME, PURPOSE = "map-case-name", "map-case-purpose"  # of a new one
state = st.session_state


def draw_case_form(workspace: Workspace, ids: Ids, key: str, people: int, say: Callable[[str, str], None]) -> None:
    """Choose a case or begin one, and a verdict on crops of so many people; `say` tells what would change."""
    if len(ids) > MOST:
        say(
            f"{len(ids):,} crops are too many.",
            f"A verdict says who is in each picture. Select at most {MOST:,} crops.",
        )
        return
    there = {case.name: case for case in cases.every(workspace)}
    names, opened = [*there, NEW], desk().case
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        name = st.selectbox(
            "Case", names, index=names.index(opened) if opened in there else 0,
            key=f"{key}-name", label_visibility="collapsed", width=260,
        )  # fmt: skip
        verdict = st.segmented_control(
            "Verdict", VERDICTS, default=MATCH, required=True, format_func=WORDS.__getitem__, key=f"{key}-verdict",
            label_visibility="collapsed",
        )  # fmt: skip
        st.button(
            f"Add {plural(len(ids), 'crop')}", type="primary", key="map-apply",
            on_click=_add, args=(workspace, there.get(name), ids, verdict or MATCH, f"{key}-name"),
            disabled=analyst() is None,
        )  # fmt: skip
        if _is_last(workspace):
            st.button("Take back", key="map-case-undo", type="tertiary", on_click=_take_back, args=(workspace,))
    if analyst() is None:
        draw_name_field()
    following = verdicts.followers(workspace, ids.tolist())
    crops = [*ids.tolist(), *following]
    meaning = _MEANING
    if following:
        meaning = f"The verdict is also on {plural(len(following), 'crop')} of the same tracklets. {meaning}"
    if verdict == MATCH and people > 1:
        meaning = f"They are labelled as {people:,} people, and a case is about one. {meaning}"
    if name in there:
        say(_changes(workspace, name, crops, verdict or MATCH), meaning)
        return
    with st.container(horizontal=True, key="map-case-new"):
        st.text_input("Name", key=NAME, placeholder="Such as Gate 4", width=260)
        st.text_input("Purpose", key=PURPOSE, placeholder="Reason for the search")
    say(f"{plural(len(crops), 'crop')} → {WORDS[verdict or MATCH]}.", meaning)


_MEANING = (
    "No label changes. On the Search page a match becomes part of the query, and a rejected crop is not suggested "
    "again. The case keeps who decided, and when."
)


def _changes(workspace: Workspace, name: str, crops: list[int], verdict: str) -> str:
    stands = verdicts.standing(workspace, name)
    before = sum(crop in stands and stands[crop].decision == verdict for crop in crops)
    other = sum(crop in stands for crop in crops) - before
    new = len(crops) - before - other
    parts = [f"{plural(new, 'crop')} → {WORDS[verdict]} in {name}."] if new else []
    parts += [f"{plural(other, 'crop')} of another verdict there → {WORDS[verdict]}."] * bool(other)
    parts += [f"Already so: {plural(before, 'crop')}."] * bool(before)
    return " ".join(parts)


def _add(workspace: Workspace, case: Case | None, ids: Ids, verdict: str, field: str) -> None:
    """The form stays open: what was given can be taken back there."""
    now, here, search, workspace = gallery_state(), map_state(), desk(), as_analyst(workspace)
    now.trouble = ""
    try:
        if case is None:
            case = cases.create(workspace, str(state.get(NAME) or ""), str(state.get(PURPOSE) or ""))
            search.case = state[field] = case.name  # the Search page opens it, and so does this form
            state[NAME] = state[PURPOSE] = ""
        # They were in no list of hits: without a rank, a similarity, or a model that put them there.
        seen = [Seen(crop) for crop in ids.tolist()]
        given = verdicts.give(workspace, case.name, verdict, seen, note=NOTE)
    except ReidError as error:
        now.trouble = str(error)
        return
    here.given = case.name, given[0].act
    now.said = f"{plural(len(given), 'crop')} in {case.name}: {WORDS[verdict]}."


def _is_last(workspace: Workspace) -> bool:
    """Whether what was given on the map is what the analyst would take back."""
    name, act = map_state().given or ("", 0)
    try:
        lines = verdicts.log_of(workspace, name) if name else []
    except NotThere:  # it was deleted
        return False
    mine = [line for line in lines if line.who == as_analyst(workspace).actor.name]
    return bool(mine) and mine[-1].act == act


def _take_back(workspace: Workspace) -> None:
    now, here = gallery_state(), map_state()
    now.trouble = ""
    if here.given is None or not _is_last(workspace):
        return
    (case, _), here.given = here.given, None
    try:
        taken = verdicts.undo(as_analyst(workspace), case)
    except ReidError as error:
        now.trouble = str(error)
        return
    now.said = f"Taken back: {plural(len(taken), 'crop')}."
