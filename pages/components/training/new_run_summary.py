"""Beside the form: who is trained on, what it will cost, what speaks against it, and the one button."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from pages.components.shared import cached, markup
from pages.components.training import state as places
from pages.components.training.state import RunForm, training_state
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.training.crops.findings import Finding
from reid_core.training.crops.samplers import concerns
from reid_core.training.recipe import Recipe, recipe_values
from reid_core.training.recipe_file import to_yaml
from reid_core.training.schedule import learning_rate
from reid_core.workspace import jobs
from reid_core.workspace.runs import launching, speeds
from reid_core.workspace.runs.inspection import inspect_gallery, kept_insight
from reid_core.workspace.workspace import Workspace

AT_ONCE = 50_000  # crops that are looked through for leaks while one waits
POINTS = 60  # of the sketch


def draw_summary(
    workspace: Workspace,
    gallery: str,
    recipe: Recipe | None,
    trouble: str,
) -> None:
    """`trouble` is what keeps the form from being a recipe."""
    form = training_state().form
    name = form.name
    markup.text('<p class="rt-label">This run</p>')
    refused = trouble
    leaks: list[Finding] = []
    if recipe is not None:
        try:
            divided = _division(workspace, gallery, recipe)
            said = concerns(recipe, divided.of_crop)
            _draw_people(divided)
            _draw_cost(workspace, gallery, recipe, divided)
            _draw_sketch(recipe)
            for sentence in said:
                markup.text('<div class="rt-hint">{sentence}</div>', sentence=places.in_form(sentence))
            leaks = _leaks(workspace, gallery, recipe)
        except ReidError as error:
            refused = places.in_form(str(error))
    if recipe is not None:
        _draw_changes(recipe, form.base, form.source)
    if not refused:
        try:
            launching.check_new_name(workspace, name)
        except ReidError as error:
            refused = str(error)
    _draw_button(workspace, gallery, recipe, refused, leaks, form)
    if recipe is not None:
        st.download_button(
            "Download as YAML",
            lambda: to_yaml(recipe),  # made when asked for: a file for each key that is typed would soon be gone
            file_name=f"{name or 'recipe'}.yaml",
            mime="application/yaml",
            key="trn-yaml",
            on_click="ignore",
            type="tertiary",
        )


def _division(workspace: Workspace, gallery: str, recipe: Recipe) -> launching.Division:
    version = workspace.catalogue.version()
    return _cached_division(str(workspace.path), version, gallery, recipe.seed, recipe.validation)


@st.cache_data(max_entries=16, show_spinner=False)
def _cached_division(path: str, version: int, gallery: str, seed: int, validation: float) -> launching.Division:
    return launching.division(cached.open_workspace(), gallery, Recipe(seed=seed, validation=validation))


def _draw_people(divided: launching.Division) -> None:
    validated = (
        f"{plural(divided.validation_crops, 'crop')} of {plural(divided.validation_people, 'other')}"
        if divided.validation_people
        else "nobody: the last epoch is kept"
    )
    markup.text(
        '<table class="rt-facts"><tr><th>Trains on</th><td>{crops} of {people}, {cameras}</td></tr>'
        "<tr><th>Validates on</th><td>{validated}</td></tr></table>",
        crops=plural(divided.crops, "crop"),
        people=plural(divided.people, "person"),
        cameras=plural(divided.cameras, "camera"),
        validated=validated,
    )


# --- what it costs ---


def _draw_cost(workspace: Workspace, gallery: str, recipe: Recipe, divided: launching.Division) -> None:
    guess = speeds.estimate(workspace, gallery, recipe, divided=divided)
    if guess is not None:
        memory = f", {guess.memory_gb:.1f} GB of memory" if guess.memory_gb else ""
        markup.text(
            '<p class="tr-cost"><b>about {time}</b><span>{steps} at {rate}{memory}, {source}</span></p>',
            time=speeds.duration(guess.seconds),
            steps=plural(guess.steps, "step"),
            rate=speeds.rate(guess.images_per_second),
            memory=memory,
            source=guess.source,
        )
        return
    form = training_state().form
    job = None if form.probe is None else jobs.find(form.probe)
    if job is not None and job.progress.status == "running":
        _watch_probe(job.folder)
        return
    if job is not None and job.progress.status in ("failed", "lost"):
        markup.problem("The speed could not be measured", job.progress.message or "Its process ended without a word.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Measure the speed", key="trn-probe"):
            form.probe = launching.start_probe(workspace, gallery, recipe)
            st.rerun()
        markup.text('<p class="rt-small">How long it takes is not known yet. Some real steps tell, in 15 s or so.</p>')


@st.fragment(run_every=0.7)
def _watch_probe(folder: Path) -> None:
    job = jobs.find(folder)
    if job is None or job.progress.status != "running":
        st.rerun()
    progress = job.progress
    share = progress.done / progress.total if progress.total else 0.0
    markup.text(
        '<p class="rt-small">{what}</p><div class="rt-bar" role="progressbar" aria-valuenow="{percent}" '
        'aria-label="Measuring the speed"><div style="width:{percent}%"></div></div>',
        what="Measuring the speed with real steps" if progress.total else "Loading the network",
        percent=round(100 * share),
    )


def _draw_sketch(recipe: Recipe) -> None:
    """The learning rate over the run, as a line."""
    rates = [learning_rate(recipe, recipe.epochs * place / POINTS) for place in range(POINTS + 1)]
    most = max(rates) or 1.0
    points = " ".join(f"{2 * place},{30 - 28 * rate / most:.2f}" for place, rate in enumerate(rates))
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * POINTS} 31" preserveAspectRatio="none"><polyline '
        f'points="{points}" fill="none" stroke="#2f8b9b" stroke-width="1.6" vector-effect="non-scaling-stroke"/></svg>'
    )
    markup.text(
        '<figure class="tr-sketch"><img src="data:image/svg+xml;base64,{drawing}" alt="Learning rate over the run">'
        "<figcaption>Learning rate, {most} at most, over {epochs}</figcaption></figure>",
        drawing=base64.b64encode(drawing.encode()).decode(),
        most=f"{most:.2g}",
        epochs=plural(recipe.epochs, "epoch"),
    )


# --- what is other, and what speaks against it ---


def _draw_changes(recipe: Recipe, base: Recipe, source: str) -> None:
    changed = [value.name for value in recipe_values() if getattr(recipe, value.name) != getattr(base, value.name)]
    if not changed:
        markup.text('<p class="rt-small">Every value as in {source}.</p>', source=source)
        return
    chips = "".join(
        markup.filled("<span>{name}<b>{value}</b></span>", name=name.replace("_", " "), value=getattr(recipe, name))
        for name in changed
    )
    markup.text('<p class="rt-small">Other than {source}:</p>', source=source)
    st.html(f'<div class="rt-chips">{chips}</div>')


def _leaks(workspace: Workspace, gallery: str, recipe: Recipe) -> list[Finding]:
    found = kept_insight(workspace, gallery, recipe)
    if found is None and workspace.catalogue.gallery(gallery).crops <= AT_ONCE:
        found = inspect_gallery(workspace, gallery, recipe)
    return [finding for finding in found.errors if finding.crops] if found else []


def _draw_button(
    workspace: Workspace,
    gallery: str,
    recipe: Recipe | None,
    refused: str,
    leaks: list[Finding],
    form: RunForm,
) -> None:
    if form.trouble:
        markup.problem("The run did not start", places.in_form(form.trouble))
    if refused:
        markup.problem("This cannot be trained yet", refused)
    allowed = True
    if leaks and not refused:
        markup.problem("Pictures leak", leaks[0].sentence)
        st.button("Show them", key="trn-leaks", on_click=places.look_at_data, args=(gallery,))
        allowed = st.checkbox("Train all the same; its figures will be too good", key=f"trn-allow-leaks-{gallery}")
    ready = recipe is not None and not refused and allowed
    # What stands here is what starts: a click on a button of the form before this one, which is still shown while this
    # one is drawn, is nothing, and so is one on a button that is disabled now.
    key = f"trn-start-{form.filled}"
    if st.button("Start training", type="primary", key=key, disabled=not ready, width="stretch") and ready and recipe:
        now, form.trouble = training_state(), ""
        try:
            folder = launching.start_run(workspace, gallery, recipe, form.name, allow_leakage=bool(leaks))
            now.starting = folder, form.name
        except ReidError as error:
            form.trouble = str(error)
        st.rerun()


@st.fragment(run_every=0.5)
def draw_starting(workspace: Workspace) -> None:
    """Until the run is there, or its process says why it cannot be; then on to the run."""
    now = training_state()
    if now.starting is None:
        st.rerun()
    folder, name = now.starting
    job = jobs.find(folder)
    if (workspace.runs_folder / name / "steps.csv").is_file():
        now.starting, now.form.is_typed, now.next = None, False, name
        st.rerun()
    if job is None or job.progress.status not in ("running", "finished"):
        now.starting = None
        said = job.progress.message if job else ""
        now.form.trouble = said or "Its process ended without a word. Its log is among the Gallery page's jobs."
        st.rerun()
    markup.text(
        '<div class="tr-standing starting"><i></i><b>Starting {name}</b><span>loads the network and reads the first '
        "crops; you may leave the page</span></div>",
        name=name,
    )
