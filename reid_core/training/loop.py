"""The training loop: one network, one loss, read from top to bottom."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from torch import nn

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.model import save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork, UnitLength
from reid_core.embedder.weights import load_backbone_weights, pretrained_mean_std
from reid_core.errors import ReidError
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking import encode_labels, match_ranks
from reid_core.files import write_atomically
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.training.data import CropReader, TrainingCrops, TrainingData, batches_of_epoch, divide, load_epoch
from reid_core.training.losses import create_loss
from reid_core.training.recipe import Recipe
from reid_core.training.run import Curve, Run, RunState, this_process

SECONDS_BETWEEN_CHECKPOINTS = 120.0


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
) -> RunState:
    """Train, or go on from the run's checkpoint where it has one, and leave the best model in `run.model`.

    Best is the epoch of the highest validation mAP (without validation identities, the last). Returns the run's
    last state: "finished", or "stopped" when `stop` was requested. Raises ReidError when the loss is no longer finite.
    """
    recipe = state.recipe
    session = _Session(run, recipe, divide(data, recipe))
    step_curve = Curve(run.steps, "step", session.step)
    epoch_curve = Curve(run.epochs, "epoch", session.step // session.steps_per_epoch)
    state = _started(run, state, session)
    try:
        while session.step < session.steps and not stop.requested:
            loss = _train_epoch(session, step_curve, stop, on_step)
            if session.step % session.steps_per_epoch == 0:
                epoch = session.step // session.steps_per_epoch
                metrics = validate(session.network, session.data, session.card.preprocessing, session.device)
                session.keep_if_best(epoch, metrics)
                row = {"epoch": epoch, "loss": loss}
                row["validation_mAP"] = metrics.mAP if metrics else math.nan
                row["validation_rank1"] = metrics.rank1 if metrics else math.nan
                epoch_curve.append(row)
                run.log(", ".join(f"{name} {value:.4g}" for name, value in row.items()))
                on_epoch(epoch, loss, metrics)
            session.save_checkpoint()
            state = dataclasses.replace(state, step=session.step, best=session.card.metrics)
            run.write_state(state)
    finally:
        step_curve.close()
        epoch_curve.close()
    session.save_best_model()
    state = dataclasses.replace(state, status="finished" if session.step == session.steps else "stopped")
    run.write_state(state)
    run.log(state.status)
    return state


def _train_epoch(session: _Session, curve: Curve, stop: StopRequest, on_step: Callable[[Progress], None]) -> float:
    """Steps to the end of the epoch or until `stop`; returns their mean loss."""
    recipe, device = session.recipe, session.device
    epoch, done = divmod(session.step, session.steps_per_epoch)
    batches = batches_of_epoch(len(session.training), recipe.batch_size, epoch=epoch, seed=recipe.seed)[done:]
    workers = min(8, os.cpu_count() or 1) if device.type == "cuda" else 0
    session.network.train()
    losses = []
    tick = saved = time.monotonic()
    for images, labels in load_epoch(session.training, batches, epoch=epoch, workers=workers):
        rate = learning_rate(recipe, session.step / session.steps_per_epoch)
        for group in session.optimiser.param_groups:
            group["lr"] = rate
        images = images.to(device, memory_format=torch.channels_last, non_blocking=True)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            embeddings = session.network(images)
        loss = session.loss_function(embeddings.float(), labels.to(device))
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise ReidError(
                f"The loss is {losses[-1]} at step {session.step + 1} (epoch {epoch + 1}). Lower --learning-rate or "
                "set --gradient-clip 1; the last checkpoint is kept."
            )
        session.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.gradient_clip:
            nn.utils.clip_grad_norm_(session.trained, recipe.gradient_clip)
        session.optimiser.step()
        session.step += 1

        now = time.monotonic()
        speed, tick = len(labels) / (now - tick), now
        row = {"step": session.step, "epoch": epoch + 1, "loss": losses[-1]}
        curve.append({**row, "learning_rate": rate, "images_per_second": speed})
        on_step(Progress(session.step, session.steps, epoch + 1, losses[-1], speed))
        if stop.requested:
            break
        if now - saved > SECONDS_BETWEEN_CHECKPOINTS:
            session.save_checkpoint()
            saved = time.monotonic()
    return float(np.mean(losses))


class _Session:
    """What changes while a run trains, and how it is kept: network, loss, optimiser, step, best score, card."""

    def __init__(self, run: Run, recipe: Recipe, data: TrainingData) -> None:
        torch.manual_seed(recipe.seed)
        self.run, self.recipe, self.data = run, recipe, data
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        crops = data.rows("train")
        people = {identity: number for number, identity in enumerate(sorted(crops["identity"].unique()))}
        architecture = Architecture(recipe.backbone, recipe.pooling, recipe.projection)
        network = EmbeddingNetwork(architecture, (recipe.height, recipe.width))
        mean, std = pretrained_mean_std(recipe.backbone)
        self.card = ModelCard(
            name=run.folder.name,
            embedding_size=network.embedding_size,
            preprocessing=Preprocessing(recipe.height, recipe.width, mean, std),
            architecture=dataclasses.asdict(architecture),
            trained_on=f"{data.description}: {plural(len(crops), 'crop')} of {plural(len(people), 'identity')}",
            terms=data.terms,
            recipe=dataclasses.asdict(recipe),
        )
        resuming = run.checkpoint.is_file()
        if not resuming:  # a checkpoint holds better weights than any start
            self._note_start(load_backbone_weights(network.backbone, recipe.backbone, recipe.weights))
        self.network: EmbeddingNetwork = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss_function = create_loss(recipe, classes=len(people), embedding_size=network.embedding_size)
        self.loss_function.to(self.device)
        modules = (self.network, self.loss_function)
        self.trained = [weight for module in modules for weight in module.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        reader = CropReader(list(crops["crop"]), self.card.preprocessing)
        self.training = TrainingCrops(reader, np.array([people[label] for label in crops["identity"]]), recipe)
        places = [
            (identity, str(folder), path)
            for identity, (folder, path) in zip(crops["identity"], crops["crop"], strict=True)
        ]
        self.fingerprint = hashlib.sha256(repr(places).encode()).hexdigest()
        self.steps_per_epoch = len(batches_of_epoch(len(reader), recipe.batch_size, epoch=0, seed=recipe.seed))
        self.steps = self.steps_per_epoch * recipe.epochs
        self.step = 0
        self.best = -1.0
        if resuming:
            self._restore()

    def save_checkpoint(self) -> None:
        content = {
            "network": self.network.state_dict(),
            "loss": self.loss_function.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "torch_random": torch.get_rng_state(),
            "step": self.step,
            "best": self.best,
            "start": self.card.recipe["start"],
            "metrics": json.dumps(self.card.metrics),
            "fingerprint": self.fingerprint,
        }
        write_atomically(self.run.checkpoint, lambda file: torch.save(content, file))

    def _restore(self) -> None:
        try:
            content = torch.load(self.run.checkpoint, map_location=self.device, weights_only=True)
            self.network.load_state_dict(content["network"])
            self.loss_function.load_state_dict(content["loss"])
            self.optimiser.load_state_dict(content["optimiser"])
            torch.set_rng_state(content["torch_random"].cpu())
            self.step, self.best = int(content["step"]), float(content["best"])
            self._note_start(content["start"])
            self.card = dataclasses.replace(self.card, metrics=json.loads(content["metrics"]))
            trained_on = content["fingerprint"]
        except Exception as error:  # a damaged archive fails in many ways
            raise ReidError(
                f"The checkpoint {self.run.checkpoint} cannot be resumed ({type(error).__name__}). "
                "The data or recipe changed, or the file is damaged; start a new run."
            ) from error
        if trained_on != self.fingerprint:
            raise ReidError(
                f"The training crops of run {self.run.folder.name} are no longer those that it started with (some were "
                "added, moved, lost or labelled anew), so it cannot go on as it was. Start a new run."
            )

    def _note_start(self, start: str) -> None:
        self.card = dataclasses.replace(self.card, recipe={**self.card.recipe, "start": start})

    def keep_if_best(self, epoch: int, metrics: RetrievalMetrics | None) -> None:
        # Without validation people the last epoch is taken: each counts as better than the one before.
        score = metrics.mAP if metrics else float(epoch)
        if score <= self.best:
            return
        self.best = score
        measured = {"validation": metrics.to_dict()} if metrics else {}
        self.card = dataclasses.replace(self.card, metrics={"epoch": epoch, **measured})
        weights = {name: tensor.cpu().contiguous() for name, tensor in self.network.state_dict().items()}
        write_atomically(self.run.best_weights, lambda file: file.write(safetensors.torch.save(weights)))

    def save_best_model(self) -> None:
        if self.run.best_weights.is_file():
            network = self.network.cpu()
            network.load_state_dict(safetensors.torch.load_file(self.run.best_weights))
            save_model(self.run.model, network, self.card)


def learning_rate(recipe: Recipe, epoch: float) -> float:
    """The rate at a point in time, in epochs from the start: linear warm-up, then the schedule down to zero."""
    if epoch < recipe.warmup:
        return recipe.learning_rate * (epoch + 1e-3) / recipe.warmup
    if recipe.schedule == "constant":
        return recipe.learning_rate
    share = (epoch - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-9)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


@torch.inference_mode()
def validate(
    network: EmbeddingNetwork, data: TrainingData, preprocessing: Preprocessing, device: torch.device
) -> RetrievalMetrics | None:
    """Retrieval metrics on the validation identities; None where they give no query with a match."""
    queries, gallery = data.rows("query"), data.rows("gallery")
    if queries.empty or gallery.empty:
        return None
    unit = UnitLength(network).eval()

    def embed(rows: pd.DataFrame) -> np.ndarray:
        reader = CropReader(list(rows["crop"]), preprocessing)
        parts = []
        for start in range(0, len(reader), 64):
            pixels = np.stack([reader.pixels(row) for row in range(start, min(start + 64, len(reader)))])
            images = torch.from_numpy(preprocessing.normalise(pixels)).to(device, memory_format=torch.channels_last)
            parts.append(unit(images).float().cpu().numpy())
        return np.concatenate(parts)

    labels = encode_labels(*(list(table[column]) for table in (queries, gallery) for column in ("identity", "camera")))
    ranks = match_ranks(embed(queries), embed(gallery), *labels)
    return retrieval_metrics(ranks) if ranks.match_counts.any() else None


def _started(run: Run, state: RunState, session: _Session) -> RunState:
    process, started = this_process()
    state = dataclasses.replace(state, status="running", step=session.step, steps=session.steps, message="")
    state = dataclasses.replace(state, process=process, process_started=started)
    run.write_state(state)
    run.log(f"{'resumed' if session.step else 'started'} at step {session.step} of {session.steps}")
    return state
