"""Pictures to unit vectors with a finished model: OpenVINO on the CPU, PyTorch in bfloat16 on a CUDA GPU."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import WEIGHTS_NAME, load_network, model_id, network_file
from reid_core.embedder.runtime import Pixels, Runner, Vectors, openvino_runner
from reid_core.errors import ReidError

GPU_BATCH = 256


class Embedder:
    """A model ready to run. `id` and `card` say which; vectors of two ids are never compared.

    `device` is "auto" (CUDA where there is a GPU and the model has PyTorch weights), "cpu" or "cuda".
    """

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self.folder = folder
        self.card = ModelCard.read(folder)
        self.id = model_id(folder)
        use_cuda = device == "cuda" or (device == "auto" and (folder / WEIGHTS_NAME).is_file() and _cuda_is_there())
        self.device = "cuda" if use_cuda else "cpu"
        self._run = (
            _torch_runner(folder, self.card)
            if use_cuda
            else openvino_runner(network_file(folder), self.card.preprocessing)
        )

    def prepare(self, image: Image.Image) -> Pixels:
        """One picture as the (height, width, 3) bytes that `embed_pixels` stacks. Safe from many threads."""
        return self.card.preprocessing.resize(image)

    def embed_pixels(self, pixels: Sequence[Pixels] | Pixels) -> Vectors:
        """(N, D) float32 unit vectors of N prepared pictures; raises ReidError where one has no direction."""
        vectors = self.directions(pixels)
        if np.isnan(vectors).any():
            raise self.damaged()
        return vectors

    def damaged(self) -> ReidError:
        """What is to be said of a model that gives no picture a direction."""
        return ReidError(f"The model {self.card.name} gives vectors without a direction; its weights are damaged.")

    def directions(self, pixels: Sequence[Pixels] | Pixels) -> Vectors:
        """(N, D) float32 unit vectors of N prepared pictures; a row of NaN where the model gives no direction, that
        is zeros or no finite numbers, as for a black picture under some models.
        """
        if len(pixels) == 0:
            return np.empty((0, self.card.embedding_size), np.float32)
        vectors = self._run(np.stack(list(pixels)))
        if vectors.shape[1] != self.card.embedding_size:
            raise ReidError(
                f"The model {self.card.name} gives vectors of {vectors.shape[1]} numbers, its card says "
                f"{self.card.embedding_size}. Add the model again."
            )
        wide = vectors.astype(np.float64)  # squares of numbers far from 1 are beyond float32
        with np.errstate(invalid="ignore"):
            lengths = np.linalg.norm(wide, axis=1, keepdims=True)
        lengths[~np.isfinite(lengths) | (lengths == 0)] = np.nan
        return np.asarray(wide / lengths, np.float32)

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """(N, D) float32 unit vectors of N pictures."""
        return self.embed_pixels([self.prepare(image) for image in images])


def _cuda_is_there() -> bool:
    try:  # where there is no driver, torch need not be imported to say so: that takes longer than a search
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


def _torch_runner(folder: Path, card: ModelCard) -> Runner:
    import torch

    from reid_core.embedder.network import UnitLength

    network = UnitLength(load_network(folder)).eval().cuda()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(pixels: Pixels) -> Vectors:
        parts = []
        for start in range(0, len(pixels), GPU_BATCH):
            images = torch.from_numpy(card.preprocessing.normalise(pixels[start : start + GPU_BATCH])).cuda()
            with torch.autocast("cuda", dtype=torch.bfloat16):
                parts.append(network(images.to(memory_format=torch.channels_last)).float().cpu().numpy())
        return np.concatenate(parts)

    return run
