"""How long a run will take: speeds that were measured here (`speeds.json`), and those of its runs."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import ReidError
from reid_core.files import one_at_a_time, write_atomically
from reid_core.json_text import read_json
from reid_core.training.crops.samplers import count_batches
from reid_core.training.planning.speed import Speed, comparable, machine
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, read_curve
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.runs.launching import Division, division
from reid_core.workspace.workspace import Workspace

FILE = "speeds.json"
MOST_KEPT = 200
WARM_UP_STEPS = 3  # of a run; its first steps are slower
FORWARD_SHARE = 1 / 3  # of a training step's work; the rest is backward (Kaplan et al., 2020, appendix)
USUAL_START = 8.0  # seconds until the first step, where nobody measured them


@dataclass(frozen=True)
class Estimate:
    """How long a run will take, at which speed, and where that is known from: "in run market-2" or "measured …"."""

    seconds: float
    images_per_second: float
    steps: int
    source: str
    memory_gb: float = 0.0
    gpu_memory_gb: float = 0.0


def estimate(workspace: Workspace, gallery: str, recipe: Recipe, *, divided: Division | None = None) -> Estimate | None:
    """Seconds that the run would take here, to its last epoch; None where no speed is known that holds for it.

    Raises ReidError when the gallery cannot be trained on so. `divided` spares reading the gallery again.
    """
    speed, source = _known(workspace, gallery, recipe)
    if speed is None:
        return None
    divided = divided or division(workspace, gallery, recipe)
    batches = count_batches(recipe, crops=divided.crops, people=divided.people)
    accumulation = min(recipe.accumulation, batches)
    steps = batches // accumulation * recipe.epochs
    batch = min(recipe.batch_size, divided.crops) if recipe.batches == "random" else recipe.batch_size
    evaluated = speed.evaluated_per_second or speed.images_per_second / FORWARD_SHARE
    frozen = min(recipe.frozen_steps, steps)  # while the backbone is, it goes forward only
    seconds = batch * accumulation * ((steps - frozen) / speed.images_per_second + frozen / evaluated)
    seconds += recipe.epochs * divided.validation_crops / evaluated
    seconds += speed.start_seconds or USUAL_START
    return Estimate(seconds, speed.images_per_second, steps, source, speed.memory_gb, speed.gpu_memory_gb)


def remember(workspace: Workspace, gallery: str, recipe: Recipe, speed: Speed) -> None:
    """Keep a measured speed; the last one measured of recipes that are alike is the one that counts."""
    path = workspace.path / FILE
    entry = {"machine": machine(), "recipe": comparable(recipe), "gallery": gallery}
    with one_at_a_time(workspace.path / "speeds.lock"):
        others = [kept for kept in _read(path) if any(kept.get(key) != value for key, value in entry.items())]
        kept = [*others, {**entry, "at": now(), "speed": dataclasses.asdict(speed)}][-MOST_KEPT:]
        text = json.dumps(kept, indent=1)
        write_atomically(path, lambda file: file.write(text.encode()))


def _known(workspace: Workspace, gallery: str, recipe: Recipe) -> tuple[Speed | None, str]:
    """The speed that holds for the recipe and where it is from: this gallery's comes first, then the newest.

    The pictures of another gallery may be larger or lie on a slower disk, so its speed is the second choice.
    """
    wanted, here = comparable(recipe), machine()
    found: list[tuple[bool, str, Speed, str]] = []
    for kept in _read(workspace.path / FILE):
        if kept.get("recipe") == wanted and kept.get("machine") == here:
            own = kept["gallery"] == gallery
            where = "" if own else f" with gallery {kept['gallery']}"
            found.append((own, kept["at"], Speed(**kept["speed"]), f"measured on this machine{where}"))
    for run in workspace.runs():
        try:
            stand = run.state()
        except ReidError:
            continue
        if comparable(stand.recipe) == wanted and (per_second := speed_of_run(run)):
            started = stand.created
            found.append((stand.gallery == gallery, started, Speed(per_second), f"as in run {stand.name}"))
    if not found:
        return None, ""
    _, _, speed, source = max(found, key=lambda entry: entry[:2])
    return speed, source


def speed_of_run(run: Run) -> float | None:
    """Median images a second of its steps; None while it has too few of them."""
    try:
        changed = run.steps.stat()
    except OSError:
        return None
    return _median_speed(run.steps, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=256)
def _median_speed(steps: Path, _changed: int, _size: int) -> float | None:
    speeds = [row.get("images_per_second", 0.0) for row in read_curve(steps)][WARM_UP_STEPS:]
    return float(np.median(speeds)) if speeds and np.median(speeds) > 0 else None


def _read(path: Path) -> list[dict[str, Any]]:
    """What was kept; what cannot be read is measured again."""
    try:
        kept = read_json(path.read_bytes())
        return [entry for entry in kept if {"machine", "recipe", "gallery", "at", "speed"} <= entry.keys()]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def duration(seconds: float) -> str:
    """ "40 s", "34 min", "3.5 h", "2.1 days"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def rate(images_per_second: float) -> str:
    """ "53 images/s", "4.2 images/s"."""
    shown = f"{images_per_second:.1f}" if images_per_second < 9.95 else f"{images_per_second:,.0f}"
    return f"{shown} images/s"
