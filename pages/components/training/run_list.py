"""All runs: those under way on top, then the table, then the chosen ones side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pages.components.shared import markup
from pages.components.shared.job_card import time_left
from pages.components.training import state as places
from pages.components.training.state import training_state
from pages.components.widgets.curves.curves import Chart, Line, draw_curves
from pages.components.widgets.run_table.run_table import run_table
from reid_core.evaluation.presentation.policy_sentences import NO_CAMERA
from reid_core.records import harmless, natural_order
from reid_core.training.monitoring import standing
from reid_core.training.monitoring.curves import differences, read_table, thin
from reid_core.training.recipe import RECIPES, Recipe, recipe_values
from reid_core.training.run import Run
from reid_core.workspace.runs.overview import RunSummary, run_summaries, table_of_curves, table_of_runs
from reid_core.workspace.workspace import Workspace

AT_FIRST = 5  # runs that are compared until others are chosen
POINTS = 400  # of a line, where many lines are drawn
IDLE = 5.0  # seconds between looks for runs that others begin, while none is under way
Stand = tuple[str, str, int]  # name, status, epochs that are done
WORDS = {"running": "Running", "finished": "Finished", "stopped": "Stopped", "failed": "Failed", "lost": "Lost"}
COMPARED = (  # title, table, column, share, unit
    ("Loss", "steps", "loss", False, ""),
    ("Validation mAP", "epochs", "validation_mAP", True, ""),
    ("Validation Rank-1", "epochs", "validation_rank1", True, ""),
    ("Learning rate", "steps", "learning_rate", False, ""),
    ("Speed", "steps", "images_per_second", False, "images/s"),
)


def draw_runs(workspace: Workspace) -> None:
    summaries = run_summaries(workspace)
    live = [summary.name for summary in summaries if summary.state and summary.state.status == "running"]
    if not summaries:
        _draw_empty()
        st.fragment(_watch, run_every=IDLE)(workspace, [])
        return
    st.button("New run", type="primary", key="trn-new", on_click=places.go, args=("New run",))
    readable = [summary.name for summary in summaries if summary.state]
    now = training_state()
    before = readable[:AT_FIRST] if now.compared is None else now.compared
    chosen = [name for name in before if name in readable]
    rows = [_row(summary) for summary in summaries]
    table_place = st.container()
    with table_place:
        compared, opened = run_table(rows, chosen, key="trn-table")
    if opened is not None:
        places.show_run(opened)
        st.rerun()
    now.compared = compared
    st.fragment(_watch, run_every=2.0 if live else IDLE)(workspace, [_stand(summary) for summary in summaries])
    _say_without_cameras(workspace, summaries)
    if not compared:
        markup.text('<p class="rt-text">Choose runs in the table to lay their curves over each other.</p>')
        return
    markup.heading("Compare", f"{len(compared)} of {len(readable)} runs" if len(readable) > 1 else "")
    moving = bool(set(live) & set(compared))
    st.fragment(_draw_curves, run_every=2.0 if moving else None)(workspace, compared)
    _draw_differences(workspace, compared)
    _draw_exports(workspace, compared)


def _say_without_cameras(workspace: Workspace, summaries: Sequence[RunSummary]) -> None:
    """The galleries on which figures of the table were validated without knowing cameras."""
    measured = {one.state.gallery for one in summaries if one.state and one.state.best.get("validation")}
    found = natural_order(gallery for gallery in measured if places.names_no_camera(workspace, gallery))
    if found:
        names, note = ", ".join(found), NO_CAMERA
        markup.text('<p class="rt-small">Runs on {names}: {note}</p>', names=names, note=note)


def _draw_empty() -> None:
    with st.container(key="trn-empty"):
        markup.text(
            '<p class="rt-text">No run yet. A run teaches an embedder on a gallery’s own labelled crops; it goes on '
            "when the browser is closed, can be stopped and gone on with, and leaves a model to search with.</p>"
        )
        st.button("New run", type="primary", key="trn-new", on_click=places.go, args=("New run",))


def _watch(workspace: Workspace, drawn: Sequence[Stand]) -> None:
    """Draws the page anew when a run begins, ends or finishes an epoch; says how far those under way are."""
    summaries = run_summaries(workspace)
    if [_stand(summary) for summary in summaries] != list(drawn):
        st.rerun()
    for summary in summaries:
        if not (summary.state and summary.state.status == "running"):
            continue
        markup.text('<p class="rt-small tr-now"><b>{name}</b> {where}</p>', name=summary.name, where=_where(summary))


def _stand(summary: RunSummary) -> Stand:
    """What the table has to be drawn anew for when it changes."""
    if summary.state is None:
        return summary.name, "damaged", 0
    running = summary.state.status == "running"
    return summary.name, summary.state.status, len(read_table(summary.run.epochs)) if running else 0


def _where(summary: RunSummary) -> str:
    assert summary.state is not None
    steps = read_table(summary.run.steps)
    if steps.empty:
        return "is getting ready"
    last = steps.iloc[-1]
    return (
        f"epoch {last['epoch']:.0f} of {summary.state.recipe.epochs} · step {last['step']:,.0f} of "
        f"{summary.state.steps:,} · loss {standing.loss(steps):.3f} · "
        f"{standing.speed(steps):.0f} images/s · {time_left(standing.seconds_left(summary.state, steps))}"
    )


def _row(summary: RunSummary) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": summary.name,
        "created": summary.created,
        "when": _when(summary.created),
        "status": "damaged",
        "word": "Damaged",
        "trouble": summary.trouble,
    }
    row |= dict.fromkeys(("gallery", "network", "changed", "epochs"), "")
    row |= {"share": 0.0} | dict.fromkeys(("mAP", "rank1", "speed"))
    if summary.state is None:
        return row
    stand = summary.state
    steps, metrics = read_table(summary.run.steps), stand.best.get("validation", {})
    done = 0 if steps.empty else int(steps["step"].iloc[-1])
    epochs = stand.recipe.epochs * done / stand.steps if stand.steps else 0.0
    return row | {
        "status": stand.status,
        "word": WORDS.get(stand.status, stand.status),
        "gallery": stand.gallery,
        "network": stand.recipe.backbone,
        "changed": changed(stand.recipe),
        "epochs": f"{math.floor(epochs + 1e-6)} of {stand.recipe.epochs}",
        "share": done / stand.steps if stand.steps else 0.0,
        "mAP": metrics.get("mAP"),
        "rank1": metrics.get("rank1"),
        "speed": None if steps.empty else standing.speed(steps),
    }


def changed(recipe: Recipe) -> str:
    """What is other than in the reference recipe, in short; the network has a column of its own."""
    usual = RECIPES["reference"]
    other = [
        (value.name, getattr(recipe, value.name))
        for value in recipe_values()
        if getattr(recipe, value.name) != getattr(usual, value.name) and value.name != "backbone"
    ]
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in other)


def _when(created: str) -> str:
    """ "2026-11-23 08:12", "today 08:12" """
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return ""
    if moment.tzinfo and moment.astimezone(UTC).date() == datetime.now(UTC).date():
        return f"today {moment:%H:%M}"
    return f"{moment:%Y-%m-%d %H:%M}"


# --- side by side ---


def _draw_curves(workspace: Workspace, names: Sequence[str]) -> None:
    tables = {name: _tables(workspace, name) for name in names}
    draw_curves(compared_charts(tables), key="trn-compared", legend=True)


def _tables(workspace: Workspace, name: str) -> dict[str, pd.DataFrame]:
    run = Run(workspace.runs_folder / name)
    steps, epochs = read_table(run.steps), read_table(run.epochs)
    return {"steps": steps, "epochs": standing.at_last_steps(epochs, steps)}


def compared_charts(tables: dict[str, dict[str, pd.DataFrame]]) -> list[Chart]:
    """A chart for each thing that some run measured, a line for each run; parts of a loss where several have them."""
    parts = dict.fromkeys(
        column for both in tables.values() for column in both["steps"] if str(column).startswith("loss_")
    )
    wanted = [*COMPARED, *((f"Loss: {str(part)[5:].replace('_', '-')}", "steps", part, False, "") for part in parts)]
    charts = []
    for title, table, column, share, unit in wanted:
        lines = []
        for colour, (name, both) in enumerate(tables.items()):
            values = both[table]
            if column in values and "step" in values and values[column].notna().any():
                x, y = thin(values["step"].to_numpy(float), values[column].to_numpy(float), POINTS)
                lines.append(Line(name, x, y, colour, points=table == "epochs"))
        if lines:
            charts.append(Chart(title, lines, unit=str(unit), share=bool(share)))
    return charts


def _draw_differences(workspace: Workspace, names: Sequence[str]) -> None:
    """What the runs were told otherwise, and what came of it."""
    states = {name: Run(workspace.runs_folder / name).state() for name in names}
    different = differences({name: stand.recipe for name, stand in states.items()})
    best = {name: stand.best.get("validation", {}) for name, stand in states.items()}
    head = "".join(markup.filled("<th>{name}</th>", name=name) for name in names)
    rows = ""
    for title, measure in (("Best mAP, %", "mAP"), ("Rank-1, %", "rank1"), ("mINP, %", "mINP")):
        values = [best[name].get(measure) for name in names]
        rows += _cells(title, values, most=max((value for value in values if value is not None), default=None))
    galleries = [stand.gallery for stand in states.values()]
    if len(set(galleries)) > 1:
        rows += _plain_cells("gallery", galleries)
    for name, values in different.items():
        rows += _plain_cells(name.replace("_", " "), values)
    said = "" if different or len(names) < 2 else '<p class="rt-small">Their recipes are alike.</p>'
    st.html(f'<div class="tr-wide"><table class="tr-compare"><tr><th></th>{head}</tr>{rows}</table></div>{said}')
    if len(set(galleries)) > 1:
        markup.text('<p class="rt-small">Validated on people of different galleries: their figures do not compare.</p>')


def _cells(title: str, values: Sequence[float | None], most: float | None) -> str:
    shown = ""
    for value in values:
        mark = ' class="best"' if value is not None and value == most and len(values) > 1 else ""
        behind = ""
        if value is not None and most is not None and value < most:
            behind = markup.filled("<small>−{points}</small>", points=f"{100 * (most - value):.1f}")
        shown += f"<td{mark}>{'' if value is None else f'{100 * value:.1f}'}{behind}</td>"
    return markup.filled("<tr><th>{title}</th>", title=title) + shown + "</tr>"


def _plain_cells(title: str, values: Sequence[object]) -> str:
    cells = "".join(markup.filled("<td>{value}</td>", value=value) for value in values)
    return markup.filled("<tr><th>{title}</th>", title=title) + cells + "</tr>"


def _draw_exports(workspace: Workspace, names: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="trn-exports"):
        for label, file, table in (
            ("Runs as CSV", "runs.csv", table_of_runs),
            ("Curves as CSV", "curves.csv", table_of_curves),
        ):
            st.download_button(
                label,
                data=partial(_as_csv, table, workspace, names),
                file_name=file,
                mime="text/csv",
                key=f"trn-{file}",
                on_click="ignore",
            )


def _as_csv(
    table: Callable[[Workspace, Sequence[str]], pd.DataFrame], workspace: Workspace, names: Sequence[str]
) -> bytes:
    return table(workspace, names).map(harmless).to_csv(index=False).encode()
