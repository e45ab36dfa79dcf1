"""What changes while a run trains, and how it is kept: network, loss, optimiser, step, best score, card."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.torch
import torch
from torch import nn

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.model import save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.embedder.weights import load_backbone_weights, pretrained_mean_std
from reid_core.errors import NotThere, ReidError
from reid_core.evaluation.metrics import RetrievalMetrics
from reid_core.evaluation.presentation.policy_sentences import cameras_note
from reid_core.files import write_atomically
from reid_core.records import plural
from reid_core.training.averaging import MovingAverage
from reid_core.training.checkpoint import as_bytes, random_states, restore_random_states
from reid_core.training.crops.data import CropReader, TrainingCrops, TrainingData, batch_items, fingerprint
from reid_core.training.crops.samplers import concerns, epoch_batches
from reid_core.training.distributed import from_first, of_all, own_share, shared, team
from reid_core.training.losses import create_loss
from reid_core.training.memory import keep_freed_memory
from reid_core.training.monitoring.validation import Validation, validate
from reid_core.training.optimiser import create_optimiser
from reid_core.training.problems import is_finite, not_finite
from reid_core.training.recipe import EARLIER_RUN, Recipe
from reid_core.training.run import Run


class Session:
    """One run in the memory of one process; with several processes each has one, and the first writes.

    Raises ReidError when the data cannot be trained on so, the start's weights cannot be had, or the run's checkpoint
    cannot be gone on from.
    """

    def __init__(self, run: Run, recipe: Recipe, data: TrainingData) -> None:
        keep_freed_memory()
        torch.manual_seed(recipe.seed)
        self.run, self.recipe, self.data = run, recipe, data
        self.device = torch.device("cuda", team().local) if torch.cuda.is_available() else torch.device("cpu")
        crops = data.rows("train")
        people = {identity: number for number, identity in enumerate(sorted(crops["identity"].unique()))}
        classes = np.array([people[label] for label in crops["identity"]])
        self.concerns = concerns(recipe, classes)
        cameras = data.rows("query", "gallery")["camera"]
        if note := cameras_note(cameras.astype(object).where(cameras.notna(), None)):
            self.concerns.append(f"Validation: {note[0].lower()}{note[1:]}")
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
        resuming = from_first(run.checkpoint.is_file)
        if not resuming:  # a checkpoint holds better weights than any start
            self._start(network)
        self.network: EmbeddingNetwork = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss_function = create_loss(recipe, classes=len(people), embedding_size=network.embedding_size)
        self.loss_function.to(self.device)
        modules = (self.network, self.loss_function)
        self.trained = [weight for module in modules for weight in module.parameters() if weight.requires_grad]
        self.optimiser = create_optimiser(recipe, self.network, self.loss_function)
        self.average = MovingAverage(self.network, recipe.averaging) if recipe.averaging else None
        reader = CropReader(list(crops["crop"]), self.card.preprocessing)
        self.training = TrainingCrops(reader, classes, recipe)
        self._cameras = pd.factorize(crops["camera"])[0]
        self._together = [(people[a], people[b]) for a, b in data.together if a in people and b in people]
        self.fingerprint = fingerprint(crops)
        self.batches = len(self._batches(0))
        self.accumulation = min(recipe.accumulation, self.batches)
        self.steps_per_epoch = self.batches // self.accumulation
        self.steps = self.steps_per_epoch * recipe.epochs
        self.step = 0
        self.best = -1.0
        self._kept_step = 0  # of the checkpoint on disk
        if team().rank:  # dropout is not to drop the same in every process
            torch.manual_seed(recipe.seed + team().rank)
        if resuming:
            self._restore()
        self._frozen = False
        self._share()

    def _batches(self, epoch: int) -> list[np.ndarray]:
        classes, together = self.training.classes, self._together
        return epoch_batches(self.recipe, classes, self._cameras, epoch=epoch, together=together)

    def items(self, epoch: int) -> list[list[tuple[int, int, int]]]:
        """What this process loads for each batch of an epoch."""
        return [list(own_share(batch)) for batch in batch_items(self._batches(epoch), epoch)]

    @property
    def epochs_done(self) -> int:
        return self.step // self.steps_per_epoch

    @property
    def over(self) -> bool:
        """At the last step, or after `patience` epochs that were no better than the best."""
        waited = self.epochs_done - self.card.metrics.get("epoch", 0)
        return self.step >= self.steps or bool(self.recipe.patience and waited >= self.recipe.patience)

    def prepare_step(self) -> None:
        """Training mode; the backbone with its running statistics stays as it is while it is frozen."""
        frozen = self.step < self.recipe.frozen_steps
        if frozen != self._frozen:
            self._frozen = frozen
            self.network.backbone.requires_grad_(not frozen)
            self._share()
        self.network.train()
        if frozen:
            self.network.backbone.eval()

    def _share(self) -> None:
        network: nn.Module = self.network
        if team().size > 1 and self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        # Pooling of our own leaves out the backbone's head, which then has weights without gradients.
        self.shared = shared(network, all_used=self.recipe.pooling == "average")

    @property
    def evaluated(self) -> EmbeddingNetwork:
        """The network that is measured and kept: the moving average where there is one."""
        return self.average.network if self.average else self.network  # type: ignore[return-value]

    def validate(self, epoch: int) -> Validation | None:
        preprocessing, seed = self.card.preprocessing, self.recipe.seed
        return validate(self.evaluated, self.data, preprocessing, self.device, epoch=epoch, seed=seed)

    def keep_if_best(self, epoch: int, metrics: RetrievalMetrics | None) -> None:
        # Without validation people the last epoch is taken: each counts as better than the one before.
        score = metrics.mAP if metrics else float(epoch)
        if score <= self.best:
            return
        self.best = score
        self.card = dataclasses.replace(self.card, metrics=_measured(epoch, metrics))
        if team().first:
            weights = {name: tensor.cpu().contiguous() for name, tensor in self.evaluated.state_dict().items()}
            write_atomically(self.run.best_weights, lambda file: file.write(safetensors.torch.save(weights)))

    def keep_epoch(self, epoch: int, metrics: RetrievalMetrics | None) -> None:
        """A model of this epoch, where the recipe wants one."""
        if team().first and self.recipe.keep_every and epoch % self.recipe.keep_every == 0:
            card = dataclasses.replace(self.card, name=f"{self.card.name}@{epoch}", metrics=_measured(epoch, metrics))
            self._save_model(self.run.epoch_models / str(epoch), self.evaluated.state_dict(), card)

    def save_best_model(self) -> None:
        if team().first and self.run.best_weights.is_file():
            self._save_model(self.run.model, safetensors.torch.load_file(self.run.best_weights), self.card)

    def _save_model(self, folder: Path, weights: dict[str, torch.Tensor], card: ModelCard) -> None:
        network = EmbeddingNetwork(Architecture(**card.architecture), (self.recipe.height, self.recipe.width))
        network.load_state_dict(weights)
        save_model(folder, network, card)

    def check_weights(self) -> None:
        if not is_finite(self.network):
            raise not_finite("A weight is no longer a finite number", f"step {self.step} (epoch {self.epochs_done})")

    def save_checkpoint(self) -> None:
        """Everything that the next step depends on. Raises ReidError, and keeps the last one, where a weight is NaN."""
        self.check_weights()
        states = of_all(random_states())
        if not team().first:
            return
        content = {
            "network": self.network.state_dict(),
            "loss": self.loss_function.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.network.state_dict() if self.average else None,
            "random": states,
            "step": self.step,
            "best": self.best,
            "start": self.card.recipe["start"],
            "origin": (self.card.trained_on, self.card.terms),
            "metrics": json.dumps(self.card.metrics),
            "fingerprint": self.fingerprint,
        }
        data = as_bytes(content)
        write_atomically(self.run.checkpoint, lambda file: file.write(data))
        self._kept_step = self.step

    def what_is_kept(self) -> str:
        """In a sentence, of a run that ends early: from where it can be resumed, and whether there is a model."""
        if not self._kept_step:
            return "Nothing is kept of it yet: its first checkpoint was still to come."
        model = f", and a model of epoch {self.card.metrics['epoch']}" if self.run.model.is_dir() else ""
        return f"Its checkpoint of step {self._kept_step:,} is kept{model}."

    def _restore(self) -> None:
        try:
            content = from_first(lambda: torch.load(self.run.checkpoint, map_location="cpu", weights_only=True))
            self._take(content)
        except Exception as error:  # a damaged archive fails in many ways
            raise ReidError(
                f"The checkpoint {self.run.checkpoint} cannot be resumed ({type(error).__name__}). "
                "The data or recipe changed, or the file is damaged; start a new run."
            ) from error
        if content["fingerprint"] != self.fingerprint:
            raise ReidError(
                f"The training crops of run {self.run.folder.name} are no longer those that it started with (some were "
                "added, moved, lost or labelled anew), so it cannot go on as it was. Start a new run."
            )

    def _take(self, content: dict[str, Any]) -> None:
        self.network.load_state_dict(content["network"])
        self.loss_function.load_old_state(content["loss"])  # type: ignore[operator]
        self.optimiser.load_state_dict(content["optimiser"])
        if self.average:
            self.average.network.load_state_dict(content["average"])
        if "torch_random" in content:  # of a run from before there were several processes
            torch.set_rng_state(content["torch_random"])
        elif team().rank < len(content["random"]):
            restore_random_states(content["random"][team().rank])
        if (before := len(content.get("random", [None]))) != team().size:
            self.concerns.append(
                f"The checkpoint was written by a training of {before} processes and goes on with {team().size}: "
                "well, but not bit for bit as it would have been."
            )
        self.step, self.best = int(content["step"]), float(content["best"])
        self._kept_step = self.step
        trained_on, terms = content.get("origin", (self.card.trained_on, self.card.terms))
        self.card = dataclasses.replace(self.card, trained_on=trained_on, terms=terms)
        self.card = dataclasses.replace(self.card, metrics=json.loads(content["metrics"]))
        self._note_start(content["start"])

    def _start(self, network: EmbeddingNetwork) -> None:
        if not self.recipe.starts_from_run:
            self._note_start(load_backbone_weights(network.backbone, self.recipe.backbone, self.recipe.weights))
            return
        earlier = earlier_run(self.run, self.recipe)
        card = ModelCard.read(earlier.model)
        try:
            network.load_state_dict(safetensors.torch.load_file(earlier.best_weights))
        except (OSError, RuntimeError, safetensors.SafetensorError) as error:
            raise ReidError(
                f"The best weights of run {earlier.folder.name} cannot be read. Start from another."
            ) from error
        self._note_start(f"run {earlier.folder.name}")
        trained_on = f"{self.card.trained_on}; before that: {card.trained_on}"
        terms = "; ".join(dict.fromkeys([self.card.terms, card.terms]))  # what it learnt there stays in its weights
        self.card = dataclasses.replace(self.card, trained_on=trained_on, terms=terms)

    def _note_start(self, start: str) -> None:
        self.card = dataclasses.replace(self.card, recipe={**self.card.recipe, "start": start})


def earlier_run(run: Run, recipe: Recipe) -> Run:
    """The run beside this one whose best weights `recipe.weights` asks for by "run:NAME".

    Raises ReidError when there is none, it has no model yet, or its network is another.
    """
    name = recipe.weights.removeprefix(EARLIER_RUN)
    if not name or Path(name).name != name:
        raise ReidError(f"{recipe.weights!r} names no run; write run:NAME.")
    earlier = Run(run.folder.parent / name)
    had = earlier.state().recipe
    if not (earlier.best_weights.is_file() and earlier.model.is_dir()):
        raise NotThere(f"The run {name} has no model to start from yet. Let it finish, or resume it.")
    wanted = Architecture(recipe.backbone, recipe.pooling, recipe.projection)
    if (there := Architecture(had.backbone, had.pooling, had.projection)) != wanted:
        raise ReidError(
            f"The run {name} trained {there.backbone} with {there.pooling} pooling and projection {there.projection}, "
            f"not {wanted.backbone} with {wanted.pooling} and {wanted.projection}. Give the same to start from it."
        )
    return earlier


def _measured(epoch: int, metrics: RetrievalMetrics | None) -> dict[str, Any]:
    """What a card says of an epoch."""
    return {"epoch": epoch, **({"validation": metrics.to_dict()} if metrics else {})}
