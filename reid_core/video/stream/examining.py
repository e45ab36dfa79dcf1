"""The first look at a recording: its first frame is decoded, so that what is said of it is true."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av

from reid_core.errors import Damaged, ReidError
from reid_core.records import plural
from reid_core.video.stream.decoding import Decoded, Decoder
from reid_core.video.stream.facts import Facts, aspect_of, created, duration, stream_facts, upright_of, video_streams
from reid_core.video.stream.opening import Opened, choose_stream, find_way
from reid_core.video.stream.pictures import Upright
from reid_core.video.stream.problems import Problems
from reid_core.video.stream.source import Reading, Source

BARE = ("h264", "hevc", "mjpeg", "m4v", "mpegvideo", "vvc", "obu")  # bitstreams that hold no times
GROWING = ("mpegts", "matroska,webm", "mpeg", "flv", *BARE)  # can be read while they are written
BARE_RATE = 25.0  # frames a second where a bare bitstream states none
MOST_RATE = 1000.0  # frames a second; a statement above is none


@dataclass(frozen=True)
class Examined:
    """What the first frame has shown."""

    facts: Facts
    source: Source
    problems: Problems
    upright: Upright
    step: float  # seconds between frames as stated
    stamp: float | None  # of the first frame, by the file's clock
    can_seek: bool  # times of a bare bitstream with frames out of order are only known from its start

    def fresh_problems(self) -> Problems:
        """What the first look has noted, to count on from."""
        return Problems.from_state(self.problems.state())


def examined(path: Path, reading: Reading) -> Examined:
    """Opens the file and decodes its first frame. Raises ReidError where that cannot be, with what to do."""
    way, opened = find_way(path, reading.following)
    with closing(opened):
        stream = choose_stream(path, opened, reading.stream)
        name = opened.container.format.name
        if reading.following is not None and name not in GROWING:
            raise ReidError(
                f"{path} cannot be followed while it grows: its format ({name.split(',')[0]}) is only readable once it"
                " is finished. Have the recorder write MPEG-TS or MKV, or bring it in when it is finished."
            )
        rate = _stated_rate(stream)
        problems = Problems(stated_rate=rate, stated_seconds=duration(opened.container, stream))
        bare = None
        if name in BARE:
            bare = 1 / _bare_rate(path, reading.bare_rate, None if name == "mjpeg" else rate, problems)
        first = _first_frame(path, opened, stream, reading, bare)
        can_seek = bare is None or not stream.codec_context.has_b_frames
        aspect = reading.pixel_aspect or aspect_of(stream)
        upright = upright_of(first.frame, aspect)
        facts = Facts(
            container=name,
            codec=stream.codec_context.codec.name,
            width=upright.size[0],
            height=upright.size[1],
            coded_width=first.frame.width,
            coded_height=first.frame.height,
            rotation=-90 * upright.turns % 360,
            pixel_aspect=aspect,
            interlaced=first.frame.interlaced_frame if reading.interlaced is None else reading.interlaced,
            stated_rate=rate,
            duration=problems.stated_seconds,
            created=created(opened.container, stream),
            stream=stream.index,
            streams=tuple(map(stream_facts, video_streams(opened.container))),
        )
    if len(facts.streams) > 1 and reading.stream is None:
        told = ", ".join(f"{one.index} ({one.width} × {one.height})" for one in facts.streams)
        problems.note(f"The file has {len(facts.streams)} video streams: {told}; stream {facts.stream} is read.")
    if way.skip:
        problems.note(f"The first {way.skip:,} bytes are the recorder's own header and were skipped.")
    source = Source(path, way, facts.stream, bare, reading)
    step = bare or (1 / rate if rate else 1 / BARE_RATE)
    return Examined(facts, source, problems, upright, step, first.stamp, can_seek)


def _first_frame(path: Path, opened: Opened, stream: av.VideoStream, reading: Reading, bare: float | None) -> Decoded:
    decoder = Decoder(opened.container, opened.stream(stream.index, reading.threads), Problems(), bare)
    with closing(decoder.frames()) as frames:
        first = next(frames, None)
    if decoder.is_encrypted:
        raise ReidError(f"{path} is encrypted. Export it without a password or protection.")
    if first is not None:
        return first
    raise Damaged(
        f"{path} holds no frame that can be decoded ({plural(decoder.problems.damaged_packets, 'damaged packet')})."
        " Export the recording again, and choose H.264 in MP4 or MKV where the recorder asks."
    )


def _stated_rate(stream: av.VideoStream) -> float | None:
    """Frames a second as the bitstream says, or as the container does."""
    for rate in (stream.codec_context.framerate, stream.guessed_rate):
        if rate and 0 < rate <= MOST_RATE:
            return float(rate)
    return None


def _bare_rate(path: Path, asked: float | None, stated: float | None, problems: Problems) -> float:
    if asked is not None:
        return asked
    if stated is not None:
        problems.note(f"The file has no time stamps: times count {stated:.4g} frames a second, as it states.")
        return stated
    problems.note(
        f"The file has no time stamps and states no frame rate: times count {BARE_RATE:g} frames a second,"
        " which may be wrong."
    )
    return BARE_RATE
