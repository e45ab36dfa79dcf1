"""The stage on which a photo is turned and cropped; of a scene, boxes are drawn around the people that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken

_HERE = Path(__file__).parent
Box = tuple[float, float, float, float]

_stage = st.components.v2.component(
    "retrace_photo_stage",
    html='<div class="stage" role="group"></div>',
    css=(_HERE / "photo_stage.css").read_text(encoding="utf-8"),
    js=TELLER + (_HERE / "photo_stage.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Cut:
    """Degrees clockwise, then boxes on the turned picture: left, top, width, height as shares of its sides."""

    turn: int
    boxes: tuple[Box, ...]


def photo_stage(
    picture: str, *, name: str, width: int, height: int, scene: bool, key: str, taken: Mapping[str, int]
) -> None:
    """Draw the stage. How to cut is told by `events.new_events`: `done`, see `cut_of`, or `cancelled`.

    `picture` is an address, `width` and `height` are the photo's own pixels; a `scene` asks for a box first.
    """
    data: dict[str, Any] = {"picture": picture, "name": name, "width": width, "height": height, "scene": scene}
    _stage(key=key, data={**data, "taken": last_taken(key, taken)}, on_did_change=lambda: None)


def cut_of(done: Mapping[str, Any]) -> Cut:
    """What the event `done` says."""
    boxes = [tuple(min(1.0, max(0.0, float(share))) for share in box) for box in done["boxes"]]
    whole: tuple[Box, ...] = tuple((box[0], box[1], box[2], box[3]) for box in boxes if len(box) == 4)
    return Cut(int(done["turn"]) % 360, whole)
