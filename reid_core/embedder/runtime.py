"""Running an embedder, an ONNX file or an OpenVINO IR, on the CPU with OpenVINO, which opens without importing torch.

`make bench` prints by how much it is faster than eager PyTorch in float32.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reid_core.embedder.card import Preprocessing
from reid_core.embedder.third_party.fitting import fit
from reid_core.errors import ReidError
from reid_core.openvino_networks import openvino_core, read_network, reason_of

BATCH = 4  # crops per request: as fast as more, and short of latency and memory

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Runner = Callable[[Pixels], Vectors]


def openvino_runner(file: Path, preprocessing: Preprocessing, called: str = "", workers: int | None = None) -> Runner:
    """A function from (B, height, width, 3) bytes to (B, D) vectors as the file gives them, safe from many threads.

    Opening and running raise ReidError for a file that is no embedder. `called` is what messages call the file;
    `workers` batches run at once, as many as there are processors where it is None.
    """
    name = called or str(file)
    ov, core = openvino_core()
    model = read_network(file, name)
    try:
        fixed = fit(ov, model, name, preprocessing)
    except RuntimeError as error:
        raise _cannot_run(name, error) from error
    # float32 is asked for by name: on newer CPUs the default is bfloat16, which moves the vectors.
    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "THROUGHPUT"}
    if workers is not None:
        options |= {"NUM_STREAMS": workers, "INFERENCE_NUM_THREADS": max(workers, 2)}
    workers = workers or os.cpu_count() or 1
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    try:
        compiled = core.compile_model(_with_preprocessing(ov, model, preprocessing), "CPU", options)
        for _ in range(workers):
            idle.put(compiled.create_infer_request())
    except RuntimeError as error:
        raise _cannot_run(name, error) from error

    def infer(batch: Pixels) -> Vectors:
        missing = max(0, fixed - len(batch))
        filled = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)]) if missing else batch
        request = idle.get()
        try:
            request.infer([filled])
            vectors = np.array(request.get_output_tensor(0).data, np.float32)
        except RuntimeError as error:
            raise _cannot_run(name, error) from error
        finally:
            idle.put(request)
        if vectors.ndim < 2 or len(vectors) != len(filled) or sum(side != 1 for side in vectors.shape[1:]) > 1:
            raise ReidError(
                f"{name} gives an array of shape {vectors.shape} for {len(filled)} pictures, not one vector for each. "
                "Export it with a batch axis of any length."
            )
        return vectors.reshape(len(filled), -1)[: len(batch)]

    def run(pixels: Pixels) -> Vectors:
        batches = [pixels[start : start + (fixed or BATCH)] for start in range(0, len(pixels), fixed or BATCH)]
        if len(batches) == 1:
            return infer(batches[0])
        with ThreadPoolExecutor(workers) as pool:
            vectors = list(pool.map(infer, batches))
        if len({each.shape[1] for each in vectors}) > 1:
            raise length_depends(name)
        return np.concatenate(vectors)

    return run


def _with_preprocessing(ov: Any, model: Any, preprocessing: Preprocessing) -> Any:
    """The model with its preprocessing in front: it takes (B, height, width, 3) RGB bytes, and gives float32."""
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout(preprocessing.layout.upper()))
    if preprocessing.input_type == "float":
        steps.input().preprocess().convert_element_type(ov.Type.f32).mean([255 * value for value in preprocessing.mean])
        steps.input().preprocess().scale([255 * value for value in preprocessing.std])
    if preprocessing.colours == "bgr":
        steps.input().preprocess().reverse_channels()
    steps.output().tensor().set_element_type(ov.Type.f32)
    return steps.build()


def length_depends(name: str) -> ReidError:
    return ReidError(f"{name} gives vectors whose length depends on how many pictures there are; it must not.")


def _cannot_run(name: str, error: RuntimeError) -> ReidError:
    return ReidError(f"{name} cannot be run ({reason_of(error)}). Export it again, with a batch axis of any length.")
