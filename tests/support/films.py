"""Tiny films for tests: each frame shows its own number as blocks, so that a decoded frame tells which one it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
BITS = 12
_TICKS = 1000  # of the clock that films are stamped by, per second


def numbered(number: int, width: int = 96, height: int = 64) -> Picture:
    """A frame (height, width, 3) that shows `number` as 12 blocks, white for 1, in rows of four."""
    picture = np.full((height, width, 3), 16, np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            row, column = divmod(bit, 4)
            picture[row * height // 3 : (row + 1) * height // 3, column * width // 4 : (column + 1) * width // 4] = 235
    return picture


def number_in(picture: Picture) -> int:
    """The number that a frame of any size shows, read at the centres of its blocks."""
    height, width = picture.shape[:2]
    return sum(
        1 << bit
        for bit in range(BITS)
        if picture[int((bit // 4 + 0.5) * height / 3), int((bit % 4 + 0.5) * width / 4)].mean() > 127
    )


def film(
    path: Path,
    frames: int | Iterable[Picture],
    *,
    rate: float = 25,
    stamps: Sequence[float] | None = None,
    codec: str = "libx264",
    container: str | None = None,
    key_every: int = 12,
    b_frames: int = 0,
    rotation: float = 0,
    pixel_aspect: Fraction | None = None,
    interlaced: str = "",
    created: str | None = None,
    views: int = 1,
    muxer: dict[str, str] | None = None,
    encoder: dict[str, str] | None = None,
) -> Path:
    """Encodes frames (or that many numbered ones from 1) and returns the path.

    `stamps` are seconds, one a frame; they are written as they are, without order (`b_frames` must be 0 then). `views`
    writes the film that many times as streams of one file, each with its numbers 1000 higher. `interlaced` is "tff" or
    "bff": which field of a frame is first, the top or the bottom one.
    """
    drawn = [numbered(number + 1) for number in range(frames)] if isinstance(frames, int) else list(frames)
    options = {"g": str(key_every), "bf": str(b_frames), **(encoder or {})}
    if codec == "libx264":
        options = {"preset": "ultrafast", "qp": "10", "sc_threshold": "0", **options}
        options["tune"] = "zerolatency" if b_frames == 0 else ""
        if interlaced:
            options["x264-params"] = f"{interlaced}=1"
    elif codec == "libx265":
        options = {"preset": "ultrafast", "x265-params": f"log-level=none:keyint={key_every}:qp=10", **options}
    else:
        options = {"qscale": "2", "flags": "+qscale", **options}
    with av.open(os.fspath(path), "w", format=container, options=muxer or {}) as file:
        if created is not None:
            file.metadata["creation_time"] = created
        streams = []
        for _ in range(views):
            stream = file.add_stream(codec, rate=Fraction(rate).limit_denominator(1001), options=options)
            assert isinstance(stream, av.VideoStream)
            stream.height, stream.width = drawn[0].shape[:2]
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if rotation:
                stream.set_display_rotation(rotation)
            if interlaced:
                stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct
            streams.append(stream)
        for index, picture in enumerate(drawn):
            for view, stream in enumerate(streams):
                shown = picture if view == 0 else numbered(number_in(picture) + 1000 * view)
                frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
                frame.pts = index
                _write(file, stream.encode(frame), stamps, index)
        for stream in streams:
            _write(file, stream.encode(None), stamps, len(drawn) - 1)
    return path


def _write(
    file: av.container.OutputContainer, packets: list[av.Packet], stamps: Sequence[float] | None, index: int
) -> None:
    for packet in packets:
        if stamps is not None:
            packet.time_base = Fraction(1, _TICKS)
            packet.pts = packet.dts = round(stamps[index] * _TICKS)
        file.mux(packet)
