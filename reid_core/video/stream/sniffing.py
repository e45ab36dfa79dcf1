"""What a file is by its content: recorders' names say little, and what FFmpeg cannot open needs a reason.

Bitstreams by ITU-T H.264 and H.265, annex B; boxes by ISO/IEC 14496-12.
"""

from __future__ import annotations

import re
from pathlib import Path

HEAD = 1 << 20  # bytes in which a bitstream must begin
# A sequence's and then a picture's parameters, each behind a start code: no other data looks like it by accident.
_H264 = re.compile(
    rb"\x00?\x00\x00\x01[\x27\x47\x67][\x42\x4d\x58\x64\x6e\x7a\xf4\x2c].{2,400}?\x00\x00\x01[\x28\x48\x68]", re.DOTALL
)
_H265 = re.compile(rb"\x00?\x00\x00\x01\x40\x01.{4,200}?\x00\x00\x01\x42\x01.{4,400}?\x00\x00\x01\x44\x01", re.DOTALL)
_LISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<MPD", b"v=0")


def head_of(path: Path) -> bytes:
    """The first megabyte."""
    with path.open("rb") as file:
        return file.read(HEAD)


def bitstream_in(head: bytes) -> tuple[str, int] | None:
    """FFmpeg's name of a bare bitstream and the byte that it begins at, or None."""
    found = [
        (name, match.start()) for name, match in (("h264", _H264.search(head)), ("hevc", _H265.search(head))) if match
    ]
    return min(found, key=lambda one: one[1]) if found else None


def is_list(head: bytes) -> bool:
    """Whether it names other files or addresses to play: a playlist."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_LISTS)


def lacks_contents(path: Path) -> bool:
    """Whether it is an MP4 or MOV without its table of contents (moov), which is written when recording ends."""
    seen: set[bytes] = set()
    with path.open("rb") as file:
        size, place = path.stat().st_size, 0
        while place + 8 <= size and len(seen) < 1000:
            file.seek(place)
            header = file.read(16)
            length, name = int.from_bytes(header[:4], "big"), header[4:8]
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if place == 0 and name not in (b"ftyp", b"wide", b"mdat", b"skip", b"free"):
                return False
            seen.add(name)
            if length == 0:
                break
            if length < 8:
                return b"moov" not in seen and b"mdat" in seen
            place += length
    return bool(seen) and b"moov" not in seen
