"""The training loop, read from top to bottom; the same for one process and for many."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from reid_core.errors import NamesCrops, ReidError
from reid_core.evaluation.metrics import RetrievalMetrics
from reid_core.files import write_atomically
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.training.crops.augmentation import save_batch_picture
from reid_core.training.crops.data import TrainingData, divide, load, network_input
from reid_core.training.distributed import any_of, average_gradients, from_first, gather_embeddings, gather_labels, team
from reid_core.training.losses import wants_triplet_statistics
from reid_core.training.monitoring.predictions import write_predictions
from reid_core.training.monitoring.resources import watch_resources
from reid_core.training.monitoring.tracking import TrackedCurve, open_trackers
from reid_core.training.monitoring.triplets import triplet_statistics
from reid_core.training.optimiser import set_rate
from reid_core.training.problems import disk_problems, is_out_of_memory, not_finite, out_of_memory
from reid_core.training.recipe_file import to_yaml
from reid_core.training.run import Curve, NoCurve, Run, RunState, read_curve, this_process
from reid_core.training.schedule import learning_rate
from reid_core.training.session import Session

SECONDS_BETWEEN_CHECKPOINTS = 120.0
_Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]
_Curve = Curve | NoCurve | TrackedCurve


@dataclass(frozen=True)
class Progress:
    """One step of a run as a progress bar needs it."""

    step: int
    steps: int
    epoch: int
    loss: float
    images_per_second: float


def train(
    run: Run,
    state: RunState,
    data: TrainingData,
    *,
    stop: StopRequest,
    on_step: Callable[[Progress], None] = lambda progress: None,
    on_epoch: Callable[[int, float, RetrievalMetrics | None], None] = lambda epoch, loss, metrics: None,
    on_note: Callable[[str], None] = lambda note: None,
) -> RunState:
    """Train, or go on from the run's checkpoint where it has one, and leave the best model in `run.model`.

    Best is the epoch of the highest validation mAP (without validation identities, the last). Returns the run's
    last state: "finished", or "stopped" when `stop` was requested. Raises ReidError when the loss is no longer finite,
    memory or the disk is full, or a crop can no longer be read; it says what is kept, the last checkpoint and a model
    of the best weights before.
    """
    with contextlib.ExitStack() as stack:
        with disk_problems(run.folder):
            session = Session(run, state.recipe, divide(data, state.recipe, state.fold))
        stack.enter_context(_keeping(session))
        step_curve, epoch_curve = _curves(session, state, stack, on_note)
        if team().first:
            stack.enter_context(watch_resources(run))
        state = _started(session, state)
        for note in session.concerns:
            _log(run, note)
            on_note(note)
        while not (session.over or stop.requested):
            loss = train_epoch(session, step_curve, stop, on_step)
            if session.step % session.steps_per_epoch == 0:
                metrics = _end_epoch(session, loss, epoch_curve)
                on_epoch(session.epochs_done, loss, metrics)
            session.save_checkpoint()
            state = dataclasses.replace(state, step=session.step, best=session.card.metrics)
            _write_state(run, state)
        session.save_best_model()
        state = dataclasses.replace(state, status="finished" if session.over else "stopped")
        if session.over and session.step < session.steps:
            waited = f"no better validation mAP for {plural(session.recipe.patience, 'epoch')}"
            state = dataclasses.replace(state, message=f"ended after epoch {session.epochs_done}: {waited}")
        _write_state(run, state)
        _log(run, f"{state.status} {state.message}".rstrip())
        return state


@contextlib.contextmanager
def _keeping(session: Session) -> Iterator[None]:
    """What ends a run early says what is kept of it; the best weights so far become its model, as at every end."""
    try:
        with disk_problems(session.run.folder):
            yield
    except ReidError as error:
        with contextlib.suppress(OSError, ReidError, RuntimeError, MemoryError):  # a full disk takes no model either
            session.save_best_model()
        kind = NamesCrops if isinstance(error, NamesCrops) else ReidError
        raise kind(f"{error} {session.what_is_kept()}") from error


def train_epoch(session: Session, curve: _Curve, stop: StopRequest, on_step: Callable[[Progress], None]) -> float:
    """Steps to the end of the epoch or until `stop`; returns the epoch's mean loss so far."""
    recipe, device = session.recipe, session.device
    epoch, done = divmod(session.step, session.steps_per_epoch)
    items = session.items(epoch)[done * session.accumulation :]
    workers = min(8, os.cpu_count() or 1) if device.type == "cuda" else 0
    losses = [row["loss"] for row in read_curve(session.run.steps) if row["epoch"] == epoch + 1] if done else []
    tick = saved = time.monotonic()
    # Closed here and now: where a step fails, its reading threads would else be ended by whoever collects garbage.
    with contextlib.closing(load(session.training, items, workers=workers)) as batches:
        for _ in range(session.steps_per_epoch - done):
            rate = learning_rate(recipe, session.step / session.steps_per_epoch)
            set_rate(session.optimiser, rate)
            session.prepare_step()
            row, crops = _accumulate_gradients(session, batches, epoch)
            average_gradients(session.loss_function.parameters())
            if recipe.gradient_clip:
                nn.utils.clip_grad_norm_(session.trained, recipe.gradient_clip)
            session.optimiser.step()
            session.step += 1
            if session.average:
                session.average.update(session.network, session.step)

            now = time.monotonic()
            speed, tick = crops / (now - tick), now
            losses.append(row["loss"])
            measured = {"learning_rate": rate, "images_per_second": speed}
            curve.append({"step": session.step, "epoch": epoch + 1, "loss": row.pop("loss"), **measured, **row})
            on_step(Progress(session.step, session.steps, epoch + 1, losses[-1], speed))
            stop.requested, save = any_of(stop.requested, now - saved > SECONDS_BETWEEN_CHECKPOINTS)
            if stop.requested:
                break
            if save:
                session.save_checkpoint()
                saved = time.monotonic()
    return float(np.mean(losses))


def _accumulate_gradients(session: Session, batches: _Batches, epoch: int) -> tuple[dict[str, float], int]:
    """Gradients of one step in place of the last step's; what the curve shows of it, and its number of crops."""
    recipe, device, count = session.recipe, session.device, session.accumulation
    low_precision = recipe.precision == "bfloat16" or (recipe.precision == "auto" and device.type == "cuda")
    sums: dict[str, float] = {}
    statistics: dict[str, float] = {}
    crops = 0
    for number in range(count):
        pixels, labels = next(batches)
        if session.step == number == 0 and team().first:
            save_batch_picture(session.run.batch_picture, pixels.numpy())
        images = network_input(pixels.to(device, non_blocking=True), session.card.preprocessing)
        in_turn = number < count - 1 and team().size > 1  # the processes need to exchange only the last sum
        try:
            with session.shared.no_sync() if in_turn else contextlib.nullcontext():  # type: ignore[operator]
                embeddings, labels, parts = _forward(session, images, labels.to(device), low_precision)
                loss = sum(parts.values(), start=torch.zeros((), device=device)) / count
                _check_loss(session, float(loss.detach()) * count, epoch, number)
                if number == 0:
                    session.optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            embeddings, parts, loss = torch.empty(0), {}, torch.empty(0)  # they hold what the step had computed
            raise out_of_memory(session.network, images, recipe.batch_size, error) from error
        crops += len(labels)
        named = {f"loss_{name.replace('-', '_')}": part for name, part in parts.items()} if len(parts) > 1 else {}
        for name, value in {"loss": loss * count, **named}.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach()) / count
        if wants_triplet_statistics(recipe):
            statistics = triplet_statistics(embeddings.detach(), labels, recipe.triplet_margin)
    return {**sums, **statistics}, crops


def _forward(
    session: Session, images: torch.Tensor, labels: torch.Tensor, low_precision: bool
) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    """Embeddings and classes over all processes, and each part of the loss."""
    with torch.autocast(session.device.type, dtype=torch.bfloat16, enabled=low_precision):
        embeddings = session.shared(images)
    embeddings, labels = gather_embeddings(embeddings.float()), gather_labels(labels)
    return embeddings, labels, session.loss_function(embeddings, labels)


def _check_loss(session: Session, loss: float, epoch: int, number: int) -> None:
    if math.isfinite(loss):
        return
    batch = session.step % session.steps_per_epoch * session.accumulation + number
    paths = [session.training.reader.crops[row][1] for _, row, _ in session.items(epoch)[batch]]
    place = f"step {session.step + 1} (epoch {epoch + 1}, batch {batch + 1} of {session.batches})"
    if team().first:
        session.run.log_crops(f"loss {loss} at {place}", ", ".join(paths))
    raise not_finite(f"The loss is {loss}", place)


def _end_epoch(session: Session, loss: float, curve: _Curve) -> RetrievalMetrics | None:
    """Measure, keep what is best, and write down what was found."""
    session.check_weights()
    epoch = session.epochs_done
    validation = from_first(lambda: session.validate(epoch))
    metrics = validation.metrics if validation else None
    session.keep_if_best(epoch, metrics)
    session.keep_epoch(epoch, metrics)
    row = {"epoch": epoch, "loss": loss}
    row["validation_mAP"] = metrics.mAP if metrics else math.nan
    row["validation_rank1"] = metrics.rank1 if metrics else math.nan
    curve.append(row)
    _log(session.run, ", ".join(f"{name} {value:.4g}" for name, value in row.items()))
    if validation and team().first:
        write_predictions(session.run, validation.predictions)
    return metrics


def _curves(
    session: Session, state: RunState, stack: contextlib.ExitStack, on_note: Callable[[str], None]
) -> tuple[_Curve, _Curve]:
    if not team().first:
        return NoCurve(), NoCurve()
    step_curve = Curve(session.run.steps, "step", session.step)
    stack.callback(step_curve.close)
    epoch_curve = Curve(session.run.epochs, "epoch", session.epochs_done)
    stack.callback(epoch_curve.close)
    if not state.trackers:
        return step_curve, epoch_curve

    def say(note: str) -> None:
        _log(session.run, note)
        on_note(note)

    epoch = session.steps_per_epoch
    trackers = open_trackers(session.run, state, step=session.step, steps_per_epoch=epoch, say=say)
    for tracker in trackers:
        stack.callback(tracker.close)
    return TrackedCurve(step_curve, trackers, epoch), TrackedCurve(epoch_curve, trackers, epoch)


def _started(session: Session, state: RunState) -> RunState:
    process, started = this_process()
    state = dataclasses.replace(state, status="running", step=session.step, steps=session.steps)
    state = dataclasses.replace(state, message="", names_crops=False)
    state = dataclasses.replace(state, process=process, process_started=started)
    _write_state(session.run, state)
    if team().first:
        text = to_yaml(session.recipe)
        write_atomically(session.run.recipe, lambda file: file.write(text.encode()))
    of = f" by {team().size} processes" if team().size > 1 else ""
    _log(session.run, f"{'resumed' if session.step else 'started'} at step {session.step} of {session.steps}{of}")
    return state


def _write_state(run: Run, state: RunState) -> None:
    if team().first:
        run.write_state(state)


def _log(run: Run, line: str) -> None:
    if team().first:
        run.log(line)
