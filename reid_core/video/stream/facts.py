"""What a recording says of itself, before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import av

from reid_core.video.stream.pictures import Upright

SQUARE = Fraction(1)
LEAST_ASPECT, MOST_ASPECT = Fraction(1, 4), Fraction(4)  # of a pixel; others are mistakes


@dataclass(frozen=True)
class StreamFacts:
    """One video stream of a file: `index` is what `open_recording(stream=)` takes; sizes are coded pixels."""

    index: int
    codec: str
    width: int
    height: int
    title: str = ""


@dataclass(frozen=True)
class Facts:
    """Of the stream that is read. Sizes are upright, in square pixels: those of every frame that is given out."""

    container: str  # FFmpeg's name: "mov,mp4,…", "matroska,webm", "mpegts", "h264" for a bare bitstream …
    codec: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int  # degrees clockwise that frames are turned by to stand upright: 0, 90, 180, 270
    pixel_aspect: Fraction  # width : height of a coded pixel
    interlaced: bool  # of the first frame, or as asked for
    stated_rate: float | None  # frames a second; stamps count, not this
    duration: float | None  # seconds as the file states them
    created: float | None  # seconds since 1970 from the container's creation_time
    stream: int  # index of the stream that is read
    streams: tuple[StreamFacts, ...]  # all video streams


def video_streams(container: av.container.InputContainer) -> list[av.VideoStream]:
    """Those that are films: cover pictures and thumbnails are none."""
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & covers]


def stream_facts(stream: av.VideoStream) -> StreamFacts:
    """Its size is 0 × 0 where no decoder knows the codec."""
    context = stream.codec_context
    codec = "unknown" if context is None else context.codec.name
    width, height = (0, 0) if context is None else (context.width, context.height)
    return StreamFacts(stream.index, codec, width, height, stream.metadata.get("title", ""))


def upright_of(frame: av.VideoFrame, aspect: Fraction) -> Upright:
    """How frames like this are turned and stretched. Without loss: the shorter side of a pixel is lengthened."""
    width, height = frame.width, frame.height
    if aspect > 1:
        width = round(width * aspect)
    elif aspect < 1:
        height = round(height / aspect)
    return Upright(width, height, round(frame.rotation / 90) % 4)


def aspect_of(stream: av.VideoStream) -> Fraction:
    """Of a pixel as the file states it, 1 where it states none or one that cannot be."""
    aspect = stream.sample_aspect_ratio
    return aspect if aspect and LEAST_ASPECT <= aspect <= MOST_ASPECT else SQUARE


def created(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds since 1970 of the container's or the stream's creation_time; None where there is none or it is absurd."""
    for metadata in (container.metadata, stream.metadata):
        try:
            moment = datetime.fromisoformat(metadata["creation_time"])
        except (KeyError, ValueError):
            continue
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if seconds > 0:
            return seconds
    return None


def duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None
