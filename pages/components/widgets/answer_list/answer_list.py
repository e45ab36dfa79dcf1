"""The list of who it could be: one card for each group of crops, the best in front and the others in a strip below.

Pictures come from the thumbnail route by their hash, so a list that is drawn again sends none of them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import shortcuts
from pages.components.widgets.events.events import TELLER, last_taken
from pages.components.widgets.gallery_grid.gallery_grid import CARDS

_HERE = Path(__file__).parent

_list = st.components.v2.component(
    "retrace_answer_list",
    html='<div class="answer"></div>',
    css=(_HERE / "answer_list.css").read_text(encoding="utf-8"),
    js=TELLER + CARDS + (_HERE / "answer_list.js").read_text(encoding="utf-8"),
)


def answer_list(
    groups: Sequence[dict[str, Any]],
    *,
    label: str,
    key: str,
    taken: Mapping[str, int],
    undo: bool = False,
    more: str = "",
    none: str = "",
    said: str = "",
    focus: str | None = None,
) -> None:
    """Draw the groups. What is done is told by `events.new_events`: `opened` (with `group` and `crop`), `judged` (with
    `group` and `verdict`), `undone`, `more` and `none`.

    A group has `id` (of its crop in front), `picture`, `title` (what is read aloud), `lines` (texts), `strip` (crops
    with `id`, `picture`, `title`) and, where wanted, `rank`, `similarity` and `meaning` (texts), `share` (0 to 1,
    length of its bar), `note`, `more` (crops that the strip leaves out), `verdict`, `conflict`, `copy` (it is the
    photo, saved again) and `current`. `more`
    and `none` are the words on the buttons below, without which they are not there; `said` stands beside them. Another
    `focus` than before moves the keyboard's focus to the group whose id it starts with.
    """
    data: dict[str, Any] = {"groups": list(groups), "label": label, "undo": undo, "more": more, "none": none}
    data |= {"said": said, "taken": last_taken(key, taken)}
    data |= shortcuts.for_scripts()
    if focus is not None:
        data["focus"] = focus
    _list(key=key, data=data, on_did_change=lambda: None)
