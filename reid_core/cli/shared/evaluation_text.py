"""What `reid evaluate` prints of a report: tables for people, and the short form that --json gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reid_core.cli.shared.console import print_table, say
from reid_core.evaluation.metrics import FIGURES
from reid_core.evaluation.presentation.policy_sentences import USUAL, cautions
from reid_core.records import plural

if TYPE_CHECKING:
    from reid_core.evaluation.report import Evaluation, EvaluationReport
    from reid_core.evaluation.report_parts import Estimate

_ZERO_SHOT = {True: "yes", False: "no", None: "not known"}
_CAMERA_PAIRS = 3


def summary(report: EvaluationReport) -> dict[str, Any]:
    """The figures as flat values; everything is in `--report FILE.json`."""
    tested, verified = report.tested, report.verification
    values: dict[str, Any] = {name: estimate.value for name, estimate in report.figures.items()}
    values |= {"intervals": {name: [one.low, one.high] for name, one in report.figures.items()}}
    values |= {
        "queries": report.queries,
        "gallery": tested.crops,
        "queries_without_match": report.queries_without_match,
    }
    values |= {"gallery_name": tested.gallery, "model": tested.name, "model_id": tested.model}
    values |= {"zero_shot": tested.zero_shot, "trained_on": tested.trained_on, **dataclasses.asdict(report.protocol)}
    values["equal_error_rate"] = verified.equal_error_rate if verified else None
    values["true_match_rates"] = [dataclasses.asdict(rate) for rate in verified.true_match_rates] if verified else []
    values["slices"] = [dataclasses.asdict(one) for one in report.slices]
    values["failures"] = report.failure_counts
    return {**values, "notes": report.notes, "cautions": cautions(report)}


def print_evaluation(evaluation: Evaluation, by: Sequence[str]) -> None:
    """One report with the groups of the columns `by`, or the table of several."""
    if len(evaluation.reports) == 1:
        _print_one(evaluation.reports[0], by)
    else:
        _print_table(evaluation)


def _print_table(evaluation: Evaluation) -> None:
    """Models on galleries, and which of them differ."""
    shown = ("mAP", "rank1", "rank5", "mINP")
    print_table(
        ["gallery", "model", *(FIGURES[name].heading for name in shown), "zero-shot", "queries", "crops"],
        [
            [
                report.tested.gallery,
                report.tested.name,
                *(share(report.figures[name], interval=name in ("mAP", "rank1")) for name in shown),
                _ZERO_SHOT[report.tested.zero_shot],
                f"{report.queries:,}",
                f"{report.tested.crops:,}",
            ]
            for report in evaluation.reports
        ],
    )
    said = [f"{report.tested.gallery}: {sentence}" for report in evaluation.reports for sentence in cautions(report)]
    for sentence in dict.fromkeys(said):
        say(sentence)
    for one in evaluation.differences:
        low, high = 100 * one.mAP.low, 100 * one.mAP.high
        better = one.second[1] if low > 0 else one.first[1]
        verdict = "they cannot be told apart" if low <= 0 <= high else f"{better} is better"
        say(
            f"{one.gallery}: mAP of {one.second[1]} minus {one.first[1]} {100 * one.mAP.difference:+.1f} points, 95 % "
            f"interval {low:+.1f} to {high:+.1f}: {verdict}."
        )
    for report in evaluation.reports:
        say(f"{report.tested.name} on {report.tested.gallery}: {report.tested.why}")


def _print_one(report: EvaluationReport, by: Sequence[str]) -> None:
    tested = report.tested
    print_table(
        [*(FIGURES[name].heading for name in report.figures), "queries", "gallery"],
        [
            [*(share(one) for one in report.figures.values()), f"{report.queries:,}", f"{tested.crops:,}"],
            [*(_bounds(one) for one in report.figures.values()), "", ""],
        ],
    )
    for sentence in cautions(report):
        say(sentence)
    if report.queries_without_match:
        say(f"{plural(report.queries_without_match, 'query')} without a true match: not counted.")
    _print_errors(report)
    groups = [one for one in report.slices if one.column in by]
    if groups:
        print_table(
            ["group", "", "people", "mAP", "Rank-1", "FMR", "within"],
            [
                [
                    one.column, one.value, f"{one.people:,}", share(one.mAP, interval=True),
                    share(one.rank1, interval=True), _rate(one.fmr), _rate(one.fmr_within),
                ]
                for one in groups
            ],
        )  # fmt: skip
        for one in groups:
            if one.doubt:
                say(f"{one.column} {one.value}: {one.doubt}")
    if report.failure_counts:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.failure_counts.items())
        say(f"Queries whose first hit is wrong, by the likeliest reason: {reasons}.")
    for note in report.notes:
        if note not in USUAL and note not in cautions(report):
            say(note)
    say(tested.why)
    say(f"{tested.name} ({tested.model}) on gallery {tested.gallery}{', re-ranked' * report.protocol.rerank}.")


def _print_errors(report: EvaluationReport) -> None:
    verified, absent, shot = report.verification, report.open_set, report.single_shot
    told = [rate for rate in verified.true_match_rates if rate.rate] if verified else []
    if told:
        rates = ", ".join(f"{share(rate.rate)} at FMR {rate.fmr:g} (similarity {rate.threshold:.3f})" for rate in told)
        say(f"Pairs of one person at or above the threshold: {rates}.")
    if verified and (
        silent := [rate.fmr for rate in verified.true_match_rates if not rate.rate and not rate.saturated]
    ):
        say(f"Too few pairs of different people to tell FMR {', '.join(f'{fmr:g}' for fmr in silent)}.")
    if absent and absent.points:
        points = ", ".join(f"{share(found)} at {100 * alarms:g} % false alarms" for alarms, _, found in absent.points)
        how = "taken out of the gallery" if absent.simulated else "not in the gallery"
        say(f"Open set, {plural(absent.absent_people, 'person')} {how}: found and named at rank 1 {points}.")
    if shot:
        say(f"One crop of each person in the gallery, drawn {shot.repeats} times: Rank-1 {100 * shot.cmc[0]:.1f} %.")
    pairs = [pair for pair in report.camera_pairs if pair.mAP is not None]
    worst = sorted(pairs, key=lambda pair: pair.mAP or 0)[:_CAMERA_PAIRS]
    if len(pairs) > _CAMERA_PAIRS:
        words = ", ".join(f"{p.query_camera} in {p.gallery_camera} (mAP {100 * (p.mAP or 0):.1f} %)" for p in worst)
        say(f"Hardest camera pairs: {words}.")


def share(estimate: Estimate | None, *, interval: bool = False) -> str:
    """ "83.7 %", or "83.7 % (81.2 to 86.0)"."""
    if estimate is None:
        return "–"
    bounds = f" {_bounds(estimate)}" if interval and estimate.low is not None else ""
    return f"{100 * estimate.value:.1f} %{bounds}"


def _bounds(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _rate(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    bounds: Sequence[float] = () if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)
    return f"{estimate.value:.2g}" + (f" ({bounds[0]:.1g} to {bounds[1]:.1g})" if bounds else "")
