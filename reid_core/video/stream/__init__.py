"""A recording's frames in its own time, past damage, upright: FFmpeg through PyAV.

`open_recording` reads any file; `start` proposes when it was filmed. Files are hostile: see `opening`.
"""

from __future__ import annotations

from reid_core.video.stream.facts import Facts, StreamFacts
from reid_core.video.stream.files import Following
from reid_core.video.stream.problems import Problems
from reid_core.video.stream.recording import Frame, Recording, open_recording
from reid_core.video.stream.source import Reading

__all__ = ["Facts", "Following", "Frame", "Problems", "Reading", "Recording", "StreamFacts", "open_recording"]
