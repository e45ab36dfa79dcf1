"""Charts that the library has drawn as SVG, side by side, in the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_drawings = st.components.v2.component(
    "retrace_drawings",
    html='<div class="drawings"></div>',
    css=(_HERE / "drawings.css").read_text(encoding="utf-8"),
    js=(_HERE / "drawings.js").read_text(encoding="utf-8"),
)


def draw_charts(charts: Sequence[tuple[str, str]], *, key: str, legend: str = "") -> None:
    """Each chart is a title and an SVG of `evaluation.presentation.svg`, which escapes what comes from data."""
    _drawings(key=key, data={"charts": [{"title": title, "svg": svg} for title, svg in charts], "legend": legend})
