"""SSD with its own suppression: 1 × 1 × N × 7 rows of picture, class, score, and corners as shares of the picture.

Intel's detectors of people for OpenVINO are so, and other exports of Caffe's DetectionOutput layer.
"""

from __future__ import annotations

import numpy as np

from reid_core.video.boxes import Detections
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats.form import Format, Outputs, Signature, Size

ROW = 7


def fits(signature: Signature) -> int | None:
    tables = [port for port in signature.outputs if port.is_shaped(1, 1, None, ROW) and port.last == ROW]
    return 0 if len(signature.outputs) == len(tables) == 1 and signature.picture is not None else None


def decode(outputs: Outputs, size: Size, person: int, least: float) -> Detections:
    (table,) = outputs.values()
    rows = table.reshape(-1, ROW)
    ends = np.flatnonzero(rows[:, 0] < 0)  # a row whose picture is -1 ends the list
    rows = rows[: ends[0]] if len(ends) else rows
    rows = rows[(rows[:, 1] == person) & (rows[:, 2] >= least)]
    return Detections(rows[:, 3:] * np.array([*size, *size], np.float32), rows[:, 2])


SSD = Format(
    "ssd",
    "SSD",
    Input(300, 300, "bgr", fit="stretched"),
    fits,
    decode,
    lambda classes: 1,  # 0 is the background
    detect=0.3,
    match=0.45,
    track=0.55,
    nms=1.0,
)
