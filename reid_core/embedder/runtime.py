"""Running an embedder, an ONNX file or an OpenVINO IR, on the CPU with OpenVINO, which opens without importing torch.

`make bench` prints by how much it is faster than eager PyTorch in float32.
"""

from __future__ import annotations

import functools
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
from reid_core.embedder.third_party.fitting import fit
from reid_core.errors import ReidError

BATCH = 8  # crops per request: as fast as more, and short of latency and memory

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Runner = Callable[[Pixels], Vectors]

_first_use = threading.Lock()


@functools.cache
def _openvino(process: int) -> tuple[Any, Any]:
    """The runtime and its one `Core`, with its usage reporting cut off: the import finds no telemetry module.

    Two of its faults are walked around here, by one thread while the others wait:
    its bindings set themselves up for numpy at the first array that they see, and hang when two threads bring the
    first two at once, so one array is shown to them. And its CPU plugin gives the thread that loads it a signal stack,
    which the end of a `Core` takes away or swaps for one that is gone already; the next signal (a child that ended, a
    Ctrl-C) then kills the process without a word. So there is one `Core`, for good, and a thread that ends at once
    loads the plugin. A forked process, which has none of its parent's threads, makes one of its own: it gives its
    number.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    openvino.Tensor(np.zeros(1, np.uint8)).data.copy()
    core = openvino.Core()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(core.get_property, "CPU", "FULL_DEVICE_NAME").result()
    return openvino, core


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
            return np.concatenate(list(pool.map(infer, batches)))

    return run


def openvino_core() -> tuple[Any, Any]:
    """The module `openvino`, and this process's one `Core`."""
    with _first_use:
        return _openvino(os.getpid())


def read_network(file: Path, name: str) -> Any:
    """The `openvino.Model` of an ONNX file or of an OpenVINO IR. Raises ReidError, which calls it `name`."""
    _, core = openvino_core()
    if not file.is_file():
        raise ReidError(f"The model file {file} is missing. Restore it, or add or train the model again.")
    kind = "OpenVINO IR" if file.suffix == ".xml" else "ONNX model"
    try:
        return core.read_model(file)
    except RuntimeError as error:
        reason = "" if str(file) in _reason(error) else f" ({_reason(error)})"  # that no reader knows it, at length
        raise ReidError(f"{name} is not an {kind} that can be read{reason}. Export it again.") from error


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


def _cannot_run(name: str, error: RuntimeError) -> ReidError:
    return ReidError(f"{name} cannot be run ({_reason(error)}). Export it again, with a batch axis of any length.")


def _reason(error: RuntimeError) -> str:
    """The last line of OpenVINO's several: the others name its source files."""
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160].rstrip(" .") if lines else type(error).__name__
