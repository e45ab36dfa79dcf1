"""An evaluation as one HTML file that needs nothing else: tables, charts, policies. It names no crop and no person."""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from reid_core.evaluation.failures import REASONS
from reid_core.evaluation.presentation import charts as pictures
from reid_core.evaluation.presentation import html_tables
from reid_core.evaluation.presentation.svg import legend
from reid_core.evaluation.report import Evaluation, EvaluationReport
from reid_core.html_policy import META

_STYLE = """
:root { color-scheme: light dark; --line: rgba(128,136,140,.3); }
body { margin: 0 auto; max-width: 1240px; padding: 32px 20px 64px;
  font: 15px/1.5 "IBM Plex Sans", system-ui, sans-serif;
  background: light-dark(#f6f7f7, #0f1315); color: light-dark(#14191c, #e5eaeb); }
h1 { font-size: 1.7rem; margin: 0; letter-spacing: -.015em; } h2 { font-size: 1.25rem; margin: 48px 0 8px; }
h3 { font-size: 1rem; margin: 28px 0 6px; } p { margin: 4px 0; max-width: 76ch; } .quiet { opacity: .72; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 20px 32px; }
figure { margin: 0; } figcaption { font-weight: 600; font-size: .93rem; }
svg { width: 100%; height: auto; display: block; }
.key { display: inline-flex; align-items: center; gap: 7px; margin-right: 16px; }
.key i { width: 9px; height: 9px; border-radius: 50%; }
"""

Calibrations = Mapping[str, dict[str, Any]]  # by model id; `Calibration.to_dict`


def html_report(evaluation: Evaluation, *, calibrations: Calibrations | None = None, made: str = "") -> str:
    """The page's text. `made` says when."""
    models = [id for id, _ in evaluation.models]
    parts = [f"<h1>Evaluation</h1><p class='quiet'>{_text(made)}</p>"]
    if len(evaluation.galleries) > 1:
        parts.append(f"<h2>Across galleries: mAP</h2>{html_tables.across(evaluation)}")
        parts.append(
            "<p class='quiet'>In percent, with 95 % intervals. Zero-shot: the model never saw this gallery's kind.</p>"
        )
    for gallery in evaluation.galleries:
        found = [(one, models.index(one.tested.model)) for one in evaluation.reports if one.tested.gallery == gallery]
        parts.append(_gallery(gallery, found, evaluation, calibrations or {}))
    title = html.escape(", ".join(evaluation.galleries))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{META}<title>Evaluation: {title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}{html_tables.STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _gallery(gallery: str, found: pictures.Named, evaluation: Evaluation, calibrations: Calibrations) -> str:
    parts = [f"<h2>{_text(gallery)}</h2>", html_tables.figures(found), html_tables.cautions(found)]
    parts.append("<p class='quiet'>In percent, with 95 % intervals over people.</p>")
    differences = [one for one in evaluation.differences if one.gallery == gallery]
    if differences:
        parts.append(f"<h3>Which is better?</h3>{html_tables.differences(differences)}")
        if len(differences) > 1:
            parts.append(f"<p class='quiet'>{html_tables.SEVERAL}</p>")
    charts = [("CMC", pictures.cmc(found))]
    if any(one.verification for one, _ in found):
        charts += [("ROC", pictures.roc(found)), ("DET", pictures.det(found))]
    if any(one.open_set for one, _ in found):
        charts.append(("Open set", pictures.open_set(found)))
    parts.append(f"<h3>Curves</h3><p>{legend((one.tested.name, colour) for one, colour in found)}</p>")
    parts.append(_charts(charts) + html_tables.other_ways(found))
    if any(one.verification for one, _ in found):
        parts.append(f"<h3>Thresholds</h3>{html_tables.true_match_rates(found)}")
        drawn = [(one.tested.name, pictures.similarities(one.verification)) for one, _ in found if one.verification]
        parts.append(f"<p>{legend([('one person', 0), ('different people', 4)])}</p>{_charts(drawn)}")
    for one, _ in found:
        parts.append(_model(one, calibrations.get(one.tested.model)))
    notes = dict.fromkeys(note for one, _ in found for note in one.notes)
    parts.append("<h3>How it was measured</h3>" + "".join(f"<p class='quiet'>{_text(note)}</p>" for note in notes))
    return "".join(parts)


def _model(one: EvaluationReport, calibration: dict[str, Any] | None) -> str:
    tested = one.tested
    parts = [f"<h3>{_text(tested.name)} on {_text(tested.gallery)}</h3>"]
    parts.append(
        f"<p class='quiet'>Model {_text(tested.model)}, trained on: {_text(tested.trained_on)}. {_text(tested.why)} "
        f"Measured {_text(tested.at)}.</p>"
    )
    if one.camera_pairs:
        parts.append(f"<h3>mAP by camera</h3>{html_tables.camera_matrix(one.camera_pairs, 'mAP')}")
    for column, group in groupby(one.slices, key=lambda part: part.column):
        parts.append(f"<h3>By {_text(column)}</h3>{html_tables.slices(list(group))}")
    if one.failure_counts:
        rows = [
            f"<th>{_text(reason)}</th><td>{count:,}</td><td class='wide'><small>{_text(REASONS[reason])}</small></td>"
            for reason, count in one.failure_counts.items()
        ]
        parts.append(f"<h3>What went wrong</h3>{html_tables.table(['likeliest reason', 'queries', ''], rows)}")
    if calibration:
        parts.append(f"<h3>Calibration</h3>{html_tables.calibration(calibration)}")
        if check := calibration.get("check"):
            drawn = [("False match rates", pictures.stated_and_measured(check))]
            drawn.append(("Probabilities at even odds", pictures.reliability(check)))
            parts.append(_charts(drawn))
    return "".join(parts)


def _charts(charts: list[tuple[str, str]]) -> str:
    drawn = "".join(f"<figure><figcaption>{_text(name)}</figcaption>{chart}</figure>" for name, chart in charts)
    return f'<div class="charts">{drawn}</div>'


def _text(value: object) -> str:
    return html.escape(str(value))
