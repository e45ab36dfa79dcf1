"""The stage on which zones are drawn on the picture of a camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.widgets.events.events import TELLER, last_taken
from pages.components.widgets.photo_stage.photo_stage import STAGE
from reid_core.video.walks import Zone

_HERE = Path(__file__).parent
BESIDE, NARROW = 70, 340  # pixels: above the picture, and how wide it is at least on a phone
Corners = tuple[tuple[float, float], ...]

_stage = st.components.v2.component(
    "retrace_zone_stage",
    html='<div class="stage" role="group"></div>',
    css=(_HERE / "zone_stage.css").read_text(encoding="utf-8"),
    js=TELLER + STAGE + (_HERE / "zone_stage.js").read_text(encoding="utf-8"),
)


def zone_stage(
    picture: str,
    *,
    width: int,
    height: int,
    zones: Sequence[Zone],
    paths: Sequence[Sequence[tuple[float, float]]],
    drawn: Corners | None,
    name: str | None,
    label: str,
    key: str,
    taken: Mapping[str, int],
) -> None:
    """Draw the stage. What is drawn is told by `events.new_events`: `drawn` (with `corners`, see `corners_of`, and the
    `name` of the zone that they were, None for a new one), and `dropped`.

    `picture` is an address; without one, the `paths` of tracklets show where people walk. `width` and `height` are the
    frame's pixels. `drawn` are the corners that the page has taken up, None once they are kept or dropped.
    """
    data: dict[str, Any] = {
        "picture": picture, "width": width, "height": height, "label": label,
        "zones": [{"name": zone.name, "corners": zone.corners, "ignored": zone.ignored} for zone in zones],
        "paths": list(paths), "drawn": drawn, "name": name, "taken": last_taken(key, taken),
    }  # fmt: skip
    with st.container(key=f"room-{key}", height=round(BESIDE + NARROW * height / max(1, width)), border=False):
        _stage(key=key, data=data, on_did_change=lambda: None)


def corners_of(event: Mapping[str, Any]) -> Corners:
    """What the event `drawn` says, within the picture."""
    shares = [(min(1.0, max(0.0, float(x))), min(1.0, max(0.0, float(y)))) for x, y in event["corners"]]
    return tuple(shares)
