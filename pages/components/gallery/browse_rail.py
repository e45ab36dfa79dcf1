"""The left side of browsing: how the gallery is seen, and what narrows it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages.components.search.walks.fields import of_walks
from pages.components.search.walks.popover import MEANINGS
from pages.components.shared import cached, markup, wording
from pages.components.shared.time_range import draw_times
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import FLAWS, MISSING, Selection
from reid_core.workspace.galleries.browsing import Numbers
from reid_core.workspace.workspace import Workspace

CROPS = "Crops"
BY = {"People": "identity", "Tracklets": "tracklet", "Cameras": "camera", "Days": "day"}
ORDERS = {
    "import": "As imported", "time": "Oldest first", "newest": "Newest first", "camera": "By camera",
    "identity": "By identity", "sharpest": "Sharpest first", "least sharp": "Least sharp first",
    "largest": "Largest first", "smallest": "Smallest first",
}  # fmt: skip
FILTERS = ("camera", "recording", "split", "after", "before", "flaw", "missing", "alike", "direction", "zone")
NOT_EMBEDDED = "model:"  # before a model's id, among what may be missing
state = st.session_state


@dataclass(frozen=True)
class Look:
    """How the gallery is seen: crops in some order (`by` is None) or gathered by one of `BY`, and which crops fit."""

    by: str | None
    order: str
    selection: Selection


def key_of(name: str, gallery: str) -> str:
    """Of a widget: each gallery has filters of its own."""
    return f"gal-{name}-{gallery}"


def clear_filters(gallery: str) -> None:
    for name in FILTERS:
        state.pop(key_of(name, gallery), None)


def show_recording(gallery: str, recording: str) -> None:
    """From the next run on the crops of that recording are browsed, and no others."""
    clear_filters(gallery)
    state[key_of("by", gallery)] = CROPS
    state[key_of("recording", gallery)] = [recording]


def draw_rail(workspace: Workspace, gallery: GalleryInfo) -> Look:
    facts = cached.gallery_facts(workspace, gallery)
    numbers = cached.gallery_numbers(workspace, gallery)
    key = partial(key_of, gallery=gallery.name)
    clock = facts.times is not None and wording.is_clock_time(facts.times[0])
    # On a narrow screen the rail is folded away until it is asked for; a wide one hides the switch.
    shown = st.toggle("Filters and order", key="gal-rail-switch", persist_state="session")
    with st.container(key="gal-rail" if shown else "gal-rail-folded", gap="medium"):
        there = {"day": clock, "tracklet": facts.has_tracklets}
        ways = [CROPS, *(name for name, by in BY.items() if there.get(by, True))]
        keep_possible(key("by"), ways)
        by = st.pills("See", ways, default=CROPS, required=True, key=key("by"), persist_state="session")
        order = "import"
        if by == CROPS:
            keep_possible(key("order"), list(ORDERS))
            order = st.selectbox(
                "Order", list(ORDERS), format_func=lambda name: ORDERS[name], key=key("order"), persist_state="session"
            )
        selection = draw_filters(gallery, facts, numbers)
        if not selection.is_everything():
            st.button("Clear filters", on_click=clear_filters, args=(gallery.name,), key="gal-clear", width="stretch")
    return Look(BY.get(by), order, selection)


def draw_filters(gallery: GalleryInfo, facts: cached.GalleryFacts, numbers: Numbers) -> Selection:
    key = partial(key_of, gallery=gallery.name)
    cameras: list[str] = []
    recordings: list[str] = []
    splits: list[str] = []
    after = before = None
    if len(facts.cameras) > 1:
        keep_possible(key("camera"), facts.cameras)
        cameras = st.multiselect(
            "Camera", facts.cameras, format_func=wording.camera_name, placeholder="All cameras", key=key("camera"),
            persist_state="session",
        )  # fmt: skip
    keep_possible(key("recording"), facts.recordings)
    if facts.recordings:
        recordings = st.multiselect(
            "Recording", facts.recordings, placeholder="All recordings", key=key("recording"), persist_state="session"
        )
    if len(gallery.splits) > 1:
        keep_possible(key("split"), list(gallery.splits))
        splits = st.pills(
            "Split", list(gallery.splits), selection_mode="multi", key=key("split"), persist_state="session"
        )
    if facts.times is not None:
        after, before = draw_times(facts.times, (key_of("after", gallery.name), key_of("before", gallery.name)))
    flaws = {name: count for name, count in numbers.flaws.items() if count}
    flaw = None
    if flaws:
        flaw = draw_counted("Quality", "flaw", gallery.name, flaws, {"any": "any flaw"})
    else:
        keep_possible(key("flaw"), ())  # the address would go on promising what is not filtered
    if numbers.unmeasured:
        markup.text(
            '<p class="rt-small">Quality or colours of {crops} are not measured; reid check {gallery} does it.</p>',
            crops=plural(numbers.unmeasured, "crop"), gallery=gallery.name,
        )  # fmt: skip
    missing = {name: count for name, count in numbers.missing.items() if count and count < gallery.crops}
    models = {NOT_EMBEDDED + id: name for id, name, count in gallery.models if count < gallery.crops}
    missing |= {NOT_EMBEDDED + id: gallery.crops - count for id, _, count in gallery.models if count < gallery.crops}
    lacks = None
    if missing:
        lacks = draw_counted(
            "Missing", "missing", gallery.name, missing, {k: f"vector of {v}" for k, v in models.items()}
        )
    else:
        keep_possible(key("missing"), ())
    alike = False
    if numbers.alike:
        alike = st.toggle(f"Look-alikes only ({numbers.alike:,})", key=key("alike"), persist_state="session")
    else:
        keep_possible(key("alike"), ())
    directions = draw_walks("directions", gallery.name, numbers.walks.directions)
    zones = draw_walks("zones", gallery.name, numbers.walks.zones)
    model = lacks.removeprefix(NOT_EMBEDDED) if lacks is not None and lacks.startswith(NOT_EMBEDDED) else None
    return Selection(
        cameras=frozenset(cameras) or None,
        recordings=frozenset(recordings) or None,
        splits=frozenset(splits) or None,
        after=after,
        before=before,
        flaw=flaw if flaw in (*FLAWS, "any") else None,
        missing=lacks if lacks in MISSING else None,
        alike=alike,
        not_indexed_by=model,
        directions=frozenset(directions) or None,
        zones=frozenset(zones) or None,
    )


def draw_counted(label: str, name: str, gallery: str, counts: dict[str, int], names: dict[str, str]) -> str | None:
    """Pills with a count each; "any" has none, since one crop may have several flaws."""
    options = [*(("any",) if "any" in names else ()), *counts]
    key = key_of(name, gallery)
    keep_possible(key, options)

    def words(option: str) -> str:
        shown = names.get(option, option)
        return f"{shown} {counts[option]:,}" if option in counts else shown

    return st.pills(label, options, format_func=words, key=key, persist_state="session")


def draw_walks(name: str, gallery: str, counts: dict[str, int]) -> list[str]:
    """Pills for a filter by walk, called and explained as on the Search page; none where no crop has such a walk."""
    row = of_walks()[name]
    key = key_of(row.address[0], gallery)
    keep_possible(key, tuple(counts))
    if not counts:
        return []
    return st.pills(
        row.title, list(counts), selection_mode="multi", format_func=lambda choice: f"{choice} {counts[choice]:,}",
        key=key, persist_state="session", help=MEANINGS[name],
    )  # fmt: skip


def keep_possible(key: str, options: Sequence[Any]) -> None:
    """Forget what was chosen of options that are no longer there: another process may have deleted them."""
    chosen = state.get(key)
    if isinstance(chosen, list):
        left = [option for option in chosen if option in options]
        if left != chosen:
            state[key] = left
    elif chosen is not None and chosen not in options:
        del state[key]
