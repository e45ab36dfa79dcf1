"""What ends a training early: it says so in a sentence, and the last good checkpoint stays."""

from __future__ import annotations

import dataclasses
import resource
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reid_core.embedder.card import ModelCard
from reid_core.embedder.network import EmbeddingNetwork
from reid_core.errors import NamesCrops, ReidError
from reid_core.signals import StopRequest
from reid_core.training import session
from reid_core.training.crops.data import TrainingData, divide
from reid_core.training.loop import Progress, train
from reid_core.training.losses import LossSum, create_loss
from reid_core.training.optimiser import create_optimiser
from reid_core.training.problems import is_out_of_memory, out_of_memory
from reid_core.training.run import Run
from tests.training.conftest import RECIPE, new_run


def kept_step(run: Run) -> int:
    content = torch.load(run.checkpoint, weights_only=True)
    assert all(bool(weight.isfinite().all()) for weight in content["network"].values())
    return content["step"]


@pytest.fixture
def explode_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Gives `explode_at(step)`: the loss of that step is NaN."""

    class Exploding(LossSum):
        calls = 0
        at = 0

        def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            self.calls += 1
            return {
                name: part * (float("nan") if self.calls == self.at else 1)
                for name, part in super().forward(embeddings, labels).items()
            }

    def exploding(*args: object, **kwargs: object) -> LossSum:
        made = create_loss(*args, **kwargs)  # type: ignore[arg-type]
        return Exploding(dict(made.parts), made.weights)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "create_loss", exploding)
    return lambda step: setattr(Exploding, "at", step)


def test_a_loss_that_turns_nan_names_step_and_batch_and_leaves_the_last_good_checkpoint_and_model(
    data: TrainingData, tmp_path: Path, explode_at: Callable[[int], None]
) -> None:
    explode_at(7)
    run, state = new_run(tmp_path / "nan")
    with pytest.raises(ReidError, match=r"step 7 \(epoch 2, batch 2 of 5\).*step 5 is kept, and a model of epoch 1\."):
        train(run, state, data, stop=StopRequest())
    assert kept_step(run) == 5
    assert ModelCard.read(run.model).metrics["epoch"] == 1
    assert ".png" not in (run.folder / "log.txt").read_text()
    assert ".png" in run.crops_log.read_text()


def test_a_loss_that_is_nan_before_the_first_checkpoint_claims_none(
    data: TrainingData, tmp_path: Path, explode_at: Callable[[int], None]
) -> None:
    explode_at(2)
    run, state = new_run(tmp_path / "nan")
    with pytest.raises(ReidError, match="step 2 .*Nothing is kept of it yet"):
        train(run, state, data, stop=StopRequest())
    assert not run.checkpoint.exists()
    assert not run.model.exists()


def test_weights_that_turn_nan_do_not_replace_the_checkpoint(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[torch.optim.Optimizer] = []

    def create(*given: object) -> torch.optim.Optimizer:
        made.append(create_optimiser(*given))  # type: ignore[arg-type]
        return made[0]

    monkeypatch.setattr(session, "create_optimiser", create)
    run, state = new_run(tmp_path / "nan")
    # The last step of an epoch: no further loss would show it.
    poison = at_step(10, lambda: made[0].param_groups[0]["params"][0].data.fill_(float("nan")))
    with pytest.raises(ReidError, match="weight is no longer a finite number at step 10"):
        train(run, state, data, stop=StopRequest(), on_step=poison)
    assert kept_step(run) == 5


@pytest.mark.parametrize(("room", "said"), [(3, "2 fit: use --batch-size 2 --accumulation 4"), (1, "Not even 2 fit")])
def test_too_little_memory_names_the_batch_that_fits(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, said: str
) -> None:
    forward = EmbeddingNetwork.forward

    def limited(self: EmbeddingNetwork, images: torch.Tensor) -> torch.Tensor:
        if self.training and len(images) > room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, images)

    monkeypatch.setattr(EmbeddingNetwork, "forward", limited)
    run, state = new_run(tmp_path / "large")
    with pytest.raises(ReidError, match=f"A batch of 8 .*{said}"):
        train(run, state, data, stop=StopRequest())


def at_step(step: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    def on_step(progress: Progress) -> None:
        if progress.step == step:
            act()

    return on_step


def test_what_the_failed_step_had_computed_is_let_go_before_smaller_batches_are_tried() -> None:
    held = []

    def step() -> None:
        computed = torch.zeros(4)
        held.append(weakref.ref(computed))
        raise RuntimeError("could not create a primitive")  # oneDNN's words for too little memory

    with pytest.raises(RuntimeError) as failed:
        step()
    assert is_out_of_memory(failed.value)
    said = out_of_memory(torch.nn.Linear(3, 2), torch.zeros(8, 3), 8, failed.value)
    assert held[0]() is None
    assert "4 fit" in str(said)


def test_a_disk_that_takes_no_more_is_a_sentence_and_the_checkpoint_stays(data: TrainingData, tmp_path: Path) -> None:
    run, state = new_run(tmp_path / "full")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    fill = at_step(6, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard)))
    try:
        with pytest.raises(ReidError, match=r"disk that holds .*full.*--resume full.*step 5 is kept"):
            train(run, state, data, stop=StopRequest(), on_step=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept_step(run) == 5
    assert train(run, run.state(), data, stop=StopRequest()).status == "finished"


def test_a_data_set_deleted_under_a_run_is_a_sentence_and_the_checkpoint_stays(
    data: TrainingData, tmp_path: Path
) -> None:
    shutil.copytree(data.crops[0][0], tmp_path / "people")
    moved = dataclasses.replace(data, crops=[(tmp_path / "people", path) for _, path in data.crops])
    run, state = new_run(tmp_path / "deleted", dataclasses.replace(RECIPE, validation=0.0))
    with pytest.raises(NamesCrops, match=r"The training crop \d+-\d\.png .*resume the run.* is kept"):
        train(run, state, moved, stop=StopRequest(), on_step=at_step(8, lambda: shutil.rmtree(tmp_path / "people")))
    assert kept_step(run) > 0


def test_a_picture_of_the_first_augmented_batch_is_kept(data: TrainingData, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=1, flip=0, pad_crop=0, batch_size=8)
    run, state = new_run(tmp_path / "picture", recipe)
    train(run, state, data, stop=StopRequest())
    sheet = np.asarray(Image.open(run.batch_picture)).astype(int)
    first = session.Session(run, recipe, divide(data, recipe))
    rows = [row for _, row, _ in first.items(0)[0]]
    assert sheet.shape == (2 * 64, 4 * 32, 3)
    for place, row in enumerate(rows):
        top, left = place // 4 * 64, place % 4 * 32
        original = first.training.reader.pixels(row).astype(int)
        assert np.abs(sheet[top : top + 64, left : left + 32] - original).mean() < 12  # JPEG
