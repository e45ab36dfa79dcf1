"""RF-DETR (github.com/roboflow/rf-detr): `dets` in shares of the picture, `labels` as logits of COCO's 91 numbers."""

from __future__ import annotations

from reid_core.video.boxes import Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import COCO_91, Format, Outputs, Signature, Size, sigmoid
from reid_core.video.detection.formats.rtdetr import of_shares

LOGITS, BOXES = ("labels", "logits", "pred_logits"), ("dets", "pred_boxes")
PERSON_OF_91 = 1


def fits(signature: Signature) -> int | None:
    logits, boxes = signature.output(*LOGITS), signature.output(*BOXES)
    if logits is None or boxes is None or not boxes.is_shaped(None, None, 4):
        return None
    if not logits.is_shaped(None, None, None) or logits.last is None:
        return None
    return logits.last if boxes.name == "dets" or logits.last in COCO_91 else None


def decode(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    logits, boxes = (next(outputs[name] for name in names if name in outputs) for names in (LOGITS, BOXES))
    return of_shares(boxes[0], sigmoid(logits[0, :, person]), size, least)


def person_of(classes: int) -> int | None:
    """1 of COCO's numbers. Trained on people alone, it has a class for them and one for nothing."""
    if classes in COCO_91:
        return PERSON_OF_91
    return 0 if classes <= 2 else None


RFDETR = Format(
    "rfdetr",
    "RF-DETR",
    Input(
        560,
        560,
        mean=(123.675, 116.28, 103.53),
        std=(58.395, 57.12, 57.375),
        fit="stretched",
    ),
    fits,
    decode,
    person_of,
    detect=0.3,
    match=0.45,
    track=0.55,
    nms=1.0,
)
