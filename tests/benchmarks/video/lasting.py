"""A recording of any length takes the same memory and the same time per minute: the street, joined to 25 minutes.

    python -m tests.benchmarks.video.lasting [MINUTES]

A real `reid video`, watched once a second from outside. And an hour of a crowd without pictures: tracker, collector and
what is written down of them, whose last minutes should cost what the first ones did.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from reid_core.video.analysis import RATE
from reid_core.video.boxes import Detections
from reid_core.video.collector import Collector
from reid_core.video.tracking import Tracker
from reid_core.workspace.jobs import VARIABLE
from tests.benchmarks.video.recordings import STREET, repeated

MINUTES = 25.0
PARTS = 5  # in which the time is told
LIMIT = 600  # MB


@dataclass(frozen=True)
class _Frame:
    """What the collector needs of a frame; each crop is the same noise."""

    number: int
    seconds: float
    width: int = 1920
    height: int = 1080
    damaged: bool = False

    def crop(self, left: float, top: float, right: float, bottom: float) -> NDArray[np.uint8]:
        return _NOISE


_NOISE = np.random.default_rng(0).integers(0, 256, (128, 48, 3), np.uint8)


def crowd(minutes: float = 60.0) -> None:
    """Twelve people in view, of whom each leaves after twenty seconds and another one enters."""
    tracker, collector, random = Tracker(), Collector(), np.random.default_rng(0)
    spent, sizes, tracklets = [], [], 0
    lane = np.arange(12)
    for number in range(round(minutes * 60 * RATE)):
        seconds = number / RATE
        since = (seconds + 20 * lane / 12) % 20
        left = since * 90 + random.normal(0, 1, 12)
        top = 60.0 + 75 * lane
        boxes = np.stack([left, top, left + 60, top + 160], axis=1)[since > 2.5].astype(np.float32)
        people = Detections(boxes, random.uniform(0.7, 0.95, len(boxes)).astype(np.float32))
        began = time.process_time()
        tracklets += len(collector.add(_Frame(number + 1, seconds), people, tracker.update(people, seconds)))
        if number % 50 == 0:
            sizes.append(len(json.dumps([tracker.state(), collector.state()])))
        spent.append(time.process_time() - began)
    part = round(5 * 60 * RATE)
    first, last = (1000 * float(np.median(some)) for some in (spent[300 : 300 + part], spent[-part:]))
    print(
        f"Twelve people, {minutes:.0f} minutes, {tracklets:,} tracklets, tracker and collector: {first:.2f} CPU ms a "
        f"frame in the first minutes, {last:.2f} in the last ({first / last:.0%} of the speed); written down "
        f"{max(sizes[6:36]) / 1024:.0f} KB at first, {max(sizes[-30:]) / 1024:.0f} KB at last"
    )


def run(minutes: float = MINUTES) -> None:
    crowd()
    if not STREET.is_file():
        print(f"Memory of a long recording: not measured, since {STREET} is absent")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        once = repeated(STREET, folder / "once.mp4", 1)
        film = folder / "street.mp4"
        seconds = repeated(STREET, film, math.ceil(60 * minutes / once))
        log = folder / "job"
        log.mkdir()
        command = [sys.executable, "-m", "reid_core.cli", "video", film, "--gallery", "town", "--camera", "street"]
        process = subprocess.Popen(
            [*map(str, command), "--start", "unknown", "--workspace", str(folder / "workspace"), "--json"],
            env={**os.environ, VARIABLE: str(log)},
            stdout=(folder / "out").open("w"),
            stderr=subprocess.DEVNULL,
        )
        samples = _watched(psutil.Process(process.pid), process, log / "progress.json")
        told = json.loads((folder / "out").read_text())["recordings"][0]
    print(f"The street, {seconds / 60:.0f} minutes, in one `reid video`: {told['tracklets']:,} tracklets")
    for part in range(PARTS):
        low, high = part * seconds / PARTS, (part + 1) * seconds / PARTS
        here = [one for one in samples if low <= one[0] < high]
        if len(here) > 1:
            pace = (here[-1][0] - here[0][0]) / max(here[-1][1] - here[0][1], 1e-3)
            most = max(one[2] for one in here)
            print(f"  {low / 60:4.0f} to {high / 60:4.0f} min: {pace:5.1f} s per second of CPU, {most:4.0f} MB at most")
    print(f"  {max(one[2] for one in samples):.0f} MB at most in all; the limit is {LIMIT}")


def _watched(process: psutil.Process, started: subprocess.Popen, progress: Path) -> list[tuple[float, float, float]]:
    """(Second of the video, seconds of processors, MB), once a second until it ends."""
    found = []
    while started.poll() is None:
        try:
            said = json.loads(progress.read_text())
            spent = process.cpu_times()
            if said["status"] == "running":
                found.append((float(said["done"]), spent.user + spent.system, process.memory_info().rss / 2**20))
        except (OSError, ValueError, psutil.Error):
            pass  # it has not begun, or has just ended
        time.sleep(1.0)
    return found


if __name__ == "__main__":
    run(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
