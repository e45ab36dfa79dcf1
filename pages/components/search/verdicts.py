"""What the analyst does with the hits: looks at them closely, decides, and takes back. Taken up before the page is
drawn, so that one run of it shows what became of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.components.search import query_photos
from pages.components.search.blind import first_undecided, is_blind, is_decided, is_told
from pages.components.search.filters import brushed_key
from pages.components.search.question import groups_of, kept_answer
from pages.components.search.state import SHORT, Desk, desk
from pages.components.shared import cached
from pages.components.shared.session import analyst, as_analyst
from pages.components.widgets.events.events import done, new_events
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.retrieval.grouping import Group
from reid_core.workspace.cases import verdicts
from reid_core.workspace.cases.verdicts import NOT, WORDS, Seen
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

LIST, COMPARE, TIMELINE = "answers", "compare", "timeline"  # keys of the components
state = st.session_state


def take_up(workspace: Workspace, gallery: GalleryInfo) -> None:
    """Do what was asked for in the list, the comparison and the timeline since the last run."""
    table = desk()
    for event in [event for key in (LIST, COMPARE, TIMELINE) for event in new_events(key, table.taken)]:
        table.said = table.problem = ""
        try:
            _do(workspace, gallery, event, table)
        except ReidError as error:
            table.problem = str(error)
        done(event, table.taken)
        if event["what"] == "visited":
            address = {"gallery": gallery.name, "crop": str(int(event["crop"]))}
            st.switch_page("pages/gallery.py", query_params=address)


def _do(workspace: Workspace, gallery: GalleryInfo, event: dict[str, Any], table: Desk) -> None:
    """Nothing of the session's state is read or written after something was kept: see `desk`."""
    what = event["what"]
    if what == "opened":
        table.pair = int(event.get("group", event["crop"])), int(event["crop"])
    elif what == "moved":
        table.pair = int(event["to"]), int(event["to"])
    elif what == "closed":
        table.close()
    elif what == "judged":
        crop = int(event.get("crop", event["group"]))
        judge(workspace, str(event["verdict"]), [crop], str(event.get("note", ""))[:500], table)
    elif what == "none":
        judge(workspace, NOT, _unjudged(table), "None of these", table)
    elif what == "undone":
        take_back(workspace, table)
    elif what == "more":
        table.shown += SHORT
    elif what == "agreement":
        table.agreement = str(event["photo"]), int(event["crop"])
    elif what == "searched":
        table.close()
        query_photos.take_crop(workspace, int(event["crop"]))
    elif what == "brushed":
        span = event["span"]
        state[brushed_key(gallery.name)] = None if span is None else (float(span[0]), float(span[1]))


def judge(workspace: Workspace, verdict: str, crops: list[int], note: str, table: Desk) -> None:
    """Give a verdict on the tracklets of these crops; asks first where it is kept, and who decides."""
    answer, case = kept_answer(), table.case
    if answer is None or not crops:
        return
    if case is None or analyst() is None:
        table.pending = verdict, crops, note
        return
    threshold, blind, signed = table.likely, is_blind(), as_analyst(workspace)
    seen = [_seen(answer, crop) for crop in crops]
    given = verdicts.give(signed, case, verdict, seen, note=note, model=answer.query.model, threshold=threshold)
    table.turn += 1
    table.go_on = table.pair is not None
    if len(crops) > 1:
        table.said = f"None of these: {plural(len(crops), 'group')} set aside"
        return
    table.said = f"{WORDS[verdict]}: {plural(len(given), 'crop')}"
    place = next((group for group in groups_of(answer) if crops[0] in _ids(group)), None)
    # The rank is that of the best crop: in blind mode another one's verdict would tell what is hidden still.
    if place is not None and (not blind or place.best.id in {one.crop for one in given}):
        table.said += f", rank {place.rank}, similarity {place.best.similarity:.3f}"


def take_back(workspace: Workspace, table: Desk) -> None:
    """Take the analyst's last verdict back, and show what it was about when a comparison is open."""
    case, who = table.case, analyst()
    if case is None:
        return
    if who is None:
        table.said = "Say who you are to take back what you decided: your name is under “Notes, searches…”"
        return
    taken = verdicts.undo(as_analyst(workspace), case)
    if not taken:
        table.said = f"There is nothing of {who} to take back"
        return
    table.turn += 1
    table.said = f"Taken back: {plural(len(taken), 'crop')}"
    if table.pair is not None:
        table.go_on, table.pair = False, (taken[0].crop, taken[0].crop)


def _unjudged(table: Desk) -> list[int]:
    """Of each group in the list that has no verdict the crop that one on the group is about."""
    answer = kept_answer()
    if answer is None:
        return []
    shown = groups_of(answer)[: table.shown]
    return [first_undecided(answer, group) for group in shown if not is_decided(answer, group)]


def _ids(group: Group) -> list[int]:
    return [hit.id for hit in group.hits]


def _seen(answer: Answer, crop: int) -> Seen:
    """As the analyst saw it: in blind mode neither similarity nor rank."""
    for group in groups_of(answer):
        for hit in group.hits:
            if hit.id == crop:
                return Seen(crop, hit.similarity, group.rank) if is_told(answer, crop) else Seen(crop)
    return Seen(crop)


def tracklet_crops(workspace: Workspace, gallery: str, camera: str, tracklet: str) -> list[int]:
    """Its crops in the order in which they were taken."""
    selection = Selection(cameras=frozenset({camera}), tracklets=frozenset({tracklet}))
    return [int(crop) for crop in cached.view_ids(workspace, gallery, selection, "time")]
