"""`make fuzz`, or `python -m tests.fuzz [TARGET ...]`: ten minutes of odd input, divided among the targets.

FUZZ_SECONDS is the time for all of them together. A find is kept in `fuzz-finds/`, with how to try it again; then the
exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.running import run_target, work
from tests.fuzz.target import Target, try_one
from tests.fuzz.targets import NAMES, load

SECONDS = 600.0
FINDS = Path("fuzz-finds")


def main() -> int:
    options = _options()
    if options.worker is not None:
        return work(
            load(options.targets[0]), options.seconds, options.seed, options.first, options.worker, options.inputs
        )
    if options.number is not None:
        return _again(load(options.targets[0]), options.seed, options.number)
    names = options.targets or list(NAMES)
    share = options.seconds / len(names)
    print(f"{len(names)} targets, {share:.0f} s each, seed {options.seed}", flush=True)
    found = 0
    for name in names:
        tried = run_target(name, share, options.seed, FINDS)
        found += len(tried.finds)
        pace = 60 * tried.inputs / tried.seconds
        print(f"{name:14} {tried.inputs:8,} inputs, {pace:8,.0f} a minute, {len(tried.finds)} finds", flush=True)
        for folder in tried.finds:
            print(f"  {folder / 'find.txt'}", flush=True)
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)}; all where none is named")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", SECONDS)))
    parser.add_argument("--seed", type=int, default=int(time.time()), help="another one, other inputs; else the clock")
    parser.add_argument("--number", type=int, help="try this one input of the seed again, without limits")
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--inputs", type=int, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [name for name in options.targets if name not in NAMES]:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(NAMES)}")
    return options


def _again(target: Target, seed: int, number: int) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        prepared, folder = Path(place) / "prepared", Path(place) / "input"
        prepared.mkdir()
        folder.mkdir()
        try_one(target, target.prepare(prepared), seed, number, folder)
    print("No find: it was answered as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
