"""The fields of the filters by walk: what they offer, what they hold, and how that stands in the page's address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components.shared import cached
from pages.components.shared.address import from_labels, labels_in
from reid_core.retrieval.filters import NUMBER, TEXTS, Filter, Row, rows
from reid_core.video.walks import DIRECTIONS, ENTRIES, EXITS
from reid_core.workspace.catalogue import recordings
from reid_core.workspace.catalogue.recordings.zones import zone_names
from reid_core.workspace.workspace import Workspace

MOST_SECONDS = 86_400.0  # that a field takes: a day
IGNORED = "ignored"
state = st.session_state


@dataclass(frozen=True)
class Offered:
    """What the gallery's walks can be filtered by, beside what every gallery has: the names of its zones."""

    zones: tuple[str, ...]

    def choices(self, name: str) -> Sequence[str]:
        """Of a filter that takes labels."""
        fixed: Mapping[str, Sequence[str]] = {"directions": DIRECTIONS, "entered": ENTRIES, "left_by": EXITS}
        return fixed.get(name, self.zones)


def offered(workspace: Workspace, gallery: str) -> Offered | None:
    """None where the gallery has no recordings, and so no walks."""
    return _offered(str(workspace.path), gallery, workspace.catalogue.version())


@st.cache_data(max_entries=16, show_spinner=False)
def _offered(path: str, gallery: str, version: int) -> Offered | None:
    catalogue = cached.open_workspace().catalogue
    return Offered(tuple(zone_names(catalogue, gallery))) if recordings.every(catalogue, gallery) else None


def of_walks(kind: str | None = None) -> dict[str, Row]:
    """The filters by walk, of that kind alone where one is given, by their name."""
    return {name: row for name, row in rows(Filter).items() if row.control == "walks" and kind in (None, row.kind)}


def key_of(name: str, gallery: str) -> str:
    """Where the field's value is kept."""
    return f"walk-{name}-{gallery}"


def held(gallery: str, offers: Offered) -> dict[str, Any]:
    """What the fields hold, as values of `Filter`; to be asked before they are drawn. A zone that is gone is let go."""
    values: dict[str, Any] = {}
    for name in of_walks(TEXTS):
        key, choices = key_of(name, gallery), offers.choices(name)
        there = state.get(key) or []
        if any(label not in choices for label in there):
            state[key] = there = [label for label in there if label in choices]
        values[name] = frozenset(there) or None
    for name in of_walks(NUMBER):
        values[name] = state.get(key_of(name, gallery))
    return {**values, IGNORED: True if state.get(key_of(IGNORED, gallery)) else None}


def put_back(gallery: str, where: Filter) -> None:
    """Set the fields as this filter has them, before they are drawn."""
    for name in of_walks(TEXTS):
        state[key_of(name, gallery)] = sorted(getattr(where, name) or ())
    for name in of_walks(NUMBER):
        state[key_of(name, gallery)] = getattr(where, name)
    state[key_of(IGNORED, gallery)] = bool(where.ignored)


def take(gallery: str, offers: Offered | None, found: Mapping[str, str]) -> None:
    """Set the fields as the page's address has them, before they are drawn."""
    if offers is None:
        return
    values: dict[str, Any] = {
        name: labels_in(found.get(row.address[0]), offers.choices(name)) for name, row in of_walks(TEXTS).items()
    }
    values |= {name: _number_in(found.get(row.address[0])) for name, row in of_walks(NUMBER).items()}
    values[IGNORED] = found.get(IGNORED) == "1"
    for name, value in values.items():
        state[key_of(name, gallery)] = value


def said(gallery: str, offers: Offered | None) -> dict[str, str]:
    """What the address says of them."""
    if offers is None:
        return {}
    values = held(gallery, offers)
    labels = {row.address[0]: from_labels(sorted(values[name] or ())) for name, row in of_walks(TEXTS).items()}
    numbers = {row.address[0]: _number(values[name]) for name, row in of_walks(NUMBER).items()}
    return {**labels, **numbers, IGNORED: "1" if values[IGNORED] else ""}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _number_in(text: str | None) -> float | None:
    """None for what no field could hold."""
    if not text or len(text) > 12 or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 < number <= MOST_SECONDS and "_" not in text else None
