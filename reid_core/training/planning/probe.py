"""How fast a recipe would train: some seconds of its real steps, thrown away afterwards."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import torch

from reid_core.embedder.network_names import NONE
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.training.crops.data import TrainingData, divide
from reid_core.training.loop import Progress, train_epoch
from reid_core.training.monitoring.validation import CROPS_AT_ONCE, embed_crops
from reid_core.training.planning.speed import Speed
from reid_core.training.recipe import Recipe
from reid_core.training.run import NoCurve, Run
from reid_core.training.session import Session

SECONDS = 6.0  # of measured steps; warm-up and evaluation come on top
WARM_UP_STEPS, WARM_UP_SECONDS = 2, 1.0  # first steps choose kernels and fill memory; both have to be over
LEAST_STEPS = 3
FOR_EVER = 1_000_000  # epochs


def measure(
    recipe: Recipe,
    data: TrainingData,
    *,
    seconds: float = SECONDS,
    stop: StopRequest | None = None,
    on_progress: Callable[[float, float], None] = lambda done, total: None,
) -> Speed | None:
    """The speed of the trainer's own steps on these crops, with its network, loss, optimiser, batches and reading.

    It starts from random weights, which are as fast as any. `on_progress(done, total)` is in seconds. None when `stop`
    was requested before anything was measured. Raises ReidError as the training would: no one to train on, too little
    memory (with the batch that fits), a crop that cannot be read.
    """
    stop = stop or StopRequest()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reid-probe-") as folder:
        run = Run(Path(folder) / "probe")
        run.folder.mkdir()
        session = Session(run, _for_ever(recipe), divide(data, recipe))
        clock = _Clock(seconds, stop, on_progress)
        start_seconds = time.monotonic() - began
        while not clock.over.requested:
            train_epoch(session, NoCurve(), clock.over, clock.step)
        if clock.steps < 1:
            return None
        per_step = sum(map(len, session.items(0)[: session.accumulation]))
        evaluated = _evaluation_speed(session, seconds / 3)
        on_progress(1.0, 1.0)
        on_gpu = session.device.type == "cuda"
        return Speed(
            images_per_second=clock.steps * per_step / clock.seconds_of_steps,
            evaluated_per_second=evaluated,
            start_seconds=start_seconds,
            memory_gb=max(clock.memory, _memory()) / 1e9,
            gpu_memory_gb=torch.cuda.max_memory_reserved(session.device) / 1e9 if on_gpu else 0.0,
            device=torch.cuda.get_device_name(session.device) if on_gpu else _cores(),
        )


def _for_ever(recipe: Recipe) -> Recipe:
    """The same work without an end, with nothing frozen, and with steps too small to diverge."""
    return recipe.replace(
        weights=NONE,
        learning_rate=1e-6,
        schedule="constant",
        warmup=0.0,
        epochs=FOR_EVER,
        patience=0,
        frozen_steps=0,
        keep_every=0,
    )


class _Clock:
    """Counts the steps after warm-up, and asks for the end when they took long enough."""

    def __init__(self, seconds: float, stop: StopRequest, on_progress: Callable[[float, float], None]) -> None:
        self.seconds, self.stop, self.on_progress = seconds, stop, on_progress
        self.over = StopRequest()
        self.steps = 0
        self.seconds_of_steps = 0.0
        self.memory = 0
        self._warming, self._began = 0, time.monotonic()
        self._measuring: float | None = None

    def step(self, progress: Progress) -> None:
        now = time.monotonic()
        self.memory = max(self.memory, _memory())
        if self._measuring is None:
            self._warming += 1
            if self._warming >= WARM_UP_STEPS and now - self._began >= WARM_UP_SECONDS:
                self._measuring = now
        else:
            self.steps += 1
            self.seconds_of_steps = now - self._measuring
        self.on_progress(min(now - self._began, self.seconds), self.seconds * 4 / 3)
        enough = self.steps >= LEAST_STEPS and self.seconds_of_steps >= self.seconds
        self.over.requested = enough or self.stop.requested


def _evaluation_speed(session: Session, seconds: float) -> float:
    """Crops a second as validation embeds them, its reading included."""
    crops = session.training.reader.crops[:CROPS_AT_ONCE]

    def embed() -> None:
        embed_crops(session.evaluated, crops, session.card.preprocessing, session.device)

    embed()
    began, count = time.monotonic(), 0
    while not count or time.monotonic() - began < seconds:
        embed()
        count += len(crops)
    return count / (time.monotonic() - began)


def _memory() -> int:
    """Resident bytes of this process and of those that read its crops."""
    own = psutil.Process()
    total = own.memory_info().rss
    for child in own.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has ended in this moment
            continue
    return total


def _cores() -> str:
    return plural(os.cpu_count() or 1, "processor core")
