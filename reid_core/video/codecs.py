"""What kinds of video are called, the same in every sentence: pages, command line, clips."""

from __future__ import annotations

# Decoders that FFmpeg names where others have the codec's own name.
_DECODERS = {"libdav1d": "av1", "libaom-av1": "av1", "libvpx-vp9": "vp9", "libvpx": "vp8"}
# With the other usual name in brackets.
_WORDS = {
    "h264": "H.264", "hevc": "H.265 (HEVC)", "vvc": "H.266 (VVC)", "h263": "H.263", "av1": "AV1", "vp8": "VP8",
    "vp9": "VP9", "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mpeg1video": "MPEG-1", "mjpeg": "Motion JPEG (MJPEG)",
    "prores": "ProRes", "vc1": "VC-1", "wmv1": "WMV", "wmv2": "WMV", "wmv3": "WMV",
}  # fmt: skip


def codec_of(name: str) -> str:
    """FFmpeg's short name of the codec, of the name of its decoder."""
    return _DECODERS.get(name, name)


def codec_words(name: str) -> str:
    """For people; a codec that is not in the table keeps FFmpeg's name.

    >>> codec_words("hevc"), codec_words("libdav1d"), codec_words("theora")
    ('H.265 (HEVC)', 'AV1', 'theora')
    """
    codec = codec_of(name)
    return _WORDS.get(codec, codec)
