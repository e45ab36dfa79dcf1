"""`make demo-assets`: everything that the demo ships or shows, step by step, from nothing but its seed.

    python -m tests.house.demo_assets [FOLDER]

Each step is given the folder and leaves its own part there; one that is done already is quick. What an app may draw by
itself after its first search (the recordings) is made here, too, since later steps read it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from reid_core.datasets.synthetic.recordings import DEMO_RECORDINGS, write_recordings

FOLDER = Path(__file__).parents[2] / "build" / "demo-assets"
RECORDINGS = "recordings"


def draw_recordings(folder: Path) -> None:
    """The four recordings of the demo's site, each with its truth, and `site.json`."""

    def tell(done: int, total: int) -> None:
        if done * 10 // total > (done - DEMO_RECORDINGS.rate) * 10 // total:
            print(f"  {done:,} of {total:,} frames", flush=True)

    write_recordings(folder / RECORDINGS, DEMO_RECORDINGS, tell)


STEPS: dict[str, Callable[[Path], None]] = {"recordings": draw_recordings}  # in this order


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, step in STEPS.items():
        print(name)
        began = time.perf_counter()
        step(folder)
        print(f"  {time.perf_counter() - began:.0f} s")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(folder)}")


if __name__ == "__main__":
    main()
