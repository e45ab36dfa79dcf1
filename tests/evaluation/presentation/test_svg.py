"""Charts are SVG that any reader parses, with values where they belong and names that cannot break out."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from reid_core.evaluation.presentation.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Series,
    line_chart,
    pair_histogram,
)

X, Y = Axis("across", 0.0, 10.0), Axis("up", 0.0, 1.0, percent=True)


def paths(svg: str) -> list[list[tuple[float, float]]]:
    root = ElementTree.fromstring(svg)
    found = [element.get("d") or "" for element in root.iter() if element.tag.endswith("path")]
    return [[(float(a), float(b)) for a, b in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)] for path in found]


def test_points_stand_where_the_axes_put_them() -> None:
    (line,) = paths(line_chart([Series("one", [0, 5, 10], [0, 0.5, 1])], X, Y, label="a line"))
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    assert line == [(LEFT, floor), ((LEFT + right) / 2, (TOP + floor) / 2), (right, TOP)]


def test_a_gap_breaks_a_line_and_what_lies_beyond_stands_on_the_edge() -> None:
    svg = line_chart([Series("one", [0, 1, 2, 3, 20], [0, 0.1, math.nan, 0.3, 9.0])], X, Y, label="a line")
    first, second = paths(svg)
    assert (len(first), len(second)) == (2, 2)
    assert second[-1] == (WIDTH - RIGHT, TOP)


def test_a_log_axis_has_powers_of_ten() -> None:
    axis = Axis("rate", 1e-4, 1.0, log=True)
    assert axis.ticks() == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert axis.places([1e-4, 1e-2, 1.0, 0.0]).tolist() == pytest.approx([0.0, 0.5, 1.0, 0.0])
    svg = line_chart([Series("one", [1e-4, 1], [0, 1])], axis, Y, label="a line")
    assert ">10⁻⁴<" in svg


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.43, 1.0), (0.61, 0.98), (1, 20)])
def test_a_plain_axis_has_a_handful_of_round_ticks_inside_it(low: float, high: float) -> None:
    ticks = Axis("x", low, high).ticks()
    assert 2 <= len(ticks) <= 7
    assert low - 1e-9 <= ticks[0]
    assert ticks[-1] <= high + 1e-9
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])


def test_names_cannot_break_out_of_the_drawing() -> None:
    evil = '</title><script>alert(1)</script>&"'
    svg = line_chart(
        [Series(evil, [1, 2], [0.1, 0.2]), Series(evil, [1], [0.1], kind="points", low=[0.05], high=[0.2])],
        Axis(evil, 0, 3), Y, label=evil,
    )  # fmt: skip
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "line", "text", "path", "title", "circle"}


def test_error_bars_reach_from_low_to_high() -> None:
    svg = line_chart([Series("one", [5], [0.5], kind="points", low=[0.25], high=[1.0])], X, Y, label="a point")
    bars = [e for e in ElementTree.fromstring(svg).iter() if e.get("opacity") == "0.6" and e.tag.endswith("line")]
    floor = HEIGHT - BOTTOM
    assert [float(bars[0].get(name) or 0) for name in ("y1", "y2")] == pytest.approx([floor - (floor - TOP) / 4, TOP])


def test_both_histograms_are_as_high_as_the_drawing() -> None:
    svg = pair_histogram([0, 2, 1], [0, 4_000_000, 9], Axis("similarity", 0, 1), label="two")
    for outline in paths(svg):
        assert min(up for _, up in outline) == TOP
