"""Searches that a case keeps: opened as they were, and run again on what is new."""

from __future__ import annotations

import hashlib

import streamlit as st

from pages.components.search import query_photos
from pages.components.search.filters import put_back
from pages.components.search.question import VIEWS
from pages.components.search.state import LEAVE_OUT, RERANK, TAKEN_BY, VIEW, desk
from pages.components.shared import address, cached, markup
from pages.components.shared.chosen_gallery import turn_to
from pages.components.widgets.photo_tray.photo_tray import Role
from reid_core.errors import ReidError, shortened
from reid_core.images import BadImage
from reid_core.records import plural, whole_number
from reid_core.workspace.cases import cases
from reid_core.workspace.cases.cases import Case
from reid_core.workspace.catalogue.vectors import embedded_since
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.saved_searches import SavedSearch
from reid_core.workspace.workspace import Workspace

PART, KEYS = "saved", ("saved",)  # of addresses: the number of the search that was opened
state = st.session_state


def draw_saved(workspace: Workspace, case: Case) -> None:
    """The searches of the case, each with a way to open it; one that cannot be run says why."""
    markup.text('<p class="rt-label">Saved searches</p>')
    kept = saved_searches.every(workspace, case.name)
    if not kept:
        markup.text('<p class="rt-small">None yet: “Save search” beside the filters keeps the one on the page.</p>')
    for search in kept:
        trouble = saved_searches.trouble(workspace, search)
        new = 0 if trouble else saved_searches.count_new(workspace, search)
        about = f"{search.gallery} · model {search.model_name} · {search.at[:16].replace('T', ' ')} · {search.who}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"saved-{search.key}"):
            markup.text(
                '<p class="rt-case"><b>{name}</b><span>{about}</span><span>{trouble}</span></p>',
                name=search.name, about=about, trouble=trouble or (plural(new, "new crop") if new else ""),
            )  # fmt: skip
            key, disabled = search.key, trouble is not None
            st.button("Open", key=f"saved-open-{key}", disabled=disabled, on_click=_wait, args=(key, False))
            if new:
                st.button("Only what is new", key=f"saved-new-{key}", on_click=_wait, args=(key, True))
            st.button("Forget", key=f"saved-forget-{key}", on_click=_forget, args=(workspace, search))
    if desk().to_open is not None:
        st.rerun()  # out of the dialog


def _forget(workspace: Workspace, search: SavedSearch) -> None:
    saved_searches.forget(workspace, search)


def _wait(search: int, new_only: bool) -> None:
    desk().to_open = search, new_only


def follow_saved(workspace: Workspace) -> None:
    """Open the search that was chosen, or that the address names; before anything of the page is drawn."""
    asked_for = (address.asked(PART, KEYS) or {}).get("saved")
    table = desk()
    wanted, table.to_open = table.to_open, None
    if wanted is None and asked_for is None:
        if "saved" not in st.query_params:
            say_saved(None)  # a later link to the same search opens it again
        return
    number, new_only = wanted or (whole_number(asked_for) or 0, False)
    found = next(
        (
            search
            for case in cases.every(workspace)
            for search in saved_searches.every(workspace, case.name)
            if search.key == number
        ),
        None,
    )
    named = shortened(asked_for or str(number))
    trouble = f"There is no saved search {named} any more." if found is None else None
    if found is not None:
        trouble = saved_searches.trouble(workspace, found)
    if found is None or trouble is not None:
        table.trouble = trouble or ""
        say_saved(None)
    else:
        say_saved(found.key)
        try:
            _open(workspace, found, new_only)
        except ReidError as error:
            table.trouble = str(error)


def say_saved(search: int | None) -> None:
    """Name the search of that number in the address, which opens it again."""
    address.say(PART, KEYS, {"saved": "" if search is None else str(search)})


def _open(workspace: Workspace, search: SavedSearch, new_only: bool) -> None:
    """Photos, filters and everything else as they were then; the case's verdicts as they are now."""
    question = search.parameters
    chosen = []
    for example in question.examples:
        role: Role = "negative" if example.negative else "positive"
        try:
            if example.crop is not None:
                photo = query_photos.of_crop(workspace, example.crop, role)
            elif example.photo is not None:
                name = example.name or hashlib.sha256(example.photo).hexdigest()[:8]
                photo = query_photos.of_upload(name, example.photo)
                photo = query_photos.with_role(photo, role)
            else:
                photo = None
        except BadImage:
            photo = None  # its vector is kept, but there is nothing to show: the others are searched with
        if photo is not None:
            chosen.append(photo)
    readable = any(photo.role == "positive" for photo in chosen)
    if not readable and any(not example.negative for example in question.examples):
        raise ReidError(f"The pictures that {search.name!r} was made with cannot be read any more.")
    turn_to(search.gallery)
    put_back(search.gallery, question.where, workspace.catalogue.time_range(search.gallery))
    state[VIEW] = next(name for name, level in VIEWS.items() if level == question.group)
    state[RERANK], state[LEAVE_OUT] = question.rerank, not question.same_camera
    state[f"model-{search.gallery}"] = search.model_name
    table = desk()
    table.close()
    query_photos.take(chosen)
    if not readable:
        table.confirmed_alone = search.case
    table.forget_camera, state[TAKEN_BY] = False, question.camera
    table.case = search.case
    fresh = embedded_since(workspace.catalogue, search.gallery, search.model, search.seen)
    table.only_new = (search.gallery, fresh) if new_only else None
    index = cached.ready_index(workspace, search.gallery, search.model)
    saved_searches.run(workspace, index, search, new_only=new_only)  # what is new from here on, is new to it
