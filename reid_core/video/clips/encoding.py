"""A stretch of any recording as H.264 that every browser plays: decoded, upright, in square pixels, encoded anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

from reid_core.errors import Damaged
from reid_core.video.clips.clip import CONVERTED, MUXER, TICKS, Clip, NotPlain, Place, Stopped
from reid_core.video.clips.packets import SAME, moments_before
from reid_core.video.h264 import add_h264
from reid_core.video.stream.examining import examined
from reid_core.video.stream.problems import Problems
from reid_core.video.stream.recording import Frame, open_recording

MOST_WIDE = 1280  # pixels: a 1080p recording is encoded in half the time
KEY_EVERY = 1.0  # seconds: where a player may begin to decode
LEAST_STEP = 1 / 60  # seconds between two frames; what is faster is thinned out
OnProgress = Callable[[float, float], None]  # seconds that are done, and seconds in all


def size_of(width: int, height: int) -> tuple[int, int]:
    """Even sides in the frame's shape, at most 1280 wide.

    >>> size_of(1920, 1080), size_of(641, 481)
    ((1280, 720), (640, 480))
    """
    wide = max(2, min(width, MOST_WIDE) // 2 * 2)
    return wide, max(2, round(height * wide / width / 2) * 2)


def encoded(
    place: Place,
    start: float,
    end: float,
    file: Path,
    *,
    on_progress: OnProgress = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> Clip:
    """Writes `file`: the frames from `start` to `end`, seconds into the recording, and none before.

    Raises Stopped when `stop` says so, and ReidError where the recording cannot be read or holds no frame there; what
    is in `file` then is no clip. OSError as the disk has it.
    """
    times: list[float] = []
    with av.open(os.fspath(file), "w", format="mp4", options=MUXER) as mp4:
        track: av.VideoStream | None = None
        last_key = 0.0
        with closing(_frames(place, start, end, stop)) as frames:
            for frame in frames:
                if times and frame.seconds - times[-1] < LEAST_STEP * (1 - 1e-3):
                    continue
                wide, high = size_of(frame.width, frame.height)
                if track is None:
                    track = add_h264(mp4, wide, high, ticks=TICKS, crf=23)
                picture = frame.shot.yuv(wide, high)
                picture.pts = round((frame.seconds - (times[0] if times else frame.seconds)) * TICKS)
                picture.time_base = Fraction(1, TICKS)
                if not times or frame.seconds - last_key >= KEY_EVERY - SAME:
                    picture.pict_type, last_key = PictureType.I, frame.seconds
                mp4.mux(track.encode(picture))
                times.append(frame.seconds)
                on_progress(frame.seconds - start, end - start)
        if track is not None:
            mp4.mux(track.encode(None))
    if not times:
        raise Damaged(f"{place.path} holds no frame from second {start:g} to second {end:g} that can be decoded.")
    return Clip(tuple(times), CONVERTED)


def _frames(place: Place, start: float, end: float, stop: Callable[[], bool]) -> Generator[Frame, None, None]:
    """As `Recording.frames`. Decoding begins at the key frame before `start`, where the stamps allow that."""
    before = _frame_before(place, start, stop)
    with open_recording(place.path, place.reading) as recording:
        recording.problems = Problems.from_state(place.problems.state())
        number = None if before is None else 0  # which it is does not matter here
        with closing(recording.frames(rate=None, after=before, after_number=number)) as frames:
            for frame in frames:
                if stop():
                    raise Stopped
                if frame.seconds > end + SAME:
                    return
                if frame.seconds >= start - SAME:
                    yield frame


def _frame_before(place: Place, start: float, stop: Callable[[], bool]) -> float | None:
    """The moment of a frame before `start`, None where there is none or the packets do not say, or not rightly."""
    if place.problems.backward_jumps:
        return None
    found = examined(place.path, place.reading)
    if found.source.bare is not None:
        number = int((start - SAME) / found.source.bare)
        return number * found.source.bare if number > 0 and found.can_seek else None
    if start <= SAME:
        return None
    try:
        moments = moments_before(place, found, start, stop)
    except NotPlain:
        return None
    return max((moment for moment in moments if moment < start - 2 * SAME), default=None)
