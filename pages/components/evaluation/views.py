"""What an evaluation found, as tables and charts."""

from __future__ import annotations

from functools import partial
from itertools import groupby

import streamlit as st

from pages.components.evaluation import state as places
from pages.components.shared import markup
from pages.components.widgets.drawings.drawings import draw_charts
from pages.components.widgets.threshold.threshold import draw_thresholds
from reid_core.evaluation.presentation import charts as pictures
from reid_core.evaluation.presentation import html_tables
from reid_core.evaluation.presentation.charts import Named
from reid_core.evaluation.presentation.svg import legend
from reid_core.evaluation.report import Evaluation, Protocol
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.evaluations.kept_reports import Kept
from reid_core.workspace.exports.evaluation import log_export
from reid_core.workspace.exports.formats import EVALUATION_FORMATS
from reid_core.workspace.workspace import Workspace

_MEASURES = {"mAP": "mAP", "rank1": "Rank-1", "fmr": "False matches"}


def draw_figures(workspace: Workspace, evaluation: Evaluation, named: Named) -> None:
    for one in evaluation.differences:
        markup.text(
            '<p class="ev-verdict">{words}.</p>', words=html_tables.verdict(one.first[1], one.second[1], one.mAP)
        )
    st.html(html_tables.figures(named))
    markup.text('<p class="rt-small">In percent; intervals of 95 %, by drawing people anew.</p>')
    if evaluation.differences:
        st.html(html_tables.differences(evaluation.differences))
        if len(evaluation.differences) > 1:
            markup.text(f'<p class="rt-small">{html_tables.SEVERAL}</p>')
    names = legend((one.tested.name, colour) for one, colour in named)
    charts = [("CMC", pictures.cmc(named))]
    if any(one.verification for one, _ in named):
        charts += [("ROC", pictures.roc(named)), ("DET", pictures.det(named))]
    if any(one.open_set for one, _ in named):
        charts.append(("Open set: people who are not in the gallery", pictures.open_set(named)))
    draw_charts(charts, key="eval-charts", legend=names)
    if other_ways := html_tables.other_ways(named):  # re-ranked figures have none
        st.html(other_ways)
    _draw_exports(workspace, evaluation)
    _draw_how(named)


def draw_threshold(named: Named) -> None:
    compared = [one for one, _ in named if one.verification]
    if not compared:
        if all(one.protocol.rerank for one, _ in named):
            markup.note(
                "Re-ranked figures have no threshold",
                "Their distances mean nothing from one query to the next. Evaluate without re-ranking.",
            )
        else:
            markup.note(
                "There are no pairs of different people",
                "A threshold tells different people apart, and these queries meet one person only. Import crops of "
                "more people.",
            )
        return
    markup.text(
        '<p class="rt-text">Where should two crops count as one person? Drag the line. Pairs are a query and a crop of '
        "another camera; both shapes are drawn equally high.</p>"
    )
    draw_thresholds(compared, key="eval-threshold")
    markup.text('<p class="rt-label">At round rates of false matches</p>')
    st.html(html_tables.true_match_rates([(one, colour) for one, colour in named if one.verification]))
    markup.text(
        '<p class="rt-small">Measured on this gallery itself, and to be read as such. For what a similarity means in a '
        "search, with how sure that is, see Calibration.</p>"
    )


def draw_cameras(named: Named) -> None:
    if not any(one.camera_pairs for one, _ in named):
        markup.note("There are no pairs of cameras", "The crops name no cameras, or the ranking was re-ranked.")
        return
    figure = st.segmented_control(
        "Figure", list(_MEASURES), default="mAP", required=True, format_func=lambda name: _MEASURES[name],
        key="eval-camera-figure", label_visibility="collapsed",
    )  # fmt: skip
    for one, _ in named:
        markup.text('<p class="rt-label">{name}</p>', name=one.tested.name)
        st.html(html_tables.camera_matrix(one.camera_pairs, figure or "mAP"))
    markup.text(
        '<p class="rt-small">In percent. Queries of the camera on the left, in the crops of the camera above alone. '
        "The weakest pairs have most colour.</p>"
    )


def draw_groups(named: Named) -> None:
    """Cameras, tracklet lengths, quality, and the columns that were asked for: the fairness check."""
    if not any(one.slices for one, _ in named):
        markup.note("There are no groups", "Queries differ in nothing that is known of them.")
        return
    markup.text(
        '<p class="rt-text">The same figures for parts of the queries, in percent. Groups of people, from a table of '
        "yours, are compared with <b>reid evaluate --groups people.csv --by group</b>; that table is not kept.</p>"
    )
    for one, _ in named:
        if len(named) > 1:
            markup.heading(one.tested.name)
        for column, found in groupby(one.slices, key=lambda part: part.column):
            markup.text('<p class="rt-label">By {column}</p>', column=column)
            st.html(html_tables.slices(list(found)))


def draw_galleries(workspace: Workspace, galleries: list[GalleryInfo]) -> None:
    """The cross-domain table of whatever was measured by plain ranking."""
    newest: dict[tuple[str, str], Kept] = {}
    for info in galleries:
        for kept in reversed(places.reports(workspace, info.name)):
            if kept.report.protocol == Protocol():
                newest[info.name, kept.report.tested.model] = kept
    if not newest:
        markup.note("Nothing was measured yet", "Evaluate models on galleries, and they stand side by side here.")
        return
    evaluation = places.side_by_side(workspace, list(newest.values()))
    if stale := [name for name in evaluation.galleries if any(not newest[at].fresh for at in newest if at[0] == name)]:
        markup.text(
            '<div class="rt-hint">{names} has changed since it was measured. Evaluate again for figures of what is '
            "there now.</div>",
            names=" and ".join(stale),
        )
    names = {"mAP": "mAP", "rank1": "Rank-1", "mINP": "mINP"}
    figure = st.segmented_control(
        "Figure", list(names), default="mAP", required=True, format_func=lambda name: names[name],
        key="eval-across-figure", label_visibility="collapsed",
    )  # fmt: skip
    st.html(html_tables.across(evaluation, figure or "mAP"))
    markup.text(
        '<p class="rt-small">In percent, with 95 % intervals. Figures of two galleries are of other people and other '
        "crops: compare down, not across. Zero-shot: the model never saw data of that gallery’s kind.</p>"
    )
    _draw_exports(workspace, evaluation)


def _draw_exports(workspace: Workspace, evaluation: Evaluation) -> None:
    stem = f"evaluation-{'-'.join(evaluation.galleries)[:60]}"

    def made(kind: str) -> bytes:
        """When the button is pressed: it leaves the workspace, and that is logged."""
        log_export(workspace, evaluation, kind)
        return EVALUATION_FORMATS[kind].text(workspace, evaluation).encode()

    with st.container(horizontal=True, vertical_alignment="center", key="eval-exports"):
        for kind, form in EVALUATION_FORMATS.items():
            st.download_button(
                form.title, partial(made, kind), f"{stem}.{kind}", form.mime, on_click="ignore",
                key=f"eval-export-{kind}",
            )  # fmt: skip
        markup.text('<p class="rt-small">The report is one file without pictures or names. JSON names people.</p>')


def _draw_how(named: Named) -> None:
    with st.expander("How it was measured", key="eval-how", type="compact"):
        for one, _ in named:
            tested = one.tested
            markup.text(
                '<p class="rt-small"><b>{name}</b> ({id}), trained on: {trained}. {why} {queries} of {people} in '
                "{crops}, measured {at}{without}.</p>",
                name=tested.name, id=tested.model, trained=tested.trained_on, why=tested.why,
                queries=plural(tested.queries, "query"), people=plural(tested.people, "person"),
                crops=plural(tested.crops, "crop"), at=tested.at[:16].replace("T", " "),
                without=f"; {plural(one.queries_without_match, 'query')} without a match are in no mean"
                if one.queries_without_match else "",
            )  # fmt: skip
        for note in dict.fromkeys(note for one, _ in named for note in one.notes):
            markup.text('<p class="rt-small">{note}</p>', note=note)
