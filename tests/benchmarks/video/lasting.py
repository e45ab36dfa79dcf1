"""A recording of any length takes the same memory and the same time per minute: the street, joined to 25 minutes.

    python -m tests.benchmarks.video.lasting [MINUTES]

A real `reid video`, watched once a second from outside.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from reid_core.workspace.jobs import VARIABLE
from tests.benchmarks.video.recordings import STREET, repeated

MINUTES = 25.0
PARTS = 5  # in which the time is told
LIMIT = 600  # MB


def run(minutes: float = MINUTES) -> None:
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
            done = json.loads(progress.read_text())["done"]
            spent = process.cpu_times()
            found.append((float(done), spent.user + spent.system, process.memory_info().rss / 2**20))
        except (OSError, ValueError, psutil.Error):
            pass  # it has not begun, or has just ended
        time.sleep(1.0)
    return found


if __name__ == "__main__":
    run(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
