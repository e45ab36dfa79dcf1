"""What a search under a filter looked at, and what it could not look at. It depends on no hit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reid_core.retrieval.filters import Filter
from reid_core.workspace.search.coverage.spans import Span, Spans, hull, seconds_of, union

SEAM = 1.0  # seconds between two recordings that are no stretch without one: recorders cut so


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Crops of one camera that are from no recording: nobody knows how much was filmed around them.

    `first` and `last` are their times, NaN where none is known. `hours` are the hours of UTC in which there is one, as
    stretches; `empty_hours` those of the day (0 to 23) that lie between the first and the last crop and never have one.
    """

    crops: int
    first: float
    last: float
    hours: Spans = ()
    empty_hours: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A recording whose analysis has not come to the end: `seconds` are NaN while nobody knows how long it is."""

    name: str
    analysed: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Undated:
    """Recordings whose start is not known, with their crops, and seconds as of `CameraCoverage`'s stretches."""

    recordings: int = 0
    crops: int = 0
    seen: float = 0.0
    waiting: float = 0.0
    gaps: float = 0.0
    gap_count: int = 0


@dataclass(frozen=True, kw_only=True)
class CameraCoverage:
    """One camera within the time that was searched. The stretches of its recordings share no moment.

    `seen`: there are frames and they were analysed. `gaps`: a recording without a readable frame. `waiting`: recorded
    and not analysed yet. `missing`: no recording of this camera, though the filter asks for that time, another camera
    was recording then, or the camera was before and after; those under `SEAM` are left out. All are in seconds since
    1970, by the mended clock. Damage is counted over the whole of the `recordings` that reach into the time; so
    are `more_gaps`, whose place was not kept. `has_recordings` counts other times, too. `undated`
    are those without a known start; `imported` is None for no crop. `ignored` are tracklets in zones to ignore that the
    filter leaves out, with as many crops as `ignored_crops` in that time; both are 0 where it lets them pass.
    """

    camera: str | None
    has_recordings: bool = False
    recordings: int = 0
    seen: Spans = ()
    gaps: Spans = ()
    waiting: Spans = ()
    missing: Spans = ()
    damaged_frames: int = 0
    damaged_packets: int = 0
    more_gaps: int = 0
    unfinished: tuple[Unfinished, ...] = ()
    undated: Undated = Undated()
    imported: Imported | None = None
    ignored: int = 0
    ignored_crops: int = 0


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What was searched in a gallery: the `cameras` that `where` lets through, each by itself.

    `left_out` are the cameras that it does not let through. `untimed` are crops of searched cameras without a date, and
    `unplaced` crops without a camera: a filter by time or cameras leaves them out. `tracklets_without_crops` were seen
    in that time and cannot be found, without those that a camera has among its `ignored` ones. `not_embedded` and
    `without_direction` are crops of the whole gallery that the model cannot find.
    """

    where: Filter
    cameras: tuple[CameraCoverage, ...]
    left_out: tuple[str | None, ...] = ()
    untimed: int = 0
    unplaced: int = 0
    tracklets_without_crops: int = 0
    not_embedded: int = 0
    without_direction: int = 0

    @property
    def is_timed(self) -> bool:
        """Whether the filter is one by time: it leaves out what has no date."""
        return is_timed(self.where)

    @property
    def is_empty(self) -> bool:
        """There is nothing to search: an empty answer says nothing about the person."""
        return all(self.has_nothing_of(one) for one in self.cameras)

    def has_nothing_of(self, one: CameraCoverage) -> bool:
        """No frame of that camera was analysed in the time that was searched, and no crop is there."""
        return not one.seen and one.imported is None and (self.is_timed or not one.undated.seen)

    @property
    def undated(self) -> Undated:
        """Recordings of the searched cameras that have no known start; a filter by time leaves them out."""
        several = [vars(one.undated) for one in self.cameras]
        return Undated(**{name: sum(one[name] for one in several) for name in vars(Undated())})

    @property
    def has_recordings(self) -> bool:
        return any(one.has_recordings for one in self.cameras)

    @property
    def seconds(self) -> float:
        """Of video that was analysed and searched, summed over cameras."""
        return self.total("seen")

    @property
    def crops(self) -> int:
        """Crops from no recording that were searched."""
        return sum(one.imported.crops for one in self.cameras if one.imported is not None)

    @property
    def gap_count(self) -> int:
        undated = 0 if self.is_timed else self.undated.gap_count
        return sum(len(one.gaps) + one.more_gaps for one in self.cameras) + undated

    @property
    def ignored(self) -> int:
        """Tracklets of the searched cameras and times that are left out, for they lie in zones to ignore."""
        return sum(one.ignored for one in self.cameras)

    @property
    def ignored_crops(self) -> int:
        return sum(one.ignored_crops for one in self.cameras)

    @property
    def damaged_frames(self) -> int:
        return sum(one.damaged_frames for one in self.cameras)

    @property
    def damaged_packets(self) -> int:
        return sum(one.damaged_packets for one in self.cameras)

    def total(self, kind: str) -> float:
        """Seconds of one kind of stretch ("seen", "gaps", "waiting" or "missing"), summed over cameras.

        Undated recordings count where no time is asked for.
        """
        undated = 0.0 if self.is_timed else getattr(self.undated, kind, 0.0)
        return seconds_of(span for one in self.cameras for span in getattr(one, kind)) + float(undated)

    def span(self, *, of_crops: bool = True) -> Span | None:
        """From when to when was searched: as the filter states, else from the first recording or crop to the last."""
        stretches = [span for one in self.cameras for span in (*one.seen, *one.gaps, *one.waiting)]
        stretches += [
            (one.imported.first, math.nextafter(one.imported.last, math.inf))
            for one in self.cameras
            if of_crops and one.imported is not None and not math.isnan(one.imported.first)
        ]
        whole = hull(union(stretches))
        first, last = whole[0] if whole else (math.nan, math.nan)
        first = first if self.where.after is None else self.where.after
        last = last if self.where.before is None else self.where.before
        return None if math.isnan(first) or math.isnan(last) else (first, last)


def is_timed(where: Filter) -> bool:
    """Whether it asks for a time, which leaves out what has none."""
    return where.after is not None or where.before is not None or is_by_hour(where)


def is_by_hour(where: Filter) -> bool:
    """Whether it asks for days of the week or hours of the day."""
    return where.weekdays is not None or where.hours is not None
