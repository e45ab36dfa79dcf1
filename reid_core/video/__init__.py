"""From a recording to tracklets and their best crops: decode, detect, track, choose.

Pure: pictures, boxes and times in, tracklets out. Nothing here knows of galleries, SQL or pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Analysis", "Detections", "Detector", "Tracker", "Tracklet", "load_detector", "open_recording"]

if TYPE_CHECKING:
    from reid_core.video.analysis import Analysis
    from reid_core.video.boxes import Detections
    from reid_core.video.detection import Detector, load_detector
    from reid_core.video.stream import open_recording
    from reid_core.video.tracking import Tracker
    from reid_core.video.tracklets import Tracklet
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "analysis": ("Analysis",),
            "boxes": ("Detections",),
            "detection": ("Detector", "load_detector"),
            "stream": ("open_recording",),
            "tracking": ("Tracker",),
            "tracklets": ("Tracklet",),
        },
    )
