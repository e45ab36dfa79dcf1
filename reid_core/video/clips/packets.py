"""The packets of a stretch, found without decoding: from the key frame at or before its start on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import av

from reid_core.video.clips.clip import NotPlain, Place, Stopped
from reid_core.video.clips.plain import told, why_not_plain
from reid_core.video.stream.examining import Examined
from reid_core.video.stream.opening import Opened
from reid_core.video.stream.seeking import REORDER, key_packet_before

SAME = 1e-5  # seconds within which two moments are one
# Seconds before the start at which reading begins until a key frame is met. An index leads to one at once, unless it is
# stored before frames that are shown earlier; without an index FFmpeg halves the file, and lands on any frame.
BACK = (0.0, REORDER, 12.0, 60.0, 300.0)
PATIENCE = 3.0  # seconds in which a file without an index is read from its begin on, where somebody looks at a page
MOST_BYTES = 2**28  # of one clip: 60 seconds of 35 Mbit/s
WITHOUT_INDEX = ("mpegts", "mpeg", "dhav", "flv", "asf")


@dataclass(frozen=True)
class Patience:
    """How long a file may be read from its begin on to find a place: so many `seconds`, for ever in a job that somebody
    asked for, or until `stop` says so."""

    seconds: float = field(default_factory=lambda: PATIENCE)
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Stretch:
    """Packets in the order of the file, the first a key frame; `moments` are when each is shown, in seconds into the
    recording. No packet is shown before the first."""

    packets: tuple[av.Packet, ...]
    moments: tuple[float, ...]


def stretch(
    place: Place,
    found: Examined,
    start: float,
    end: float,
    take: Callable[[av.VideoStream, Stretch], None],
    *,
    any_codec: bool = False,
    patience: Patience | None = None,
) -> Stretch:
    """From the last key frame at or before `start`, or the first one there is, to the last frame up to `end`.

    `take` gets the open stream and the stretch while the file is open. Raises NotPlain where the packets do not say
    when they are shown, or, unless `any_codec`, a browser could not play them, or finding them takes longer than the
    `patience`; Stopped where that stops.
    """
    patience = patience or Patience()
    if found.stamp is None:
        raise NotPlain("This recording has no time stamps, so a browser cannot play it as it is.")
    with closing(Opened(place.path, found.source.way)) as opened:
        stream = opened.stream(found.facts.stream)
        if not any_codec and (reason := why_not_plain(told(found, stream), place.problems)):
            raise NotPlain(reason)
        for back in BACK if _can_seek(place, opened) else ():
            if not _seek(opened, stream, max(start - back, 0.0) + found.stamp):
                break
            if (collected := _collected(opened, stream, found.stamp, start, end)) is not None:
                take(stream, collected)
                return collected
            if back > start:
                break
    until = time.monotonic() + patience.seconds
    with closing(Opened(place.path, found.source.way)) as scanned:
        packets = _in_time(scanned.container.demux(scanned.stream(found.facts.stream)), until, patience.stop)
        skip = key_packet_before((packet for packet in packets if packet.size), start + found.stamp, None)
    with closing(Opened(place.path, found.source.way)) as opened:
        stream = opened.stream(found.facts.stream)
        if (collected := _collected(opened, stream, found.stamp, start, end, skip, until, patience.stop)) is None:
            raise NotPlain("No key frame was found where this clip begins, so a browser cannot play it as it is.")
        take(stream, collected)
        return collected


def _can_seek(place: Place, opened: Opened) -> bool:
    """Where the clock is set back later in the file, halving it would lead there: an analysis to the end knows."""
    if place.problems.backward_jumps:
        return False
    return place.whole or opened.container.format.name not in WITHOUT_INDEX


def _in_time(packets: Iterable[av.Packet], until: float, stop: Callable[[], bool]) -> Iterator[av.Packet]:
    """The packets. Raises NotPlain at that second of `time.monotonic`, and Stopped."""
    for packet in packets:
        if stop():
            raise Stopped
        if time.monotonic() >= until:
            raise NotPlain(
                "Finding this place takes long: the recording has no index, so it is read from its beginning."
            )
        yield packet


def _seek(opened: Opened, stream: av.VideoStream, stamp: float) -> bool:
    if not stream.time_base:
        return False
    try:
        opened.container.seek(int(stamp / stream.time_base), stream=stream)
    except av.FFmpegError:
        return False
    return True


def _collected(
    opened: Opened,
    stream: av.VideoStream,
    first_stamp: float,
    start: float,
    end: float,
    skip: int = 0,
    until: float = math.inf,
    stop: Callable[[], bool] = lambda: False,
) -> Stretch | None:
    """None where no key frame is met at or before `start`."""
    kept: list[tuple[av.Packet, float]] = []
    number, size, last = -1, 0, -1.0
    try:
        for packet in _in_time(opened.container.demux(stream), until, stop):
            if not packet.size:  # the end, or a frame that an AVI says is like the one before
                continue
            number += 1
            if number < skip:
                continue
            if packet.pts is None or packet.time_base is None:
                if not kept and not packet.is_keyframe:
                    continue
                raise NotPlain("This recording does not say when each frame is shown, so it has to be converted.")
            moment = round(float(packet.pts * packet.time_base) - first_stamp, 6)
            ticks = packet.dts if packet.dts is not None else packet.pts
            decoded = float(ticks * packet.time_base) - first_stamp
            if packet.is_keyframe and moment <= start + SAME:
                kept, size, last = [], 0, moment
            elif not kept:
                if decoded > start + REORDER:
                    return None
                continue
            # Packets behind the end are needed where frames before it build on them, and nothing is left out between.
            if decoded > end + SAME and moment > last:
                break
            if kept and moment < kept[0][1]:
                continue  # shown before the key frame, and built on what comes before it
            if packet.is_corrupt:
                raise NotPlain("The recording is damaged in this stretch, so it has to be converted.")
            kept.append((packet, moment))
            last, size = max(last, moment), size + packet.size
            if size > MOST_BYTES:
                raise NotPlain("This stretch is too large to be played as it is: it has to be converted.")
    except av.FFmpegError as error:
        raise NotPlain("The recording is damaged in this stretch, so it has to be converted.") from error
    if not kept:
        return None
    moments = tuple(moment for _, moment in kept)
    if len(set(moments)) < len(moments):
        raise NotPlain("Time stamps of this recording repeat, so a browser would leave frames out.")
    return Stretch(tuple(packet for packet, _ in kept), moments)


def moments_before(place: Place, found: Examined, start: float, stop: Callable[[], bool]) -> tuple[float, ...]:
    """When frames from the key frame before `start` on are shown, up to about `start`: whatever their codec, and
    however long it takes to find them.

    Raises NotPlain where the packets do not say, and Stopped.
    """
    patience = Patience(math.inf, stop)
    return stretch(place, found, start, start, lambda stream, taken: None, any_codec=True, patience=patience).moments
