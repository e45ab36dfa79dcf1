"""A grid of crops that people click or walk through with the arrow keys; returns the crop that was opened.

Pictures come from the thumbnail route, so two hundred cards are a few kilobytes of data. Text is set as text, never
as markup. Where crops may be chosen, the browser numbers each change of the choice and the page tells it the last one
that it has taken up: what is on its way is neither lost nor drawn over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from pages.components.shared import wording

_HERE = Path(__file__).parent
CARDS = (_HERE.parent / "cards.js").read_text(encoding="utf-8")  # stands before the script of a list of cards
Kind = Literal["picker", "strip", "row", "browse", "groups"]

_grid = st.components.v2.component(
    "retrace_gallery_grid",
    html='<ul class="grid"></ul>',
    css=(_HERE / "gallery_grid.css").read_text(encoding="utf-8"),
    js=CARDS + (_HERE / "gallery_grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Marks:
    """Which of the cards are chosen, whether any are (here or on another page), and the last change taken up."""

    chosen: list[int]
    any: bool
    edit: int


@dataclass(frozen=True)
class Change:
    """A change of the choice: `on` and `off` are the cards that were in sight; `clear` means all others are off too."""

    on: list[int]
    off: list[int]
    clear: bool
    edit: int


def thumbnail_url(sha256: str) -> str:
    return f"/thumbnails/{sha256}.jpg"


def gallery_grid(
    cards: Sequence[dict[str, Any]],
    *,
    kind: Kind,
    label: str,
    key: str,
    marks: Marks | None = None,
    on_turn: Callable[[int], None] | None = None,
) -> int | None:
    """Draw the cards; returns the id of the one opened in this very run, else None.

    A card has `id`, `picture` (an address), `title` (what is read aloud) and, where wanted, `lines` (texts under the
    picture), `note` (beside the first line), `current` (it is the one being looked at) and `badge` (a word on the
    picture). With `marks` cards can be chosen, see `chosen_now`. `on_turn` is called with -1 or 1 when Page Up or Page
    Down asks for another page.
    """
    data: dict[str, Any] = {"cards": list(cards), "kind": kind, "label": label}
    if marks is not None:
        data |= {"marks": {"chosen": marks.chosen, "any": marks.any, "edit": marks.edit}}
    result = _grid(
        key=key,
        data=data,
        on_opened_change=lambda: None,
        on_chosen_change=lambda: None,
        on_turned_change=lambda: None,
    )
    if on_turn is not None and result.turned in (-1, 1):
        on_turn(int(result.turned))
    opened = result.opened
    return None if opened is None else int(opened)


def chosen_now(key: str, edit: int) -> Change | None:
    """What was chosen in the grid of that key since change number `edit`; None where nothing was.

    To be asked before the grid is drawn, so that everything around it knows already.
    """
    told = (st.session_state.get(key) or {}).get("chosen")
    if not told or int(told["edit"]) <= edit:
        return None
    on, off = ([int(crop) for crop in told[name]] for name in ("on", "off"))
    return Change(on, off, bool(told["clear"]), int(told["edit"]))


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def card_of(row: dict[str, Any]) -> dict[str, Any]:
    about = (wording.person_name(row["identity"]), wording.camera_name(row["camera"]), wording.shown_time(row["time"]))
    return {"id": int(row["id"]), "picture": thumbnail_url(row["sha256"]), "title": ", ".join(filter(None, about))}
