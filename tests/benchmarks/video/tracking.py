"""How well people are tracked in a real street: IDF1 at 5 pictures a second, and what other settings would give.

Only analysed frames count and nothing is interpolated. The truth's boxes are derived from heads, so their IoU with what
a detector finds tops out near .65: figures are given at IoU .3 and .5. The truth says nothing of people whose head is
out of the picture; they cost precision. Other first frames show how much of a figure is chance.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from reid_core.video.boxes import Detections, overlaps
from reid_core.video.motchallenge import track_lines
from reid_core.video.tracking import Tracker, TrackingSettings
from tests.support.tracking_figures import Figures, Row, figures

SHARED = Path(os.environ.get("REID_MEASURING", Path(__file__).resolve().parents[4] / "shared"))
VIDEO = SHARED / "data" / "video" / "towncentre_302f_1080p.mp4"
TRUTH = SHARED / "data" / "video" / "towncentre_first_half.csv"
YOLOX = SHARED / "models" / "yolox_nano.onnx"
SIZE = (384, 640)
EVERY = 6  # of 30 frames a second: 5
CARD = TrackingSettings.of_detector(detect=0.1, match=0.6, track=0.7)
TABLE = 0.845  # IDF1 of the table in FACTS, measured on twice as many frames; ours may be .03 below
OTHERS: dict[str, tuple[Any, ...]] = {
    "begin": (0.65, 0.75), "strong": (0.55, 0.65), "weak": (0.05, 0.2), "buffer": (0.15, 0.45),
    "wide_buffer": (0.4, 0.6), "overlap": (0.1, 0.3), "weak_overlap": (0.5, 0.7), "surprise": (2.0, 3.0),
    "weak_for": (0.5, 2.0), "lost_for": (1.0, 3.0), "confirming": (1, 3),
}  # fmt: skip
Shots = dict[int, tuple[float, Detections]]  # by number from 1: second, what is found


def run() -> None:
    missing = [path.name for path in (VIDEO, TRUTH, YOLOX) if not path.is_file()]
    if missing:
        print(f"Tracking: left out, since {', '.join(missing)} is not on this machine")
        return
    truth, shots = _truth(), _detected()
    print(f"Tracking, {VIDEO.name} at 5 frames/s, YOLOX-nano {SIZE[0]}x{SIZE[1]}, first half")
    for overlap in (0.3, 0.5):
        print(f"  IoU {overlap}: {_figures(truth, shots, CARD, 1, overlap)}")
    print(f"  bar: IDF1 {TABLE - 0.03:.3f} and at most 1 switch")
    print(f"  from the first six frames in turn, IoU .3: {_mean(truth, shots, CARD)}")
    for rate, every in ((30, 1), (10, 3), (3, 10), (2, 15)):
        print(f"  at {rate} frames/s: {_mean(truth, shots, CARD, every)}")
    for name, values in OTHERS.items():
        for value in values:
            print(f"  {name} {value}: {_mean(truth, shots, replace(CARD, **{name: value}))}", flush=True)


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
        second, detections = shots[number]
        for line in track_lines(number, detections, tracker.update(detections, second), before):
            box = (line.left, line.top, line.left + line.width, line.top + line.height)
            found.append((line.frame, line.track, *box))
        before = number, detections
    return figures([row for row in truth if row[0] in analysed], found, overlap)


def _truth() -> list[Row]:
    with TRUTH.open(encoding="utf-8") as file:
        return [(int(row[0]), int(row[1]), *map(float, row[2:])) for row in list(csv.reader(file))[1:]]


def _detected() -> Shots:
    import openvino

    core = openvino.Core()
    model = core.read_model(YOLOX)
    model.reshape([1, 3, *SIZE])
    network = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1})
    with av.open(str(VIDEO)) as container:
        return {
            number: (float(frame.time), _people(network(_prepared(frame))[0][0], SIZE[1] / frame.width))
            for number, frame in enumerate(container.decode(video=0), 1)
        }


def _prepared(frame: av.VideoFrame) -> NDArray[np.float32]:
    """BGR from 0 to 255 in the top left of a grey picture."""
    scale = min(SIZE[1] / frame.width, SIZE[0] / frame.height)
    small = frame.reformat(round(frame.width * scale), round(frame.height * scale), "bgr24", interpolation="AREA")
    padded = np.full((*SIZE, 3), 114, np.float32)
    padded[: small.height, : small.width] = small.to_ndarray()
    return padded.transpose(2, 0, 1)[None]


def _people(raw: NDArray[np.float32], scale: float) -> Detections:
    """YOLOX's raw output (cells, 85): offsets and logarithms of sizes in strides, then scores."""
    cells = np.concatenate(list(_cells()))
    centre = (raw[:, :2] + cells[:, :2]) * cells[:, 2:]
    half = np.exp(raw[:, 2:4]) * cells[:, 2:] / 2
    scores = raw[:, 4] * raw[:, 5]
    boxes = np.concatenate([centre - half, centre + half], axis=1) / scale
    found = Detections(boxes.astype(np.float32), scores)
    found = found.of(np.argsort(-scores)[: int((scores > 0.05).sum())])
    shared = overlaps(found.boxes, found.boxes) > 0.65
    kept: list[int] = []
    for row in range(len(found)):
        if not shared[row, kept].any():
            kept.append(row)
    return found.of(np.array(kept, np.intp))


def _cells() -> Iterator[NDArray[np.float32]]:
    for stride in (8, 16, 32):
        rows, columns = np.mgrid[: SIZE[0] // stride, : SIZE[1] // stride].astype(np.float32)
        yield np.stack([columns.ravel(), rows.ravel(), np.full(columns.size, stride, np.float32)], axis=1)


if __name__ == "__main__":
    run()
