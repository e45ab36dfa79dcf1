"""YOLOX (github.com/Megvii-BaseDetection/YOLOX), https://arxiv.org/abs/2107.08430: a box, an objectness and classes.

Exported as it is trained (`raw`), a box is an offset from its cell's corner in strides and a logarithm of its size;
exported with --decode_in_inference (`decoded`), it is in pixels already. Shapes are the same: a trial tells which.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.video.boxes import Array, Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import (
    Format,
    Outputs,
    Signature,
    Size,
    cells,
    coco_person,
    corners,
    grid_points,
)

STRIDES = (8, 16, 32)
BESIDES = 5  # numbers of a row that are no class: the box and the objectness
LARGEST_LOGARITHM = 12.0  # of a size in strides; beyond it no picture reaches


def fits(signature: Signature) -> int | None:
    if len(signature.outputs) != 1 or signature.picture is None or signature.picture.shape is None:
        return None
    only, (_, _, height, width) = signature.outputs[0], signature.picture.shape
    if not only.is_shaped(1, None, None) or only.last is None or only.last <= BESIDES:
        return None
    rows = only.shape[1] if only.shape else None
    if width is not None and height is not None and rows not in (None, cells((width, height), STRIDES)):
        return None
    return only.last - BESIDES


def decode_raw(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    rows, scores, kept = _rows(outputs, size, person, least)
    points, strides = grid_points(size, STRIDES, 0.0)
    sides = np.exp(np.minimum(rows[:, 2:4], LARGEST_LOGARITHM)) * strides[kept]
    return Detections(corners(np.concatenate([points[kept] + rows[:, :2] * strides[kept], sides], axis=1)), scores)


def decode_decoded(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    rows, scores, _ = _rows(outputs, size, person, least)
    return Detections(corners(rows[:, :4]), scores)


def is_decoded(outputs: Outputs, size: Size) -> bool:
    """Whether boxes are in pixels: then their centres follow their cells across the picture."""
    (table,) = outputs.values()
    points, strides = grid_points(size, STRIDES, 0.5)
    away_in_pixels = np.abs(table[0, :, :2] - points) / strides
    away_raw = np.abs(table[0, :, :2] - 0.5)
    return bool(np.median(away_in_pixels) < np.median(away_raw))


def _rows(outputs: Outputs, size: Size, person: int, least: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    (table,) = outputs.values()
    if table.shape[1] != cells(size, STRIDES):
        raise ValueError("it has another number of rows than the input has cells")
    scores = table[0, :, 4] * table[0, :, BESIDES + person]
    kept = scores >= least
    return np.asarray(table[0][kept], np.float32), scores[kept], kept


_INPUT = Input(640, 384, "bgr", pad=114, reshapes=True)
_THRESHOLDS = {"detect": 0.1, "match": 0.6, "track": 0.7, "nms": 0.65}
YOLOX = Format("yolox", "YOLOX", _INPUT, fits, decode_raw, coco_person, **_THRESHOLDS)
YOLOX_DECODED = Format(
    "yolox-decoded", "YOLOX with boxes in pixels", _INPUT, fits, decode_decoded, coco_person, **_THRESHOLDS
)
