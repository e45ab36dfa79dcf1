"""What a clip is, and what is known of the recording that it is cut from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from reid_core.video.stream.problems import Problems
from reid_core.video.stream.source import Reading

TICKS = 1_000_000  # a second, of the clock in the MP4: as fine as moments are
AS_RECORDED, CONVERTED = "as recorded", "converted to H.264"
# Of the muxer: its table of contents at the front, so that playing begins before all of it is there.
MUXER = {"movflags": "+faststart"}


class NotPlain(Exception):
    """The packets cannot be copied for a browser; the message is a sentence that says why."""


class Stopped(Exception):
    """A stop was requested before the clip was whole; what was written is no clip."""


@dataclass(frozen=True)
class Place:
    """A recording and how it is read, as it was when it was analysed.

    `problems` are those that the analysis has met. `whole` says that it has come to the end: then the clock of the file
    is known all the way.
    """

    path: Path
    reading: Reading = field(default_factory=Reading)
    problems: Problems = field(default_factory=Problems)
    whole: bool = True


@dataclass(frozen=True)
class Clip:
    """An MP4 of a stretch: `times` are the moments of its frames in the order in which they are shown, in seconds into
    the recording, as `Recording.frames` has them. The MP4's own time 0 is the first of them.
    """

    times: tuple[float, ...]
    said: str  # AS_RECORDED or CONVERTED

    @property
    def first(self) -> float:
        return self.times[0]

    @property
    def span(self) -> tuple[float, float]:
        """The moments of the first and of the last frame."""
        return self.times[0], self.times[-1]


@dataclass(frozen=True)
class Told:
    """Of a stream, what `plain.why_not_plain` judges by: `pixels` and `profile` are FFmpeg's words."""

    codec: str
    pixels: str | None
    profile: str | None
    container: str
    rotation: int
    pixel_aspect: Fraction
    interlaced: bool
    reorders: bool  # frames are stored in another order than shown
