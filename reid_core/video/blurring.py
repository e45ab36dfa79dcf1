"""A copy of a film, the whole picture of which is unrecognisable in given stretches: H.264 in an MP4, without sound.

In a stretch nothing of a frame reaches the encoder but the mean colours of about 12 × 7 areas of it, so nothing can be
calculated back. Frames elsewhere are as they were, up to the loss of coding, and every frame keeps its moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from reid_core.errors import Damaged, ReidError
from reid_core.video.h264 import add_h264
from reid_core.video.stream import Reading, open_recording
from reid_core.video.stream.recording import SAME

AREAS = 12  # across the picture, in a blurred frame
TICKS = 90_000  # of the film's clock, in a second
KEY_EVERY = 2.0  # seconds: where a player may begin to decode
_LONGEST_STEP = (2**31 - 1) / TICKS  # seconds from one frame to the next that an MP4 can hold
Picture = NDArray[np.uint8]
Span = tuple[float, float]  # seconds into the recording, both ends included
OnProgress = Callable[[float, float | None], None]  # seconds that are done, and in all where the file states it


class Stopped(Exception):
    """A stop was requested before the film was whole; what was written is no film."""


@dataclass(frozen=True)
class BlurredFilm:
    """What was written: `frames` in all, of which `blurred` are unrecognisable."""

    frames: int
    blurred: int


def unrecognisable(picture: Picture) -> Picture:
    """The picture, uint8 (height, width, 3), as about 12 × 7 mean colours with smooth changes between them."""
    height, width = picture.shape[:2]
    rows = max(1, round(AREAS * height / width))
    means = Image.fromarray(picture).resize((AREAS, rows), Image.Resampling.BOX)
    return np.asarray(means.resize((width, height), Image.Resampling.BILINEAR))


def write_blurred(
    path: Path,
    spans: Sequence[Span],
    out: BinaryIO,
    *,
    reading: Reading = Reading(),
    on_progress: OnProgress = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> BlurredFilm:
    """Write the film of `path` into `out`, a file that can be sought, as MP4 in the same size (sides made even).

    A damaged frame behind a stretch is blurred, too: it may still show what was seen before. Raises Stopped when `stop`
    says so, and ReidError where the recording cannot be read or an MP4 cannot hold it; OSError as the disk has it. What
    is in `out` then is no film.
    """
    frames = blurred = 0
    last = last_key = 0.0
    hidden = False
    recording = open_recording(path, reading)
    total = recording.facts.duration
    wide, high = (max(2, side // 2 * 2) for side in (recording.facts.width, recording.facts.height))
    with _mp4(out) as mp4:
        track = add_h264(mp4, wide, high, ticks=TICKS, crf=21)
        with closing(recording.frames(rate=None)) as shown:
            for frame in shown:
                if stop():
                    raise Stopped
                if frame.seconds - last > _LONGEST_STEP:
                    raise ReidError(
                        f"{path.name} has a gap of {(frame.seconds - last) / 3600:.0f} hours without a frame, which an "
                        "MP4 cannot hold. Cut it there, and bring its parts in as recordings."
                    )
                hidden = is_within(frame.seconds, spans) or (hidden and frame.damaged)
                picture = frame.rgb(wide, high)
                coded = _coded(unrecognisable(picture) if hidden else picture, frame.seconds)
                if not frames or frame.seconds - last_key >= KEY_EVERY - SAME:
                    coded.pict_type, last_key = PictureType.I, frame.seconds
                mp4.mux(track.encode(coded))
                last, frames, blurred = frame.seconds, frames + 1, blurred + hidden
                on_progress(frame.seconds, total)
        mp4.mux(track.encode(None))
    if not frames:
        raise Damaged(f"{path} holds no frame that can be decoded.")
    return BlurredFilm(frames, blurred)


@contextmanager
def _mp4(out: BinaryIO) -> Iterator[OutputContainer]:
    """Once the disk has refused a write, closing fails, too, and says only that: what came first is what is raised."""
    mp4 = av.open(out, "w", format="mp4")
    try:
        yield mp4
    except BaseException:
        with suppress(av.FFmpegError, OSError):
            mp4.close()
        raise
    mp4.close()


def is_within(moment: float, spans: Sequence[Span]) -> bool:
    return any(start - SAME <= moment <= end + SAME for start, end in spans)


def _coded(picture: Picture, seconds: float) -> av.VideoFrame:
    """In the colours that the film names."""
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    frame.pts, frame.time_base = round(seconds * TICKS), Fraction(1, TICKS)
    return frame
