"""Pictures to unit vectors with a finished model: OpenVINO on the CPU, PyTorch in bfloat16 on a CUDA GPU.

OpenVINO in float32 was measured at five times the speed of eager PyTorch on a CPU, and opens without importing torch.
"""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.model import ONNX_NAME, WEIGHTS_NAME, load_network, model_id
from reid_core.errors import ReidError

BATCH = 8  # crops per request on the CPU: as fast as more, and short of latency and memory
GPU_BATCH = 256

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Runner = Callable[[Pixels], Vectors]


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
            else _openvino_runner(folder / ONNX_NAME, self.card.preprocessing)
        )

    def prepare(self, image: Image.Image) -> Pixels:
        """One picture as the (height, width, 3) bytes that `embed_pixels` stacks. Safe from many threads."""
        return self.card.preprocessing.resize(image)

    def embed_pixels(self, pixels: Sequence[Pixels] | Pixels) -> Vectors:
        """(N, D) float32 unit vectors of N prepared pictures; raises ReidError when the model gives no numbers."""
        if len(pixels) == 0:
            return np.empty((0, self.card.embedding_size), np.float32)
        vectors = self._run(np.stack(list(pixels)))
        if vectors.shape[1] != self.card.embedding_size:
            raise ReidError(
                f"The model {self.card.name} gives vectors of {vectors.shape[1]} numbers, its card says "
                f"{self.card.embedding_size}. Add the model again."
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ReidError(f"The model {self.card.name} gives vectors without a direction; its weights are damaged.")
        return np.asarray(vectors / lengths, np.float32)

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """(N, D) float32 unit vectors of N pictures."""
        return self.embed_pixels([self.prepare(image) for image in images])


def output_size(file: Path, preprocessing: Preprocessing) -> int:
    """D of an ONNX embedder, found by running it on one grey picture. Raises ReidError when it is no embedder."""
    grey = np.full((1, preprocessing.height, preprocessing.width, 3), 128, np.uint8)
    vectors = _openvino_runner(file, preprocessing)(grey)
    return int(vectors.shape[1])


def _openvino() -> Any:
    """The runtime, with its usage reporting cut off: the import below finds no telemetry module and does without."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _openvino_runner(file: Path, preprocessing: Preprocessing) -> Runner:
    ov = _openvino()
    from openvino.preprocess import PrePostProcessor

    if not file.is_file():
        raise ReidError(f"The model file {file} is missing. Restore it, or add or train the model again.")
    core = ov.Core()
    try:
        model = core.read_model(file)
    except RuntimeError as error:
        raise ReidError(f"{file.name} is not an ONNX model that can be read. Export it again.") from error
    _check_shape(model, file, preprocessing)
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean([255 * value for value in preprocessing.mean])
    steps.input().preprocess().scale([255 * value for value in preprocessing.std])
    # float32 is asked for by name: on newer CPUs the default is bfloat16, which moves the vectors.
    options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "THROUGHPUT"}
    try:
        compiled = core.compile_model(steps.build(), "CPU", options)
    except RuntimeError as error:
        raise ReidError(f"{file.name} cannot be run: {str(error).strip().splitlines()[-1]}") from error

    # One request per core, each driven by a thread of its own: OpenVINO's own queue of requests with Python callbacks
    # was seen to hang.
    workers = os.cpu_count() or 1
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(workers):
        idle.put(compiled.create_infer_request())

    def infer(batch: Pixels) -> Vectors:
        request = idle.get()
        try:
            request.infer([batch])
            return np.array(request.get_output_tensor(0).data, np.float32)
        finally:
            idle.put(request)

    def run(pixels: Pixels) -> Vectors:
        batches = [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
        if len(batches) == 1:
            return infer(batches[0])
        with ThreadPoolExecutor(workers) as pool:
            return np.concatenate(list(pool.map(infer, batches)))

    return run


def _check_shape(model: Any, file: Path, preprocessing: Preprocessing) -> None:
    if len(model.inputs) != 1 or model.input(0).partial_shape.rank.get_length() != 4:
        raise ReidError(f"{file.name} does not take one batch of pictures; an embedder has one input (B, 3, H, W).")
    batch, channels, height, width = model.input(0).partial_shape
    for side, given, name in ((height, preprocessing.height, "height"), (width, preprocessing.width, "width")):
        if side.is_static and side.get_length() != given:
            raise ReidError(
                f"{file.name} takes pictures of {name} {side.get_length()}, not {given}. "
                "Give --size HEIGHTxWIDTH as it was trained."
            )
    if channels.is_static and channels.get_length() != 3:
        raise ReidError(f"{file.name} takes {channels.get_length()} channels; an embedder takes red, green and blue.")
    if batch.is_static:
        model.reshape({model.input(0): [-1, 3, preprocessing.height, preprocessing.width]})
    if len(model.outputs) < 1 or model.output(0).partial_shape.rank.get_length() != 2:
        raise ReidError(f"{file.name} does not give one vector per picture; an embedder's output is (B, D).")


def _cuda_is_there() -> bool:
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
