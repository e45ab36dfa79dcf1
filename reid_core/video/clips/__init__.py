"""Stretches of a recording as MP4 files that a browser plays: copied as they are, or encoded anew.

`copying.copied` needs no decoding and takes no time, but begins at a key frame; `encoding.encoded` begins where it is
asked to. Both tell the moment of every frame.
"""

from __future__ import annotations

from reid_core.video.clips.clip import Clip, NotPlain, Place, Stopped

__all__ = ["Clip", "NotPlain", "Place", "Stopped"]
