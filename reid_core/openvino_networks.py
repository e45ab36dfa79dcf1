"""OpenVINO on the CPU, opened once per process: it runs embedders and detectors without importing torch."""

from __future__ import annotations

import functools
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import ReidError

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
        reason = "" if str(file) in reason_of(error) else f" ({reason_of(error)})"  # that no reader knows it, at length
        raise ReidError(f"{name} is not an {kind} that can be read{reason}. Export it again.") from error


def reason_of(error: RuntimeError) -> str:
    """Why OpenVINO failed, on one line: the last of its several, for the others name its source files."""
    lines = [line.strip(" -") for line in str(error).splitlines() if line.strip()]
    return lines[-1][:160].rstrip(" .") if lines else type(error).__name__
