"""How well and how fast people are found: the shipped detector, in tiles too, and YOLOX-nano at three sizes.

    python -m tests.benchmarks.video.detecting

On every tenth frame of a street whose truth is known (boxes there are derived from heads, so that few overlap by more
than .65), and on street scenes without truth, where what YOLOX-nano finds at 736×1280 with scores of .5 or more is
taken for it. Needs ../shared, and says so where that is absent.
"""

from __future__ import annotations

import csv
import dataclasses
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reid_core.video.boxes import Detections, overlaps
from reid_core.video.detection.card import DetectorCard
from reid_core.video.detection.detector import ONNX_NAME, SHIPPED, SHIPPED_DETECTORS, Detector, load_detector
from reid_core.video.detection.formats import FORMATS

SHARED = Path(__file__).parents[4] / "shared"
VIDEO, TRUTH = "data/video/towncentre_302f_1080p.mp4", "data/video/towncentre_first_half.csv"
YOLOX = "models/yolox_nano.onnx"
EVERY, ENOUGH, SURE = 10, 0.5, 0.5
LEAST = 0.02  # of scores, so that the whole curve of precision over recall is there
Pixels = NDArray[np.uint8]
Scene = tuple[Pixels, NDArray[np.float32]]


def street() -> Iterator[Scene]:
    """Every tenth frame with its people's boxes."""
    import av

    truth: dict[int, list[list[float]]] = defaultdict(list)
    with (SHARED / TRUTH).open(newline="") as file:
        for row in csv.DictReader(file):
            truth[int(row["frame"])].append([float(row[name]) for name in ("x1", "y1", "x2", "y2")])
    with av.open(str(SHARED / VIDEO)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number in truth and number % EVERY == min(truth) % EVERY:
                boxes = np.array(truth[number], np.float32)
                yield (
                    np.asarray(frame.to_ndarray(format="rgb24"), np.uint8),
                    boxes.clip(0, [frame.width, frame.height] * 2),
                )


def scenes(reference: Detector) -> Iterator[Scene]:
    for file in sorted((SHARED / "data/frames").glob("c*.jpg")):
        picture = np.asarray(Image.open(file).convert("RGB"))
        found = reference.detect(picture)
        yield picture, found.boxes[found.scores >= SURE]


def average_precision(found: list[Detections], truth: list[NDArray[np.float32]]) -> tuple[float, dict[float, float]]:
    """AP at an overlap of .5 (area below the curve of precision made monotonic), and the recall at some thresholds."""
    scores, right = [], []
    for one, boxes in zip(found, truth, strict=True):
        free = np.ones(len(boxes), bool)
        shared = overlaps(one.boxes, boxes)
        for row in np.argsort(-one.scores, kind="stable"):
            best = np.argmax(np.where(free, shared[row], -1)) if free.any() else 0
            hit = bool(free.any() and shared[row, best] >= ENOUGH)
            free[best] &= not hit
            scores.append(one.scores[row])
            right.append(hit)
    order = np.argsort(-np.array(scores), kind="stable")
    hits = np.array(right)[order]
    recall = hits.cumsum() / sum(map(len, truth))
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    area = float((np.diff(recall, prepend=0) * envelope).sum())
    ranked = np.array(scores)[order]
    return area, {level: float(recall[ranked >= level].max(initial=0)) for level in (0.1, 0.3, 0.45, 0.6)}


def measure(called: str, detector: Detector, timed: Detector, streets: list[Scene], others: list[Scene]) -> None:
    timed.detect(streets[0][0])
    found, seconds = [], []
    for picture, _ in streets:
        small = _scaled(picture, detector)  # as the analysis hands it over
        begun = time.process_time()
        timed.detect(small)
        seconds.append(time.process_time() - begun)
        found.append(_full(detector.detect(small), picture, detector))
    each = 1000 * float(np.median(seconds))
    area, recalls = average_precision(found, [boxes for _, boxes in streets])
    other, _ = average_precision([detector.detect(picture) for picture, _ in others], [boxes for _, boxes in others])
    recall = ", ".join(f"{share:.2f} from {level}" for level, share in recalls.items())
    print(f"  {called:<28} {each:6.1f} CPU ms   AP50 {area:.3f} street, {other:.3f} scenes   recall {recall}")


def _scaled(picture: Pixels, detector: Detector) -> Pixels:
    size = detector.input_size(picture.shape[1], picture.shape[0])
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _full(found: Detections, picture: Pixels, detector: Detector) -> Detections:
    width, height = detector.input_size(picture.shape[1], picture.shape[0])
    scale = np.array([picture.shape[1] / width, picture.shape[0] / height] * 2, np.float32)
    return Detections(found.boxes * scale, found.scores)


def _pair(folder: Path, name: str, network: Path, card: DetectorCard) -> tuple[Detector, Detector]:
    """The detector with every score that is of use to a curve, and with those of its card, to be timed."""
    made = []
    for kind, least in (("curve", LEAST), ("timed", card.detect)):
        place = folder / f"{name}-{kind}"
        place.mkdir()
        shutil.copyfile(network, place / ONNX_NAME)
        dataclasses.replace(card, name=name, detect=least).write(place)
        made.append(load_detector(place))
    return made[0], made[1]


def run() -> None:
    print("\nFinding people (median CPU time of one thread for a picture of the size that the detector asks for)")
    if not all((SHARED / name).exists() for name in (VIDEO, TRUTH, YOLOX)):
        print(f"  skipped: {SHARED} is not there")
        return
    shipped, yolox = SHIPPED_DETECTORS / SHIPPED, FORMATS["yolox"]
    network, card = shipped / ONNX_NAME, DetectorCard.read(shipped)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pairs = {
            "shipped (NanoDet)": _pair(folder, "whole", network, card),
            "shipped, in 2 × 3 tiles": _pair(folder, "tiled", network, dataclasses.replace(card, tiles=(2, 3))),
        }
        for height, width in ((416, 416), (384, 640), (736, 1280)):
            taken = dataclasses.replace(yolox.input, height=height, width=width)
            described = DetectorCard("yolox", yolox.name, taken, 0, yolox.detect, yolox.match, yolox.track, yolox.nms)
            pairs[f"YOLOX-nano {height}×{width}"] = _pair(folder, f"{height}x{width}", SHARED / YOLOX, described)
        streets, others = list(street()), list(scenes(pairs["YOLOX-nano 736×1280"][0]))
        print(f"  {len(streets)} frames of a street, {len(others)} scenes")
        for called, (curve, timed) in pairs.items():
            measure(called, curve, timed, streets, others)


if __name__ == "__main__":
    run()
