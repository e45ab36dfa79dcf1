"""Photos and a hit side by side, large, moved and brightened together, judged by one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import shortcuts
from pages.components.widgets.events.events import TELLER, last_taken
from pages.components.widgets.player.player import KEYS, PLAYER, PLAYER_STYLE

_HERE = Path(__file__).parent

_view = st.components.v2.component(
    "retrace_compare_view",
    html='<div class="compare" role="group"></div>',
    css=(_HERE / "compare_view.css").read_text(encoding="utf-8") + PLAYER_STYLE,
    js="".join(
        [
            TELLER,
            KEYS,
            PLAYER,
            *((_HERE / name).read_text(encoding="utf-8") for name in ("compare_draw.js", "compare_view.js")),
        ]
    ),
)


@dataclass(frozen=True)
class Overlay:
    """Where a photo and a crop agree: their two pictures with that laid over, as addresses."""

    photo: str
    crop: int
    over_photo: str
    over_crop: str


def compare_view(
    photos: Sequence[dict[str, Any]],
    hits: Sequence[dict[str, Any]],
    *,
    pair: int,
    crop: int,
    turn: str,
    order: Sequence[int],
    where: str,
    facts: Sequence[tuple[str, str]],
    key: str,
    taken: Mapping[str, int],
    verdict: str | None = None,
    conflict: str = "",
    undo: bool = False,
    said: str = "",
    after: Sequence[str] = (),
    agreement: bool = False,
    leave: bool = True,
    steps: bool = True,
    overlay: Overlay | None = None,
    agreement_trouble: str = "",
) -> None:
    """Draw the comparison of the photos with the group `pair`, whose crops are `hits`, at first its crop `crop`.

    What is done is told by `events.new_events`: `judged` (with `group`, `crop`, `verdict`, `note`), `undone`, `moved`
    (`to` another group of `order`), `closed`, `agreement` (is asked for, of `photo` and `crop`), `searched` and
    `visited` (with `crop`).

    A photo has `id` (text), `picture` (an address) and `lines`; a hit has `id` (number), `picture`, `thumbnail`,
    `lines`, `facts` (names and values of this crop) and `film`: whether its clip may be watched, by `steps` also those
    of the tracklets before and after at its camera. `facts` are of the group. Another `turn` than before begins
    anew, and lets the next verdict be given. `after` are addresses of pictures that are likely wanted next.
    `agreement` offers the overlay, which is drawn once it is given for what is shown; `leave` offers the ways to the
    crop's own page and search, which name it.
    """
    data: dict[str, Any] = {
        "photos": list(photos), "hits": list(hits), "pair": pair, "crop": crop, "turn": turn, "order": list(order),
        "where": where, "facts": list(facts), "verdict": verdict, "conflict": conflict, "undo": undo, "said": said,
        "next": list(after), "agreement": agreement, "leave": leave, "steps": steps,
        "agreement_trouble": agreement_trouble, "overlay": None if overlay is None else vars(overlay),
        "taken": last_taken(key, taken), **shortcuts.for_scripts(),
    }  # fmt: skip
    _view(key=key, data=data, on_did_change=lambda: None)
