"""One recording, frame by frame: people are found, tracked, and gathered into tracklets.

What it remembers can be written down and taken up by another process, which then finds the same tracklets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reid_core.video.boxes import Detections
from reid_core.video.collector import Collector
from reid_core.video.detection import Detector
from reid_core.video.looks import looks_of
from reid_core.video.motchallenge import TrackLine, track_lines
from reid_core.video.stream import Frame
from reid_core.video.tracking import Tracker, Tracking, TrackingSettings
from reid_core.video.tracklets import Tracklet

RATE = 5.0  # analysed frames a second: more find no more people, and cost more


class Analysis:
    """The analysis of one recording. `on_track` is given each box that belongs to a track, when that is known."""

    def __init__(
        self,
        detector: Detector,
        state: Mapping[str, Any] | None = None,
        on_track: Callable[[TrackLine], None] = lambda line: None,
        *,
        first_track: int = 1,
    ) -> None:
        """`state` is what `state` gave of an analysis of the same recording by the same detector, to go on with it.

        Where a deletion took that, tracks begin with number `first_track`.
        """
        self._detector = detector
        self._on_track = on_track
        self._before: tuple[int, Detections] | None = None
        if state is None:
            card = detector.card
            self._tracker: Tracking = Tracker(
                TrackingSettings.of_detector(card.detect, card.match, card.track), first=first_track
            )
            self._collector = Collector()
        else:
            self._tracker = Tracker.from_state(state["tracker"])
            self._collector = Collector.from_state(state["collector"])
            if state["before"] is not None:
                number, boxes, scores = state["before"]
                self._before = number, Detections(boxes, scores)

    def add(self, frame: Frame) -> tuple[Detections, list[Tracklet]]:
        """What was found in the frame, in its pixels, and the tracklets that ended with it."""
        width, height = self._detector.input_size(frame.width, frame.height)
        picture = frame.rgb(width, height)
        found = self._detector.detect(picture)
        across, down = frame.width / width, frame.height / height
        people = Detections(found.boxes * np.array([across, down, across, down], np.float32), found.scores)
        update = self._tracker.update(people, frame.seconds, looks_of(picture, found.boxes))
        for line in track_lines(frame.number, people, update, self._before):
            self._on_track(line)
        self._before = frame.number, people
        return people, self._collector.add(frame, people, update)

    def end(self) -> list[Tracklet]:
        """The tracklets of people who were in view at the end."""
        return self._collector.finish()

    def state(self) -> dict[str, Any]:
        """All that it remembers, as plain values for JSON: as large as the people in view and their crops."""
        before = None
        if self._before is not None:
            number, people = self._before
            before = [number, people.boxes.tolist(), people.scores.tolist()]
        return {"tracker": self._tracker.state(), "collector": self._collector.state(), "before": before}
