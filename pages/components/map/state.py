"""The standing of the Map page in this visit: what is selected, who is looked for, and what a search has found."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.map import data
from pages.components.map.drawing import Lines, Region
from pages.components.search import query_photos
from pages.components.search.question import kept_answer, searched_gallery
from pages.components.search.state import Chosen
from pages.components.shared import wording
from pages.components.shared.session import kept
from reid_core.projection.layout import place
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.colours import people_of
from reid_core.workspace.maps.examination import LabelDoubt, SamePerson
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

PERSON = "map-person"  # key of the field for a person to find
SEARCHED = "map-searched"  # key of the switch that shows the last search's hits
BESIDE = "map-beside"  # key of the field for another map
KIND = "map-doubts"  # key of the switch between kinds of doubtful labels
SECTIONS = ("Selection", "Doubtful labels", "What the model learnt", "This map")
SECTION = "map-section"
MOST_MARKS = 2_000
MOST_LINES = 50
AMID = 3  # hits that a photo which is not on the map is drawn amid
LOCALITY_NAMES = {1: "1, who is near whom", 2: "2", 3: "3, between", 4: "4", 5: "5, the large picture"}
Doubt = LabelDoubt | SamePerson
state = st.session_state


@dataclass
class MapState:
    """`selected` are ids in rising order, `region` what was drawn around them on the map `region_of` (see `map_key`),
    and `edit` the number of the last drawing that was taken up; `beside_region` and `beside_edit` are those of a second
    map. `act` is the form that is open for what is selected, `shown` are crops that are ringed, `gallery` is that of
    all this. `has_webgl` is False once the browser had none; `taken` was lassoed there.

    `not_placed` are newcomers that could not be placed on a map, `later` doubts that were put off, `given` the case and
    the number of the verdict that was given last on the map."""

    gallery: str = ""
    selected: NDArray[np.int64] | None = None
    region: Region | None = None
    region_of: tuple[str, str, str] | None = None
    edit: int = 0
    beside_region: Region | None = None
    beside_edit: int = 0
    act: str | None = None
    shown: tuple[int, ...] = ()
    has_webgl: bool = True
    taken: list[int] = field(default_factory=list)
    not_placed: Hashable = None
    later: set[Doubt] = field(default_factory=set)
    given: tuple[str, int] | None = None


def map_state() -> MapState:
    return kept(MapState)


def begin(gallery: GalleryInfo) -> None:
    """Drop what was selected and looked for in another gallery."""
    now = map_state()
    if now.gallery != gallery.name:
        now.gallery = gallery.name
        let_go()
        state.pop(PERSON, None)


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


def select(ids: NDArray[np.int64], region: Region | None) -> None:
    """These crops from now on, and the section that shows them."""
    now = map_state()
    now.selected, now.region = np.sort(ids), region
    now.act, now.shown = None, ()
    state[SECTION] = SECTIONS[0]


def show(crops: tuple[int, ...]) -> None:
    """Ring these on the map and go to them; nobody else is looked for then."""
    map_state().shown = crops
    state[PERSON] = None
    state[f"{PERSON}-typed"] = ""


def let_go() -> None:
    now = map_state()
    now.selected, now.region, now.act, now.shown = None, None, None, ()


def map_key(made: CropMap) -> tuple[str, str, str]:
    """What tells a map from others, and from itself once it is made anew; placing newcomers moves nothing."""
    return made.info.model, made.info.layout.name, made.info.at


def region_on(made: CropMap) -> Region | None:
    """What was drawn on this map, while that is selected; on another map it encloses others."""
    now = map_state()
    return now.region if now.region_of == map_key(made) else None


def ringed(made: CropMap) -> list[int]:
    """Rows of what is selected, unless it was drawn on this very map and is seen without rings."""
    ids = selected()
    return [] if ids is None or region_on(made) is not None else data.rows_of_crops(made, ids)[:MOST_MARKS]


def selected() -> NDArray[np.int64] | None:
    return map_state().selected


# --- what a search has found ---


def last_answer(gallery: str) -> tuple[Chosen, Answer] | None:
    """The photo that was last searched for in this gallery, and its answer."""
    photo, answer = query_photos.first(), kept_answer()
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
