"""The map without WebGL2: a plain plotly picture of up to 20,000 crops, which can be lassoed but shows no pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.map import data
from pages.components.map.drawing import GREY as NOBODY
from pages.components.map.state import map_state
from pages.components.shared import markup
from pages.components.shared.plots import GREY
from reid_core.records import plural
from reid_core.workspace.maps.colours import Colouring
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 20_000  # points that plotly draws without WebGL in reasonable time
SCALE = ("#443a83", "#31688e", "#21918c", "#5ec962", "#f0d63c")
HUES = ("#2f8b9b", "#c2571a", "#6b5bb5", "#5b8c2a", "#b8406b", "#94700f", "#3566b8", "#7a4b33", "#17845f", "#a24bb0")


def draw_fallback(workspace: Workspace, made: CropMap, by: str, marks: list[int]) -> NDArray[np.int64] | None:
    """Draw it; ids that were lassoed since the last run, or None."""
    markup.text(
        '<div class="rt-hint">This browser has no WebGL2, so the map is a plain one: no pictures under the pointer, '
        "and at most {most} crops. Switch hardware acceleration on, or use another browser, for the whole map.</div>",
        most=f"{MOST:,}",
    )
    count = len(made.ids)
    rows = np.arange(count)
    if count > MOST:
        rows = np.sort(np.random.default_rng(0).choice(count, MOST, replace=False))
        markup.text(
            '<p class="rt-small">You see {most} of {crops}, drawn at random.</p>',
            most=f"{MOST:,}", crops=plural(count, "crop"),
        )  # fmt: skip
    figure = _figure(made, rows, data.colours_of(workspace, made, by), set(marks))
    event = st.plotly_chart(
        figure, key="map-fallback", theme=None, width="stretch", config={"displaylogo": False, "scrollZoom": True},
        on_select="rerun", selection_mode=("lasso", "box"),
    )  # fmt: skip
    if made.points.shape[1] == 3:
        markup.text('<p class="rt-small">The map has three dimensions; you see two of them.</p>')
    told: Any = event
    points = told["selection"]["points"] if told else ()
    picked = sorted({int(made.ids[rows[point["point_index"]]]) for point in points})
    now = map_state()
    if not picked or now.taken == picked:
        return None
    now.taken = picked
    return np.array(picked, np.int64)


def _figure(made: CropMap, rows: NDArray[np.intp], found: Colouring, marks: set[int]) -> go.Figure:
    import plotly.graph_objects as go

    codes = found.codes[rows].astype(int)
    if found.ends is not None:
        marker = {"color": np.where(codes == 255, np.nan, codes), "colorscale": list(SCALE)}
        names = np.full(len(rows), "")
    else:
        named = np.array(found.names or ("",))
        names = named[np.minimum(codes, len(named) - 1)]
        hues = [GREY if name in NOBODY else HUES[code % len(HUES)] for code, name in enumerate(named)]
        marker = {"color": [hues[min(code, len(hues) - 1)] for code in codes]}
    marker |= {"size": [11 if int(row) in marks else 5 for row in rows], "opacity": 0.8}
    words = [f"crop {crop} {name}" for crop, name in zip(made.ids[rows], names, strict=True)]
    shown = {
        "mode": "markers", "marker": marker, "text": words,
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    x, y = made.points[rows, 0], made.points[rows, 1]
    figure = go.Figure(go.Scatter(x=x, y=y, **shown))  # as SVG: `Scattergl` would need WebGL too
    figure.update_layout(
        height=520, margin={"l": 0, "r": 0, "t": 0, "b": 0}, dragmode="lasso", showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": HUES[0]},
        font={"family": "IBM Plex Sans, sans-serif", "size": 12, "color": GREY},
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure
