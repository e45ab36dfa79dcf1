"""Ultralytics' networks, v8 and later: 1 × (4 + classes) × N, a column for each box, in pixels of the input.

They are under the AGPL: `recognition` takes them only from a user who states the licence.
"""

from __future__ import annotations

from reid_core.video.boxes import Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import Format, Outputs, Signature, Size, cells, coco_person, corners

STRIDES = (8, 16, 32)


def fits(signature: Signature) -> int | None:
    if len(signature.outputs) != 1 or signature.picture is None or signature.picture.shape is None:
        return None
    only, (_, _, height, width) = signature.outputs[0], signature.picture.shape
    if not only.is_shaped(1, None, None) or only.shape is None or only.shape[1] is None or only.shape[1] < 5:
        return None
    if width is None or height is None:
        return only.shape[1] - 4 if only.last is None else None
    return only.shape[1] - 4 if only.last in (None, cells((width, height), STRIDES)) else None


def decode(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    (table,) = outputs.values()
    scores = table[0, 4 + person]
    kept = scores >= least
    return Detections(corners(table[0, :4, kept]), scores[kept])


ULTRALYTICS = Format(
    "ultralytics",
    "Ultralytics YOLO",
    Input(640, 640, std=(255.0, 255.0, 255.0), pad=114),
    fits,
    decode,
    coco_person,
    detect=0.2,
    match=0.45,
    track=0.55,
    nms=0.65,
)
