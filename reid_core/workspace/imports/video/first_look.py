"""What the first frames of a recording show before it is analysed: what is wrong with it, and a still with its people.

How long an analysis takes is told from how long that took.
"""

from __future__ import annotations

import dataclasses
import io
import math
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.video.detection import Detector
from reid_core.video.stream import Facts, Reading, Recording, open_recording
from reid_core.workspace.search.scene_photos import people_in

LOOKED_AT = 75  # frames of each recording that are decoded: about three seconds, a second of work in 4K
APART = 25  # frames between those that are looked at for people
STILL_WIDTH = 640  # pixels
REAL_TIME = 3.5  # times as fast one processor core analyses five frames a second of 1080p; measured, on the safe side
FULL_HD = 1920 * 1080  # pixels
_BESIDES = 1.3  # times what decoding and detecting take: following, cutting and embedding come on top
_FLAT = 6.0  # standard deviation of brightness, out of 255, below which a frame shows nothing

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class FirstLook:
    """`problems` are sentences. `still` is a JPEG, b"" where no frame is good; `people` are boxes in it: left, top,
    width and height as shares of its sides, None where nobody was looked for. `decoding` and `detecting` are seconds
    that a frame took, NaN where not measured; `moment` is where the still is, in seconds."""

    problems: tuple[str, ...]
    still: bytes = b""
    moment: float = 0.0
    people: tuple[Box, ...] | None = None
    decoding: float = math.nan
    detecting: float = math.nan


@dataclass(frozen=True, eq=False)
class _Frames:
    count: int
    whole: bool  # no frame is left
    decoding: float  # seconds a frame
    pictures: list[tuple[float, NDArray[np.uint8]]]  # some that show something, with their moments


def first_problems(path: Path, reading: Reading, stop: StopRequest) -> list[str]:
    """What its first frames show to be wrong with it: all that can be said without decoding the whole recording."""
    if stop.requested:
        return []
    try:
        with open_recording(path, dataclasses.replace(reading, following=None, threads=1)) as recording:
            return _problems(recording, _decoded(recording, pictures=False))
    except ReidError as error:
        return [str(error)]


def first_look(path: Path, reading: Reading, detector: Detector | None, *, within: float = math.inf) -> FirstLook:
    """The problems of its first frames, and a still with the people that the detector finds in it: its first good
    frame, or one a little later that shows people.

    After `within` seconds no further frame is decoded, but there is a still if one of `LOOKED_AT` frames is good.
    """
    try:
        with open_recording(path, dataclasses.replace(reading, following=None, threads=1)) as recording:
            frames = _decoded(recording, within=within)
            problems = tuple(_problems(recording, frames))
    except ReidError as error:
        return FirstLook((str(error),))
    if not frames.pictures:
        return FirstLook(problems, decoding=frames.decoding)
    people: tuple[Box, ...] | None = None
    detecting = math.nan
    moment, picture = frames.pictures[0]
    if detector is not None:
        people = _people(picture, detector)  # the first picture takes longer than all others
        began = time.perf_counter()
        for place, (_, later) in enumerate(frames.pictures):
            people = _people(later, detector)
            if people:
                moment, picture = frames.pictures[place]
                break
        detecting = (time.perf_counter() - began) / (place + 1)
    still = Image.fromarray(picture)
    still.thumbnail((STILL_WIDTH, STILL_WIDTH))  # the boxes are shares of it
    return FirstLook(problems, _jpeg(still), moment, people, frames.decoding, detecting)


def _people(picture: NDArray[np.uint8], detector: Detector) -> tuple[Box, ...]:
    height, width = picture.shape[:2]
    boxes = [person.box for person in people_in(Image.fromarray(picture), detector)]
    return tuple((left / width, top / height, w / width, h / height) for left, top, w, h in boxes)


def seconds_needed(facts: Facts, rate: float, look: FirstLook | None = None) -> float:
    """About how long the analysis of `rate` frames a second takes, in seconds; NaN where the file states no length.

    From what a first look measured, on one processor core; without one from a rate that was measured elsewhere.
    """
    if facts.duration is None:
        return math.nan
    if look is None or math.isnan(look.decoding) or math.isnan(look.detecting):
        share = rate / 5.0 * max(facts.width * facts.height / FULL_HD, 0.25)
        return facts.duration * share / REAL_TIME
    analysed = min(rate, facts.stated_rate or 25.0)
    return _BESIDES * facts.duration * ((facts.stated_rate or 25.0) * look.decoding + analysed * look.detecting)


def _decoded(recording: Recording, *, pictures: bool = True, within: float = math.inf) -> _Frames:
    began = time.perf_counter()
    count, whole, besides = 0, False, 0.0
    found: list[tuple[float, NDArray[np.uint8]]] = []
    with closing(recording.frames(rate=None)) as frames:
        for frame in islice(frames, LOOKED_AT):
            count += 1
            if pictures and not frame.damaged and (not found or count % APART == 0):
                looking = time.perf_counter()
                shown = frame.rgb()
                if shown[::8, ::8].std() >= _FLAT:
                    found.append((frame.seconds, shown))
                besides += time.perf_counter() - looking
            if time.perf_counter() - began > within and (found or not pictures):
                break
        else:
            whole = count < LOOKED_AT
    return _Frames(count, whole, (time.perf_counter() - began - besides) / max(count, 1), found)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _problems(recording: Recording, frames: _Frames) -> list[str]:
    notes = recording.problems.notes
    seen = [sentence for sentence in recording.problems.sentences() if sentence not in notes]
    where = "" if frames.whole else f"In its first {frames.count:,} frames: "
    return [*notes, *(where + sentence for sentence in seen)]
