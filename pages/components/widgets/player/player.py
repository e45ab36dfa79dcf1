"""The clip behind a crop: the walk as its camera saw it, with the person's box and path over it.

What it shows comes from `/walks/{crop}.json` and from the addresses named there; the page is not run for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_SCRIPTS = ("player_parts.js", "player_sight.js", "player_film.js", "player_draw.js", "player.js")

BUTTON = 37  # pixels, kept free until the button is drawn
KEYS = (_HERE.parent / "keys.js").read_text(encoding="utf-8")  # stands before the script of who listens on the page
PLAYER = "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)  # gives a script `openPlayer`
PLAYER_STYLE = (_HERE / "player.css").read_text(encoding="utf-8")

_player = st.components.v2.component(
    "retrace_player",
    html='<div class="watching"><button type="button" class="watch" hidden>Watch</button>'
    '<button type="button" class="hide" hidden>Hide the clip</button></div>',
    css=PLAYER_STYLE,
    js=KEYS + PLAYER + (_HERE / "player_alone.js").read_text(encoding="utf-8"),
)


def is_filmed(row: Mapping[str, Any]) -> bool:
    """Whether the crop of this row was cut from a recording, so that there may be a clip of it."""
    return isinstance(row.get("recording"), str)


def player(crop: int, *, key: str, crops: Sequence[int] = (), is_open: bool = False, steps: bool = True) -> None:
    """Draw the player of the walk that the crop is of: at first a button, or with `is_open` the clip.

    With several `crops`, one of which is `crop`, it goes from one of their walks to the next; else, with `steps`, to
    the tracklets of the same camera before and after.
    """
    data: dict[str, Any] = {"crop": crop, "crops": list(crops) or [crop], "open": is_open, "steps": steps}
    if is_open:
        _player(key=key, data=data)
        return
    with st.container(key=f"room-{key}", height=BUTTON, border=False):
        _player(key=key, data=data)
