from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import numpy as np
import psutil

from reid_core.training.monitoring.resources import watch_resources
from reid_core.training.run import Run


def rows_of(run: Run) -> list[dict[str, str]]:
    with run.resources.open(newline="") as file:
        return list(csv.DictReader(file))


def test_rows_say_what_the_process_takes(tmp_path: Path) -> None:
    run = Run(tmp_path)
    began = time.time()
    with watch_resources(run, 0.2):
        until = time.process_time() + 0.8
        held = np.ones(25_000_000)  # 200 MB
        while time.process_time() < until:
            held += 1
    rows = rows_of(run)
    assert len(rows) >= 2
    assert all(began - 1 <= float(row["time"]) <= time.time() + 1 for row in rows)
    assert max(float(row["cores"]) for row in rows) > 0.3
    assert all(float(row["cores"]) <= (os.cpu_count() or 1) for row in rows)
    assert max(float(row["memory_gb"]) for row in rows) >= 0.2
    assert all(abs(float(row["machine_memory"]) - psutil.virtual_memory().percent / 100) < 0.5 for row in rows)


def test_a_run_that_goes_on_appends_to_what_was_measured(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(2):
        with watch_resources(run, 0.05):
            time.sleep(0.3)
    times = [float(row["time"]) for row in rows_of(run)]
    assert len(times) >= 4
    assert times == sorted(times)


def test_a_disk_that_takes_nothing_stops_no_training(tmp_path: Path) -> None:
    with watch_resources(Run(tmp_path / "gone"), 0.05):
        time.sleep(0.2)
    assert not (tmp_path / "gone").exists()
