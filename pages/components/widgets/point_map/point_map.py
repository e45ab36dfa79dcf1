"""The map that people move about in: a component of our own, drawn by WebGL2. See point_map.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

SCRIPTS = (
    "point_map_paint.js", "point_map_parts.js", "point_map_pen.js", "point_map_sight.js", "point_map_hand.js",
    "point_map.js",
)  # fmt: skip
_HERE = Path(__file__).parent

_map = st.components.v2.component(
    "retrace_point_map",
    html='<div class="room"><div class="point-map"></div></div>',
    css=(_HERE / "point_map.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
)


@dataclass(frozen=True)
class Told:
    """What happened on the map in this very run: what was drawn, a crop to open or to search from, or no WebGL2.

    `drawn` has the number of the drawing (`edit`) and its `corners`, None where the selection was dropped; the `view`
    of a map of three dimensions; `by` and the codes `isolated` in the legend."""

    drawn: Mapping[str, Any] | None
    opened: int | None
    asked: int | None
    works: bool


def point_map(
    *,
    base: str,
    version: str,
    count: int,
    dimensions: int,
    colour: Mapping[str, Any],
    marks: Sequence[int],
    lines: Mapping[str, Any] | None,
    follow: bool,
    edit: int,
    region: Mapping[str, Any] | None,
    file: str,
    key: str,
) -> Told:
    """Draw `count` points of 2 or 3 `dimensions`, which the browser fetches below the address `base`.

    `version` is another whenever the points are. `colour` has `by`, `title`, `version` and the legend: `names`,
    `counts`, `total`, `ends` and `greys`. `marks` are rows to ring. `lines` go from a `row` or a `place` `to` rows,
    each with `similarity` and `same`; with `follow` the map goes to both. `edit` is the last drawing taken up, `region`
    the one that is kept in sight. A picture of the map is saved as `file`.
    """
    data = {
        "base": base, "version": version, "count": count, "dimensions": dimensions, "colour": dict(colour),
        "marks": list(marks), "lines": lines, "follow": follow, "edit": edit, "region": region, "file": file,
    }  # fmt: skip
    result = _map(
        key=key,
        data=data,
        on_drawn_change=lambda: None,
        on_opened_change=lambda: None,
        on_asked_change=lambda: None,
        on_webgl_change=lambda: None,
    )
    return Told(result.drawn or None, _number(result.opened), _number(result.asked), result.webgl is not False)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
