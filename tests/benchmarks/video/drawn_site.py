"""How well a detector finds the people of the drawn site, by their height, and how often it sees people elsewhere.

    python -m tests.benchmarks.video.drawn_site [DETECTOR'S FOLDER]

Three sites of four cameras, frames as the recordings have them (encoded and decoded). A person counts when more than
0.6 of the body can be seen, and is found by a box with an overlap (IoU) of 0.5 with the part of theirs in the frame. A
box is false when it overlaps with nobody's by 0.3. Without a detector nothing is measured.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from reid_core.datasets.synthetic.recordings import (
    FilmConfig,
    FilmedSite,
    Sighting,
    recording_name,
    write_recordings,
)
from reid_core.video.boxes import Detections, overlaps
from tests.support.drawn_recordings import truth_of

SHIPPED = Path(__file__).parents[3] / "assets" / "detectors" / "nanodet"
BANDS = ((40, 80), (80, 120), (120, 180), (180, 1000))  # pixels of height in the frame
SIZES = ((640, 360), (960, 540))
SEEDS = (0, 1, 2)
EVERY = 0.5  # seconds from one looked-at frame to the next


@dataclass
class Figures:
    """Of one detector at one threshold."""

    found: dict[tuple[int, int], int]
    there: dict[tuple[int, int], int]
    false: int = 0
    frames: int = 0

    def line(self) -> str:
        shares = (f"{low}-{high if high < 1000 else ''} {self._share((low, high))}" for low, high in BANDS)
        return f"{'   '.join(shares)}   all {self._share()}   false per frame {self.false / max(self.frames, 1):.3f}"

    def _share(self, band: tuple[int, int] | None = None) -> str:
        found, there = (
            sum(counts[each] for each in ([band] if band else BANDS)) for counts in (self.found, self.there)
        )
        return f"{found / there:.3f} of {there:,}" if there else "none"


def frames_with_truth(folder: Path, config: FilmConfig) -> Iterator[tuple[NDArray[np.uint8], list[Sighting]]]:
    """Frames of all recordings every EVERY seconds, RGB, with who is in them."""
    site = FilmedSite(config)
    write_recordings(folder, config)
    step = max(round(EVERY * config.rate), 1)
    for number in site.cameras:
        recording = folder / recording_name(site, number)
        there = truth_of(recording)
        with av.open(str(recording)) as container:
            for place, frame in enumerate(container.decode(video=0), start=1):
                if place % step == 0:
                    yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), there.get(place, [])


def count(figures: Figures, found: Detections, there: list[Sighting], size: tuple[int, int]) -> None:
    """Adds one frame."""
    figures.frames += 1
    truth = np.array(
        [[each.left, each.top, each.left + each.width, each.top + each.height] for each in there], np.float32
    ).reshape(-1, 4)
    truth = np.clip(truth, 0, np.array([*size, *size], np.float32))
    shared = overlaps(found.boxes, truth)
    figures.false += int((shared.max(axis=1, initial=0.0) < 0.3).sum())
    taken: set[int] = set()
    for place, each in enumerate(there):
        band = next((band for band in BANDS if band[0] <= each.height < band[1]), None)
        if band is None or each.visibility <= 0.6:
            continue
        figures.there[band] += 1
        best = [row for row in np.argsort(-shared[:, place]) if row not in taken and shared[row, place] >= 0.5]
        if best:
            taken.add(int(best[0]))
            figures.found[band] += 1


def run(folder: Path = SHIPPED) -> None:
    if not folder.is_dir():
        print(f"Drawn site: not measured, since there is no detector in {folder}")
        return
    from reid_core.video.detection import load_detector

    detector: Any = load_detector(folder)
    thresholds = sorted({detector.card.detect, detector.card.track})
    print(f"People of the drawn site as {detector.card.name} finds them, {len(SEEDS)} sites of four cameras")
    for size in SIZES:
        totals = {threshold: Figures(defaultdict(int), defaultdict(int)) for threshold in thresholds}
        drawing = looking = 0.0
        for seed in SEEDS:
            config = FilmConfig(seed=seed, seconds=30.0, people=24, size=size, transit=(5.0, 12.0), rate=6)
            with tempfile.TemporaryDirectory() as place:
                began = time.process_time()
                pictures = list(frames_with_truth(Path(place), config))
                drawing += time.process_time() - began
                began = time.process_time()
                for picture, there in pictures:
                    found = detector.detect(picture)
                    for threshold, figures in totals.items():
                        count(figures, found.of(found.scores >= threshold), there, size)
                looking += time.process_time() - began
        for threshold, figures in totals.items():
            print(f"  {size[0]}x{size[1]}, score from {threshold:.2f}: {figures.line()}")
        made = len(SEEDS) * config.cameras * config.frames
        print(f"    drawn and encoded at {made / drawing:.0f} frames a CPU second")


if __name__ == "__main__":
    run(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
