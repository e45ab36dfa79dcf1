"""One run: how it stands, its curves while they grow, and what it leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from pages import common
from pages.components import training_places as places
from pages.components.curves import Chart, Line, draw_curves
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.training.curves import read_table, thin
from reid_core.training.predictions import predicted_epochs
from reid_core.training.run import Run, RunState
from reid_core.workspace import jobs, launching
from reid_core.workspace.runs import forget_run
from reid_core.workspace.workspace import Workspace

SECTIONS = ("Predictions", "Batch", "Recipe", "Log", "Promote")
RECENT = 60  # steps that the speed of now is taken from
LOG_LINES = 60
WORDS = {
    "running": "Running",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "lost": "Lost",
}
SHARED_STYLE = Path(__file__).with_name("run_view.css")
state = st.session_state


def draw_run(workspace: Workspace, name: str) -> None:
    st.html(f"<style>{SHARED_STYLE.read_text(encoding='utf-8')}</style>")
    run = Run(workspace.runs_folder / name)
    try:
        stand = run.state()
    except ReidError as error:
        common.problem("This run cannot be shown", str(error))
        return
    _draw_actions(workspace, run, stand)
    live = stand.status == "running"
    epochs = len(read_table(run.epochs))
    st.fragment(_draw_live, run_every=1.0 if live else None)(workspace, run, live, epochs)
    section = st.segmented_control(
        "About the run", SECTIONS, default=SECTIONS[0], required=True, key="trn-section", label_visibility="collapsed"
    )
    _draw_section(workspace, run, stand, section or SECTIONS[0])


# --- what can be done with it ---


def _draw_actions(workspace: Workspace, run: Run, stand: RunState) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="trn-actions"):
        if stand.status == "running":
            stopping = state.get("trn-stopping") == stand.name
            st.button(
                "Stop and keep the best", key="trn-stop", disabled=stopping, on_click=_stop, args=(workspace, stand)
            )
        elif stand.status in ("stopped", "lost", "failed"):
            resume = _guarded(lambda: launching.resume(workspace, stand.name))
            st.button("Resume", type="primary", key="trn-resume", on_click=resume)
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
    if trouble := state.pop("trn-trouble", None):
        common.problem("This did not work", trouble)


def _stop(workspace: Workspace, stand: RunState) -> None:
    launching.stop(workspace, stand.name)
    state["trn-stopping"] = stand.name


def _draw_removal(workspace: Workspace, name: str) -> None:
    """Two presses: the second says what is lost."""

    def ask() -> None:
        state["trn-remove"] = name

    def remove() -> None:
        state.pop("trn-remove", None)
        try:
            forget_run(workspace, name)
            places.open_run(None)
        except ReidError as error:
            state["trn-trouble"] = str(error)

    if state.get("trn-remove") == name:
        st.button("Remove for good", key="trn-remove-sure", on_click=remove)
        common.text('<p class="rt-small">Its model, checkpoint and curves go with it.</p>')
    else:
        st.button("Remove…", key="trn-remove-ask", on_click=ask)


def _guarded(action: Callable[[], object]) -> Callable[[], None]:
    """As a button's callback: what goes wrong is said on the page."""

    def act() -> None:
        try:
            action()
        except ReidError as error:
            state["trn-trouble"] = str(error)

    return act


# --- how it stands ---


def _draw_live(workspace: Workspace, run: Run, live: bool, epochs_shown: int) -> None:
    try:
        stand = run.state()
    except ReidError as error:  # it was removed in this moment
        common.problem("This run cannot be shown", str(error))
        return
    job = launching.job_of(workspace, stand.name)
    starting = stand.status != "running" and job is not None and job.progress.status == "running"
    if live != (stand.status == "running"):
        state.pop("trn-stopping", None)
        st.rerun()
    steps = read_table(run.steps)
    epochs = read_table(run.epochs)
    if len(epochs) > epochs_shown and predicted_epochs(run)[-1:] == [len(epochs)]:
        st.rerun()  # the predictions below are of an earlier epoch
    _draw_standing(stand, steps, starting)
    if stand.status in ("failed", "lost", "stopped") and not starting:
        _draw_why(stand, job)
    _draw_numbers(stand, steps, epochs)
    if steps.empty:
        common.text('<p class="rt-small">Its first step has not been made yet.</p>')
    else:
        draw_curves(_charts(steps, epochs, len(stand.recipe.loss.split("+"))), key=f"trn-curves-{stand.name}")
    if stand.status == "running":
        _draw_machine(run)
    if starting and not live:
        _wait()


@st.fragment(run_every=1.0)
def _wait() -> None:
    """Looks again at the whole page until the run that was just started is under way."""
    if state.get("trn-waited"):
        state["trn-waited"] = False
        st.rerun()
    state["trn-waited"] = True


def _draw_standing(stand: RunState, steps: pd.DataFrame, starting: bool) -> None:
    done = 0 if steps.empty else int(steps["step"].iloc[-1])
    status = "starting" if starting else stand.status
    share = done / stand.steps if stand.steps else 0.0
    where = [f"epoch {int(steps['epoch'].iloc[-1])} of {stand.recipe.epochs}"] if done else []
    where += [f"step {done:,} of {stand.steps:,}"] if stand.steps else []
    if stand.status == "running":
        where += [time_left(stand, steps)] if done else ["getting ready"]
    if state.get("trn-stopping") == stand.name and stand.status == "running":
        where = ["stops after this step; what it has learnt is kept"]
    common.text(
        '<div class="tr-standing {status}"><i></i><b>{word}</b><span>{where}</span></div>'
        '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        'aria-label="Progress of the run"><div style="width:{percent}%"></div></div>',
        status=status,
        word="Starting" if starting else WORDS.get(stand.status, stand.status),
        where=" · ".join(where),
        percent=round(100 * share, 1),
    )


def time_left(stand: RunState, steps: pd.DataFrame) -> str:
    """ "about 12 min left", from the speed of the last steps; validation is not in it."""
    speeds = steps["images_per_second"].tail(RECENT)
    speed = float(speeds.median())
    crops = stand.recipe.batch_size * stand.recipe.accumulation
    left = (stand.steps - int(steps["step"].iloc[-1])) * crops / speed if speed > 0 else math.nan
    if not math.isfinite(left):
        return ""
    if left < 90:
        return f"about {max(1, round(left))} s left"
    return f"about {left / 60:.0f} min left" if left < 5400 else f"about {left / 3600:.1f} h left"


def _draw_why(stand: RunState, job: jobs.Job | None) -> None:
    if stand.status == "failed":
        common.problem("The run failed", places.in_form(stand.message))
    elif stand.status == "lost":
        common.problem(
            "The run is lost",
            "Its process ended without a word: somebody killed it, memory ran out, or the machine went off. Resume it, "
            "and it goes on from its last checkpoint as if nothing had happened.",
        )
        if job is not None and (tail := jobs.log_tail(job.folder, 3)):
            common.text('<p class="rt-small">The last that it said: {tail}</p>', tail=tail)
    elif not stand.step:
        common.note("Not begun", "The run was made but has not trained yet. Resume starts it.")


def _draw_numbers(stand: RunState, steps: pd.DataFrame, epochs: pd.DataFrame) -> None:
    shown: list[tuple[str, str]] = []
    best = _best(epochs)
    if best is not None:
        shown.append(("Validation mAP", f"{100 * best['validation_mAP']:.1f} %"))
        shown.append(("Rank-1", f"{100 * best['validation_rank1']:.1f} %"))
        shown.append(("Best epoch", f"{int(best['epoch'])}"))
    if not steps.empty:
        shown.append(("Loss", f"{steps['loss'].tail(RECENT).mean():.3f}"))
        shown.append(("Learning rate", f"{steps['learning_rate'].iloc[-1]:.2e}"))
        shown.append(("Images/s", f"{steps['images_per_second'].tail(RECENT).median():.0f}"))
    shown.append(("Gallery", stand.gallery))
    shown.append(("Network", stand.recipe.backbone))
    common.numbers(shown)


def _best(epochs: pd.DataFrame) -> dict[str, float] | None:
    if epochs.empty or not epochs["validation_mAP"].notna().any():
        return None
    return {str(name): float(values.iloc[epochs["validation_mAP"].argmax()]) for name, values in epochs.items()}


def _draw_machine(run: Run) -> None:
    """Processor and memory in one line: what the run takes now."""
    table = read_table(run.resources)
    if table.empty:
        return
    now = table.iloc[-1]
    parts = [
        f"{now['cores']:.1f} processor cores busy",
        f"{now['memory_gb']:.1f} GB of memory",
        f"the machine's memory is {100 * now['machine_memory']:.0f} % full",
    ]
    if "gpu_memory_gb" in table:
        parts.append(f"{now['gpu_memory_gb']:.1f} GB on the GPU")
    if "gpu_busy" in table and now["gpu_busy"] == now["gpu_busy"]:
        parts.append(f"the GPU is {100 * now['gpu_busy']:.0f} % busy")
    common.text('<p class="rt-small tr-machine">{parts}</p>', parts=" · ".join(parts))


def _charts(steps: pd.DataFrame, epochs: pd.DataFrame, losses: int) -> list[Chart]:
    def line(name: str, column: str, colour: int = 0, table: pd.DataFrame = steps) -> Line:
        x, y = thin(table["step"].to_numpy(float), table[column].to_numpy(float))
        return Line(name, x, y, colour)

    parts = [str(column) for column in steps if str(column).startswith("loss_")]
    loss = [line("loss", "loss")]
    loss += [line(part.removeprefix("loss_").replace("_", "-"), part, 1 + n) for n, part in enumerate(parts)]
    charts = [Chart("Loss", loss)]
    if not epochs.empty and epochs["validation_mAP"].notna().any():
        # An epoch stands where its last step stands.
        last = steps.groupby("epoch")["step"].max()
        measured = epochs.assign(step=epochs["epoch"].map(last)).dropna(subset=["step"])
        x = measured["step"].to_numpy(float)
        lines = [
            Line(name, x, measured[column].to_numpy(float), colour, points=True)
            for colour, (name, column) in enumerate((("mAP", "validation_mAP"), ("Rank-1", "validation_rank1")))
        ]
        charts.append(Chart("Validation", lines, share=True))
    charts.append(Chart("Learning rate", [line("learning rate", "learning_rate")]))
    charts.append(Chart("Speed", [line("images/s", "images_per_second")], unit="images/s"))
    if "hardest_positive" in steps:
        distances = [line("hardest positive", "hardest_positive"), line("hardest negative", "hardest_negative", 1)]
        charts.append(Chart("Distances in a batch", distances))
        charts.append(Chart("Active triplets", [line("active", "active_triplets")], share=True))
    return charts


# --- what it leaves behind ---


def _draw_section(workspace: Workspace, run: Run, stand: RunState, section: str) -> None:
    if section == "Predictions":
        from pages.components.predictions import draw_predictions

        draw_predictions(workspace, run, stand)
    elif section == "Batch":
        _draw_batch(run, stand)
    elif section == "Recipe":
        _draw_recipe(run, stand)
    elif section == "Log":
        _draw_log(workspace, run, stand)
    else:
        from pages.components.promote import draw_promote

        draw_promote(workspace, stand.name)


def _draw_batch(run: Run, stand: RunState) -> None:
    try:
        picture = run.batch_picture.read_bytes()
    except OSError:
        common.note(
            "There is no picture of a batch",
            "It is taken at the first step, and goes when crops of its gallery are deleted.",
        )
        return
    recipe = stand.recipe
    common.text(
        '<p class="rt-text">The first batch as the network saw it: {crops}, mirrored, shifted{more}. '
        "People should still be people here.</p>",
        crops=plural(min(recipe.batch_size, 64), "crop"),
        more=", recoloured" * bool(recipe.colour_jitter) + ", partly erased" * bool(recipe.erasing),
    )
    common.text(
        '<img class="tr-batch" src="{address}" alt="One augmented training batch">', address=common.preview(picture)
    )


def _draw_recipe(run: Run, stand: RunState) -> None:
    from reid_core.training.recipe import recipe_values
    from reid_core.training.recipe_file import to_yaml

    values = [(value, getattr(stand.recipe, value.name)) for value in recipe_values()]
    changed = [(value, now) for value, now in values if now != value.default]
    st.download_button(
        "Download the recipe",
        to_yaml(stand.recipe),
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
                common.filled(
                    "<tr><th>{name}</th><td>{now}</td><td>{meaning}</td></tr>",
                    name=value.name.replace("_", " "),
                    now=now,
                    meaning=value.meaning,
                )
                for value, now in some
            )
            common.text('<p class="rt-label">{title}</p>', title=title)
            st.html(f'<table class="rt-facts tr-recipe">{rows}</table>')


def _draw_log(workspace: Workspace, run: Run, stand: RunState) -> None:
    st.fragment(_draw_log_tail, run_every=2.0 if stand.status == "running" else None)(workspace, run, stand)


def _draw_log_tail(workspace: Workspace, run: Run, stand: RunState) -> None:
    said = jobs.log_tail(run.folder, LOG_LINES)  # a run's log lies where a job's does
    common.text('<pre class="tr-log" tabindex="0">{said}</pre>', said=said or "It has said nothing yet.")
    job = launching.job_of(workspace, stand.name)
    if job is not None and (printed := jobs.log_tail(job.folder, 20)):
        common.text('<p class="rt-label">What its process printed last</p>')
        common.text('<pre class="tr-log" tabindex="0">{printed}</pre>', printed=printed)
