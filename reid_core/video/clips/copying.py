"""Packets of a recording as an MP4 of their own: nothing is decoded, so a minute takes some hundredths of a second."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av

from reid_core.video.clips.clip import AS_RECORDED, MUXER, TICKS, Clip, NotPlain, Place
from reid_core.video.clips.packets import Patience, Stretch, stretch
from reid_core.video.clips.plain import is_damaged
from reid_core.video.stream.examining import Examined, examined

Check = Callable[[Clip, int], None]


def copied(
    place: Place,
    start: float,
    end: float,
    file: Path,
    found: Examined | None = None,
    check: Check = lambda clip, size: None,
    patience: Patience | None = None,
) -> Clip:
    """Writes `file`: from the key frame at or before `start` to `end`, both seconds into the recording, without sound.

    `found` is the first look at the recording, where somebody has had it. `check` is asked before anything is written,
    with the clip and about how many bytes it will have; what it raises is raised. `patience` is for a file without an
    index. Raises NotPlain where a browser could not play that or the patience is used up, Stopped where it stops, and
    ReidError where the recording cannot be read; what is in `file` then is no clip. OSError as the disk has it.
    """
    found = found or examined(place.path, place.reading)

    def take(stream: av.VideoStream, taken: Stretch) -> None:
        if is_damaged(place.problems, min(taken.moments), max(taken.moments)):
            raise NotPlain("The recording is damaged in this stretch, so it has to be converted.")
        check(_clip(taken), sum(packet.size for packet in taken.packets))
        _write(stream, taken, file, found)

    return _clip(stretch(place, found, start, end, take, patience=patience))


def _clip(taken: Stretch) -> Clip:
    return Clip(tuple(sorted(taken.moments)), AS_RECORDED)


def _write(stream: av.VideoStream, taken: Stretch, file: Path, found: Examined) -> None:
    origin = taken.moments[0]
    shown = [round((moment - origin) * TICKS) for moment in taken.moments]
    in_order = sorted(shown)
    lasts = {a: b - a for a, b in pairwise(in_order)}
    lasts[in_order[-1]] = round(found.step * TICKS)
    tick = Fraction(1, TICKS)
    try:
        with av.open(os.fspath(file), "w", format="mp4", options=MUXER) as mp4:
            track = mp4.add_stream_from_template(stream)
            track.time_base = tick
            for packet, presented, decoded in zip(taken.packets, shown, decoding_times(shown), strict=True):
                packet.stream = track
                packet.time_base = tick
                packet.pts, packet.dts, packet.duration = presented, decoded, lasts[presented]
                mp4.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise NotPlain("An MP4 cannot hold this recording's video as it is, so it has to be converted.") from error


def decoding_times(shown: Sequence[int]) -> list[int]:
    """When each packet, in the order of the file, is to be decoded: rising, and never behind when it is shown.

    >>> decoding_times([0, 3, 1, 2, 4])
    [-1, 0, 1, 2, 3]
    """
    in_order = sorted(shown)
    rank = {ticks: place for place, ticks in enumerate(in_order)}
    delay = max(place - rank[ticks] for place, ticks in enumerate(shown))
    step = max(1, in_order[1] - in_order[0]) if len(in_order) > 1 else 1
    early = [in_order[0] - step * (delay - place) for place in range(delay)]
    return [*early, *in_order][: len(shown)]
