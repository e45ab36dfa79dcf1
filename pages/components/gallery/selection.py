"""What is chosen in the grid, kept in the session so that it survives paging; always among what the view holds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from pages.components.gallery.state import NOTHING, Ids, gallery_state
from pages.components.widgets.gallery_grid.gallery_grid import Change, Marks, chosen_now


@dataclass(frozen=True)
class Chosen:
    """Crops that an action is for, in rising order of their ids; `people` are their labels where people were chosen."""

    ids: Ids
    people: tuple[str, ...] = ()


def chosen_ids() -> Ids:
    """Of crops or of the covers of groups, in rising order."""
    return gallery_state().chosen


def choose(ids: Ids) -> None:
    """These and no others; distinct ids, in any order."""
    now = gallery_state()
    now.chosen, now.trouble = np.sort(ids), ""
    if not len(now.chosen):
        now.action = None


def clear() -> None:
    choose(NOTHING)


def follow(grid: str, view: Hashable, found: Ids, version: Hashable) -> Ids:
    """Take up what was chosen in the grid, and drop what the view no longer holds; what is chosen then.

    `view` tells crops from groups: another one starts with nothing. `version` is that of `found`.
    """
    now = gallery_state()
    if now.grid != view:
        now.grid = view
        clear()
    change = chosen_now(grid, now.edit)
    if change is not None:
        now.edit = change.edit
        choose(changed(now.chosen, change))
    if now.fits != version and len(now.chosen):
        choose(now.chosen[np.isin(now.chosen, found)])
    now.fits = version
    return now.chosen


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
    return Marks([crop for crop in shown if _holds(ids, crop)], bool(len(ids)), gallery_state().edit)


def _holds(ids: Ids, crop: int) -> bool:
    place = int(np.searchsorted(ids, crop))
    return place < len(ids) and int(ids[place]) == crop
