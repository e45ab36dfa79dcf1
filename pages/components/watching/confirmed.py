"""The walks that a case has confirmed, watched one after the other in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components.shared import markup
from pages.components.widgets.gallery_grid.gallery_grid import rows_of
from pages.components.widgets.player.player import is_filmed, player
from reid_core.records import plural
from reid_core.workspace.workspace import Workspace


def walks_of(workspace: Workspace, confirmed: Sequence[int]) -> list[int]:
    """Of each filmed tracklet among these crops its first crop, in the order of time; crops of unknown time last."""
    rows = [row for row in rows_of(workspace.catalogue.crops_of(confirmed)) if is_filmed(row)]
    first: dict[tuple[Any, ...], int] = {}
    for row in sorted(rows, key=_when):
        walk = row["recording"], row["tracklet"] or row["id"]
        first.setdefault(walk, int(row["id"]))
    return list(first.values())


def _when(row: dict[str, Any]) -> tuple[Any, ...]:
    time = float(row["time"])
    return (True, 0.0, row["id"]) if time != time else (False, time, row["id"])  # NaN is unlike itself


def draw_watch(workspace: Workspace, confirmed: Sequence[int]) -> None:
    """The button that opens the walks; nothing where none of these crops was filmed."""
    walks = walks_of(workspace, confirmed)
    if walks and st.button(f"Watch {plural(len(walks), 'confirmed walk')}", key="watch-confirmed"):
        _dialog(walks)


@st.dialog("Confirmed walks, in the order of time", width="large")
def _dialog(walks: list[int]) -> None:
    markup.text(
        '<p class="rt-small">Page Up and Page Down go from one to the next; Space plays, comma and period step through '
        "the frames.</p>"
    )
    player(walks[0], crops=walks, is_open=True, key="confirmed-film")
