"""Trying a target for a while in a process of its own, with little memory and a limit of time for each input."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.fuzz.target import Target, try_one

SECONDS_OF_AN_INPUT = 10.0  # of the processor
PATIENCE = 120.0  # seconds on the clock without an input done before a process is taken for stuck
MEMORY = 2 * 2**30  # bytes beyond what the process has when all is prepared
MOST_FINDS = 20  # of a target; then it stops


class TooSlow(BaseException):
    """An input took longer than it may; no handler of the product catches this."""


@dataclass(frozen=True)
class Tried:
    """How many inputs a target was given, in how many seconds, and the folders of what was found."""

    inputs: int
    seconds: float
    finds: tuple[Path, ...]


def run_target(target: str, seconds: float, seed: int, finds: Path, inputs: int | None = None) -> Tried:
    """Try inputs 0, 1, 2, … in a process that is started again after each that ends it: for so long, and at most so
    many `inputs`."""
    began, found, first = time.monotonic(), list[Path](), 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        note = Path(place) / "at"
        while (left := seconds - (time.monotonic() - began)) > 0 and len(found) < MOST_FINDS and first != inputs:
            note.write_text(str(first))
            command = [sys.executable, "-m", "tests.fuzz", target, "--worker", place]
            command += ["--seed", str(seed), "--first", str(first), "--seconds", str(left)]
            command += [] if inputs is None else ["--inputs", str(inputs)]
            ended, said = _watch(command, note)
            at = int(note.read_text() or first)
            if ended == 0:
                return Tried(at, time.monotonic() - began, tuple(found))
            found.append(_keep(finds, target, seed, at, Path(place) / "input", said))
            first = at + 1
    return Tried(first, time.monotonic() - began, tuple(found))


def work(target: Target, seconds: float, seed: int, first: int, place: Path, inputs: int | None = None) -> int:
    """The process of `run_target`: the number of the input is in `at` before it is tried. 1: it is a find."""
    prepared = place / "prepared"
    shutil.rmtree(prepared, ignore_errors=True)
    prepared.mkdir()
    attempt = target.prepare(prepared)
    folder, number = place / "input", first
    until = time.monotonic() + seconds
    _limit_memory()
    signal.signal(signal.SIGPROF, _too_slow)
    while (time.monotonic() < until or number == first) and number != inputs:
        (place / "at").write_text(str(number))
        _clear(folder)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_OF_AN_INPUT)
        try:
            try_one(target, attempt, seed, number, folder)
        except (Exception, TooSlow):
            signal.setitimer(signal.ITIMER_PROF, 0)
            print("\n".join(line[:500] for line in traceback.format_exc().splitlines()), flush=True)
            return 1
        signal.setitimer(signal.ITIMER_PROF, 0)
        number += 1
    (place / "at").write_text(str(number))
    return 0


def _watch(command: list[str], note: Path) -> tuple[int, str]:
    """The exit code of the process, and the end of what it printed; one that hangs in foreign code is ended."""
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        stuck = False
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
            stuck = time.time() - note.stat().st_mtime > PATIENCE
            if stuck:
                process.kill()
                process.wait()
        printed.seek(0)
        said = printed.read()[-20_000:].decode("utf-8", "replace")
    return process.returncode, f"{said}\nIt hung for {PATIENCE:.0f} s." if stuck else said


def _keep(finds: Path, target: str, seed: int, number: int, made: Path, said: str) -> Path:
    """A folder with the input, what was raised, and how to try it again."""
    folder = finds / f"{target}-{seed}-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    again = f"python -m tests.fuzz {target} --seed {seed} --number {number}"
    (folder / "find.txt").write_text(f"Try it again: {again}\n\n{said}", encoding="utf-8", errors="replace")
    (folder / "find.json").write_text(json.dumps({"target": target, "seed": seed, "number": number}))
    if made.is_dir():
        with suppress(OSError, shutil.Error):  # a name that cannot be written again
            shutil.copytree(made, folder / "input", symlinks=True, ignore=_no_pipes)
    return folder


def _no_pipes(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_fifo()]


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _limit_memory() -> None:
    with suppress(OSError, ValueError, IndexError):  # /proc is Linux's
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"one input took more than {SECONDS_OF_AN_INPUT:.0f} s of the processor")
