"""Running an ONNX embedder on the CPU with OpenVINO, which opens without importing torch.

In float32 it was measured at five times the speed of eager PyTorch on a CPU.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reid_core.embedder.card import Preprocessing
from reid_core.errors import ReidError

BATCH = 8  # crops per request: as fast as more, and short of latency and memory

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Runner = Callable[[Pixels], Vectors]


def output_size(file: Path, preprocessing: Preprocessing) -> int:
    """D of an ONNX embedder, found by running it on one grey picture. Raises ReidError when it is no embedder."""
    grey = np.full((1, preprocessing.height, preprocessing.width, 3), 128, np.uint8)
    vectors = openvino_runner(file, preprocessing)(grey)
    return int(vectors.shape[1])


_first_use = threading.Lock()


def _openvino() -> Any:
    """The runtime, with its usage reporting cut off: the import below finds no telemetry module and does without.

    Its bindings set themselves up for numpy at the first array that they see, and hang when two threads bring the
    first two at once (one waits for the set-up while holding Python's lock, the other the reverse). So one array is
    shown to them here, by one thread.
    """
    with _first_use:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        openvino.Tensor(np.zeros(1, np.uint8)).data.copy()
    return openvino


def openvino_runner(file: Path, preprocessing: Preprocessing) -> Runner:
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
