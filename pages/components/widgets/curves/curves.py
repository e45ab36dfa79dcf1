"""Line charts side by side that grow while one looks: one crosshair, smoothing, log scale and zoom for all of them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

_HERE = Path(__file__).parent

_curves = st.components.v2.component(
    "retrace_curves",
    html='<div class="curves"></div>',
    css=(_HERE / "curves.css").read_text(encoding="utf-8"),
    js="".join((_HERE / name).read_text(encoding="utf-8") for name in ("curves_parts.js", "curves.js")),
)


@dataclass(frozen=True, eq=False)
class Line:
    """(N,) rising `x` and `y`; NaN breaks the line. `colour` is a place in the palette, `points` marks each value."""

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: int = 0
    points: bool = False


@dataclass(frozen=True, eq=False)
class Chart:
    """Lines on one ground; `share` shows 0 to 1 in percent."""

    title: str
    lines: Sequence[Line]
    unit: str = ""
    share: bool = False


def draw_curves(charts: Sequence[Chart], *, key: str, x_label: str = "step", legend: bool = False) -> None:
    """Draw the charts; with `legend` their lines are the same things, such as runs, and are named once for all."""
    _curves(key=key, data={"charts": as_data(charts), "x_label": x_label, "legend": legend})


def as_data(charts: Sequence[Chart]) -> list[dict[str, Any]]:
    """The charts as the browser is given them."""
    return [
        {"title": chart.title, "unit": chart.unit, "share": chart.share, "lines": [_line(line) for line in chart.lines]}
        for chart in charts
    ]


def _line(line: Line) -> dict[str, Any]:
    # Half the bytes of numbers as text, and a hundredth of the work.
    points = {name: base64.b64encode(np.asarray(values, "<f4").tobytes()).decode() for name, values in _axes(line)}
    return {"name": line.name, "colour": line.colour, "points": line.points, **points}


def _axes(line: Line) -> tuple[tuple[str, ArrayLike], tuple[str, ArrayLike]]:
    return ("x", line.x), ("y", line.y)
