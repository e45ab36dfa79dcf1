"""What the Gallery page shows of a gallery, in its address: how its crops are gathered, filters, and the open group.

The open group is named by a crop of it: a person's name does not get into the address.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.components.gallery.browse_rail import BY, CROPS, NOT_EMBEDDED, ORDERS, key_of
from pages.components.gallery.state import gallery_state
from pages.components.shared import address, cached
from pages.components.shared.address import from_labels, from_seconds, labels_in, one_of, seconds_in
from pages.components.shared.time_range import time_in, times_to_fields
from reid_core.records import natural_order, whole_number
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import FLAWS, MISSING, Selection
from reid_core.workspace.galleries.browsing import of_group
from reid_core.workspace.workspace import Workspace

PART = "browse"  # of addresses
NAMES = (
    "see",
    "order",
    "cameras",
    "recordings",
    "splits",
    "after",
    "before",
    "flaw",
    "missing",
    "alike",
    "direction",
    "zone",
    "group",
)
SEE = {name.lower(): name for name in (CROPS, *BY)}
ORDER_WORDS = {name.replace(" ", "-"): name for name in ORDERS}
state = st.session_state


def follow(workspace: Workspace, gallery: GalleryInfo, *, from_another_page: bool) -> None:
    """Set the fields as the address has them, when it has changed; before they are drawn."""
    found = address.asked(PART, NAMES, from_another_page=from_another_page)
    if found is None:
        return
    facts = cached.gallery_facts(workspace, gallery)

    def put(name: str, value: Any) -> None:
        state[key_of(name, gallery.name)] = value

    see = one_of(found.get("see"), SEE) or CROPS
    put("by", see)
    put("order", one_of(found.get("order"), ORDER_WORDS) or next(iter(ORDERS)))
    put("camera", labels_in(found.get("cameras"), facts.cameras))
    put("recording", labels_in(found.get("recordings"), facts.recordings))
    put("split", labels_in(found.get("splits"), list(gallery.splits)))
    if facts.times is not None:
        ends = seconds_in(found.get("after")), seconds_in(found.get("before"))
        times_to_fields(facts.times, (key_of("after", gallery.name), key_of("before", gallery.name)), ends)
    put("flaw", found.get("flaw") if found.get("flaw") in (*FLAWS, "any") else None)
    models = [NOT_EMBEDDED + id for id, _, _ in gallery.models]
    put("missing", found.get("missing") if found.get("missing") in (*MISSING, *models) else None)
    put("alike", found.get("alike") == "1")
    if "direction" in found or "zone" in found:  # to count what there is takes a look at the whole gallery
        walks = cached.gallery_numbers(workspace, gallery).walks
        put("direction", labels_in(found.get("direction"), list(walks.directions)))
        put("zone", labels_in(found.get("zone"), list(walks.zones)))
    else:
        put("direction", [])
        put("zone", [])
    now = gallery_state()
    now.group = None
    if (by := BY.get(see)) is not None:
        label = _label_of(workspace, gallery, by, whole_number(found.get("group")))
        if label is not None:
            now.group = gallery.name, by, label


def say(workspace: Workspace, gallery: GalleryInfo) -> None:
    """Put the fields into the address; to be called when all are drawn."""

    def field(name: str) -> Any:
        return state.get(key_of(name, gallery.name))

    by, order = field("by") or CROPS, field("order")
    group = gallery_state().group
    inside = group[1:] if group is not None and group[:2] == (gallery.name, BY.get(by)) else None
    values = {
        "see": "" if by == CROPS else str(by).lower(),
        "order": "" if order in (None, next(iter(ORDERS))) else order.replace(" ", "-"),
        "cameras": from_labels(natural_order(field("camera") or ())),
        "recordings": from_labels(natural_order(field("recording") or ())),
        "splits": from_labels(list(field("split") or ())),
        "after": from_seconds(time_in(field("after"))), "before": from_seconds(time_in(field("before"))),
        "flaw": field("flaw") or "", "missing": field("missing") or "", "alike": "1" if field("alike") else "",
        "direction": from_labels(list(field("direction") or ())),
        "zone": from_labels(natural_order(field("zone") or ())),
        "group": "" if inside is None else _crop_of(workspace, gallery, *inside),
    }  # fmt: skip
    address.say(PART, NAMES, values)


def _crop_of(workspace: Workspace, gallery: GalleryInfo, by: str, label: str) -> str:
    """The first crop of the group."""
    crops = cached.view_ids(workspace, gallery.name, Selection(**of_group(by, label)))
    return str(crops[0]) if len(crops) else ""


def _label_of(workspace: Workspace, gallery: GalleryInfo, by: str, crop: int | None) -> str | None:
    """The label of the group that the crop is in; None where it is in none of this gallery."""
    if crop is None:
        return None
    groups = cached.view_groups(workspace, gallery.name, by)
    rows = workspace.catalogue.crops_of([crop])
    if rows.empty or crop not in cached.view_ids(workspace, gallery.name):
        return None
    row = rows.iloc[0]
    if by == "day":
        day = row["time"] // 86_400 * 86_400
        return next((group.label for group in groups if float(group.label) == day), None)
    return next((group.label for group in groups if group.label == row[by]), None)
