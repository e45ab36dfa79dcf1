"""A recording's own time: seconds that only rise, from time stamps that repeat, jump back or are missing.

Time is what the stamps say, never a count of frames, as long as they can be believed. Where they cannot, the time of a
frame is estimated, and `Problems` counts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from reid_core.video.stream.problems import Problems

NUDGE = 0.001  # seconds that a frame with a repeated stamp comes later than the one before
MOST_STEP_BACK = 0.5  # seconds; a stamp farther back belongs to another run of the clock
LEAST_GAP = 2.0  # seconds without a frame
GAP_STEPS = 5  # and so many times the interval before: a film of one frame a minute has no gaps
LEAP = 10.0  # seconds ahead at which one stamp alone is not believed

Item = TypeVar("Item")


class Timeline:
    """Places the frames of one recording one after the other."""

    def __init__(self, step: float, problems: Problems) -> None:
        """`step`: seconds between two frames as the file states it, for frames without a stamp."""
        self.step = step
        self.problems = problems
        self._last: float | None = None
        self._shift: float | None = None  # seconds = stamp + shift
        self._interval = step

    def resume(self, first_stamp: float, last: float, interval: float) -> None:
        """Goes on after a frame at `last` seconds, `interval` after the one before; the first frame has this stamp."""
        self._shift = -first_stamp
        self._last = last
        self._interval = interval

    def along(self, frames: Iterable[tuple[float | None, Item]]) -> Iterator[tuple[float, Item]]:
        """Seconds since the first frame, strictly rising, for each of (stamp in seconds or None, item).

        A frame whose stamp leaps ahead is held until the next one tells whether it was right. No other frame is held.
        """
        held: tuple[float, Item] | None = None
        for stamp, item in frames:
            if held is not None:
                leap, waiting = held
                held = None
                if stamp is not None and stamp < leap and self._is_ahead(stamp):
                    self.problems.wrong_stamps += 1
                    yield self._after(self.step), waiting
                else:
                    yield self._place(leap), waiting
            if stamp is not None and self._is_ahead(stamp, LEAP):
                held = (stamp, item)
            else:
                yield self._place(stamp), item
        if held is not None:
            yield self._place(held[0]), held[1]

    def _is_ahead(self, stamp: float, by: float = 0.0) -> bool:
        return self._last is not None and self._shift is not None and stamp + self._shift > self._last + by

    def _place(self, stamp: float | None) -> float:
        if stamp is None:
            self.problems.missing_stamps += 1
            return self._after(self.step)
        if self._shift is None:
            self._shift = (0.0 if self._last is None else self._last + self.step) - stamp
        if self._last is None:
            return self._set(0.0)
        seconds = round(stamp + self._shift, 6)
        behind = self._last - seconds
        if behind > MOST_STEP_BACK:
            self.problems.backward_jumps += 1
            self._shift = self._last + self.step - stamp
            return self._after(self.step)
        if behind >= 0:
            if behind <= NUDGE:
                self.problems.repeated_stamps += 1
            else:
                self.problems.backward_stamps += 1
            return self._after(NUDGE)
        if -behind >= max(LEAST_GAP, GAP_STEPS * self._interval):
            self.problems.gap(self._last, seconds)
        self._interval = -behind
        return self._set(seconds)

    def _after(self, by: float) -> float:
        return self._set(0.0 if self._last is None else self._last + by)

    def _set(self, seconds: float) -> float:
        self._last = round(seconds, 6)
        self.problems.frames += 1
        self.problems.seconds = self._last
        return self._last
