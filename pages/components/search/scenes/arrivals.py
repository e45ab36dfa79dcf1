"""Photos that have come in: which are searched with at once, and which are staged first, one after the other.

A crop is searched with as it is, and of a scene with one person that person. In any other scene the user says who is
meant.
"""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages.components.search import query_photos
from pages.components.search.scenes.people import look, needs_looking_into
from pages.components.search.state import ADD_PHOTOS, Chosen, Staged, desk
from pages.components.widgets.photo_stage.photo_stage import Cut
from reid_core.images import BadImage
from reid_core.workspace.search.scene_photos import Box
from reid_core.workspace.workspace import Workspace


def take_uploads() -> None:
    """Copy the uploaded bytes, for Streamlit drops them when the page is left; then empty the uploader."""
    table = desk()
    files = st.session_state.get(f"upload-{table.uploads}") or []
    if not files:
        return
    table.uploads += 1
    table.trouble = ""
    taken, troubles = [], []
    for file in files:
        try:
            taken.append(query_photos.of_upload(file.name, file.getvalue()))
        except BadImage as error:
            troubles.append(f"{file.name} cannot be used: {error}.")
    table.arrived = tuple(taken)
    table.trouble = " ".join(troubles)


def take_arrived(workspace: Workspace) -> None:
    """Look for people in what has come in, and search with it or stage it; draws one place on the page, which says
    what is looked at."""
    table = desk()
    with st.container(key="looking"):
        place = st.empty()
    if not table.arrived:
        return
    ready: list[Chosen] = []
    waiting: list[Chosen] = []
    for photo in table.arrived:
        if needs_looking_into(photo):
            with place, st.spinner(f"Looking for people in {photo.name}"):
                settled = _settled(workspace, photo)
        else:
            settled = photo
        if settled.is_scene:
            waiting.append(settled)
        else:
            ready.append(settled)
    place.empty()
    table.arrived = ()  # not before: a run may be ended while it looks, and the next one looks then
    joins, trouble = bool(st.session_state.get(ADD_PHOTOS) and query_photos.photos()), table.trouble
    if joins:
        query_photos.add(ready)
        waiting = [*table.waiting, *waiting]
    elif ready:
        query_photos.take(ready)
    else:
        table.staged = None
    table.trouble = trouble or table.trouble
    table.waiting = tuple(waiting)
    if table.staged is None:
        table.in_line = len(waiting)
        stage_next(joins=joins or bool(ready))
    else:
        table.in_line += len(waiting)


def _settled(workspace: Workspace, photo: Chosen) -> Chosen:
    """The photo with what it shows, or the one person of whom the detector is sure, cut out of it."""
    looked = look(workspace, photo)
    photo = dataclasses.replace(photo, seen=looked.seen)
    if looked.seen is None:
        return photo
    name = photo.name.rpartition("/")[2]
    if looked.seen.shows == "one" and looked.seen.sure:
        [person] = looked.seen.people
        whole = Cut(0, (shares_of(person.box, photo.width, photo.height),), (person.number,))
        [piece] = query_photos.cut(photo, whole, f"One person was found in {name}.")
        return piece
    if looked.seen.shows == "nobody" and looked.seen.whole:
        return dataclasses.replace(photo, said="No person was found in it, so the whole photo is searched with.")
    return photo


def shares_of(box: Box, width: int, height: int) -> tuple[float, float, float, float]:
    """A box in pixels as shares of the sides of a photo of that size."""
    left, top, wide, high = box
    return left / width, top / height, wide / width, high / height


# --- the stage, and who waits for it ---


def stage(photo: Chosen, *, joins: bool) -> None:
    """Put the photo on the stage as it was cut before."""
    turn = 0 if photo.cut_by is None else photo.cut_by.turn
    desk().staged = Staged(photo, query_photos.whole_of(photo), turn, joins)


def edit(photo: Chosen) -> None:
    """Stage a photo of the search; one that is staged and was not searched with yet comes after it."""
    table = desk()
    if table.staged is not None and not is_searched_with(table.staged.photo):
        table.waiting = (table.staged.photo, *table.waiting)
    stage(photo, joins=True)


def is_searched_with(photo: Chosen) -> bool:
    return any(kept.number == photo.number for kept in query_photos.photos())


def stage_next(*, joins: bool) -> None:
    """Stage the photo that waits longest; nothing where none waits."""
    table = desk()
    table.staged = None
    if table.waiting:
        photo, *rest = table.waiting
        table.waiting = tuple(rest)
        stage(photo, joins=joins)
    else:
        table.in_line = 0


def take_cut(staged: Staged, how: Cut) -> None:
    """Search with what is cut of the staged photo: in its place where it is one of the search's, else as an upload."""
    table = desk()
    made, waiting = query_photos.cut(staged.photo, how), table.waiting
    if is_searched_with(staged.photo):
        query_photos.put(staged.photo.number, made)
        table.trouble = ""
    elif staged.joins:
        query_photos.add(made)
    else:
        query_photos.take(made)
    table.waiting = waiting
    stage_next(joins=True)
