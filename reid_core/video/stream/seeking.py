"""Where to begin reading so that decoding arrives at a given frame: never by a count of frames, never on trust.

Three ways, the first that fits: an index whose times and places both rise (MP4, AVI, Matroska with cues); reading all
packets without decoding them (transport streams, bare bitstreams, files that were cut off); decoding from the start. A
transport stream is not searched by halving: where its clock was set back, that lands in the wrong part.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import av

REORDER = 2.0  # seconds by which packets may be stored before others that are shown earlier


def seek_by_index(container: av.container.InputContainer, stream: av.VideoStream, stamp: float) -> bool:
    """Moves to the last key frame that is stored before `stamp` (seconds of the file's clock); False without an index.

    The container may then stand elsewhere: open it again.
    """
    if not stream.time_base:
        return False
    ticks = int(stamp / stream.time_base)
    try:
        container.seek(ticks, stream=stream)  # Matroska reads its index at the first seek
        entries = [(entry.timestamp, entry.pos) for entry in stream.index_entries]
        rises = all(a < c and b < d for (a, b), (c, d) in pairwise(entries))
        if not rises or len(entries) < 2 or not entries[0][0] <= ticks <= entries[-1][0]:
            return False
        container.seek(ticks, stream=stream)
    except av.FFmpegError:
        return False
    return True


def key_packet_before(packets: Iterable[av.Packet], stamp: float, bare: float | None) -> int:
    """The number (from 0) of the last packet with a key frame at or before `stamp`, in the order of the file.

    `bare` is the seconds per packet of a bitstream without stamps.
    """
    found = 0
    for number, packet in enumerate(packets):
        if bare is not None:
            at: float | None = number * bare
        else:
            ticks = packet.pts if packet.pts is not None else packet.dts
            at = None if ticks is None else float(ticks * packet.time_base)
        if at is None:
            continue
        if at > stamp + REORDER:
            break
        if packet.is_keyframe and at <= stamp + 1e-6:
            found = number
    return found
