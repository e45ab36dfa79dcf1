"""How fast a run trains, beside a bare loop of the same network, loss, optimiser and batch.

The bare loop has its batches in memory already, channels last as ours, and does nothing but steps: no reading, no
augmentation, no curves, no checkpoint. The usual loop is what is commonly written: PIL and torchvision's transforms in
a data set, batches from a DataLoader, pictures in PyTorch's default layout. Each has a process of its own, for a run of
Retrace changes how its process keeps memory; the three take turns, so that a machine that is slow for a while is slow
for all.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.records import make_records
from reid_core.signals import StopRequest
from reid_core.training.recipe import Recipe
from tests.benchmarks.importing import small_jpegs

PEOPLE, CROPS = 64, 8  # crops of each
STEPS = 14  # in a turn
FIRST = 3  # of a turn that are not counted: memory is laid out in them
TURNS = 4


def run() -> None:
    recipe = Recipe(weights="none", validation=0)
    print(
        f"Training, {recipe.backbone} at {recipe.height}x{recipe.width}, batch {recipe.batch_size}, "
        f"median of {TURNS * (STEPS - FIRST)} steps, wall-clock"
    )
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "crops"
        pictures.mkdir()
        names = [f"{number:05d}.jpg" for number in range(PEOPLE * CROPS)]
        for name, data in zip(names, small_jpegs(len(names)), strict=True):
            (pictures / name).write_bytes(data)
        loops: dict[str, tuple[Any, ...]] = {
            "ours": (_ours, pictures, names, recipe),
            "bare": (_bare, recipe),
            "usual": (_usual, pictures, names, recipe),
        }
        times: dict[str, list[float]] = {name: [] for name in loops}
        with contextlib.ExitStack() as stack:
            alone = multiprocessing.get_context("spawn")
            processes = {name: stack.enter_context(ProcessPoolExecutor(1, alone)) for name in loops}
            for _ in range(TURNS):
                for name, loop in loops.items():
                    times[name] += processes[name].submit(*loop).result()[FIRST:]
    speed = {name: recipe.batch_size / float(np.median(steps)) for name, steps in times.items()}
    print(f"  a run of Retrace, with reading, augmentation and curves   {speed['ours']:7.1f} images/s")
    print(f"  bare loop, batches in memory, channels last               {speed['bare']:7.1f} images/s")
    print(f"  usual loop, DataLoader and torchvision transforms         {speed['usual']:7.1f} images/s")
    print(f"  ours to bare {speed['ours'] / speed['bare']:.3f}, ours to usual {speed['ours'] / speed['usual']:.2f}")


def _ours(pictures: Path, names: list[str], recipe: Recipe) -> list[float]:
    from reid_core.training.crops.data import TrainingData
    from reid_core.training.loop import Progress, train
    from reid_core.training.run import Run, RunState

    people = [str(number // CROPS) for number in range(len(names))]
    cameras = [str(number % 2) for number in range(len(names))]
    records = make_records(path=names, identity=people, camera=cameras, split=["train"] * len(names))
    data = TrainingData(records, [(pictures, name) for name in names], "bench")
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        state = RunState("bench", "bench", recipe, "bench")
        run.write_state(state)
        stop, times = StopRequest(), [0.0]

        def on_step(progress: Progress) -> None:
            times.append(time.perf_counter())
            stop.requested = progress.step == STEPS + 1

        train(run, state, data, stop=stop, on_step=on_step)
    return np.diff(times[1:]).tolist()


def _steps(recipe: Recipe, batches: Iterator[tuple[object, object]], *, channels_last: bool) -> list[float]:
    """Seconds of each of `STEPS` training steps as anybody would write them."""
    import torch

    from reid_core.embedder.network import Architecture, EmbeddingNetwork
    from reid_core.training.losses import create_loss

    torch.manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = EmbeddingNetwork(Architecture(recipe.backbone), (recipe.height, recipe.width))
    network = network.to(memory_format=layout).train()  # type: ignore[call-overload]
    loss_function = create_loss(recipe, classes=PEOPLE, embedding_size=network.embedding_size)
    weights = [*network.parameters(), *loss_function.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    times = [time.perf_counter()]
    for _ in range(STEPS):
        images, labels = next(batches)
        parts = loss_function(network(images.to(memory_format=layout)), labels)  # type: ignore[attr-defined]
        loss = sum(parts.values())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss.item()  # anybody who shows a loss waits for it
        times.append(time.perf_counter())
    return np.diff(times).tolist()


def _bare(recipe: Recipe) -> list[float]:
    import torch

    images = torch.randn(recipe.batch_size, 3, recipe.height, recipe.width).to(memory_format=torch.channels_last)
    labels = torch.arange(recipe.batch_size) % PEOPLE

    def batches() -> Iterator[tuple[object, object]]:
        while True:
            yield images, labels

    return _steps(recipe, batches(), channels_last=True)


def _usual(pictures: Path, names: list[str], recipe: Recipe) -> list[float]:
    from torch.utils.data import DataLoader

    from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before torchvision)
    from PIL import Image
    from torchvision import transforms

    change = transforms.Compose(
        [
            transforms.Resize((recipe.height, recipe.width)),
            transforms.RandomHorizontalFlip(recipe.flip),
            transforms.Pad(round(recipe.pad_crop * recipe.height), padding_mode="edge"),
            transforms.RandomCrop((recipe.height, recipe.width)),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    read: Callable[[int], object] = lambda row: change(Image.open(pictures / names[row]).convert("RGB"))  # noqa: E731
    items = [(row, row // CROPS) for row in range(len(names))]

    class Crops:
        def __len__(self) -> int:
            return len(items)

        def __getitem__(self, row: int) -> tuple[object, int]:
            return read(row), items[row][1]

    crops: Any = Crops()
    loader: Any = DataLoader(crops, batch_size=recipe.batch_size, shuffle=True, drop_last=True)
    return _steps(recipe, iter(loader), channels_last=False)
