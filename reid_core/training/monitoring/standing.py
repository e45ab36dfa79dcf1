"""How far a run is and how well it does, from its curves."""

from __future__ import annotations

import math

import pandas as pd

from reid_core.training.run import RunState

RECENT = 60  # steps that the speed of now is taken from


def speed(steps: pd.DataFrame) -> float:
    """Images a second in the last steps. `steps` is what `steps.csv` holds, with one row at least."""
    return float(steps["images_per_second"].tail(RECENT).median())


def loss(steps: pd.DataFrame) -> float:
    """The mean of the last steps."""
    return float(steps["loss"].tail(RECENT).mean())


def seconds_left(state: RunState, steps: pd.DataFrame) -> float:
    """From the speed of the last steps, validation not counted; NaN where there is no speed."""
    crops = state.recipe.batch_size * state.recipe.accumulation
    now = speed(steps)
    left = (state.steps - int(steps["step"].iloc[-1])) * crops / now if now > 0 else math.nan
    return left if math.isfinite(left) else math.nan


def best_epoch(epochs: pd.DataFrame) -> dict[str, float] | None:
    """The row of the epoch with the highest validation mAP; None where none was validated."""
    if epochs.empty or not epochs["validation_mAP"].notna().any():
        return None
    return {str(name): float(values.iloc[epochs["validation_mAP"].argmax()]) for name, values in epochs.items()}


def at_last_steps(epochs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The epochs with the `step` at which each stands, its last; those without a step are left out."""
    if epochs.empty or steps.empty:
        return epochs
    last = steps.groupby("epoch")["step"].max()
    return epochs.assign(step=epochs["epoch"].map(last)).dropna(subset=["step"])
