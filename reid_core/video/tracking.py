"""From boxes to tracks: cascaded buffered IoU, by seconds.

C-BIoU: Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It Easier by Buffering
the Matching Space", WACV 2023. Boxes are widened before they are compared, so a person who moved by a whole width since
the last frame, as at 2 to 5 pictures a second, still meets the own track. How far it may be follows from how sure the
motion is, so a track that is seen often takes no neighbour's box when its own is missing. Weak boxes only continue
tracks, as in ByteTrack (Zhang et al., ECCV 2022): a half hidden person scores low.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from reid_core.video.best_crops import covered
from reid_core.video.boxes import Array, Detections, overlaps
from reid_core.video.looks import LENGTH, unlike
from reid_core.video.motion import Motion

NO_TRACK = -1
LOOKS = 0.8  # share of looks in what decides between tracks; the rest is the overlap
RENEWED = 0.3  # share of the newest look in that of a track
CLEAR = 0.3  # a box that is covered by more does not say how its person looks
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class TrackingSettings:
    """How boxes are joined. The three scores depend on the detector (see `of_detector`), the rest does not."""

    begin: float = 0.7  # the lowest score of a box that begins a track
    strong: float = 0.6  # from here on a box may continue any track, also one that was lost for a while
    weak: float = 0.1  # the lowest score of a box that continues a track which it fits closely
    buffer: float = 0.3  # first pass: boxes are widened by so much of their width and height on each side
    wide_buffer: float = 0.5  # later passes, for what the first left
    overlap: float = 0.2  # the lowest buffered IoU of a strong box with its track
    weak_overlap: float = 0.6  # the same of a weak box: loose ones are often furniture, or a part of another person
    surprise: float = 2.5  # standard deviations that a box may be from where its track is expected
    weak_for: float = 1.0  # seconds that weak boxes alone continue a track
    lost_for: float = 2.0  # seconds that a track waits for its person
    unlike: float = 0.12  # looks that differ by more are two people's
    confirming: int = 2  # boxes, in frames that follow each other, until a track gets its number

    @classmethod
    def of_detector(cls, detect: float, match: float, track: float) -> TrackingSettings:
        """With the thresholds of a detector's card; see `detection.DetectorCard`."""
        return cls(begin=track, strong=match, weak=detect)


@dataclass(frozen=True, eq=False)
class Update:
    """What one frame brought: `ids` (N,), per detection the number of its track, from 1, or -1.

    `earlier`: (row in the detections of the update before, track) of each track that is confirmed only now.
    `ended`: confirmed tracks that nothing will continue.
    """

    ids: NDArray[np.int64]
    earlier: tuple[tuple[int, int], ...] = ()
    ended: tuple[int, ...] = ()


class Tracking(Protocol):
    """What the analysis of a recording needs of a tracker. One is made for each recording: state must not leak."""

    def update(self, detections: Detections, seconds: float, looks: Array | None = None) -> Update:
        """Joins the boxes of the frame at that second; seconds never go back. `looks` are those of the boxes."""
        ...

    def state(self) -> dict[str, Any]:
        """All that it remembers, as plain values for JSON."""
        ...


@dataclass(frozen=True, eq=False)
class _Tracks:
    """N tracks that live; columns (N,)."""

    motion: Motion
    number: NDArray[np.int64]  # -1 until confirmed
    hits: NDArray[np.int64]
    seen: NDArray[np.float64]  # when last, in seconds
    sure: NDArray[np.float64]  # when last by a strong box
    row: NDArray[np.int64]  # in the detections of the last update, or -1
    look: Array  # (N, 12), of what could be seen of each so far

    @classmethod
    def beginning(cls, boxes: NDArray[Any], looks: Array, rows: Rows, seconds: float) -> _Tracks:
        count = len(rows)
        now = np.full(count, seconds)
        numbers = np.full(count, NO_TRACK), np.ones(count, np.int64)
        return cls(Motion.at(boxes[rows]), *numbers, now, now.copy(), rows.copy(), looks[rows])

    def of(self, rows: NDArray[Any]) -> _Tracks:
        return _Tracks(self.motion.of(rows), *(getattr(self, name)[rows] for name in _COLUMNS))

    def joined(self, other: _Tracks) -> _Tracks:
        pairs = ((getattr(self, name), getattr(other, name)) for name in _COLUMNS)
        return _Tracks(self.motion.joined(other.motion), *(np.concatenate(pair) for pair in pairs))


_COLUMNS = ("number", "hits", "seen", "sure", "row", "look")


class Tracker:
    """Tracks of one recording, by cascaded buffered IoU. What it remembers grows with the people in view only.

    `first` is the number of the first track: of a recording whose first part another tracker has seen, the next one.
    """

    def __init__(self, settings: TrackingSettings | None = None, *, first: int = 1) -> None:
        self.settings = settings or TrackingSettings()
        self._tracks = _Tracks.beginning(np.empty((0, 4)), np.empty((0, LENGTH), np.float32), np.empty(0, np.intp), 0.0)
        self._now: float | None = None
        self._next = first

    def update(self, detections: Detections, seconds: float, looks: Array | None = None) -> Update:
        """Joins the boxes of the frame at that second to tracks; seconds never go back, gaps may differ.

        `looks` (N, 12) are those of the boxes (`looks.looks_of`); without them boxes alone decide.
        """
        settings = self.settings
        looks = np.zeros((len(detections), LENGTH), np.float32) if looks is None else looks
        ended = self._go_to(seconds)
        tracks, scores = self._tracks, detections.scores
        joined = np.full(len(detections), NO_TRACK)  # per detection the place of its track
        strong = np.flatnonzero(scores >= settings.strong)
        weak = np.flatnonzero((scores >= settings.weak) & (scores < settings.strong))
        known, new = np.flatnonzero(tracks.number > 0), np.flatnonzero(tracks.number <= 0)

        known, strong = self._join(known, strong, detections, looks, settings.buffer, settings.overlap, joined)
        known, strong = self._join(known, strong, detections, looks, settings.wide_buffer, settings.overlap, joined)
        in_view = known[(tracks.row[known] != NO_TRACK) & (seconds - tracks.sure[known] <= settings.weak_for)]
        self._join(in_view, weak, detections, looks, settings.wide_buffer, settings.weak_overlap, joined)
        failed, strong = self._join(new, strong, detections, looks, settings.wide_buffer, settings.overlap, joined)

        earlier = self._continue(joined, detections, looks, seconds)
        ids = np.where(joined == NO_TRACK, NO_TRACK, np.append(tracks.number, NO_TRACK)[joined]).astype(np.int64)
        begun = _Tracks.beginning(detections.boxes, looks, strong[scores[strong] >= settings.begin], seconds)
        self._tracks = tracks.of(np.delete(np.arange(len(tracks.number)), failed)).joined(begun)
        return Update(ids, earlier, ended)

    def _go_to(self, seconds: float) -> tuple[int, ...]:
        """Tracks move on to that second; those that waited too long end."""
        passed = 0.0 if self._now is None else seconds - self._now
        if passed < 0:
            raise ValueError(f"the tracker is at second {self._now} and cannot go back to {seconds}")
        self._now = seconds
        waiting = seconds - self._tracks.seen <= self.settings.lost_for
        ended = self._tracks.number[~waiting]
        kept = self._tracks.of(waiting)
        self._tracks = replace(kept, motion=kept.motion.after(passed))
        return tuple(ended[ended > 0].tolist())

    def _join(
        self,
        tracks: Rows,
        found: Rows,
        detections: Detections,
        looks: Array,
        buffer: float,
        least: float,
        joined: NDArray[np.intp],
    ) -> tuple[Rows, Rows]:
        """Writes the pairs that overlap most in all (Hungarian method) into `joined`; returns what is left of both."""
        if not len(tracks) or not len(found):
            return tracks, found
        motion, boxes = self._tracks.motion.of(tracks), detections.boxes[found]
        shared = overlaps(_widened(motion.boxes, buffer), _widened(boxes, buffer))
        apart = unlike(self._tracks.look[tracks], looks[found])
        shared[(motion.surprise(boxes) > self.settings.surprise) | (apart > self.settings.unlike)] = 0
        alike = 1 - np.minimum(apart / self.settings.unlike, 1)
        left, right = linear_sum_assignment(shared * (1 - LOOKS + LOOKS * alike), maximize=True)
        good = shared[left, right] >= least
        left, right = left[good], right[good]
        joined[found[right]] = tracks[left]
        return np.delete(tracks, left), np.delete(found, right)

    def _continue(
        self, joined: NDArray[np.intp], detections: Detections, looks: Array, seconds: float
    ) -> tuple[tuple[int, int], ...]:
        """Tracks take their boxes; new ones may be confirmed and get numbers. Returns `Update.earlier`."""
        tracks, found = self._tracks, np.flatnonzero(joined != NO_TRACK)
        places = joined[found]
        tracks.motion.seen(places, detections.boxes[found])
        clear = covered(detections.boxes, detections.scores)[found] < CLEAR
        tracks.look[places[clear]] += RENEWED * (looks[found[clear]] - tracks.look[places[clear]])
        tracks.hits[places] += 1
        tracks.seen[places] = seconds
        tracks.sure[places[detections.scores[found] >= self.settings.strong]] = seconds
        grown = np.flatnonzero((tracks.number <= 0) & (tracks.hits >= self.settings.confirming))
        tracks.number[grown] = np.arange(self._next, self._next + len(grown))
        self._next += len(grown)
        earlier = tuple(zip(tracks.row[grown].tolist(), tracks.number[grown].tolist(), strict=True))
        tracks.row[:] = NO_TRACK
        tracks.row[places] = found
        return earlier

    def state(self) -> dict[str, Any]:
        """All that it remembers, as plain values for JSON."""
        columns = {name: getattr(self._tracks, name).tolist() for name in _COLUMNS}
        return {
            "settings": asdict(self.settings),
            "now": self._now,
            "next": self._next,
            "motion": self._tracks.motion.state(),
            **columns,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Tracker:
        """The tracker that `state` was taken from: from here on it gives the same numbers."""
        tracker = cls(TrackingSettings(**state["settings"]))
        tracker._now, tracker._next = state["now"], state["next"]
        tracker._tracks = _Tracks(
            motion=Motion.from_state(state["motion"]),
            number=np.array(state["number"], np.int64),
            hits=np.array(state["hits"], np.int64),
            seen=np.array(state["seen"], np.float64),
            sure=np.array(state["sure"], np.float64),
            row=np.array(state["row"], np.int64),
            look=np.array(state["look"], np.float32).reshape(-1, LENGTH),
        )
        return tracker


def _widened(boxes: NDArray[Any], buffer: float) -> NDArray[np.float32]:
    """Boxes (N, 4) with so much of their width and height added on each side: the matching space of C-BIoU."""
    margin = buffer * (boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1).astype(np.float32)
