"""One video stream of one file, read from its start or from the key frame before a moment, any number of times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from reid_core.errors import Damaged, NotThere, why
from reid_core.video.stream.decoding import Decoded, Decoder
from reid_core.video.stream.deinterlacing import deinterlaced
from reid_core.video.stream.files import Following
from reid_core.video.stream.opening import Opened, Way
from reid_core.video.stream.problems import Problems
from reid_core.video.stream.seeking import key_packet_before, seek_by_index


@dataclass(frozen=True)
class Reading:
    """How a recording is read, where it does not say so itself or says so wrongly."""

    stream: int | None = None  # index of the video stream; None: the first
    interlaced: bool | None = None  # None: as each frame says
    pixel_aspect: Fraction | None = None  # width : height of a pixel; None: as the file says
    bare_rate: float | None = None  # frames a second of a bitstream without stamps; None: as it says, or 25
    threads: int = 1  # of the decoder, at most
    following: Following | None = None  # for a file that still grows


@dataclass(frozen=True)
class Source:
    """Where the frames come from."""

    path: Path
    way: Way
    stream: int
    bare: float | None  # seconds a frame of a bitstream without stamps; None where the file has stamps
    reading: Reading

    @contextmanager
    def reading_from(
        self, problems: Problems, stamp: float | None = None
    ) -> Iterator[tuple[Decoder, Iterator[Decoded]]]:
        """A decoder and its frames, deinterlaced: all, or from the key frame before `stamp` on (the file's seconds)."""
        opened = self._open()
        try:
            stream = opened.stream(self.stream, self.reading.threads)
            skip = 0
            if stamp is not None and (self.bare is not None or not seek_by_index(opened.container, stream, stamp)):
                with closing(self._open()) as scanned:
                    scan = Decoder(scanned.container, scanned.stream(self.stream), Problems(), self.bare)
                    skip = key_packet_before(scan.packets(), stamp, self.bare)
                opened.close()
                opened = self._open()
                stream = opened.stream(self.stream, self.reading.threads)
            decoder = Decoder(opened.container, stream, problems, self.bare)
            yield decoder, deinterlaced(decoder.frames(skip), self.reading.interlaced)
        finally:
            opened.close()

    def _open(self) -> Opened:
        """Raises ReidError where the file, which was opened before, has gone since or cannot be read any more."""
        try:
            return Opened(self.path, self.way, self.reading.following)
        except FileNotFoundError as error:
            raise NotThere(f"{self.path} is not there any more. Put it back to read on.") from error
        except OSError as error:
            raise Damaged(
                f"{self.path} cannot be read any more ({why(error)}). Check its disk, and run the same command again."
            ) from error
