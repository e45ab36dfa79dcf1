"""A grid of crops that people click or walk through with the arrow keys; returns the crop that was opened.

Pictures come from the thumbnail route, so two hundred cards are a few kilobytes of data. Text is set as text, never
as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from pages import common

_HERE = Path(__file__).parent
Kind = Literal["hits", "picker", "strip"]

_grid = st.components.v2.component(
    "retrace_gallery_grid",
    html='<ul class="grid"></ul>',
    css=(_HERE / "gallery_grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "gallery_grid.js").read_text(encoding="utf-8"),
)


def thumbnail_url(sha256: str) -> str:
    return f"/thumbnails/{sha256}.jpg"


def gallery_grid(cards: Sequence[dict[str, Any]], *, kind: Kind, label: str, key: str) -> int | None:
    """Draw the cards; returns the id of the one opened in this very run, else None.

    A card has `id`, `picture` (an address), `title` (what is read aloud) and, where wanted, `rank`, `similarity`
    (text), `share` (0 to 1, length of its bar), `lines` (texts under the picture), `note` (beside the first line) and
    `current` (it is the one being looked at).
    """
    result = _grid(
        key=key,
        data={"cards": list(cards), "kind": kind, "label": label},
        on_opened_change=lambda: None,
    )
    opened = result.opened
    return None if opened is None else int(opened)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def card_of(row: dict[str, Any]) -> dict[str, Any]:
    about = (common.person_name(row["identity"]), common.camera_name(row["camera"]), common.shown_time(row["time"]))
    return {"id": int(row["id"]), "picture": thumbnail_url(row["sha256"]), "title": ", ".join(filter(None, about))}
