"""Whether packets of a recording can be copied into an MP4 that browsers play, frame for frame at its moment."""

from __future__ import annotations

import av

from reid_core.video.clips.clip import Told
from reid_core.video.codecs import codec_of, codec_words
from reid_core.video.stream.examining import BARE, Examined
from reid_core.video.stream.problems import MOST_PLACES, Problems

# What browsers decode from an MP4. It has no place for VP8.
CODECS = ("h264", "vp9", "av1")
PIXELS = ("yuv420p", "yuvj420p")  # 8 bits, 4:2:0
H264_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Progressive High", "Constrained High")
NEAR = 2.0  # seconds behind damage in which frames may still be built on it


def told(found: Examined, stream: av.VideoStream) -> Told:
    """Of the stream of an open file, and the first look at it."""
    context, facts = stream.codec_context, found.facts
    return Told(
        codec_of(facts.codec), context.pix_fmt, context.profile, facts.container, facts.rotation,
        facts.pixel_aspect, facts.interlaced, bool(context.has_b_frames),
    )  # fmt: skip


def why_not_plain(stream: Told, problems: Problems) -> str:
    """A sentence for people; "" where nothing speaks against copying."""
    if stream.container in BARE:
        return "This recording has no time stamps, so a browser cannot play it as it is."
    if stream.codec not in CODECS:
        return f"A browser cannot play this recording as it is: its video is {codec_words(stream.codec)}."
    if stream.pixels not in PIXELS:
        return f"A browser cannot play this recording as it is: its pixels are {stream.pixels}."
    if stream.codec == "h264" and stream.profile not in (None, *H264_PROFILES):
        return f"A browser cannot play this recording as it is: its H.264 is of the profile {stream.profile}."
    if stream.rotation:
        return "This recording lies on its side, so it has to be turned before it can be played."
    if stream.pixel_aspect != 1:
        return "The pixels of this recording are not square, so it has to be stretched before it can be played."
    if stream.interlaced:
        return "This recording is interlaced, so it has to be deinterlaced before it can be played."
    if stream.container == "avi" and stream.reorders:  # it says when frames are decoded, and not when they are shown
        return "This recording does not say when each frame is shown, so a browser cannot play it as it is."
    if problems.backward_jumps or problems.backward_stamps or problems.wrong_stamps:
        return "The time stamps of this recording jump, so a browser would show its frames at wrong moments."
    if problems.resized:
        return "The picture size of this recording changes, so a browser cannot play it as it is."
    return ""


def is_damaged(problems: Problems, first: float, last: float) -> bool:
    """Whether the analysis met damage in these seconds; beyond the places that are remembered it may have."""
    at = problems.damaged_at
    if problems.damaged_packets > MOST_PLACES <= len(at) and last > at[-1] - NEAR:
        return True
    return any(first - NEAR <= second <= last + NEAR for second in at)
