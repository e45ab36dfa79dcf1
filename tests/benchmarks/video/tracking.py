"""How well people are tracked in a real street: IDF1 at 5 pictures a second, and what other settings would give.

    python -m tests.benchmarks.video.tracking

By the shipped detector and by YOLOX-nano, with the thresholds of their cards and with looks, as `reid video` does it.
Only analysed frames count and nothing is interpolated. The truth's boxes are derived from heads, so their IoU with what
a detector finds tops out near .65: figures are given at IoU .3 and .5. The truth says nothing of people whose head is
out of the picture; they cost precision. Other first frames show how much of a figure is chance.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from reid_core.video.boxes import Array, Detections
from reid_core.video.detection import SHIPPED_DETECTORS, DetectorCard, load_detector
from reid_core.video.detection.detector import ONNX_NAME, SHIPPED, Detector
from reid_core.video.detection.formats import FORMATS
from reid_core.video.looks import looks_of
from reid_core.video.motchallenge import track_lines
from reid_core.video.tracking import Tracker, TrackingSettings
from tests.support.tracking_figures import Figures, Row, figures

SHARED = Path(os.environ.get("REID_MEASURING", Path(__file__).resolve().parents[4] / "shared"))
VIDEO = SHARED / "data" / "video" / "towncentre_302f_1080p.mp4"
TRUTH = SHARED / "data" / "video" / "towncentre_first_half.csv"
YOLOX = SHARED / "models" / "yolox_nano.onnx"
EVERY = 6  # of 30 frames a second: 5
ELSEWHERE = {"nanodet": 0.82, "yolox": 0.845}  # IDF1 of others' C-BIoU on twice as many frames; ours may be .03 below
OTHERS: dict[str, tuple[Any, ...]] = {
    "begin": (-0.05, 0.05), "strong": (-0.05, 0.05), "weak": (0.1, 0.2), "buffer": (-0.15, 0.15),
    "wide_buffer": (-0.1, 0.1), "overlap": (-0.1, 0.1), "weak_overlap": (-0.1, 0.1), "surprise": (-0.5, 0.5),
    "weak_for": (-0.5, 1.0), "lost_for": (-1.0, 1.0), "unlike": (-0.02, 0.03), "confirming": (-1, 1),
}  # fmt: skip
Shots = dict[int, tuple[float, Detections, Array]]  # by number from 1: second, what is found, what it looks like


def run() -> None:
    missing = [path.name for path in (VIDEO, TRUTH, YOLOX) if not path.is_file()]
    if missing:
        print(f"Tracking: left out, since {', '.join(missing)} is not on this machine")
        return
    truth = _truth()
    with tempfile.TemporaryDirectory() as folder:
        for name, place in (("nanodet", SHIPPED_DETECTORS / SHIPPED), ("yolox", _yolox(Path(folder)))):
            _of_detector(name, load_detector(place), truth)


def _of_detector(name: str, detector: Detector, truth: list[Row]) -> None:
    shots, card = _detected(detector), detector.card
    settings = TrackingSettings.of_detector(card.detect, card.match, card.track)
    print(f"Tracking, {VIDEO.name} at 5 frames/s, {name} at {card.input.describe()}, first half")
    for overlap in (0.3, 0.5):
        print(f"  IoU {overlap}: {_figures(truth, shots, settings, 1, overlap)}")
    print(f"  bar: IDF1 {ELSEWHERE[name] - 0.03:.3f} and at most 1 switch")
    print(f"  from the first six frames in turn, IoU .3: {_mean(truth, shots, settings)}")
    blind = {number: (second, found, looks * 0) for number, (second, found, looks) in shots.items()}
    print(f"  without looks: {_mean(truth, blind, settings)}")
    for rate, every in ((30, 1), (10, 3), (3, 10), (2, 15)):
        print(f"  at {rate} frames/s: {_mean(truth, shots, settings, every)}")
    for setting, steps in OTHERS.items():
        for step in steps:
            value = getattr(settings, setting) + step
            print(f"  {setting} {value:.2f}: {_mean(truth, shots, replace(settings, **{setting: value}))}", flush=True)


def _mean(truth: list[Row], shots: Shots, settings: TrackingSettings, every: int = EVERY) -> str:
    some = [_figures(truth, shots, settings, first, 0.3, every) for first in range(1, min(every, 6) + 1)]
    idf1 = [each.idf1 for each in some]
    switches = np.mean([each.switches for each in some])
    return f"IDF1 {np.mean(idf1):.3f} ({min(idf1):.3f} to {max(idf1):.3f}), {switches:.1f} switches"


def _figures(
    truth: list[Row], shots: Shots, settings: TrackingSettings, first: int, overlap: float, every: int = EVERY
) -> Figures:
    analysed = range(first, max(shots) + 1, every)
    tracker, before, found = Tracker(settings), None, []
    for number in analysed:
        second, detections, looks = shots[number]
        for line in track_lines(number, detections, tracker.update(detections, second, looks), before):
            box = (line.left, line.top, line.left + line.width, line.top + line.height)
            found.append((line.frame, line.track, *box))
        before = number, detections
    return figures([row for row in truth if row[0] in analysed], found, overlap)


def _truth() -> list[Row]:
    with TRUTH.open(encoding="utf-8") as file:
        return [(int(row[0]), int(row[1]), *map(float, row[2:])) for row in list(csv.reader(file))[1:]]


def _yolox(folder: Path) -> Path:
    """A detector's folder, as `reid detector add` makes it."""
    form = FORMATS["yolox"]
    shutil.copyfile(YOLOX, folder / ONNX_NAME)
    DetectorCard("yolox", form.name, form.input, 0, form.detect, form.match, form.track, form.nms).write(folder)
    return folder


def _detected(detector: Detector) -> Shots:
    shots = {}
    with av.open(str(VIDEO)) as container:
        for number, frame in enumerate(container.decode(video=0), 1):
            width, height = detector.input_size(frame.width, frame.height)
            picture = np.asarray(frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray(), np.uint8)
            found = detector.detect(picture)
            scale = np.array([frame.width / width, frame.height / height] * 2, np.float32)
            full = Detections(found.boxes * scale, found.scores)
            shots[number] = float(frame.time), full, looks_of(picture, found.boxes)
    return shots


if __name__ == "__main__":
    run()
