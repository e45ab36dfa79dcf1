"""A real `reid video` is killed again and again at random moments, and in the end nothing is lost and nothing twice.

    python -m tests.benchmarks.video.killing [KILLS] [REPEATS]

The street in ../shared, REPEATS (24) times on end, by the shipped detector and the best shipped embedder, once without
a break and once killed (kill -9) KILLS (20) times. Each process keeps a step after every second, so that many kills
meet a step. What was there when one was killed must be there in the end.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.recordings import every
from reid_core.workspace.catalogue.vectors import vectors_of
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.opening import open_workspace
from tests.benchmarks.video.recordings import STREET, repeated

KILLS, REPEATS = 20, 24
STEP = 1.0  # seconds of work that a step takes here
SHORTEST, LONGEST = 3.0, 7.5  # seconds of processors until a kill; opening everything takes about four
_GALLERY = "bench"
_COMMAND = (
    "from reid_core.workspace.imports import recordings; recordings.STEP = {step}; "
    "import reid_core.cli; reid_core.cli.main()"
)


def started(workspace: Path, film: Path, tracks: Path) -> subprocess.Popen[bytes]:
    words = ["video", film, "--gallery", _GALLERY, "--camera", "street", "--start", "unknown", "--write-tracks", tracks]
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND.format(step=STEP), *map(str, words), "--workspace", str(workspace), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=(workspace.parent / "errors.txt").open("a"),
        env=dict(os.environ),
    )


def kept(path: Path) -> tuple[list[tuple[object, ...]], dict[tuple[str, bytes], np.ndarray]]:
    """Tracklets with all that their rows say, and the vector of each crop by its name and bytes."""
    workspace = open_workspace(path, system_user())
    with workspace.catalogue.transaction() as database:
        tracklets = database.execute(
            "SELECT name, start_moment, end_moment, entry_x, entry_y, exit_x, exit_y, path, detections, score, moved, "
            "open_at_start, open_at_end FROM tracklet ORDER BY name"
        ).fetchall()
        (model,) = database.execute("SELECT id FROM model").fetchone()
    crops = workspace.catalogue.crops(_GALLERY)
    ids, rows = vectors_of(workspace.catalogue, model, crops["id"].tolist())
    vectors = dict(zip(ids.tolist(), rows, strict=True))
    for crop in crops.to_dict("records"):
        file = workspace.originals(every(workspace.catalogue, _GALLERY)[0].source) / str(crop["path"])
        assert file.is_file(), f"the file of {crop['path']} is gone"
    return tracklets, {(one["path"], one["sha256"]): vectors[one["id"]] for one in crops.to_dict("records")}


def names(path: Path) -> set[str]:
    workspace = open_workspace(path, system_user())
    if _GALLERY not in {one.name for one in workspace.catalogue.galleries()}:
        return set()
    return {line.name for line in tracklets_of(workspace.catalogue, _GALLERY)}


def _spent(process: subprocess.Popen[bytes]) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def run(kills: int = KILLS, repeats: int = REPEATS) -> None:
    if not STREET.is_file():
        print(f"kill -9: not measured, since {STREET} is absent")
        return
    with tempfile.TemporaryDirectory() as name:
        folder, chance = Path(name), random.Random(0)
        film = folder / "street.mp4"
        seconds = repeated(STREET, film, repeats)
        whole, parts = folder / "whole" / "workspace", folder / "parts" / "workspace"
        for workspace in (whole, parts):
            workspace.parent.mkdir()
        assert started(whole, film, folder / "whole.txt").wait() == 0
        done, early, lost = 0, 0, 0
        while done < kills:
            process = started(parts, film, folder / "parts.txt")
            until = chance.uniform(SHORTEST, LONGEST)
            while process.poll() is None and _spent(process) < until:
                time.sleep(0.05)
            if process.poll() is not None:
                early += 1  # it had come to the end before it was to be killed
                break
            before = names(parts)
            process.kill()
            process.wait()
            lost += len(before - names(parts))
            done += 1
        assert started(parts, film, folder / "parts.txt").wait() == 0
        one, other = kept(whole), kept(parts)
        lines = [sorted((folder / file).read_text().splitlines()) for file in ("whole.txt", "parts.txt")]
        apart = max(
            (float(abs(one[1][key] - other[1][key]).max()) for key in one[1].keys() & other[1].keys()), default=0
        )
        print(
            f"kill -9, {done} times in {seconds:.0f} s of street: {lost} acknowledged tracklets lost; "
            f"{len(one[0])} tracklets, {len(one[1])} crops without a break, {len(other[0])}, {len(other[1])} with; "
            f"tracklets {'equal' if one[0] == other[0] else 'DIFFER'}, "
            f"crops {'equal' if one[1].keys() == other[1].keys() else 'DIFFER'}, vectors apart by {apart:.1e} at most, "
            f"tracks {'equal' if lines[0] == lines[1] else 'DIFFER'} ({len(lines[0]):,} lines)"
            + (f"; it ended before kill {done + 1}" if early else "")
        )


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
