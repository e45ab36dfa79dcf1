"""The formats in which detectors give their boxes, a file for each. The order is that in which they are looked for."""

from reid_core.video.detection.formats.form import Format, Outputs, Port, Signature
from reid_core.video.detection.formats.nanodet import NANODET
from reid_core.video.detection.formats.rfdetr import RFDETR
from reid_core.video.detection.formats.rtdetr import RTDETR
from reid_core.video.detection.formats.ssd import SSD
from reid_core.video.detection.formats.ultralytics import ULTRALYTICS
from reid_core.video.detection.formats.yolox import YOLOX, YOLOX_DECODED

__all__ = ["FORMATS", "Format", "Outputs", "Port", "Signature"]

# Ultralytics' 84 × 8400 also has the axes of YOLOX's rows, which are as many as there are cells: it comes before.
FORMATS: dict[str, Format] = {
    one.name: one for one in (NANODET, RFDETR, RTDETR, SSD, ULTRALYTICS, YOLOX, YOLOX_DECODED)
}
