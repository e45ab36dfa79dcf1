"""Packets to frames, past all damage: what cannot be decoded is counted, and frames that build on it are marked."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal

import av

from reid_core.video.stream.problems import Problems

MOST_READ_ERRORS = 100  # in a row, before the rest of a file is given up
_ENCRYPTION: tuple[Literal["encryption_info", "encryption_init_info"], ...] = (
    "encryption_info",
    "encryption_init_info",
)
# What no whole packet holds, where a decoder does not see it: H.265 has four zero bytes only before a start code, and
# a JPEG's scan never so many. A disk or a network that lost data leaves zeros.
_HOLES = {"hevc": re.compile(rb"\0{4}\0*[^\0\1]"), "mjpeg": re.compile(rb"\0{64}\0*[^\0]")}


@dataclass(frozen=True, eq=False)
class Decoded:
    """One frame as it was decoded; `stamp` is its presentation time in seconds by the file's own clock, or None."""

    frame: av.VideoFrame
    stamp: float | None
    damaged: bool


class Decoder:
    """Reads one stream of an open container from where it stands; `problems` may be exchanged while it runs.

    A damaged packet spoils all frames that are decoded after it up to the next key frame, for they build on each other.
    """

    def __init__(
        self, container: av.container.InputContainer, stream: av.VideoStream, problems: Problems, bare: float | None
    ) -> None:
        """`bare`: seconds a frame of a bitstream without stamps; None where the stamps count.

        A bare frame's time is that of its packet, so that lost frames take time too; where frames are stored in another
        order than shown, it is counted.
        """
        self.problems = problems
        self.is_encrypted = False
        self._container = container
        self._stream = stream
        self._bare = bare
        self._count = 0  # frames and refused packets: where the next frame of a reordered bare bitstream lies

    def packets(self) -> Iterator[av.Packet]:
        """All packets of the stream, and an empty last one that gets the decoder's rest."""
        errors = 0
        while errors < MOST_READ_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    errors = 0
                    yield packet
                return
            except av.FFmpegError:  # the container is damaged here; reading goes on behind it
                errors += 1
                self.problems.damaged_packet()
        self.problems.note("The end of the file cannot be read; what came before it was used.")

    def frames(self, skip: int = 0) -> Generator[Decoded, None, None]:
        """All frames in the order in which they are shown; the first `skip` packets are not decoded."""
        context = self._stream.codec_context
        context.copy_opaque = True  # each frame carries the number of its packet
        hole = _HOLES.get(context.codec.name)
        spoilt: range | None = None  # packets from the first damaged one to the last
        size: tuple[int, int] | None = None
        for number, packet in enumerate(self.packets()):
            if number < skip:
                continue
            packet.opaque = number
            # Noise may decode by chance, so a failure to decode does not tell it.
            self.is_encrypted = self.is_encrypted or any(packet.has_sidedata(kind) for kind in _ENCRYPTION)
            is_bad = bool(packet.size and (packet.is_corrupt or (hole is not None and hole.search(packet))))
            frames = []
            try:
                frames = packet.decode()
            except av.FFmpegError:
                is_bad = packet.size > 0
                self._count += 1
            if is_bad:
                self.problems.damaged_packet()
                spoilt = _with(spoilt, number)
            for frame in frames:
                of = frame.opaque if isinstance(frame.opaque, int) else number
                if frame.is_corrupt:
                    if spoilt is None or of not in spoilt:
                        self.problems.damaged_packet()
                    spoilt = _with(spoilt, of)
                elif frame.key_frame and spoilt is not None and of >= spoilt.stop:
                    spoilt = None
                is_spoilt = spoilt is not None and of >= spoilt.start
                self.problems.damaged_frames += is_spoilt
                self.problems.resized += size not in (None, (frame.width, frame.height))
                size = frame.width, frame.height
                yield Decoded(frame, self._stamp_of(frame, of), is_spoilt)

    def _stamp_of(self, frame: av.VideoFrame, packet: int) -> float | None:
        if self._bare is not None:
            self._count += 1
            return (self._count - 1 if self._stream.codec_context.has_b_frames else packet) * self._bare
        stamp = frame.pts if frame.pts is not None else frame.dts
        return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)


def _with(packets: range | None, number: int) -> range:
    """The run of packets, longer by this one."""
    if packets is None:
        return range(number, number + 1)
    return range(min(packets.start, number), max(packets.stop, number + 1))
