"""The tables of an evaluation as HTML: figures side by side, differences, cameras, groups, galleries, calibrations.

The page and the report show the same. Whatever comes from data is escaped; colours come from the place it is put in.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from reid_core.evaluation.calibration.calibration import Rate
from reid_core.evaluation.calibration.meaning import one_in
from reid_core.evaluation.calibration.rates import few_people
from reid_core.evaluation.comparison import Difference
from reid_core.evaluation.metrics import FIGURES
from reid_core.evaluation.presentation import policy_sentences
from reid_core.evaluation.presentation.charts import Named
from reid_core.evaluation.presentation.svg import COLOURS
from reid_core.evaluation.report import Evaluation, ModelDifference
from reid_core.evaluation.report_parts import CameraPair, Estimate, Slice
from reid_core.records import natural_order, plural, two_digits

STYLE = """
.ev-scroll { overflow-x: auto; }
.ev { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.35; min-width: min(100%, 700px); }
.ev th, .ev td { border: 0; border-top: 1px solid var(--line, rgba(128,136,140,.3)); padding: 7px 18px 7px 0;
  text-align: left; vertical-align: baseline; white-space: nowrap; }
.ev thead th { border-top: 0; font-weight: 400; font-size: .87em; opacity: .72; padding-bottom: 4px; }
.ev tbody th { font-weight: 600; }
.ev small { font-size: .87em; opacity: .72; }
.ev td.wide { white-space: normal; min-width: 260px; }
.ev .best { font-weight: 600; }
.ev i.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 8px; }
.ev td.cell { padding: 7px 14px; text-align: right; border-left: 1px solid var(--line, rgba(128,136,140,.3)); }
.ev .doubt { opacity: .72; font-size: .87em; white-space: normal; min-width: 220px; }
.ev-said { margin: 4px 0; font-size: .87em; max-width: 90ch; }
.ev-caution { border-left: 3px solid #c2571a; padding-left: 10px; font-size: 1em; margin: 8px 0; }
.ev-verdict { margin: 0 0 4px; font-weight: 600; }
"""
SEVERAL = "Each difference is judged by itself: of twenty between equal models, one would seem real by chance."


def figures(reports: Named) -> str:
    """A row for each model; where several are shown the best value of each figure is marked."""
    shown = {name: figure.heading for name, figure in FIGURES.items() if all(name in one.figures for one, _ in reports)}
    heads = ["", *shown.values(), "equal error", "queries", "crops"]
    best = {name: max(one.figures[name].value for one, _ in reports) for name in shown} if len(reports) > 1 else {}
    rows = []
    for one, colour in reports:
        dot = f'<i class="dot" style="background:{COLOURS[colour % len(COLOURS)]}"></i>'
        cells = [f"<th>{dot}{_text(one.tested.name)}</th>"]
        for name in shown:
            figure = one.figures[name]
            mark = ' class="best"' if best.get(name) == figure.value else ""
            cells.append(f"<td{mark}>{estimate(figure)}</td>")
        error = one.verification.equal_error_rate if one.verification else None
        cells.append(f"<td>{percent(error)}</td><td>{one.queries:,}</td><td>{one.tested.crops:,}</td>")
        rows.append("".join(cells))
    return table(heads, rows)


def cautions(reports: Named) -> str:
    """What must stand beside the figures, each sentence once; where reports differ in it, with the models' names."""
    said: dict[str, list[str]] = {}
    for one, _ in reports:
        for sentence in policy_sentences.cautions(one):
            said.setdefault(sentence, []).append(one.tested.name)
    lines = []
    for sentence, names in said.items():
        which = "" if len(names) == len(reports) else f"{' and '.join(names)}: "
        lines.append(f'<p class="ev-said ev-caution">{_text(which + sentence)}</p>')
    return "".join(lines)


def differences(found: Sequence[ModelDifference]) -> str:
    """For each two models a sentence, and both figures with the interval of their difference."""
    rows = []
    for one in found:
        for name, figure in (("mAP", one.mAP), ("Rank-1", one.rank1)):
            rows.append(
                f"<th>{_text(one.second[1])} − {_text(one.first[1])}</th><td>{name}</td>"
                f"<td>{percent(figure.present)} → {percent(figure.candidate)}</td>"
                f"<td>{_points(figure.difference)} <small>{_points(figure.low)} to {_points(figure.high)}</small></td>"
                f"<td>{_verdict(figure)}</td>"
            )
    return table(["", "", "figure", "difference, 95 % interval", ""], rows)


def true_match_rates(reports: Named) -> str:
    """At each rate of false matches: the similarity it takes, and how often one person is then recognised."""
    rows = []
    for one, _ in reports:
        for rate in one.verification.true_match_rates if one.verification else ():
            told = rate.rate is not None and rate.threshold is not None
            threshold = f"{rate.threshold:.3f}" if told else rate.untold
            rows.append(
                f"<th>{_text(one.tested.name)}</th><td>{one_in(rate.fmr)}</td><td>{threshold}</td>"
                f"<td>{estimate(rate.rate)}</td>"
            )
    return table(["", "different people match", "from similarity", "one person recognised"], rows)


def other_ways(reports: Named) -> str:
    """Of each model in words: people who are not in the gallery, and a gallery of one crop of each person."""
    said = []
    for one, _ in reports:
        absent, shot, name = one.open_set, one.single_shot, _text(one.tested.name)
        if absent:
            how = "taken out of the gallery for this" if absent.simulated else "not in the gallery"
            points = [
                f"{_share(found)} where {100 * alarms:g} % of the searches for absent people raise an alarm"
                for alarms, _, found in absent.points
            ]
            told = "; ".join(points) or "too few searches for absent people to tell"
            said.append(
                f"Open set, {name}: {plural(absent.absent_people, 'person')} {how}. Searches for the others that have "
                f"the right person first and above the threshold: {told}."
            )
        if shot:
            said.append(
                f"One crop of each person in the gallery, {name}: Rank-1 {percent(shot.cmc[0])} %, the mean of "
                f"{shot.repeats} draws with a standard deviation of {100 * shot.rank1_spread:.1f}."
            )
    return "".join(f'<p class="ev-said">{sentence}</p>' for sentence in said)


def camera_matrix(pairs: Sequence[CameraPair], figure: str) -> str:
    """Queries of one camera (rows) in the crops of another (columns); `figure` is mAP, rank1 or fmr."""
    asking = natural_order(pair.query_camera for pair in pairs)
    held = natural_order(pair.gallery_camera for pair in pairs)
    at = {(pair.query_camera, pair.gallery_camera): pair for pair in pairs}
    values = [value for pair in pairs if (value := getattr(pair, figure)) is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    rows = []
    for camera in asking:
        cells = [f"<th>{_text(camera)}</th>"]
        for other in held:
            pair = at.get((camera, other))
            value = getattr(pair, figure) if pair else None
            if pair is None or value is None:
                cells.append('<td class="cell"><small>–</small></td>')
                continue
            weak = (value - low if figure == "fmr" else high - value) / ((high - low) or 1.0)
            shown = two_digits(100 * value) if figure == "fmr" else f"{100 * value:.1f}"
            cells.append(
                f'<td class="cell" title="{plural(pair.queries, "query")}" '
                f'style="background:color-mix(in srgb, #c2571a {round(34 * weak)}%, transparent)">{shown}</td>'
            )
        rows.append("".join(cells))
    return table(["query camera", *held], rows)


def slices(found: Sequence[Slice]) -> str:
    """Figures of groups, with a warning where one is too small to say."""
    at = next((one.at_fmr for one in found if one.at_fmr), None)
    heads = [
        "group",
        "queries",
        "mAP",
        "Rank-1",
        f"false matches, where all are {one_in(at)}" if at else "false matches",
    ]
    within = any(one.fmr_within for one in found)
    rows = []
    for one in found:
        cells = [estimate(one.mAP), estimate(one.rank1), estimate(one.fmr, small=True)]
        cells += [estimate(one.fmr_within, small=True)] * within
        shown = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(
            f"<th>{_text(one.value)}</th><td>{one.queries:,} <small>of {plural(one.people, 'person')}</small></td>"
            f"{shown}<td class='doubt'>{_text(one.doubt)}</td>"
        )
    return table([*heads, *["within the group"] * within, ""], rows)


def across(evaluation: Evaluation, figure: str = "mAP") -> str:
    """Models down, galleries across: the cross-domain table. Zero-shot is stated for each."""
    heads = ["", *(_text(gallery) for gallery in evaluation.galleries), "trained on"]
    rows = []
    for id, name in evaluation.models:
        cells, trained = [f"<th>{_text(name)}</th>"], ""
        for gallery in evaluation.galleries:
            one = evaluation.cell(gallery, id)
            if one is None:
                cells.append("<td><small>not measured</small></td>")
                continue
            trained = one.tested.trained_on
            how = {True: "zero-shot", False: "not zero-shot", None: "zero-shot? not known"}[one.tested.zero_shot]
            how += "".join(f"<br>{_text(mark)}" for mark in [policy_sentences.mark(one)] if mark)
            cells.append(
                f'<td title="{html.escape(one.tested.why, quote=True)}">{estimate(one.figures[figure])}'
                f"<br><small>{how}</small></td>"
            )
        rows.append("".join([*cells, f"<td class='wide'><small>{_text(trained)}</small></td>"]))
    return table(heads, rows, escaped=True)


def calibration(values: dict[str, Any]) -> str:
    """Thresholds that a calibration states, and what other people gave; `values` is `Calibration.to_dict`."""
    measured = {one["target"]: one for one in (values.get("check") or {}).get("thresholds", ())}
    rows = []
    for one in values["thresholds"]:
        if one["similarity"] is None:
            rows.append(f"<th>{one_in(one['target'])}</th><td colspan='5'><small>{untold(one)}</small></td>")
            continue
        other = measured.get(one["target"])
        cells = [Rate(**one["false_matches"]), Rate(**other["measured"]) if other else None]
        shown = "".join(f"<td>{rate.describe() if rate else '–'}</td>" for rate in cells)
        within = "" if other is None else "as stated" if other["within"] else "outside of what was stated"
        rows.append(
            f"<th>{one_in(one['target'])}</th><td>{one['similarity']:.3f}</td>{shown}<td>{within}</td>"
            f"<td>{Rate(**one['false_non_matches']).describe()}</td>"
        )
    shown = table(
        ["different people match", "from similarity", "stated rate", "measured on others", "", "one person missed"],
        rows,
    )
    if caution := values.get("caution"):
        shown += f'<p class="ev-said ev-caution">{_text(caution)}</p>'
    doubt = few_people(values["people"])
    return f'{shown}<p class="ev-said">{doubt}</p>' if doubt else shown


def untold(threshold: dict[str, Any]) -> str:
    """Why a calibration states no threshold; `threshold` is `calibration.Threshold` as plain values."""
    return "more pairs have similarity 1" if threshold.get("saturated") else "too few people to say"


def table(heads: Iterable[str], rows: Iterable[str], *, escaped: bool = False) -> str:
    head = "".join(f"<th scope='col'>{one if escaped else _text(one)}</th>" for one in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="ev-scroll" tabindex="0"><table class="ev">{inside}</table></div>'


def estimate(value: Estimate | None, *, small: bool = False) -> str:
    """ "83.7 <small>80.1 to 86.9</small>", in percent; `small` keeps two significant digits instead."""
    if value is None:
        return "<small>–</small>"

    def shown(share: float) -> str:
        return two_digits(100 * share) if small else f"{100 * share:.1f}"

    if value.low is None or value.high is None:
        return shown(value.value)
    return f"{shown(value.value)} <small>{shown(value.low)} to {shown(value.high)}</small>"


def _share(value: Estimate) -> str:
    """ "83.7 % (80.1 to 86.9)"."""
    bounds = "" if value.low is None or value.high is None else f" ({percent(value.low)} to {percent(value.high)})"
    return f"{percent(value.value)} %{bounds}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def verdict(first: str, second: str, one: Difference) -> str:
    """ "osnet is better than demo by 19.5 points of mAP", or that they cannot be told apart."""
    if one.low <= 0 <= one.high:
        return f"These people do not tell {second} and {first} apart"
    how = "better" if one.low > 0 else "worse"
    return f"{second} is {how} than {first} by {100 * abs(one.difference):.1f} points of mAP"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _verdict(one: Difference) -> str:
    if one.low > 0:
        return "better"
    return "worse" if one.high < 0 else "<small>cannot be told apart</small>"


def _text(value: object) -> str:
    return html.escape(str(value))
