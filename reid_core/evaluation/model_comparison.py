"""Several models on several galleries: differences between models, and the table as rows for CSV."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.evaluation.comparison import paired_differences
from reid_core.evaluation.intervals import LEAST_PEOPLE
from reid_core.evaluation.metrics import FIGURES
from reid_core.evaluation.presentation.policy_sentences import cautions
from reid_core.evaluation.report import Evaluation, EvaluationReport, ModelDifference


def compare_all(reports: list[EvaluationReport]) -> Evaluation:
    """The reports with the difference of each two models on each gallery, where that can be told."""
    differences = [
        model_difference(first, second)
        for first, second in combinations(reports, 2)
        if _asked_the_same(first, second) and _people(first) >= LEAST_PEOPLE
    ]
    return Evaluation(tuple(reports), tuple(differences))


def model_difference(first: EvaluationReport, second: EvaluationReport) -> ModelDifference:
    """Second minus first, on the same queries. Raises ReidError when they were not asked the same."""
    if not _asked_the_same(first, second):
        raise ReidError(
            f"{first.tested.name} on {first.tested.gallery!r} and {second.tested.name} on {second.tested.gallery!r} "
            "were not asked the same queries. Evaluate both on one gallery, with nothing left out."
        )
    ours, theirs = _values(first), _values(second)
    counted = ~(np.isnan(ours[0]) | np.isnan(theirs[0]))
    people = np.array(first.per_query.identity, dtype=object)[counted]
    mAP, rank1 = paired_differences(people, ours[:, counted], theirs[:, counted])
    return ModelDifference(
        first.tested.gallery,
        (first.tested.model, first.tested.name),
        (second.tested.model, second.tested.name),
        mAP,
        rank1,
        len(set(people)),
        int(counted.sum()),
    )


def csv_rows(evaluation: Evaluation) -> list[dict[str, object]]:
    """One row per model and gallery: what was measured, how, each figure with the bounds of its interval."""
    rows: list[dict[str, object]] = []
    for report in evaluation.reports:
        tested = report.tested
        row: dict[str, object] = {
            "gallery": tested.gallery, "model": tested.name, "model_id": tested.model, "at": tested.at,
            "zero_shot": {True: "yes", False: "no", None: "not known"}[tested.zero_shot],
            "trained_on": tested.trained_on,
        }  # fmt: skip
        for name in FIGURES:
            estimate = report.figures[name]
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        verified = report.verification
        row["equal_error_rate"] = verified.equal_error_rate if verified else None
        for rate in verified.true_match_rates if verified else ():
            row[f"tmr_at_fmr_{rate.fmr:g}"] = rate.rate.value if rate.rate else None
        row |= {"queries": report.queries, "queries_without_match": report.queries_without_match}
        row |= {"gallery_crops": tested.crops, "people": tested.people, "cameras": tested.cameras}
        row |= {"left_out": tested.left_out, "unlabelled": tested.unlabelled, "cautions": " ".join(cautions(report))}
        rows.append({**row, **{f"protocol_{name}": value for name, value in vars(report.protocol).items()}})
    return rows


def _values(report: EvaluationReport) -> NDArray[np.float64]:
    """(2, Q) average precision and whether the first hit was right; NaN without a match."""
    asked = report.per_query
    precision = np.array([np.nan if value is None else value for value in asked.average_precision], np.float64)
    right = np.array([np.nan if rank is None else rank == 1 for rank in asked.first_rank], np.float64)
    return np.stack([precision, right])


def _people(report: EvaluationReport) -> int:
    """People of whom a query has a match."""
    asked = zip(report.per_query.identity, report.per_query.average_precision, strict=True)
    return len({identity for identity, precision in asked if precision is not None})


def _asked_the_same(first: EvaluationReport, second: EvaluationReport) -> bool:
    """Of the same people, too: labels may have been mended between the two; and among as many crops."""
    ours, theirs = first.per_query, second.per_query
    return (
        (first.tested.gallery, first.tested.crops) == (second.tested.gallery, second.tested.crops)
        and ours.crop == theirs.crop
        and ours.identity == theirs.identity
    )
