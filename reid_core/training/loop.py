"""The training loop: one network, one loss, read from top to bottom."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from torch import nn

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.model import architecture_of, save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork, UnitLength
from reid_core.embedder.weights import load_backbone_weights, pretrained_mean_std
from reid_core.errors import ReidError
from reid_core.evaluation.metrics import RetrievalMetrics, retrieval_metrics
from reid_core.evaluation.ranking import encode_labels, match_ranks
from reid_core.files import write_atomically
from reid_core.records import DISTRACTOR, JUNK, Records, plural, split_identities
from reid_core.signals import StopRequest
from reid_core.training.data import CropReader, TrainingCrops, batches_of_epoch, load_epoch
from reid_core.training.losses import create_loss
from reid_core.training.recipe import Recipe
from reid_core.training.run import Curve, Run, RunState, this_process

SECONDS_BETWEEN_CHECKPOINTS = 120.0


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Labelled crops: `records` say who and where, `crops` (one per row) which folder or zip to read and which path."""

    records: Records
    crops: list[tuple[Path, str]]
    description: str
    terms: str = "not stated"

    def rows(self, *splits: str) -> pd.DataFrame:
        table = self.records.table.assign(crop=pd.Series(self.crops, dtype=object))
        return table[table["split"].isin(splits)]


@dataclass(frozen=True)
class Progress:
    """One step of a run as a progress bar needs it."""

    step: int
    steps: int
    epoch: int
    loss: float
    images_per_second: float


def divide(data: TrainingData, recipe: Recipe) -> TrainingData:
    """Training crops only, a seeded share of their identities turned into validation queries and gallery.

    Query and gallery crops of the data set are dropped here: nothing below this line sees a test identity.
    """
    rows = data.rows("train")
    rows = rows[rows["identity"].notna() & ~rows["identity"].isin([DISTRACTOR, JUNK])]
    if rows.empty:
        raise ReidError(f"{data.description} has no labelled training crops. Import data with identities.")
    records = split_identities(Records(rows), train_share=1 - recipe.validation, seed=recipe.seed)
    divided = dataclasses.replace(data, records=records, crops=list(rows["crop"]))
    if (people := divided.rows("train")["identity"].nunique()) < 2:
        raise ReidError(f"{data.description} has {plural(people, 'identity')} to train on; at least 2 are needed.")
    return divided


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
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    divided = divide(data, recipe)
    crops = divided.rows("train")
    people = {identity: number for number, identity in enumerate(sorted(crops["identity"].unique()))}

    architecture = Architecture(recipe.backbone, recipe.pooling, recipe.projection)
    network = EmbeddingNetwork(architecture, (recipe.height, recipe.width))
    mean, std = pretrained_mean_std(recipe.backbone)
    preprocessing = Preprocessing(recipe.height, recipe.width, mean, std)
    loss_function = create_loss(recipe, classes=len(people), embedding_size=network.embedding_size).to(device)
    card = ModelCard(
        name=run.folder.name,
        embedding_size=network.embedding_size,
        preprocessing=preprocessing,
        architecture=architecture_of(architecture),
        trained_on=f"{data.description}: {plural(len(crops), 'crop')} of {plural(len(people), 'identity')}",
        terms=data.terms,
        recipe=dataclasses.asdict(recipe),
    )
    resuming = run.checkpoint.is_file()
    if not resuming:  # a checkpoint holds better weights than any start
        card = dataclasses.replace(
            card,
            recipe={**card.recipe, "start": load_backbone_weights(network.backbone, recipe.backbone, recipe.weights)},
        )
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    trained = [p for module in (network, loss_function) for p in module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)

    reader = CropReader(list(crops["crop"]), preprocessing)
    training = TrainingCrops(reader, np.array([people[identity] for identity in crops["identity"]]), recipe)
    steps_per_epoch = len(batches_of_epoch(len(training), recipe.batch_size, epoch=0, seed=recipe.seed))
    steps = steps_per_epoch * recipe.epochs
    step, best = 0, -1.0
    if resuming:
        step, best, card = _restore(run, network, loss_function, optimiser, card, device)
    state = _started(run, state, step, steps)
    step_curve = Curve(run.steps, "step", step)
    epoch_curve = Curve(run.epochs, "epoch", step // steps_per_epoch)
    saved = time.monotonic()

    def save_checkpoint() -> None:
        content = {
            "network": network.state_dict(),
            "loss": loss_function.state_dict(),
            "optimiser": optimiser.state_dict(),
            "torch_random": torch.get_rng_state(),
            "step": step,
            "best": best,
            "start": card.recipe.get("start", ""),
        }
        write_atomically(run.checkpoint, lambda file: torch.save(content, file))

    try:
        while step < steps and not stop.requested:
            epoch, done = divmod(step, steps_per_epoch)
            batches = batches_of_epoch(len(training), recipe.batch_size, epoch=epoch, seed=recipe.seed)[done:]
            workers = min(8, torch.get_num_threads()) if device.type == "cuda" else 0
            network.train()
            total, counted, tick = 0.0, 0, time.monotonic()
            for images, labels in load_epoch(training, batches, epoch=epoch, workers=workers):
                rate = learning_rate(recipe, step / steps_per_epoch)
                for group in optimiser.param_groups:
                    group["lr"] = rate
                images = images.to(device, memory_format=torch.channels_last, non_blocking=True)
                with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                    embeddings = network(images)
                loss = loss_function(embeddings.float(), labels.to(device))
                value = float(loss.detach())
                if not math.isfinite(value):
                    raise ReidError(
                        f"The loss is {value} at step {step + 1} (epoch {epoch + 1}). Lower --learning-rate or set "
                        "--gradient-clip 1; the last checkpoint is kept."
                    )
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                if recipe.gradient_clip:
                    nn.utils.clip_grad_norm_(trained, recipe.gradient_clip)
                optimiser.step()

                step += 1
                now = time.monotonic()
                speed, tick = len(labels) / (now - tick), now
                total, counted = total + value, counted + 1
                step_curve.append(
                    {"step": step, "epoch": epoch + 1, "loss": value, "learning_rate": rate, "images_per_second": speed}
                )
                on_step(Progress(step, steps, epoch + 1, value, speed))
                if stop.requested:
                    break
                if now - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    save_checkpoint()
                    state = dataclasses.replace(state, step=step, epoch=epoch + 1)
                    run.write_state(state)
                    saved = time.monotonic()

            if step == (epoch + 1) * steps_per_epoch:
                metrics = validate(network, divided, preprocessing, device)
                # Without validation people the last epoch is taken; each counts as better than the one before.
                score = metrics.mAP if metrics else float(epoch)
                if score > best:
                    best = score
                    _save_best(run, network)
                    card = dataclasses.replace(card, metrics=_card_metrics(metrics, epoch + 1))
                row = {
                    "epoch": epoch + 1,
                    "loss": total / max(counted, 1),
                    "validation_mAP": math.nan,
                    "validation_rank1": math.nan,
                }
                if metrics:
                    row |= {"validation_mAP": metrics.mAP, "validation_rank1": metrics.rank1}
                epoch_curve.append(row)
                run.log(f"epoch {epoch + 1}: " + ", ".join(f"{name} {value:.4f}" for name, value in row.items()))
                state = dataclasses.replace(state, best=card.metrics)
                on_epoch(epoch + 1, total / max(counted, 1), metrics)
            save_checkpoint()
            saved = time.monotonic()
            state = dataclasses.replace(state, step=step, epoch=epoch + 1)
            run.write_state(state)
    finally:
        step_curve.close()
        epoch_curve.close()

    if run.best_weights.is_file():
        network.load_state_dict(safetensors.torch.load_file(run.best_weights))
        save_model(
            run.model,
            network.cpu().to(memory_format=torch.contiguous_format),
            dataclasses.replace(card, metrics=state.best),
        )
    state = dataclasses.replace(state, status="finished" if step == steps else "stopped")
    run.write_state(state)
    run.log(state.status)
    return state


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


def _started(run: Run, state: RunState, step: int, steps: int) -> RunState:
    process, process_started = this_process()
    state = dataclasses.replace(
        state, status="running", step=step, steps=steps, process=process, process_started=process_started, message=""
    )
    run.write_state(state)
    run.log(f"{'resumed' if step else 'started'} at step {step} of {steps}")
    return state


def _save_best(run: Run, network: EmbeddingNetwork) -> None:
    weights = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    write_atomically(run.best_weights, lambda file: file.write(safetensors.torch.save(weights)))


def _card_metrics(metrics: RetrievalMetrics | None, epoch: int) -> dict[str, Any]:
    chosen: dict[str, Any] = {"epoch": epoch}
    if metrics:
        chosen["validation"] = metrics.to_dict()
    return chosen


def _restore(
    run: Run,
    network: EmbeddingNetwork,
    loss_function: nn.Module,
    optimiser: torch.optim.Optimizer,
    card: ModelCard,
    device: torch.device,
) -> tuple[int, float, ModelCard]:
    try:
        content = torch.load(run.checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(content["network"])
        loss_function.load_state_dict(content["loss"])
        optimiser.load_state_dict(content["optimiser"])
        torch.set_rng_state(content["torch_random"].cpu())
    except Exception as error:  # a damaged archive fails in many ways
        raise ReidError(
            f"The checkpoint {run.checkpoint} cannot be resumed ({type(error).__name__}). "
            "The data or recipe changed, or the file is damaged; start a new run."
        ) from error
    card = dataclasses.replace(card, recipe={**card.recipe, "start": content["start"]})
    return int(content["step"]), float(content["best"]), card
