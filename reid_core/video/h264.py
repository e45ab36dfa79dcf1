"""A track of H.264 as every browser plays it, in the MP4s that Retrace writes."""

from __future__ import annotations

from fractions import Fraction

import av
from av.video.reformatter import ColorRange

_BT709 = 1  # FFmpeg's number of the colours of HD
_OPTIONS = {"preset": "veryfast", "bf": "0", "g": "600", "forced-idr": "1", "sc_threshold": "0"}


def add_h264(mp4: av.container.OutputContainer, width: int, height: int, *, ticks: int, crf: int) -> av.VideoStream:
    """A track of even sides in pixels, for frames in the colours of HD with stamps in so many ticks a second.

    `crf` is x264's measure of loss: 18 is hardly seen, 23 its own choice. Who encodes asks for key frames.
    """
    track = mp4.add_stream("libx264", options={**_OPTIONS, "crf": str(crf)})
    assert isinstance(track, av.VideoStream)
    track.width, track.height, track.pix_fmt = width, height, "yuv420p"
    track.time_base = track.codec_context.time_base = Fraction(1, ticks)
    track.codec_context.framerate = Fraction(25)  # what the encoder plans with; the stamps count
    context = track.codec_context
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = ColorRange.MPEG
    context.thread_count = 0
    return track
