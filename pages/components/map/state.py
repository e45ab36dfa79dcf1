"""Where one is on the Map page: which gallery, what is selected, whom one looks for, and what a search has found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.map import data
from pages.components.map.drawing import Lines, Region
from pages.components.search import query_photos as asked
from pages.components.search.question import kept_answer, searched_gallery
from pages.components.search.state import Chosen
from pages.components.shared import wording
from reid_core.projection.layout import place
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.colours import people_of
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

IDS, REGION = "map-ids", "map-region"  # ids that are selected; what was drawn around them
REGION_OF = "map-region-of"  # the map on which it was drawn
EDIT = "map-edit"  # number of the last drawing that was taken up
ACT = "map-act"  # the form of an act that is open
PERSON = "map-person"
SHOWN = "map-shown"  # crops that are ringed
SEARCHED = "map-searched"  # whether the last search's hits are shown
SECTIONS = ("Selection", "Doubtful labels", "What the model learnt", "This map")
SECTION = "map-section"
MOST_MARKS = 2_000
MOST_LINES = 50
AMID = 3  # hits that a photo which is not on the map is drawn amid
LOCALITY_NAMES = {1: "1, who is near whom", 2: "2", 3: "3, between", 4: "4", 5: "5, the large picture"}
state = st.session_state


def begin(gallery: GalleryInfo) -> None:
    """Drop what was selected and looked for in another gallery."""
    if state.get("map-of") != gallery.name:
        state["map-of"] = gallery.name
        let_go()
        state.pop(PERSON, None)
        state.pop(SHOWN, None)


def choose_person(workspace: Workspace, made: CropMap) -> str | None:
    """Whom to find on the map."""
    known = data.people_on(workspace, made)
    if not known:
        return None
    if len(known) > data.MOST_LISTED:
        typed = st.text_input("Find a person", key=f"{PERSON}-typed", placeholder="Type a label", width=180).strip()
        return typed or None
    found: str | None = st.selectbox(
        "Find a person", known, index=None, format_func=wording.person_name, placeholder="Everybody", key=PERSON,
        width=180,
    )  # fmt: skip
    return found


# --- what is selected ---


@dataclass(frozen=True)
class Selected:
    """Ids of the crops, in rising order."""

    ids: NDArray[np.int64]


def select(ids: NDArray[np.int64], region: Region | None) -> None:
    """These crops from now on, and the section that shows them."""
    state[IDS], state[REGION] = Selected(np.sort(ids)), region
    state[SECTION] = SECTIONS[0]
    state.pop(ACT, None)
    state.pop(SHOWN, None)


def show(crops: tuple[int, ...]) -> None:
    """Ring these on the map and go to them; nobody else is looked for then."""
    state[SHOWN] = crops
    state[PERSON] = None
    state[f"{PERSON}-typed"] = ""


def let_go() -> None:
    for key in (IDS, REGION, ACT, SHOWN):
        state.pop(key, None)


def map_key(made: CropMap) -> tuple[str, str, str]:
    """What tells a map from others, and from itself once it is made anew; placing newcomers moves nothing."""
    return made.info.model, made.info.layout.name, made.info.at


def region_on(made: CropMap) -> Region | None:
    """What was drawn on this map, while that is selected; on another map it encloses others."""
    region: Region | None = state.get(REGION)
    return region if state.get(REGION_OF) == map_key(made) else None


def ringed(made: CropMap) -> list[int]:
    """Rows of what is selected, unless it was drawn on this very map and is seen without rings."""
    ids = selected()
    return [] if ids is None or region_on(made) is not None else data.rows_of_crops(made, ids)[:MOST_MARKS]


def selected() -> NDArray[np.int64] | None:
    found: Selected | None = state.get(IDS)
    return None if found is None else found.ids


# --- what a search has found ---


def last_answer(gallery: str) -> tuple[Chosen, Answer] | None:
    """The photo that was last searched for in this gallery, and its answer."""
    photo, answer = asked.first(), kept_answer()
    if photo is None or answer is None or searched_gallery() != gallery or not len(answer.crops):
        return None
    return photo, answer


def lines_of(workspace: Workspace, made: CropMap, photo: Chosen, answer: Answer) -> Lines | None:
    """From the photo to its hits on the map; None where none of them is there.

    A photo that is no crop of the map is drawn amid its first hits, as a newcomer would be.
    """
    first = answer.hits()[:MOST_LINES]
    asked_for = [hit["id"] for hit in first] + ([] if photo.crop is None else [photo.crop])
    rows_there = data.rows_of_crops(made, np.array(asked_for, np.int64))
    row_of = {int(made.ids[row]): row for row in rows_there}
    hits = [hit for hit in first if hit["id"] in row_of]
    if not hits:
        return None
    people = people_of(data.labels_of(workspace, made, "identity"))
    who, row = photo.identity, row_of.get(photo.crop) if photo.crop is not None else None
    rows = [row_of[hit["id"]] for hit in hits]
    same = [None if None in (who, people[hit]) else bool(people[hit] == who) for hit in rows]
    alike = [float(hit["similarity"]) for hit in hits]
    amid = None
    if row is None:
        near, similar = np.array([rows[:AMID]]), np.array([alike[:AMID]], np.float32)
        amid = tuple(float(value) for value in place(made.points, near, similar)[0])
    return Lines(row, amid, tuple(zip(rows, alike, same, strict=True)))
