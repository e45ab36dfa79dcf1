"""How fast files become vectors: the plain loop, ours from end to end, our network alone, and decoding alone.

All on every core and by the wall clock, because what is compared is how well the cores are kept busy; where others
use the machine, pictures per CPU second say more.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import BEST_FIRST, SHIPPED_MODELS, load_network, save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.embedder.runtime import Pixels, Vectors
from reid_core.picture_reader import PictureReader
from tests.benchmarks.importing import small_jpegs

FILES = 1024
PLAIN_FILES = 128  # the plain loop is as slow at the end as at the start
PLAIN_BATCH = 32
Item = TypeVar("Item")
BATCH = 256  # as many as `reid index` decodes while it embeds the batch before


def run() -> None:
    import torch

    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "crops"
        pictures.mkdir()
        for number, data in enumerate(small_jpegs(FILES)):
            (pictures / f"{number:06d}.jpg").write_bytes(data)
        for name in BEST_FIRST:
            embedder = Embedder(SHIPPED_MODELS / name, "cpu")
            shape = embedder.card.preprocessing
            backbone, size = embedder.card.architecture["backbone"], f"{shape.height}x{shape.width}"
            print(f"Embedding, 64x128 JPEG files to vectors, the shipped {name} ({backbone}, {size}), CPU, wall-clock")
            _compare(pictures, load_network(SHIPPED_MODELS / name).eval(), embedder)
        print("Embedding, the same, tf_efficientnet_b0 with random weights at 256x128")
        torch.manual_seed(0)
        architecture = Architecture("tf_efficientnet_b0")
        network = EmbeddingNetwork(architecture, (256, 128)).eval()
        folder_of = Path(folder) / "b0"
        save_model(folder_of, network, ModelCard("b0", network.embedding_size, Preprocessing(), vars(architecture)))
        _compare(pictures, load_network(folder_of).eval(), Embedder(folder_of, "cpu"))


def _compare(pictures: Path, network: EmbeddingNetwork, embedder: Embedder) -> None:
    import torch

    names = sorted(os.listdir(pictures))
    preprocessing = embedder.card.preprocessing

    @torch.inference_mode()
    def eager(pixels: Pixels) -> Vectors:
        return network(torch.from_numpy(preprocessing.normalise(pixels))).numpy()

    def plain() -> None:
        for batch in _batches(names[:PLAIN_FILES], PLAIN_BATCH):
            size = (preprocessing.width, preprocessing.height)
            opened = [Image.open(pictures / name).convert("RGB").resize(size) for name in batch]
            eager(np.stack([np.asarray(image) for image in opened]))

    with PictureReader() as reader, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reader.open({str(pictures)})

        def prepare(name: str) -> Pixels:
            return embedder.prepare(reader.picture(str(pictures), name))

        def from_files() -> None:
            waiting: list[Future[Pixels]] = []
            for batch in (*_batches(names, BATCH), []):
                coming = [pool.submit(prepare, name) for name in batch]
                embedder.embed_pixels([future.result() for future in waiting])
                waiting = coming

        prepared = [prepare(name) for name in names]
        sample = np.stack(prepared[:PLAIN_FILES])
        agreement = _centred_cosine(embedder.embed_pixels(sample), eager(sample))
        rates = {
            "plain loop: PIL, eager PyTorch, batch 32": _rate(PLAIN_FILES, plain),
            "files to vectors, ours": _rate(FILES, from_files),
            "our network alone, on prepared pixels": _rate(
                FILES, lambda: [embedder.embed_pixels(batch) for batch in _batches(prepared, BATCH)]
            ),
            "decoding and resizing alone, ours": _rate(FILES, lambda: list(pool.map(prepare, names))),
        }
    for name, (rate, cpu_rate) in rates.items():
        print(f"  {name:<42} {rate:8.0f} images/s  {cpu_rate:8.0f} images per CPU s")
    plain_rate, ours, alone, _ = np.array(list(rates.values()))
    clock, cpu = ours / plain_rate
    print(f"  ours is {clock:.1f}x the plain loop ({cpu:.1f}x per CPU s)")
    clock, cpu = ours / alone
    print(f"  and runs at {clock:.2f} of the network's rate ({cpu:.2f} per CPU s);")
    print(f"  smallest cosine to eager PyTorch, centred on the batch: {agreement:.6f}", flush=True)


def _batches(items: list[Item], size: int) -> Iterator[list[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _centred_cosine(ours: Vectors, reference: Vectors) -> float:
    """Without the mean, which random weights give to all vectors alike, the smallest cosine of a pair."""
    reference = reference / np.linalg.norm(reference, axis=1, keepdims=True)
    left, right = ours - ours.mean(0), reference - reference.mean(0)
    cosines = (left * right).sum(1) / (np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1))
    return float(cosines.min())


def _rate(pictures: int, action: Callable[[], object]) -> tuple[float, float]:
    """Pictures per second by the clock and per CPU second, each the better of two runs."""
    seconds, cpu_seconds = [], []
    for _ in range(2):
        began, began_cpu = time.perf_counter(), time.process_time()
        action()
        seconds.append(time.perf_counter() - began)
        cpu_seconds.append(time.process_time() - began_cpu)
    return pictures / min(seconds), pictures / min(cpu_seconds)
