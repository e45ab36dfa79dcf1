"""Finding people in pictures: detectors from anywhere that can be run on a CPU, each with a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["SHIPPED_DETECTORS", "Detector", "DetectorCard", "load_detector"]

if TYPE_CHECKING:
    from reid_core.video.detection.card import DetectorCard
    from reid_core.video.detection.detector import SHIPPED_DETECTORS, Detector, load_detector
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "card": ("DetectorCard",),
            "detector": ("SHIPPED_DETECTORS", "Detector", "load_detector"),
        },
    )
