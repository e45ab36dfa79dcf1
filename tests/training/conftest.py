"""Twelve striped people, a tiny network and a run folder: what the tests of training share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.records import make_records
from reid_core.training.crops.data import TrainingData
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, RunState

RECIPE = Recipe(
    backbone="test_efficientnet",
    weights="none",
    height=64,
    width=32,
    batch_size=8,
    epochs=3,
    validation=0.3,
    projection=32,
)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    """Twelve people of three colours each in two cameras; the last three are for testing, one crop is a distractor."""
    folder = tmp_path_factory.mktemp("people")
    rows = []
    for person in range(12):
        colours = np.random.default_rng(person).integers(0, 256, (3, 1, 3))
        for number in range(6):
            noise = np.random.default_rng((person, number)).integers(-20, 21, (64, 32, 3))
            pixels = np.repeat(np.repeat(colours, 22, axis=0)[:64], 32, axis=1) + noise
            path = f"{person}-{number}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / path)
            split = "train" if person < 9 else "query" if number == 0 else "gallery"
            rows.append((path, str(person), "ab"[number % 2], split))
    rows.append((rows[0][0].replace("0-0", "0-5"), "distractor", "a", "train"))
    rows[-1] = ("extra.png", "distractor", "a", "train")
    Image.new("RGB", (32, 64)).save(folder / "extra.png")
    paths, identities, cameras, splits = zip(*rows, strict=True)
    records = make_records(path=paths, identity=identities, camera=cameras, split=splits)
    return TrainingData(records, [(folder, name) for name in paths], "a test")


def new_run(folder: Path, recipe: Recipe = RECIPE) -> tuple[Run, RunState]:
    folder.mkdir()
    run = Run(folder)
    state = RunState(folder.name, "people", recipe, "a test", status="stopped")
    run.write_state(state)
    return run, state
