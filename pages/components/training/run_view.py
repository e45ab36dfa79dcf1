"""One run: how it stands, its curves while they grow, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.shared import markup, pictures
from pages.components.training import state as places
from pages.components.training.run_standing import draw_standing
from pages.components.training.state import SECTION, training_state
from reid_core.errors import ReidError
from reid_core.evaluation.presentation.policy_sentences import NO_CAMERA
from reid_core.records import plural
from reid_core.training.monitoring.curves import read_table
from reid_core.training.run import Run, RunState
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.runs import launching
from reid_core.workspace.runs.overview import forget_run
from reid_core.workspace.workspace import Workspace

SECTIONS = ("Predictions", "Batch", "Recipe", "Log", "Promote")
LOG_LINES = 60


def draw_run(workspace: Workspace, name: str) -> None:
    run = Run(workspace.runs_folder / name)
    try:
        check_name(name, "run")  # an address may name any folder
        stand = run.state()
    except ReidError as error:
        markup.problem("This run cannot be shown", str(error))
        return
    _draw_actions(workspace, run, stand)
    live = stand.status == "running"
    epochs = len(read_table(run.epochs))
    st.fragment(draw_standing, run_every=1.0 if live else None)(workspace, run, live, epochs)
    if epochs and places.names_no_camera(workspace, stand.gallery):
        markup.text('<p class="rt-small">{note}</p>', note=NO_CAMERA)
    section = st.segmented_control(
        "About the run", SECTIONS, default=SECTIONS[0], required=True, key=SECTION, label_visibility="collapsed"
    )
    _draw_section(workspace, run, stand, section or SECTIONS[0])


# --- what can be done with it ---


def _draw_actions(workspace: Workspace, run: Run, stand: RunState) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="trn-actions"):
        if stand.status == "running":
            stopping = training_state().stopping == stand.name
            st.button(
                "Stop and keep the best", key="trn-stop", disabled=stopping, on_click=_stop, args=(workspace, stand)
            )
        elif stand.can_resume:
            resume = _guarded(lambda: launching.resume(workspace, stand.name))
            starting = launching.running_job(workspace, stand.name) is not None
            st.button("Resume", type="primary", key="trn-resume", disabled=starting, on_click=resume)
        st.button("Copy with changes", key="trn-copy-run", on_click=places.start_from, args=(stand.name,))
        if run.model.is_dir():
            st.download_button(
                "Download the model",
                data=lambda: launching.model_as_zip(workspace, stand.name),
                file_name=f"{stand.name}.zip",
                mime="application/zip",
                key="trn-download",
                on_click="ignore",
            )
        if stand.status != "running":
            _draw_removal(workspace, stand.name)
    now = training_state()
    if now.trouble:
        markup.problem("This did not work", now.trouble)
        now.trouble = ""


def _stop(workspace: Workspace, stand: RunState) -> None:
    launching.stop(workspace, stand.name)
    training_state().stopping = stand.name


def _draw_removal(workspace: Workspace, name: str) -> None:
    """Two presses: the second says what is lost."""
    now = training_state()

    def ask() -> None:
        now.removing = name

    def remove() -> None:
        now.removing = None
        try:
            forget_run(workspace, name)
            places.open_run(None)
        except ReidError as error:
            now.trouble = str(error)

    if now.removing == name:
        st.button("Remove for good", key="trn-remove-sure", on_click=remove)
        markup.text('<p class="rt-small">Its model, checkpoint and curves go with it.</p>')
    else:
        st.button("Remove…", key="trn-remove-ask", on_click=ask)


def _guarded(action: Callable[[], object]) -> Callable[[], None]:
    """As a button's callback: what goes wrong is said on the page."""

    def act() -> None:
        try:
            action()
        except ReidError as error:
            training_state().trouble = str(error)

    return act


# --- what it leaves behind ---


def _draw_section(workspace: Workspace, run: Run, stand: RunState, section: str) -> None:
    if section == "Predictions":
        from pages.components.training.predictions import draw_predictions

        draw_predictions(workspace, run, stand)
    elif section == "Batch":
        _draw_batch(run, stand)
    elif section == "Recipe":
        _draw_recipe(run, stand)
    elif section == "Log":
        _draw_log(workspace, run, stand)
    else:
        from pages.components.training.promote import draw_promote

        draw_promote(workspace, stand.name)


def _draw_batch(run: Run, stand: RunState) -> None:
    try:
        picture = run.batch_picture.read_bytes()
    except OSError:
        markup.note(
            "There is no picture of a batch",
            "It is taken at the first step, and goes when crops of its gallery are deleted.",
        )
        return
    recipe = stand.recipe
    markup.text(
        '<p class="rt-text">The first batch as the network saw it: {crops}, mirrored, shifted{more}. '
        "People should still be people here.</p>",
        crops=plural(min(recipe.batch_size, 64), "crop"),
        more=", recoloured" * bool(recipe.colour_jitter) + ", partly erased" * bool(recipe.erasing),
    )
    markup.text(
        '<img class="tr-batch" src="{address}" alt="One augmented training batch">', address=pictures.preview(picture)
    )


def _draw_recipe(run: Run, stand: RunState) -> None:
    from reid_core.training.recipe import recipe_values
    from reid_core.training.recipe_file import to_yaml

    values = [(value, getattr(stand.recipe, value.name)) for value in recipe_values()]
    changed = [(value, now) for value, now in values if now != value.default]
    st.download_button(
        "Download the recipe",
        lambda: to_yaml(stand.recipe),
        file_name=f"{stand.name}.yaml",
        mime="application/yaml",
        key="trn-recipe-yaml",
        on_click="ignore",
    )
    for title, some in (
        ("Other than in the reference recipe", changed),
        ("As in the reference recipe", [pair for pair in values if pair not in changed]),
    ):
        if some:
            rows = "".join(
                markup.filled(
                    "<tr><th>{name}</th><td>{now}</td><td>{meaning}</td></tr>",
                    name=value.name.replace("_", " "),
                    now=now,
                    meaning=value.meaning,
                )
                for value, now in some
            )
            markup.text('<p class="rt-label">{title}</p>', title=title)
            st.html(f'<table class="rt-facts tr-recipe">{rows}</table>')


def _draw_log(workspace: Workspace, run: Run, stand: RunState) -> None:
    st.fragment(_draw_log_tail, run_every=2.0 if stand.status == "running" else None)(workspace, run, stand)


def _draw_log_tail(workspace: Workspace, run: Run, stand: RunState) -> None:
    said = jobs.log_tail(run.folder, LOG_LINES)  # a run's log lies where a job's does
    markup.text('<pre class="tr-log" tabindex="0">{said}</pre>', said=said or "It has said nothing yet.")
    job = launching.job_of(workspace, stand.name)
    if job is not None and (printed := jobs.log_tail(job.folder, 20)):
        markup.text('<p class="rt-label">What its process printed last</p>')
        markup.text('<pre class="tr-log" tabindex="0">{printed}</pre>', printed=printed)
