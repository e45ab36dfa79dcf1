"""How fast the Training page answers with 50 runs of 10,000 steps: the first look, another one, and a live tick."""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.workspace.actor import system_user

RUNS, STEPS, EPOCHS = 50, 10_000, 20
PAGE = Path(__file__).parents[2] / "pages" / "training.py"


def run() -> None:
    from reid_core.training.monitoring import curves
    from reid_core.workspace.workspace import VARIABLE, Workspace

    print(f"Training page, {RUNS} runs of {STEPS:,} steps, seconds of server time")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder), system_user())
        for number in range(RUNS):
            write_run(workspace.runs_folder / f"run-{number:02}", number)
        os.environ[VARIABLE] = str(workspace.path)
        from streamlit.testing.v1 import AppTest

        from pages.components.shared.session import key_of
        from pages.components.training.state import TrainingState

        def open_page(compared: list[str] | None = None, run: str | None = None) -> None:
            page = AppTest.from_file(str(PAGE), default_timeout=120)
            page.session_state[key_of(TrainingState)] = TrainingState(compared=compared, run=run)
            page.run()
            assert not page.exception, page.exception

        open_page()  # imports are no part of it: the server has made them
        _show("all runs, five of them compared, first look", lambda: open_page(), before=curves._read.clear)
        _show("the same once more", lambda: open_page())
        every = [f"run-{number:02}" for number in range(RUNS)]
        _show("all 50 compared", lambda: open_page(compared=every))
        _show("one run", lambda: open_page(run="run-07"))
        with _ticks(workspace) as tick:
            _show("a live tick of one run that has grown by 50 steps", tick, repeats=5)


def write_run(folder: Path, seed: int, steps: int = STEPS) -> None:
    from reid_core.training.recipe import Recipe
    from reid_core.training.run import Run, RunState

    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    run = Run(folder)
    best = {"epoch": EPOCHS, "validation": {"mAP": 0.5 + seed / 200, "rank1": 0.8, "mINP": 0.2}}
    recipe = Recipe(epochs=EPOCHS, learning_rate=1e-3 / (1 + seed % 5), loss="arcface + 0.5 triplet")
    run.write_state(
        RunState(folder.name, "bench", recipe, "bench", "finished", steps, steps, created="2026-01-01", best=best)
    )
    run.steps.write_text("".join(_rows(0, steps, random)))
    rows = [f"{epoch},0.5,{0.5 * epoch / EPOCHS},{0.8 * epoch / EPOCHS}\n" for epoch in range(1, EPOCHS + 1)]
    run.epochs.write_text("epoch,loss,validation_mAP,validation_rank1\n" + "".join(rows))


def _rows(begin: int, end: int, random: np.random.Generator) -> list[str]:
    head = (
        "step,epoch,loss,learning_rate,images_per_second,loss_arcface,loss_triplet,hardest_positive,hardest_negative,"
        "active_triplets\n"
    )
    rows = [] if begin else [head]
    for step in range(begin + 1, end + 1):
        loss = 9 * math.exp(-step / 3000) + random.random()
        speed, hard = 50 + 5 * random.random(), 1 + 0.1 * random.random()
        rows.append(
            f"{step},{min(EPOCHS, 1 + step * EPOCHS // STEPS)},{loss},{1e-3 * (1 - step / STEPS)},{speed},{loss},0.1,"
            f"{hard},{hard + 0.1},0.5\n"
        )
    return rows


@contextmanager
def _ticks(workspace: Any) -> Any:
    """What is computed and sent each second: the reading, the thinning, and the component's data as JSON."""
    from pages.components.training import run_list
    from pages.components.widgets.curves.curves import as_data
    from reid_core.training.run import Run

    name = "run-07"
    random, at = np.random.default_rng(0), STEPS

    def tick() -> None:
        nonlocal at
        run = Run(workspace.runs_folder / name)
        with run.steps.open("a") as file:
            file.write("".join(_rows(at, at + 50, random)))
        at += 50
        run.state()
        json.dumps(as_data(run_list.compared_charts({name: run_list._tables(workspace, name)})))

    yield tick


def _show(
    what: str, action: Callable[[], object], *, repeats: int = 3, before: Callable[[], object] = lambda: None
) -> None:
    times = []
    for _ in range(repeats):
        before()
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    print(f"  {what:<58} {float(np.median(times)):9.3f} s", flush=True)
