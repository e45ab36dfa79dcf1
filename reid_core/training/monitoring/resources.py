"""What a run takes of the machine, a row every few seconds: `resources.csv`."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator

import psutil
import torch

from reid_core.training.run import Curve, Run

SECONDS_BETWEEN_ROWS = 5.0


@contextlib.contextmanager
def watch_resources(run: Run, seconds: float = SECONDS_BETWEEN_ROWS) -> Iterator[None]:
    """While inside, a thread appends to `run.resources`; what it cannot find out or write is left out, never an error.

    `time` is in seconds since 1970, `cores` how many processor cores this process and its loaders keep busy,
    `memory_gb` their resident memory, `machine_memory` the share of the machine's memory in use; with a GPU also
    `gpu_memory_gb` (this process), `gpu_machine_memory` and, where the driver says it, `gpu_busy` (both shares).
    """
    done = threading.Event()

    def watch() -> None:
        with contextlib.suppress(OSError, psutil.Error):
            meter = _Meter()
            curve = Curve(run.resources, "time", time.time())
            try:
                while not done.wait(seconds):
                    curve.append(meter.row())
            finally:
                curve.close()

    thread = threading.Thread(target=watch, name="resources", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=10)


class _Meter:
    """Processor time is a difference between two readings, so the meter remembers the last one."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.busy, self.read = self._processor_seconds(), time.monotonic()

    def row(self) -> dict[str, float]:
        busy, now = self._processor_seconds(), time.monotonic()
        cores = max(0.0, busy - self.busy) / max(now - self.read, 1e-6)
        self.busy, self.read = busy, now
        row = {
            "time": round(time.time(), 1),
            "cores": round(min(cores, float(os.cpu_count() or 1)), 3),
            "memory_gb": round(sum(process.memory_info().rss for process in self._family()) / 1e9, 3),
            "machine_memory": round(psutil.virtual_memory().percent / 100, 4),
        }
        if torch.cuda.is_available():
            free, total = torch.cuda.mem_get_info()
            row["gpu_memory_gb"] = round(torch.cuda.memory_reserved() / 1e9, 3)
            row["gpu_machine_memory"] = round(1 - free / total, 4)
            with contextlib.suppress(Exception):  # it asks the driver through a package that need not be there
                row["gpu_busy"] = torch.cuda.utilization() / 100
        return row

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def _processor_seconds(self) -> float:
        total = 0.0
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total
