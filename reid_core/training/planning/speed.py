"""How fast a recipe trains on a machine, and for which other recipes that holds too. No torch: forms ask it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reid_core.training.loss_text import parse_losses
from reid_core.training.recipe import Recipe


@dataclass(frozen=True)
class Speed:
    """Crops a second in training steps and in evaluation, and what that took; memory in GB of 10⁹ bytes.

    `start_seconds` pass before the first step, `device` is in words ("2 processor cores", "NVIDIA H100"), and 0 is
    unknown.
    """

    images_per_second: float
    evaluated_per_second: float = 0.0
    start_seconds: float = 0.0
    memory_gb: float = 0.0
    gpu_memory_gb: float = 0.0
    device: str = ""


def comparable(recipe: Recipe) -> dict[str, Any]:
    """The values of a recipe that its speed hangs on: two that agree in them are equally fast."""
    names = ("backbone", "pooling", "projection", "height", "width", "batch_size", "precision", "optimiser")
    values: dict[str, Any] = {name: getattr(recipe, name) for name in names}
    values["loss"] = sorted(parse_losses(recipe.loss))
    values["memory"] = recipe.memory
    values["averaging"] = recipe.averaging > 0
    values["recoloured"] = recipe.colour_jitter > 0
    return values


@lru_cache(maxsize=1)
def machine() -> dict[str, Any]:
    """What a speed hangs on beside the recipe: processor cores and the first GPU's name ("" without one)."""
    return {"cores": os.cpu_count() or 1, "gpu": _gpu()}


def _gpu() -> str:
    """From the driver's own tool: to ask torch would take seconds."""
    tool = shutil.which("nvidia-smi")
    if tool is None or os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return ""
    try:
        command = [tool, "--query-gpu=name", "--format=csv,noheader"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.strip().partition("\n")[0]
