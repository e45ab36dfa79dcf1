"""The charts of an evaluation: CMC, ROC, DET, similarities of one person and of two, and the reliability of a
calibration. The page and the report draw the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reid_core.evaluation.presentation.svg import Axis, Series, line_chart, pair_histogram
from reid_core.evaluation.report import EvaluationReport
from reid_core.evaluation.report_parts import BIN_WIDTH, Verification

HISTOGRAM_BINS = 96  # that are drawn at most
_DEPTH = 20  # ranks of the CMC that are drawn

Named = Sequence[tuple[EvaluationReport, int]]  # with the place of its colour


def cmc(reports: Named) -> str:
    ranks = np.arange(1, _DEPTH + 1)
    lines = [Series(one.tested.name, ranks[: len(one.cmc)], one.cmc[:_DEPTH], colour) for one, colour in reports]
    lowest = min((min(one.cmc[:_DEPTH]) for one, _ in reports), default=0.0)
    low = max(0.0, np.floor(lowest * 10 - 0.5) / 10)
    return line_chart(
        lines,
        Axis("rank", 1, _DEPTH),
        Axis("found by then", low, 1.0, percent=True),
        label="CMC: queries found by rank",
    )


def det(reports: Named) -> str:
    lines = []
    for one, colour in reports:
        if one.verification:
            _, fmr, fnmr = np.array(one.verification.curve).T
            told = (fmr > 0) & (fnmr > 0)
            lines.append(Series(one.tested.name, np.where(told, fmr, np.nan), fnmr, colour))
    low = _decade_below(point[2] for one, _ in reports if one.verification for point in one.verification.curve)
    return line_chart(
        lines, _fmr_axis(reports), Axis("one person missed (FNMR)", min(0.01, low), 1.0, log=True, percent=True),
        label="DET: false non-match rate by false match rate",
    )  # fmt: skip


def roc(reports: Named) -> str:
    lines = []
    for one, colour in reports:
        if one.verification:
            _, fmr, fnmr = np.array(one.verification.curve).T
            lines.append(Series(one.tested.name, np.where(fmr > 0, fmr, np.nan), 1 - fnmr, colour))
    return line_chart(
        lines, _fmr_axis(reports), Axis("one person recognised", 0.0, 1.0, percent=True),
        label="ROC: true match rate by false match rate",
    )  # fmt: skip


def open_set(reports: Named) -> str:
    lines = []
    for one, colour in reports:
        if one.open_set and one.open_set.curve:
            _, alarms, found = np.array(one.open_set.curve).T
            lines.append(Series(one.tested.name, alarms, found, colour))
    return line_chart(
        lines, Axis("absent people with a false alarm", 0.0, 1.0, percent=True),
        Axis("present and identified", 0.0, 1.0, percent=True), label="Open set: identification by false alarm rate",
    )  # fmt: skip


def similarity_range(verified: Verification) -> tuple[int, int]:
    """First and last (exclusive) of the verification's bins that hold pairs, with a little air."""
    held = np.flatnonzero(np.array(verified.same) + np.array(verified.different))
    size = len(verified.same)
    air = max(8, (int(held[-1]) - int(held[0])) // 40)
    return max(0, int(held[0]) - air), min(size, int(held[-1]) + 1 + air)


def similarities(verified: Verification) -> str:
    """Both histograms; their axis runs over `similarity_range`."""
    first, last = similarity_range(verified)
    edges = np.linspace(first, last, min(HISTOGRAM_BINS, last - first) + 1).round().astype(int)
    heights = [
        np.add.reduceat(np.array([*counts, 0], np.float64), edges[:-1]) / np.diff(edges)
        for counts in _cut(verified, last)
    ]
    axis = Axis("similarity", first * BIN_WIDTH - 1, last * BIN_WIDTH - 1)
    return pair_histogram(heights[0].tolist(), heights[1].tolist(), axis, label="Similarities of one person and of two")


def stated_and_measured(check: dict[str, Any]) -> str:
    """False match rates that a calibration states, with their intervals, against those measured on other people."""
    curve = {name: np.array(values) for name, values in check["curve"].items()}
    shown = (curve["stated"] > 0) & (curve["measured"] > 0)
    low = 10.0 ** np.floor(np.log10(curve["stated"][shown].min())) if shown.any() else 1e-4
    low = min(low, 0.1)
    ends = np.array([low, 1.0])
    axis = Axis("stated false match rate", low, 1.0, log=True)
    expected = [(one["stated"]["value"], one["measured"]) for one in check["thresholds"]]
    points = Series(
        "at the thresholds", [x for x, _ in expected], [m["value"] for _, m in expected], 1, "points",
        [m["low"] for _, m in expected], [m["high"] for _, m in expected],
    )  # fmt: skip
    lines = [
        Series("as stated", ends, ends, 4, "dashed"),
        Series(
            "measured on others", np.where(shown, curve["stated"], np.nan), np.where(shown, curve["measured"], np.nan)
        ),
        points,
    ]
    return line_chart(
        lines, axis, Axis("measured on other people", low, 1.0, log=True),
        label="False match rates, stated and measured on other people",
    )  # fmt: skip


def reliability(check: dict[str, Any]) -> str:
    """Stated probability of one person against how often it was one, at even odds beforehand."""
    said, observed, _ = np.array(check["reliability"]).T
    lines = [
        Series("as stated", [0, 1], [0, 1], 4, "dashed"),
        Series("observed", said, observed, 0),
        Series("observed", said, observed, 0, "points"),
    ]
    return line_chart(
        lines, Axis("stated probability", 0.0, 1.0, percent=True), Axis("it was one person", 0.0, 1.0, percent=True),
        label="Reliability of stated probabilities at even odds",
    )  # fmt: skip


def _fmr_axis(reports: Named) -> Axis:
    low = _decade_below(point[1] for one, _ in reports if one.verification for point in one.verification.curve)
    return Axis("different people match (FMR)", low, 1.0, log=True, percent=True)


def _decade_below(rates: Iterable[float]) -> float:
    """The power of ten at or below the lowest rate above 0 and below 1: an axis from 1 to 1 has no length."""
    return float(10.0 ** np.floor(np.log10(max(min((rate for rate in rates if 0 < rate < 1), default=1e-4), 1e-6))))


def _cut(verified: Verification, last: int) -> list[tuple[int, ...]]:
    return [verified.same[:last], verified.different[:last]]
