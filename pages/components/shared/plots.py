"""Charts of things that stand still, by plotly, in the look of the house: thin, quiet, and legible by day and night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = ("#2f8b9b", "#c2571a", "#8a7fd0", "#7a9a4a", "#8b969b")
GREY = "rgba(128, 136, 140, 0.9)"
LINE = "rgba(128, 136, 140, 0.25)"


def draw_figure(figure: go.Figure, *, key: str, height: int = 200, bars: str = "stack") -> None:
    """Without tools, frames and grounds; nothing moves but what is pointed at."""
    figure.update_layout(
        height=height,
        margin={"l": 48, "r": 8, "t": 6, "b": 36},
        font={"family": "IBM Plex Sans, sans-serif", "size": 12, "color": GREY},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(COLOURS),
        bargap=0.06,
        barmode=bars,
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        hoverlabel={"font": {"family": "IBM Plex Sans, sans-serif", "size": 12}},
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, linecolor=LINE, ticks="", title_standoff=6)
    figure.update_yaxes(gridcolor=LINE, gridwidth=1, zeroline=False, nticks=4, rangemode="tozero")
    st.plotly_chart(figure, key=key, theme=None, width="stretch", config={"displayModeBar": False})


def histogram(edges: Sequence[float], counts: Sequence[int], x_title: str, y_title: str) -> go.Figure:
    """Bars between the edges."""
    import plotly.graph_objects as go

    bins = list(pairwise(edges))
    middles = [(low + high) / 2 for low, high in bins]
    said = [f"{_short(low)} to {_short(high)}" for low, high in bins]
    wide = [high - low for low, high in bins]
    bars = go.Bar(
        x=middles,
        y=list(counts),
        width=[0.94 * size for size in wide],
        customdata=said,
        marker={"line": {"width": 0}},
        hovertemplate="%{customdata}: %{y:,}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title)
    return figure


def stacked(names: Sequence[str], parts: Mapping[str, Sequence[int]], y_title: str) -> go.Figure:
    """A bar for each name, of parts one on the other."""
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                name=part,
                x=list(names),
                y=list(values),
                marker={"line": {"width": 0}},
                hovertemplate="%{x}, " + part + ": %{y:,}<extra></extra>",
            )
            for part, values in parts.items()
        ]
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(title=y_title)
    return figure


def _short(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e4 else f"{value:,.0f}"
