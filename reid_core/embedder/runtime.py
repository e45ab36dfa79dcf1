"""Running an ONNX embedder on the CPU with OpenVINO, which opens without importing torch.

`make bench` prints by how much it is faster than eager PyTorch in float32.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reid_core.embedder.card import Preprocessing
from reid_core.errors import ReidError

BATCH = 8  # crops per request: as fast as more, and short of latency and memory
SAME = 0.999  # cosine from which two vectors are of one picture: rounding is far nearer to 1
DIFFERENT = 1e-4  # distance of unit vectors from which they are of two pictures: rounding is a hundredth of that

Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Runner = Callable[[Pixels], Vectors]


def output_size(file: Path, preprocessing: Preprocessing, called: str = "") -> int:
    """D of an ONNX embedder, found by running it. Raises ReidError when it is no embedder.

    Three pictures, of which the last differs, are run together and one by one: each must get the same vector both
    times, and the last another than the first two. `called` is what messages call the file. All this happens in a
    process of its own: OpenVINO does not check everything while it runs, and a bad file can end its process.
    """
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            return process.submit(_found_output_size, file, preprocessing, called).result()
    except BrokenProcessPool as error:
        raise ReidError(
            f"{called or file} ends the program that runs it. Export it again, with a batch axis of any length."
        ) from error


def _found_output_size(file: Path, preprocessing: Preprocessing, called: str) -> int:
    name = called or str(file)
    run = openvino_runner(file, preprocessing, called)
    first, last = _coloured_blocks(preprocessing, seed=1), _coloured_blocks(preprocessing, seed=2)
    pictures = np.stack([first, first, last])
    together = run(pictures)
    alone = [run(picture[None]) for picture in pictures]
    if any(vector.shape[1] != together.shape[1] for vector in alone):
        raise ReidError(f"{name} gives vectors whose length depends on how many pictures there are; it must not.")
    if not np.isfinite(together).all() or not np.isfinite(alone).all():
        raise ReidError(f"{name} gives numbers that are not finite. Check --mean and --std, or export it again.")
    together_units, alone_units = _unit_length(together, name), _unit_length(np.concatenate(alone), name)
    if (together_units * alone_units).sum(axis=1).min() < SAME:
        raise ReidError(
            f"{name} gives a picture another vector when it runs together with others than alone. "
            "Export it in evaluation mode, with a batch axis of any length."
        )
    if np.linalg.norm(alone_units[0] - alone_units[2]) < DIFFERENT:
        raise ReidError(f"{name} gives every picture the same vector. Check --mean and --std, or export it again.")
    return int(together.shape[1])


def _coloured_blocks(preprocessing: Preprocessing, seed: int) -> Pixels:
    """A picture of 4 × 4 colours: unlike noise or grey, two of them differ for any network that sees."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    rows = np.arange(preprocessing.height) * 4 // preprocessing.height
    columns = np.arange(preprocessing.width) * 4 // preprocessing.width
    return colours[rows][:, columns]


def _unit_length(vectors: Vectors, name: str) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not lengths.all():
        raise ReidError(f"{name} gives vectors without a direction, all zeros. Export it again.")
    return vectors / lengths


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


def openvino_runner(file: Path, preprocessing: Preprocessing, called: str = "") -> Runner:
    """A function from (B, height, width, 3) bytes to (B, D) vectors as the file gives them, safe from many threads.

    Opening and running raise ReidError for a file that is no embedder. `called` is what messages call the file.
    """
    with _first_use:
        ov, core = _openvino(os.getpid())
    from openvino.preprocess import PrePostProcessor

    if not file.is_file():
        raise ReidError(f"The model file {file} is missing. Restore it, or add or train the model again.")
    name = called or str(file)
    try:
        model = core.read_model(file)
    except RuntimeError as error:
        raise ReidError(f"{name} is not an ONNX model that can be read ({_reason(error)}). Export it again.") from error
    try:
        _check_shape(ov, model, name, preprocessing)
    except RuntimeError as error:
        raise _cannot_run(name, error) from error
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean([255 * value for value in preprocessing.mean])
    steps.input().preprocess().scale([255 * value for value in preprocessing.std])
    # float32 is asked for by name: on newer CPUs the default is bfloat16, which moves the vectors.
    options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "THROUGHPUT"}
    workers = os.cpu_count() or 1
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    try:
        compiled = core.compile_model(steps.build(), "CPU", options)
        for _ in range(workers):
            idle.put(compiled.create_infer_request())
    except RuntimeError as error:
        raise _cannot_run(name, error) from error

    def infer(batch: Pixels) -> Vectors:
        request = idle.get()
        try:
            request.infer([batch])
            vectors = np.array(request.get_output_tensor(0).data, np.float32)
        except RuntimeError as error:
            raise _cannot_run(name, error) from error
        finally:
            idle.put(request)
        if vectors.ndim != 2 or len(vectors) != len(batch):
            raise ReidError(
                f"{name} gives an array of shape {vectors.shape} for {len(batch)} pictures, not one vector for each. "
                "Export it with a batch axis of any length."
            )
        return vectors

    def run(pixels: Pixels) -> Vectors:
        batches = [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
        if len(batches) == 1:
            return infer(batches[0])
        with ThreadPoolExecutor(workers) as pool:
            return np.concatenate(list(pool.map(infer, batches)))

    return run


def _check_shape(ov: Any, model: Any, name: str, preprocessing: Preprocessing) -> None:
    """Refuse what is no embedder by its inputs and outputs, and give its input the shape of any batch of pictures."""
    shape = model.input(0).partial_shape if len(model.inputs) == 1 else None
    if shape is None or shape.rank.is_dynamic or shape.rank.get_length() != 4:
        raise ReidError(f"{name} does not take one batch of pictures; an embedder has one input (B, 3, H, W).")
    if not model.input(0).element_type.is_real():
        kind = model.input(0).element_type.to_string()
        raise ReidError(f"{name} takes {kind} numbers; an embedder takes normalised floating-point pictures.")
    _, channels, height, width = shape
    for side, given, side_name in ((height, preprocessing.height, "height"), (width, preprocessing.width, "width")):
        if side.is_static and side.get_length() != given:
            raise ReidError(
                f"{name} takes pictures of {side_name} {side.get_length()}, not {given}. "
                "Give --size HEIGHTxWIDTH as it was trained."
            )
    if channels.is_static and channels.get_length() != 3:
        raise ReidError(f"{name} takes {channels.get_length()} channels; an embedder takes red, green and blue.")
    # Where all sizes are known, as for two pictures, those that do not fit each other are found. With a batch of any
    # length they may not be, and on some processors running such a file ends the process.
    of_two = model.clone()
    of_two.reshape({of_two.input(0): ov.PartialShape([2, 3, preprocessing.height, preprocessing.width])})
    pictures = ov.PartialShape([-1, 3, preprocessing.height, preprocessing.width])
    if shape != pictures:
        model.reshape({model.input(0): pictures})
    if len(model.outputs) != 1:
        outputs = ", ".join(repr(output.any_name) if output.names else "without a name" for output in model.outputs)
        raise ReidError(f"{name} has {len(model.outputs)} outputs ({outputs}); export it with the embedding alone.")
    rank = model.output(0).partial_shape.rank
    if rank.is_static and rank.get_length() != 2:
        raise ReidError(f"{name} does not give one vector per picture; an embedder's output is (B, D).")


def _cannot_run(name: str, error: RuntimeError) -> ReidError:
    return ReidError(f"{name} cannot be run ({_reason(error)}). Export it again, with a batch axis of any length.")


def _reason(error: RuntimeError) -> str:
    """The last line of OpenVINO's several: the others name its source files."""
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160].rstrip(" .") if lines else type(error).__name__
