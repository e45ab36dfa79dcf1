"""Charts as SVG, for the page and for the report that is one file: no script, no font, legible on light and dark.

Text takes the colour of the place that a chart is put in. Whatever comes from data is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

COLOURS = ("#2f8b9b", "#c2571a", "#8a7fd0", "#7a9a4a", "#8b969b", "#b0558a")
WIDTH, HEIGHT = 480, 264
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 12, 40
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_GRID = "rgba(128,136,140,0.25)"


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`; `log` shows powers of ten, `percent` shares of 1 in percent."""

    title: str
    low: float
    high: float
    log: bool = False
    percent: bool = False

    def places(self, values: ArrayLike) -> NDArray[np.float64]:
        """0 to 1 along the axis; what lies beyond its ends is put on them."""
        numbers = np.asarray(values, np.float64)
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            found = (np.log10(np.maximum(numbers, self.low)) - low) / (high - low)
        else:
            found = (numbers - self.low) / (self.high - self.low)
        clipped: NDArray[np.float64] = np.clip(found, 0.0, 1.0)
        return clipped

    def ticks(self) -> list[float]:
        if self.log:
            return [10.0**power for power in range(math.ceil(math.log10(self.low)), int(math.log10(self.high)) + 1)]
        step = _round_step((self.high - self.low) / 5)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(n * step, 10) for n in range(first, last + 1)]

    def words(self, value: float) -> str:
        return f"{100 * value:.4g} %" if self.percent else f"{value:.4g}"


@dataclass(frozen=True, eq=False)
class Series:
    """(N,) `x` and `y` of one thing; NaN breaks a line. `low` and `high` (N,) are bars of error at points."""

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: int = 0
    kind: Literal["line", "dashed", "points"] = "line"
    low: ArrayLike | None = None
    high: ArrayLike | None = None


def line_chart(series: Sequence[Series], x: Axis, y: Axis, *, label: str) -> str:
    """Lines and points on one ground. `label` says what it is to those who cannot see it."""
    parts = [_frame(x, y)]
    for one in series:
        colour = COLOURS[one.colour % len(COLOURS)]
        across, up = _x(x.places(one.x)), _y(y.places(one.y))
        known = np.isfinite(np.asarray(one.x, np.float64)) & np.isfinite(np.asarray(one.y, np.float64))
        if one.kind == "points":
            parts += _error_bars(one, y, across, colour)
            parts += [
                f'<circle cx="{across[n]:.1f}" cy="{up[n]:.1f}" r="3.2" fill="{colour}"><title>'
                f"{html.escape(_said(one, int(n), x, y))}</title></circle>"
                for n in np.flatnonzero(known)
            ]
            continue
        dash = ' stroke-dasharray="4 4"' if one.kind == "dashed" else ""
        for path in _paths(across, up, known):
            parts.append(
                f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"{dash}>'
                f"<title>{html.escape(one.name)}</title></path>"
            )
    return _svg(parts, label)


def pair_histogram(same: Sequence[float], different: Sequence[float], x: Axis, *, label: str) -> str:
    """Two outlines over one range of similarity, one as high as the other: millions of pairs of different people would
    hide some thousand of one person otherwise."""
    y = Axis("share of pairs", 0.0, 1.0)
    parts = [_frame(x, y, y_ticks=False)]
    for values, colour in ((different, COLOURS[4]), (same, COLOURS[0])):
        heights = np.asarray(values, np.float64)
        heights = heights / max(heights.max(initial=0.0), 1e-12)
        edges = np.linspace(0, 1, len(heights) + 1)
        across = _x(np.repeat(edges, 2)[1:-1])
        up = _y(np.repeat(heights, 2))
        base = f"{_y(np.zeros(1))[0]:.1f}"
        points = " ".join(f"L{a:.1f} {b:.1f}" for a, b in zip(across, up, strict=True))
        parts.append(
            f'<path d="M{across[0]:.1f} {base} {points} L{across[-1]:.1f} {base} Z" fill="{colour}" '
            f'fill-opacity="0.22" stroke="{colour}" stroke-width="1.4"/>'
        )
    return _svg(parts, label)


def legend(names: Iterable[tuple[str, int]]) -> str:
    """Names with their colours, as HTML."""
    return "".join(
        f'<span class="key"><i style="background:{COLOURS[colour % len(COLOURS)]}"></i>{html.escape(name)}</span>'
        for name, colour in names
    )


def _svg(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-size="12" fill="currentColor">{"".join(parts)}</svg>'
    )


def _frame(x: Axis, y: Axis, *, y_ticks: bool = True) -> str:
    parts = []
    for tick in y.ticks() if y_ticks else ():
        up = _y(y.places([tick]))[0]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up:.1f}" y2="{up:.1f}" stroke="{_GRID}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{up + 4:.1f}" text-anchor="end" opacity="0.75">{_tick(y, tick)}</text>')
    floor = HEIGHT - BOTTOM
    parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}" stroke="rgba(128,136,140,0.6)"/>')
    for tick in x.ticks():
        across = _x(x.places([tick]))[0]
        parts.append(f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{floor}" y2="{floor + 4}" stroke="{_GRID}"/>')
        parts.append(
            f'<text x="{across:.1f}" y="{floor + 17}" text-anchor="middle" opacity="0.75">{_tick(x, tick)}</text>'
        )
    across, up, how = (LEFT + WIDTH - RIGHT) / 2, (TOP + floor) / 2, 'text-anchor="middle" opacity="0.9"'
    parts.append(f'<text x="{across}" y="{HEIGHT - 5}" {how}>{html.escape(x.title)}</text>')
    parts.append(f'<text transform="translate(11 {up}) rotate(-90)" {how}>{html.escape(y.title)}</text>')
    return "".join(parts)


def _tick(axis: Axis, value: float) -> str:
    if axis.percent:
        return f"{100 * value:.3g}%"
    if axis.log and not 0.01 <= value <= 1:
        return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPT)
    return f"{value:.3g}"


def _x(places: NDArray[np.float64]) -> NDArray[np.float64]:
    across: NDArray[np.float64] = LEFT + places * (WIDTH - LEFT - RIGHT)
    return across


def _y(places: NDArray[np.float64]) -> NDArray[np.float64]:
    up: NDArray[np.float64] = HEIGHT - BOTTOM - places * (HEIGHT - TOP - BOTTOM)
    return up


def _paths(across: NDArray[np.float64], up: NDArray[np.float64], known: NDArray[np.bool_]) -> list[str]:
    """One for each stretch without a gap."""
    breaks = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    return [
        "M" + " L".join(f"{across[n]:.1f} {up[n]:.1f}" for n in range(first, last))
        for first, last in zip(breaks[::2], breaks[1::2], strict=True)
        if last - first > 1
    ]


def _error_bars(one: Series, y: Axis, across: NDArray[np.float64], colour: str) -> list[str]:
    if one.low is None or one.high is None:
        return []
    low, high = _y(y.places(one.low)), _y(y.places(one.high))
    return [
        f'<line x1="{a:.1f}" x2="{a:.1f}" y1="{b:.1f}" y2="{t:.1f}" stroke="{colour}" stroke-width="1.6" '
        'opacity="0.6"/>'
        for a, b, t in zip(across, low, high, strict=True)
    ]


def _said(one: Series, place: int, x: Axis, y: Axis) -> str:
    said = f"{one.name}: {x.words(float(np.asarray(one.x)[place]))}, {y.words(float(np.asarray(one.y)[place]))}"
    if one.low is None or one.high is None:
        return said
    low, high = float(np.asarray(one.low)[place]), float(np.asarray(one.high)[place])
    return f"{said} ({y.words(low)} to {y.words(high)})"


def _round_step(raw: float) -> float:
    power = 10 ** math.floor(math.log10(raw))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999)
