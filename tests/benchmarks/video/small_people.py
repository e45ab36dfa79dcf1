"""How small people may be in a frame of 4K: recall by height, of the whole frame and in tiles, and boxes at seams.

    python -m tests.benchmarks.video.small_people

People of the street in ../shared, shrunk to 12 to 80 px and set across 3840 × 2160 px of that street out of focus. A
person counts as found from an overlap of .4, and as found twice where two boxes overlap with one person by so much.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from reid_core.video.boxes import Detections, overlaps
from reid_core.video.detection.card import DetectorCard
from reid_core.video.detection.detector import ONNX_NAME, SHIPPED, SHIPPED_DETECTORS, Detector, load_detector
from tests.benchmarks.video.detecting import SHARED, TRUTH, VIDEO, street

HEIGHTS = (12, 16, 20, 24, 32, 40, 48, 64, 80)
TILES = ((1, 1), (2, 3), (4, 6))
WIDTH, HEIGHT = 3840, 2160
EACH, FRAMES = 60, 3  # people in a frame, frames of each height
FOUND = 0.4
TALLEST = 150  # pixels; whom a street's frame shows smaller is not shrunk without loss to 80
MARGIN = 0.25  # of the height, kept around a person, faded into the background
Pixels = NDArray[np.uint8]


def people(scenes: Sequence[tuple[Pixels, NDArray[np.float32]]]) -> list[tuple[Image.Image, int]]:
    """Tall people with a margin, and the pixels of it."""
    found = []
    for picture, boxes in scenes:
        for left, top, right, bottom in boxes.astype(int).tolist():
            margin = round(MARGIN * (bottom - top))
            box = (left - margin, top - margin, right + margin, bottom + margin)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= picture.shape[1] and box[3] <= picture.shape[0]
            if bottom - top >= TALLEST and inside:
                found.append((Image.fromarray(picture).crop(box), margin))
    return found


def crowd(
    height: int, background: Image.Image, those: Sequence[tuple[Image.Image, int]], random: np.random.Generator
) -> tuple[Pixels, NDArray[np.float32]]:
    """A frame with 60 of them at this height, one in each cell of a grid, and their boxes."""
    frame, boxes = background.copy(), []
    for cell in range(EACH):
        picture, margin = those[int(random.integers(len(those)))]
        scale = height / (picture.height - 2 * margin)
        small = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
        edge = max(1.0, margin * scale)
        left = cell % 10 * WIDTH // 10 + int(random.integers(WIDTH // 10 - small.width))
        top = cell // 10 * HEIGHT // 6 + int(random.integers(HEIGHT // 6 - small.height))
        rows = np.minimum(np.arange(small.height) + 0.5, small.height - np.arange(small.height) - 0.5) / edge
        columns = np.minimum(np.arange(small.width) + 0.5, small.width - np.arange(small.width) - 0.5) / edge
        faded = (255 * np.minimum(1, np.minimum(rows[:, None], columns[None]))).astype(np.uint8)
        frame.paste(small, (left, top), Image.fromarray(faded))
        box = (left + edge, top + edge, left + small.width - edge, top + small.height - edge)
        boxes.append(box)
    return np.asarray(frame), np.array(boxes, np.float32)


def measure(detector: Detector, frames: Sequence[tuple[Pixels, NDArray[np.float32]]]) -> tuple[float, int]:
    """The share that is found, and how many are found twice."""
    hits = twice = 0
    for picture, boxes in frames:
        width, height = detector.input_size(WIDTH, HEIGHT)
        small = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2))
        found: Detections = detector.detect(small)
        scale = np.array([WIDTH / width, HEIGHT / height] * 2, np.float32)
        shared = overlaps(boxes, (found.boxes * scale).astype(np.float32)) >= FOUND
        hits += int(shared.any(axis=1).sum())
        twice += int((shared.sum(axis=1) > 1).sum())
    return hits / (EACH * len(frames)), twice


def run() -> None:
    print("\nSmall people in frames of 3840 × 2160 px: the shipped detector, its recall by their height in pixels")
    if not all((SHARED / name).exists() for name in (VIDEO, TRUTH)):
        print(f"  skipped: {SHARED} is not there")
        return
    scenes = list(street())
    those, random = people(scenes), np.random.default_rng(0)
    blurred = Image.fromarray(scenes[0][0]).filter(ImageFilter.GaussianBlur(60)).resize((WIDTH, HEIGHT))
    frames = {height: [crowd(height, blurred, those, random) for _ in range(FRAMES)] for height in HEIGHTS}
    print(f"  {'':<12} {''.join(f'{height:>6}' for height in HEIGHTS)}   found twice   CPU ms a frame")
    with tempfile.TemporaryDirectory() as folder:
        for rows, columns in TILES:
            place = Path(folder) / f"{rows}x{columns}"
            place.mkdir()
            shutil.copyfile(SHIPPED_DETECTORS / SHIPPED / ONNX_NAME, place / ONNX_NAME)
            dataclasses.replace(DetectorCard.read(SHIPPED_DETECTORS / SHIPPED), tiles=(rows, columns)).write(place)
            detector = load_detector(place)
            began = time.process_time()
            found = [measure(detector, frames[height]) for height in HEIGHTS]
            spent = 1000 * (time.process_time() - began) / (FRAMES * len(HEIGHTS))
            name = "whole" if (rows, columns) == (1, 1) else f"{rows} × {columns} tiles"
            shares = "".join(f"{share:6.2f}" for share, _ in found)
            print(f"  {name:<12} {shares}   {sum(twice for _, twice in found):>11}   {spent:>14.0f}", flush=True)


if __name__ == "__main__":
    run()
