"""NanoDet and NanoDet-Plus (github.com/RangiLyu/nanodet): a side's distance is the mean of a distribution over bins.

The classes' scores are sigmoids already. They and the bins come as two outputs for each level, or side by side in one
for all levels together. Generalised focal loss: https://arxiv.org/abs/2006.04388
"""

from __future__ import annotations

import numpy as np

from reid_core.video.boxes import Array, Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import (
    COCO,
    Format,
    Outputs,
    Port,
    Signature,
    Size,
    cells,
    coco_person,
    grid_points,
)

BINS = (8, 11, 17)  # of a side: a distance of 0 to 7, 10 or 16 strides
STRIDES = (8, 16, 32, 64)
LEVELS = (3, 4)  # NanoDet's and NanoDet-Plus's


def fits(signature: Signature) -> int | None:
    pairs = _pairs([(port.name, port.shape) for port in signature.outputs])
    if pairs:
        first = next(port for port in signature.outputs if port.name == pairs[0][0])
        return first.last
    if len(signature.outputs) != 1 or signature.picture is None or signature.picture.shape is None:
        return None
    only, (_, _, height, width) = signature.outputs[0], signature.picture.shape
    if width is None or height is None or not _is_table(only):
        return None
    levels = _levels((width, height), only.shape[1] if only.shape else None)
    classes = [(only.last or 0) - 4 * bins for bins in BINS]
    return next((count for count in classes if levels and count in (1, COCO)), None)


def decode(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    pairs = _pairs([(name, values.shape) for name, values in outputs.items()])
    if pairs:
        scores = np.concatenate([outputs[name][0, :, person] for name, _ in pairs])
        bins = np.concatenate([outputs[name][0] for _, name in pairs])
        levels = len(pairs)
    else:
        (table,) = outputs.values()
        levels = _levels(size, table.shape[1]) or LEVELS[0]
        width = next(4 * count for count in BINS if table.shape[2] - 4 * count in (1, COCO))
        scores, bins = table[0, :, person], table[0, :, -width:]
    # NanoDet measures from the middle of a cell, NanoDet-Plus from its top left corner.
    points, strides = grid_points(size, STRIDES[:levels], 0.5 if levels == LEVELS[0] else 0.0)
    kept = scores >= least
    distances = _means(bins[kept]) * strides[kept]
    boxes = np.concatenate([points[kept] - distances[:, :2], points[kept] + distances[:, 2:]], axis=1)
    return Detections(boxes, scores[kept])


def _means(bins: Array) -> Array:
    """(N, 4) distances in strides, from (N, 4 · bins) logits: the mean of each side's softmax."""
    sides = bins.reshape(len(bins), 4, bins.shape[1] // 4)
    shares = np.exp(sides - sides.max(axis=2, keepdims=True))
    steps = np.arange(sides.shape[2], dtype=np.float32)
    return np.asarray((shares * steps).sum(axis=2) / shares.sum(axis=2), np.float32)


def _pairs(ports: list[tuple[str, tuple[int | None, ...] | None]]) -> list[tuple[str, str]]:
    """The names of each level's scores and bins, the finest level first; nothing where they are not so."""
    tables = [(name, shape) for name, shape in ports if shape and len(shape) == 3 and None not in shape[1:]]
    if len(tables) != len(ports) or len(ports) not in [2 * levels for levels in LEVELS]:
        return []
    of_bins = {shape[1]: name for name, shape in tables if shape[2] in [4 * bins for bins in BINS]}
    of_scores = {shape[1]: name for name, shape in tables if name not in of_bins.values()}
    if of_bins.keys() != of_scores.keys() or len(of_bins) * 2 != len(ports):
        return []
    return [(of_scores[rows], of_bins[rows]) for rows in sorted(of_bins, key=lambda rows: -(rows or 0))]


def _is_table(port: Port) -> bool:
    return port.is_shaped(1, None, None) and port.last is not None


def _levels(size: Size, rows: int | None) -> int | None:
    return next((levels for levels in LEVELS if cells(size, STRIDES[:levels]) == rows), None)


NANODET = Format(
    "nanodet",
    "NanoDet",
    Input(416, 416, "bgr", mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)),
    fits,
    decode,
    coco_person,
    detect=0.1,
    match=0.45,
    track=0.5,
    nms=0.6,
)
