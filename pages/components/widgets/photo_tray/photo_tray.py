"""The photos that are searched for: what each stands for, and the way to crop it or to put it away.

Pictures that are pasted, or dropped anywhere on the page, are handed to the page's uploader, which must be inside a
container of the key "upload-place".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken

_HERE = Path(__file__).parent
Role = Literal["positive", "negative", "aside"]

_tray = st.components.v2.component(
    "retrace_photo_tray",
    html='<div class="tray"></div>',
    css=(_HERE / "photo_tray.css").read_text(encoding="utf-8"),
    js=TELLER + (_HERE / "photo_tray.js").read_text(encoding="utf-8"),
)


def photo_tray(photos: Sequence[dict[str, Any]], *, key: str, taken: Mapping[str, int]) -> None:
    """Draw the photos: each has `id` (number), `name`, `picture` (an address), `role`, `lines` and `hint` (texts);
    one with `whole` was cut from a photo, which can be searched with instead.

    What is done is told by `events.new_events`, each with the `id` of a photo: `changed` (with its new `role`),
    `only` (it is to be searched for in place of the others), `edited`, `whole` and `removed`.
    """
    _tray(key=key, data={"photos": list(photos), "taken": last_taken(key, taken)}, on_did_change=lambda: None)
