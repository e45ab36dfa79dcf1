"""The learning rate over time: linear warm-up, then cosine, steps, one cycle or constant."""

from __future__ import annotations

import math

from reid_core.training.recipe import Recipe

ONE_CYCLE_START = 1 / 25  # of the largest rate (Smith & Topin, "Super-Convergence", 2018, in PyTorch's numbers)
ONE_CYCLE_END = 1e-4 / 25


def learning_rate(recipe: Recipe, epoch: float) -> float:
    """The rate at a point in time, in epochs from the start: linear warm-up, then the schedule."""
    if epoch < recipe.warmup:
        return recipe.learning_rate * (epoch + 1e-3) / recipe.warmup
    return recipe.learning_rate * _SCHEDULES[recipe.schedule](recipe, epoch)


def _constant(recipe: Recipe, epoch: float) -> float:
    return 1.0


def _cosine(recipe: Recipe, epoch: float) -> float:
    share = (epoch - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def _step(recipe: Recipe, epoch: float) -> float:
    every = recipe.step_every or recipe.epochs / 3
    return recipe.step_factor ** math.floor(epoch / every + 1e-9)  # a step that falls on the epoch counts as reached


def _one_cycle(recipe: Recipe, epoch: float) -> float:
    share = min(epoch / recipe.epochs, 1.0)
    rise = recipe.cycle_rise
    if share < rise:
        return _between(ONE_CYCLE_START, 1.0, share / rise)
    return _between(1.0, ONE_CYCLE_END, (share - rise) / (1 - rise))


def _between(start: float, end: float, share: float) -> float:
    """From start to end along half a cosine."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


_SCHEDULES = {"constant": _constant, "cosine": _cosine, "step": _step, "one-cycle": _one_cycle}
