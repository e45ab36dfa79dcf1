"""A run that was stopped, or killed, at any step and resumed ends as one that never was."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_core.signals import StopRequest
from reid_core.training import loop
from reid_core.training.crops.data import TrainingData, divide, load
from reid_core.training.loop import Progress, train
from reid_core.training.run import Run, read_curve
from reid_core.training.session import Session
from tests.training.conftest import RECIPE, new_run

# Two steps an epoch of two batches each, six in all; every kind of state that a step depends on.
EVERYTHING = dataclasses.replace(
    RECIPE,
    loss="arcface + 0.5 triplet + 0.1 supcon",
    memory=24,
    batches="pk-camera",
    crops_per_person=2,
    accumulation=2,
    optimiser="sgd",
    backbone_rate=0.5,
    layer_decay=0.9,
    frozen_steps=3,
    warmup=0.5,
    gradient_clip=1.0,
    averaging=0.9,
    colour_jitter=0.2,
    erasing=0.5,
    patience=2,
)


@pytest.fixture(scope="module")
def whole(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run, state = new_run(tmp_path_factory.mktemp("whole") / "whole", EVERYTHING)
    train(run, state, data, stop=StopRequest())
    return run


def assert_alike(one: Any, other: Any, place: str) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), place
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            assert_alike(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), place
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_alike(left, right, f"{place}[{number}]")
    else:
        assert one == other, place


def assert_same_end(whole: Run, parts: Run) -> None:
    one, other = (torch.load(run.checkpoint, weights_only=True) for run in (whole, parts))
    assert_alike(one, other, "checkpoint")
    assert whole.best_weights.read_bytes() == parts.best_weights.read_bytes()
    curves = [[{**row, "images_per_second": 0} for row in read_curve(run.steps)] for run in (whole, parts)]
    assert curves[0] == curves[1]
    assert read_curve(whole.epochs) == read_curve(parts.epochs)


@pytest.mark.parametrize("stop_at", [1, 2, 3, 5])
def test_a_run_with_everything_on_goes_on_from_any_step_bit_for_bit(
    whole: Run, data: TrainingData, tmp_path: Path, stop_at: int
) -> None:
    run, state = new_run(tmp_path / "whole", EVERYTHING)
    stop = StopRequest()

    def request(progress: Progress) -> None:
        stop.requested = progress.step == stop_at

    stopped = train(run, state, data, stop=stop, on_step=request)
    assert stopped.step == stop_at < stopped.steps
    torch.manual_seed(999)  # another process would have another state
    train(run, stopped, data, stop=StopRequest())
    assert_same_end(whole, run)


def test_a_run_killed_between_checkpoints_repeats_what_was_not_kept(
    whole: Run, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(progress: Progress) -> None:
        if progress.step == 4:
            raise Killed

    run, state = new_run(tmp_path / "whole", EVERYTHING)
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", -1.0)  # one after each step
    with pytest.raises(Killed):
        train(run, state, data, stop=StopRequest(), on_step=die)
    assert torch.load(run.checkpoint, weights_only=True)["step"] == 3
    train(run, run.state(), data, stop=StopRequest())
    assert_same_end(whole, run)


def test_the_backbone_stands_still_while_it_is_frozen(data: TrainingData, tmp_path: Path) -> None:
    kept = []
    for frozen in (2, 0):
        recipe = dataclasses.replace(RECIPE, frozen_steps=frozen)
        run, state = new_run(tmp_path / f"frozen-{frozen}", recipe)
        stop = StopRequest()

        def request(progress: Progress, stop: StopRequest = stop) -> None:
            stop.requested = progress.step == 2

        train(run, state, data, stop=stop, on_step=request)
        kept.append(torch.load(run.checkpoint, weights_only=True)["network"])
    torch.manual_seed(RECIPE.seed)
    start = Session(new_run(tmp_path / "start")[0], RECIPE, divide(data, RECIPE)).network.state_dict()
    for name, weight in start.items():
        if name.startswith("backbone."):
            assert torch.equal(kept[0][name], weight), name
    assert not torch.equal(kept[0]["project.weight"], start["project.weight"])
    assert not torch.equal(kept[1]["backbone.conv_stem.weight"], start["backbone.conv_stem.weight"])


def test_a_run_that_gets_no_better_ends_early_and_says_so(data: TrainingData, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=9, patience=2, learning_rate=1e-9)
    run, state = new_run(tmp_path / "early", recipe)
    ended = train(run, state, data, stop=StopRequest())
    figures = [row["validation_mAP"] for row in read_curve(run.epochs)]
    best = figures.index(max(figures))
    assert ended.status == "finished"
    assert len(figures) == best + 1 + 2 < 9
    assert f"ended after epoch {best + 3}" in ended.message
    assert run.model.is_dir()


def test_two_halves_of_a_batch_make_the_step_of_the_whole(data: TrainingData, tmp_path: Path) -> None:
    """Without batch statistics, of which each half has its own."""
    losses = []
    for size, accumulation in ((8, 1), (4, 2)):
        recipe = dataclasses.replace(RECIPE, backbone="test_vit", loss="cross-entropy", optimiser="sgd")
        recipe = dataclasses.replace(recipe, batch_size=size, accumulation=accumulation)
        run, _ = new_run(tmp_path / f"of-{size}", recipe)
        session = Session(run, recipe, divide(data, recipe))
        session.network.neck = torch.nn.Identity()  # type: ignore[assignment]
        items = [item for batch in session.items(0) for item in batch][:8]
        batches = load(session.training, [items[at : at + size] for at in range(0, 8, size)], workers=0)
        session.prepare_step()
        row, crops = loop._accumulate_gradients(session, batches, 0)
        assert crops == 8
        gradient = session.loss_function.parts["cross-entropy"].classifier.weight.grad  # type: ignore[union-attr,index]
        losses.append((row["loss"], gradient))
    assert losses[0][0] == pytest.approx(losses[1][0], rel=1e-6)
    torch.testing.assert_close(losses[0][1], losses[1][1], rtol=1e-4, atol=1e-7)
