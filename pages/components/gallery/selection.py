"""What is chosen in the grid, kept in the session so that it survives paging; always among what the view holds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.widgets.gallery_grid.gallery_grid import Change, Marks, chosen_now

IDS, VIEW, FITS, EDIT = "gal-chosen", "gal-chosen-view", "gal-chosen-fits", "gal-chosen-edit"
ACTION, TROUBLE = "gal-action", "gal-trouble"  # the form that is open below the bar, and what it complains of
NOTHING = np.empty(0, np.int64)
Ids = NDArray[np.int64]
state = st.session_state


@dataclass(frozen=True)
class Chosen:
    """Crops that an action is for, in rising order of their ids; `people` are their labels where people were chosen."""

    ids: Ids
    people: tuple[str, ...] = ()


def chosen_ids() -> Ids:
    """Of crops or of the covers of groups, in rising order."""
    ids: Ids = state.get(IDS, NOTHING)
    return ids


def choose(ids: Ids) -> None:
    """These and no others; distinct ids, in any order."""
    state[IDS] = np.sort(ids)
    state.pop(TROUBLE, None)
    if not len(state[IDS]):
        state.pop(ACTION, None)


def clear() -> None:
    choose(NOTHING)


def follow(grid: str, view: Hashable, found: Ids, version: Hashable) -> Ids:
    """Take up what was chosen in the grid, and drop what the view no longer holds; what is chosen then.

    `view` tells crops from groups: another one starts with nothing. `version` is that of `found`.
    """
    if state.get(VIEW) != view:
        state[VIEW] = view
        clear()
    change = chosen_now(grid, state.get(EDIT, 0))
    if change is not None:
        state[EDIT] = change.edit
        choose(changed(chosen_ids(), change))
    if state.get(FITS) != version and len(chosen_ids()):
        choose(chosen_ids()[np.isin(chosen_ids(), found)])
    state[FITS] = version
    return chosen_ids()


def changed(ids: Ids, change: Change) -> Ids:
    """The ids after a change. Only a page's worth of them is looked at: a million stay as they are."""
    if change.clear:
        return NOTHING
    gone = np.array(change.off, np.int64)
    places = np.searchsorted(ids, gone)
    there = places < len(ids)
    there[there] = ids[places[there]] == gone[there]
    left = np.delete(ids, places[there])
    new = np.array([crop for crop in sorted(change.on) if not _holds(left, crop)], np.int64)
    return np.insert(left, np.searchsorted(left, new), new)


def marks(shown: list[int]) -> Marks:
    """For the grid that shows these ids."""
    ids = chosen_ids()
    return Marks([crop for crop in shown if _holds(ids, crop)], bool(len(ids)), state.get(EDIT, 0))


def _holds(ids: Ids, crop: int) -> bool:
    place = int(np.searchsorted(ids, crop))
    return place < len(ids) and int(ids[place]) == crop
