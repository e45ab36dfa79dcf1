"""RT-DETR (https://arxiv.org/abs/2304.08069) and D-FINE (https://arxiv.org/abs/2410.13842): one box for each person.

They come in two exports. Their authors' takes the picture's size besides, and gives `labels`, `boxes` in pixels of that
size and `scores`; that of Transformers gives `logits` of each class and `pred_boxes` as shares of the picture.
"""

from __future__ import annotations

import numpy as np

from reid_core.video.boxes import Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import (
    COCO,
    COCO_91,
    Format,
    Outputs,
    Signature,
    Size,
    coco_person,
    corners,
    sigmoid,
)

LOGITS, BOXES = ("logits", "pred_logits"), ("pred_boxes",)


def fits(signature: Signature) -> int | None:
    names = {port.name for port in signature.outputs}
    if {"labels", "boxes", "scores"} <= names and len(signature.inputs) == 2:
        boxes = signature.output("boxes")
        # The file does not say how many classes there are: COCO's, unless the user knows better.
        return COCO if boxes is not None and boxes.is_shaped(None, None, 4) else None
    logits, boxes = signature.output(*LOGITS), signature.output(*BOXES)
    if logits is None or boxes is None or not boxes.is_shaped(None, None, 4) or logits.last in COCO_91:
        return None
    return (logits.last or 0) if logits.is_shaped(None, None, None) else None


def decode(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    if "scores" in outputs:
        kept = (outputs["labels"][0] == person) & (outputs["scores"][0] >= least)
        return Detections(outputs["boxes"][0][kept], outputs["scores"][0][kept])
    logits = next(outputs[name] for name in LOGITS if name in outputs)
    return of_shares(outputs[BOXES[0]][0], sigmoid(logits[0, :, person]), size, least)


def of_shares(boxes: np.ndarray, scores: np.ndarray, size: Size, least: float) -> Detections:
    """Boxes (N, 4) as centre, width and height in shares of the input of that `size`."""
    kept = scores >= least
    return Detections(corners(boxes[kept]) * np.array([*size, *size], np.float32), scores[kept])


RTDETR = Format(
    "rtdetr",
    "RT-DETR or D-FINE",
    Input(640, 640, std=(255.0, 255.0, 255.0), fit="stretched"),
    fits,
    decode,
    coco_person,
    detect=0.3,
    match=0.45,
    track=0.55,
    nms=1.0,
)
