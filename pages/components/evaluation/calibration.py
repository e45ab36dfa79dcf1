"""What a similarity means: the calibrations of the models that have embedded a gallery, and how to measure one."""

from __future__ import annotations

import streamlit as st

from pages.components.evaluation.start import CALIBRATE
from pages.components.shared import cached, markup
from pages.components.widgets.drawings.drawings import draw_charts
from reid_core.embedder.card import ModelCard
from reid_core.errors import Damaged, NotThere
from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.evaluation.calibration.meaning import calibration_for, meaning
from reid_core.evaluation.presentation import charts, html_tables
from reid_core.records import plural, two_digits
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import ModelEntry, Workspace


def draw_calibration(workspace: Workspace, gallery: GalleryInfo) -> None:
    models = cached.usable_models(workspace, gallery)
    if not models:
        markup.note(
            "Nothing has embedded this gallery yet",
            "Embed it with a model first, on the Gallery page or by an evaluation.",
        )
        return
    entry = models[0]
    with st.container(horizontal=True, vertical_alignment="center", key="eval-choice"):
        if len(models) > 1:
            names = [one.name for one in models]
            picked = st.segmented_control(
                "Model", names, default=names[0], required=True, key=f"eval-cal-model-{gallery.name}",
                label_visibility="collapsed",
            )  # fmt: skip
            entry = models[names.index(picked or names[0])]
        calibration, reason = _of(entry, gallery.name)
        _draw_start(workspace, gallery, entry, again=calibration is not None)
    if calibration is None:
        markup.note("Results are ranks only", reason)
        markup.text(
            '<p class="rt-text">A calibration measures, on labelled people whom the model did not learn from, how '
            "often different people look this alike across cameras. It is checked on other people, and kept with the "
            "model.</p>"
        )
        return
    st.html(html_tables.calibration(calibration.to_dict()))
    check = calibration.check or {}
    markup.text(
        '<p class="rt-small">Rates with 95 % intervals, from {pairs} pairs of different people and {same} of one '
        "person, of {people}; checked on {checked} ({how}). It holds for {galleries}. Measured {at}.</p>",
        pairs=f"{calibration.different_pairs:,}", same=f"{calibration.same_pairs:,}",
        people=plural(calibration.people, "person"), checked=plural(check.get("people", 0), "person"),
        how=check.get("people_are", "not said"), galleries=" and ".join(calibration.galleries),
        at=calibration.at[:16].replace("T", " "),
    )  # fmt: skip
    if check:
        _draw_check(check)
    _draw_asked(gallery, calibration)


def _draw_check(check: dict) -> None:
    coverage = check["coverage"]
    held = ""
    if coverage is not None:
        held = f"In {check['divisions']} random halves of these people {100 * coverage:.0f} % of the intervals held "
        held += "what the other half gave; 95 % should. "
    markup.text(
        '<p class="rt-text">{held}Probabilities at even odds were off by {error} points on average.</p>',
        held=held,
        error=f"{100 * check['calibration_error']:.1f}",
    )
    draw_charts(
        [
            ("False match rates, stated and measured on others", charts.stated_and_measured(check)),
            ("Probabilities, stated and observed", charts.reliability(check)),
        ],
        key="eval-cal-charts",
    )


def _draw_asked(gallery: GalleryInfo, calibration: Calibration) -> None:
    """A similarity to be asked about; a probability only for a prior that is stated."""
    markup.text('<p class="rt-label">What does a similarity mean?</p>')
    with st.container(horizontal=True, vertical_alignment="bottom", key="eval-cal-ask"):
        similarity = st.number_input(
            "Similarity", -1.0, 1.0, 0.8, 0.01, format="%.3f", key="eval-cal-similarity", width=150
        )
        crops = st.number_input("Crops searched", 1, value=max(1, gallery.crops), key="eval-cal-crops", width=150)
        odds = st.number_input(
            "Before looking: 1 in", 2, value=None, placeholder="not stated", key="eval-cal-prior", width=170,
            help="How many crops like this one there are for each that shows the person: 300, where one of 300 people "
            "seen is the one. Without it there is no probability.",
        )  # fmt: skip
    said = meaning(similarity, calibration, int(crops))
    low, high = said.expected.low, said.expected.high
    words = f"{said.sentence} That is {two_digits(low)} to {two_digits(high)} crops a search (95 % interval)."
    if odds is not None:
        probability = calibration.probability(similarity, 1 / odds)
        words += f" If 1 in {odds:,} was the person before looking, "
        words += f"one this alike is this person with {_chance(probability)}."
    markup.text('<p class="rt-text">{words}</p>', words=words)


def _chance(probability: float) -> str:
    """In percent, and never certain."""
    if probability > 0.999:
        return "more than 99.9 %"
    return f"{two_digits(100 * probability)} %" if probability < 0.1 else f"{100 * probability:.1f} %"


def _draw_start(workspace: Workspace, gallery: GalleryInfo, entry: ModelEntry, *, again: bool) -> None:
    if st.button(
        "Calibrate again" if again else "Calibrate", type="secondary" if again else "primary", key="eval-cal-start"
    ):
        arguments = [gallery.name, "--model", entry.name]
        job_kinds.start(workspace, CALIBRATE, arguments, model=entry.name, gallery=gallery.name)
        st.rerun()


def _of(entry: ModelEntry, gallery: str) -> tuple[Calibration | None, str]:
    try:
        kept = ModelCard.read(entry.folder).calibration
    except (NotThere, Damaged):  # since the list of models was read
        kept = entry.card.calibration
    return calibration_for(kept, model=entry.id, name=entry.name, gallery=gallery)
