"""How one run stands: its state and what to make of it, its numbers and its curves while they grow."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.components.shared import markup
from pages.components.shared.job_card import draw_no_progress, time_left
from pages.components.training import state as places
from pages.components.training.state import training_state
from pages.components.widgets.curves.curves import Chart, Line, draw_curves
from reid_core.errors import ReidError
from reid_core.training.monitoring import standing
from reid_core.training.monitoring.curves import read_table, thin
from reid_core.training.monitoring.predictions import predicted_epochs
from reid_core.training.monitoring.standing import best_epoch, seconds_left
from reid_core.training.run import Run, RunState
from reid_core.workspace import jobs
from reid_core.workspace.runs import launching
from reid_core.workspace.workspace import Workspace

WORDS = {
    "running": "Running",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "lost": "Lost",
}


def draw_standing(workspace: Workspace, run: Run, live: bool, epochs_shown: int) -> None:
    try:
        stand = run.state()
    except ReidError as error:  # it was removed in this moment
        markup.problem("This run cannot be shown", str(error))
        return
    job = launching.job_of(workspace, stand.name)
    starting = stand.status != "running" and job is not None and job.progress.status == "running"
    if live != (stand.status == "running"):
        training_state().stopping = None
        st.rerun()
    steps = read_table(run.steps)
    epochs = read_table(run.epochs)
    if len(epochs) > epochs_shown and predicted_epochs(run)[-1:] == [len(epochs)]:
        st.rerun()  # the predictions below are of an earlier epoch
    _draw_standing(stand, steps, starting)
    if job is not None and stand.status == "running":
        draw_no_progress(job.progress)
    if stand.can_resume and not starting:
        _draw_why(run, stand, job)
    _draw_numbers(stand, steps, epochs)
    if steps.empty:
        markup.text('<p class="rt-small">Its first step has not been made yet.</p>')
    else:
        draw_curves(_charts(steps, epochs, len(stand.recipe.loss.split("+"))), key=f"trn-curves-{stand.name}")
    if stand.status == "running":
        _draw_machine(run)
    if starting and not live:
        _wait()


@st.fragment(run_every=1.0)
def _wait() -> None:
    """Looks again at the whole page until the run that was just started is under way."""
    now = training_state()
    if now.has_waited:
        now.has_waited = False
        st.rerun()
    now.has_waited = True


def _draw_standing(stand: RunState, steps: pd.DataFrame, starting: bool) -> None:
    done = 0 if steps.empty else int(steps["step"].iloc[-1])
    status = "starting" if starting else stand.status
    share = done / stand.steps if stand.steps else 0.0
    where = [f"epoch {int(steps['epoch'].iloc[-1])} of {stand.recipe.epochs}"] if done else []
    where += [f"step {done:,} of {stand.steps:,}"] if stand.steps else []
    if stand.status == "running":
        where += [time_left(seconds_left(stand, steps))] if done else ["getting ready"]
    if training_state().stopping == stand.name and stand.status == "running":
        where = ["stops after this step; what it has learnt is kept"]
    markup.text(
        '<div class="tr-standing {status}"><i></i><b>{word}</b><span>{where}</span></div>'
        '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        'aria-label="Progress of the run"><div style="width:{percent}%"></div></div>',
        status=status,
        word="Starting" if starting else WORDS.get(stand.status, stand.status),
        where=" · ".join(where),
        percent=round(100 * share, 1),
    )


def _draw_why(run: Run, stand: RunState, job: jobs.Job | None) -> None:
    if stand.status == "failed":
        markup.problem("The run failed", places.in_form(stand.message))
    elif stand.status == "lost":
        markup.problem(
            "The run is lost",
            "Its process ended without a word: somebody killed it, memory or disk ran out, or the machine "
            "went off. "
            + (
                "Resume it, and it goes on from its last checkpoint as if nothing had happened."
                if run.checkpoint.is_file()
                else "It had written no checkpoint yet: resumed, it begins anew."
            ),
        )
        if job is not None and (tail := jobs.log_tail(job.folder, 1)):
            markup.text('<p class="rt-small">The last that it said: {tail}</p>', tail=tail)
    elif not stand.step:
        markup.note("Not begun", "The run was made but has not trained yet. Resume starts it.")


def _draw_numbers(stand: RunState, steps: pd.DataFrame, epochs: pd.DataFrame) -> None:
    shown: list[tuple[str, str]] = []
    best = best_epoch(epochs)
    if best is not None:
        shown.append(("Validation mAP", f"{100 * best['validation_mAP']:.1f} %"))
        shown.append(("Rank-1", f"{100 * best['validation_rank1']:.1f} %"))
        shown.append(("Best epoch", f"{int(best['epoch'])}"))
    if not steps.empty:
        shown.append(("Loss", _loss(standing.loss(steps))))
        shown.append(("Learning rate", f"{steps['learning_rate'].iloc[-1]:.2e}"))
        shown.append(("Images/s", f"{standing.speed(steps):.3g}"))
    shown.append(("Gallery", stand.gallery))
    shown.append(("Network", stand.recipe.backbone))
    markup.numbers(shown)


def _loss(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1e6 else f"{value:.2e}"  # one that ran away


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
    markup.text('<p class="rt-small tr-machine">{parts}</p>', parts=" · ".join(parts))


def _charts(steps: pd.DataFrame, epochs: pd.DataFrame, losses: int) -> list[Chart]:
    def line(name: str, column: str, colour: int = 0, table: pd.DataFrame = steps) -> Line:
        x, y = thin(table["step"].to_numpy(float), table[column].to_numpy(float))
        return Line(name, x, y, colour)

    parts = [str(column) for column in steps if str(column).startswith("loss_")]
    loss = [line("loss", "loss")]
    loss += [line(part.removeprefix("loss_").replace("_", "-"), part, 1 + n) for n, part in enumerate(parts)]
    charts = [Chart("Loss", loss)]
    if not epochs.empty and epochs["validation_mAP"].notna().any():
        measured = standing.at_last_steps(epochs, steps)
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
