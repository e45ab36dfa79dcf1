"""A recording on disk: what it says of itself, and its frames in its own time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from reid_core.video.stream.decoding import Decoded
from reid_core.video.stream.examining import examined
from reid_core.video.stream.pictures import Converter, Picture, Shot
from reid_core.video.stream.problems import Problems
from reid_core.video.stream.source import Reading
from reid_core.video.stream.timeline import Timeline

SAME = 1e-5  # seconds within which two times are one
EARLY = 0.05  # of the spacing between analysed frames that one may come early: containers round their stamps


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame to analyse. Its pictures are upright, deinterlaced, in square pixels and in the recording's size.

    It holds the decoder's memory (3 MB at 1080p): let it go when its crops are cut.
    """

    number: int  # of the recording, from 1, counting every decoded frame
    seconds: float  # since the first frame; rises from frame to frame
    width: int
    height: int
    damaged: bool  # decoded from damaged data, or built on a frame that was
    shot: Shot

    def rgb(self, width: int | None = None, height: int | None = None) -> Picture:
        """The whole frame, uint8 (height, width, 3), scaled straight from the decoder's YUV; full size by default."""
        return self.shot.rgb(width, height)

    def crop(self, left: float, top: float, right: float, bottom: float) -> Picture:
        """A copy of the pixels that the box touches, uint8 (H, W, 3), cut from the full size and clipped to the frame.

        Raises ValueError for a box outside the frame.
        """
        return self.shot.crop(left, top, right, bottom)


def open_recording(path: Path, reading: Reading = Reading()) -> Recording:
    """The recording, its first frame decoded. Raises ReidError with what is wrong and what to do."""
    return Recording(path, reading)


class Recording:
    """A recording that can be read any number of times. `problems` grows while `frames` is read."""

    def __init__(self, path: Path, reading: Reading) -> None:
        found = examined(path, reading)
        self.path = path
        self.facts = found.facts
        self.problems = found.fresh_problems()
        self._first = found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open between two readings: each opens the file for itself."""

    def frames(
        self, *, rate: float | None = 5.0, after: float | None = None, after_number: int | None = None
    ) -> Generator[Frame, None, None]:
        """Decodes every frame and yields those to analyse, at least 1 / `rate` seconds apart; all with None.

        `after` goes on behind that second, with the frames and numbers that an unbroken reading gives. With
        `after_number` too, both of a frame that this yielded, reading begins at the key frame before it; without it, or
        where the stamps do not allow that, the recording is decoded from its start. What lies before is not counted in
        `problems` again: put its earlier state back first (`Problems.from_state`). A reading from the start begins it
        again.
        """
        if after is None:
            self.problems = self._first.fresh_problems()
        spacing = 0.0 if rate is None else (1 - EARLY) / rate
        last = -spacing
        converter = Converter(self._first.upright)
        with closing(self._placed(after, after_number)) as placed:
            for number, seconds, one in placed:
                if seconds - last < spacing:
                    continue
                last = seconds
                if after is None or seconds > after + SAME:
                    shot = Shot(one.frame, converter)
                    yield Frame(number, seconds, self.facts.width, self.facts.height, one.damaged, shot)
        self.problems.ended()

    def _placed(
        self, after: float | None, after_number: int | None
    ) -> Generator[tuple[int, float, Decoded], None, None]:
        """(number, seconds, frame) of all frames, or of the one at `after` and all behind it where that is found."""
        if after is not None and after_number is not None:
            for early in (0.0, 5.0):  # a key frame that is stored first may be shown later
                is_found = False
                for found in self._sought(after, after_number, early):
                    is_found = True
                    yield found
                if is_found:
                    return
        with self._first.source.reading_from(Problems() if after is not None else self.problems) as (decoder, decoded):
            timeline = Timeline(self._first.step, decoder.problems)
            stamped = ((one.stamp, one) for one in decoded)
            for number, (seconds, one) in enumerate(timeline.along(stamped), 1):
                if after is not None and seconds > after - SAME and timeline.problems is not self.problems:
                    decoder.problems = timeline.problems = self.problems
                yield number, seconds, one

    def _sought(self, after: float, after_number: int, early: float) -> Iterator[tuple[int, float, Decoded]]:
        """As `_placed`, from a key frame on; nothing where no frame is met exactly at `after`."""
        first = self._first
        # Behind a jump of the clock back the stamps are no longer the first one and the time since.
        if first.stamp is None or not first.can_seek or self.problems.backward_jumps:
            return
        at = after + first.stamp
        before: float | None = None
        with first.source.reading_from(Problems(), at - early) as (decoder, decoded):
            for one in decoded:
                if one.stamp is None or one.stamp > at + SAME:
                    return
                if one.stamp > at - SAME:
                    break
                before = one.stamp
            else:
                return
            yield after_number, after, one
            decoder.problems = self.problems
            timeline = Timeline(first.step, self.problems)
            timeline.resume(first.stamp, after, first.step if before is None else at - before)
            stamped = ((one.stamp, one) for one in decoded)
            for number, (seconds, one) in enumerate(timeline.along(stamped), after_number + 1):
                yield number, seconds, one
