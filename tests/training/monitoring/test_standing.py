from __future__ import annotations

import math

import pandas as pd
import pytest

from reid_core.training.monitoring.standing import at_last_steps, best_epoch, loss, seconds_left, speed
from reid_core.training.recipe import Recipe
from reid_core.training.run import RunState

STATE = RunState("new", "door", Recipe(batch_size=8, accumulation=2), "a gallery", steps=1_000)


def steps_at(*speeds: float) -> pd.DataFrame:
    count = len(speeds)
    steps = {"step": range(1, count + 1), "epoch": 1.0, "loss": [float(n) for n in range(count)]}
    return pd.DataFrame({**steps, "images_per_second": speeds})


def test_the_speed_of_now_is_that_of_the_last_sixty_steps() -> None:
    steps = steps_at(*[1.0] * 100, *[400.0] * 60)
    assert speed(steps) == 400.0
    assert loss(steps) == pytest.approx((100 + 159) / 2)


def test_the_time_left_counts_crops_of_all_accumulated_batches() -> None:
    assert seconds_left(STATE, steps_at(*[160.0] * 100)) == pytest.approx(900 * 16 / 160)
    assert math.isnan(seconds_left(STATE, steps_at(0.0)))
    assert math.isnan(seconds_left(STATE, steps_at(math.nan)))


def test_the_best_epoch_is_that_of_the_highest_map() -> None:
    epochs = pd.DataFrame({"epoch": [1.0, 2.0, 3.0], "validation_mAP": [math.nan, 0.5, 0.4]})
    assert best_epoch(epochs) == {"epoch": 2.0, "validation_mAP": 0.5}
    assert best_epoch(epochs[:1]) is None
    assert best_epoch(pd.DataFrame()) is None


def test_an_epoch_stands_where_its_last_step_stands() -> None:
    steps = pd.DataFrame({"step": [1.0, 2.0, 3.0], "epoch": [1.0, 1.0, 2.0]})
    epochs = pd.DataFrame({"epoch": [1.0, 2.0, 3.0], "loss": [3.0, 2.0, 1.0]})
    assert at_last_steps(epochs, steps)["step"].tolist() == [2.0, 3.0]
