"""Opens a recording with FFmpeg, from its content and within bounds, or says why it cannot be read.

A recording is hostile until it has been read: only this file is opened, whatever it names inside; formats that point to
other files or addresses are refused; and sizes are bounded before the first frame is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Discard

from reid_core.errors import Damaged, NotThere, ReidError, shown
from reid_core.video.codecs import codec_words
from reid_core.video.stream.facts import stream_facts, video_streams
from reid_core.video.stream.files import Following, RecordingFile
from reid_core.video.stream.sniffing import bitstream_in, head_of, is_list, lacks_contents

FORMATS = (
    "mov,matroska,avi,mpegts,mpeg,h264,hevc,mjpeg,mpjpeg,m4v,mpegvideo,dhav,flv,asf,mxf,ogg,nut,dv,ivf,obu,wtv,gxf,vvc"
)
MOST_SIDE = 8192  # pixels
MOST_PIXELS = 4096 * 4096  # decoding and cutting 4K takes 270 MB of memory, 8K 560 MB, before anything is detected


@dataclass(frozen=True)
class Way:
    """How a file is opened: with this format and these bytes at its front skipped, or as FFmpeg finds it."""

    format: str | None = None
    skip: int = 0


class Opened:
    """An open container and its file; both are closed together."""

    def __init__(
        self, path: Path, way: Way, following: Following | None = None, *, decoder: Mapping[str, str] | None = None
    ) -> None:
        """`decoder`: options of the decoders that look for the size of the frames."""
        self.path, self.way = path, way
        self.file = RecordingFile(path, way.skip, following)
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
        if following is not None:
            options["skip_estimate_duration_from_pts"] = "1"  # it would look at the end, which is not there yet
        try:
            self.container = av.open(
                self.file,
                "r",
                format=way.format,
                options=dict(decoder or {"max_pixels": str(MOST_PIXELS)}),
                container_options=options,
                buffer_size=1 << 17,
                metadata_errors="replace",
            )
        except BaseException:
            self.file.close()
            raise

    def stream(self, index: int, threads: int = 1) -> av.VideoStream:
        """The video stream of that index, ready to be decoded; all others are passed over."""
        for other in self.container.streams:
            other.discard = Discard.default if other.index == index else Discard.all
        stream = self.container.streams[index]
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        # With several threads FFmpeg decodes H.264 past damage without a word: by slices always, by frames at times.
        context.thread_count = 1 if context.codec.name == "h264" else threads
        context.thread_type = "FRAME"
        context.options = {"max_pixels": str(MOST_PIXELS)}
        return stream

    def close(self) -> None:
        self.container.close()
        self.file.close()


def find_way(path: Path, following: Following | None = None) -> tuple[Way, Opened]:
    """Opens the file as what it is by its content. Raises ReidError with the reason where it is no recording."""
    _check(path)
    try:
        head = head_of(path)
    except OSError as error:
        raise ReidError(f"{path} cannot be read ({error.strerror}). Check who may read it.") from error
    if is_list(head):
        raise ReidError(f"{path} is a playlist that names other files or addresses. Bring in the recordings.")
    opened, reason = _try(path, Way(), following)
    if opened is not None and video_streams(opened.container):
        return Way(), opened
    bare = bitstream_in(head)
    if bare is not None:
        way = Way(*bare)
        behind, reason = _try(path, way, following)
        if behind is not None and video_streams(behind.container):
            if opened is not None:
                opened.close()
            return way, behind
    if opened is not None:
        kinds = ", ".join(sorted({stream.type for stream in opened.container.streams}))
        opened.close()
        only = f" (only {kinds})" if kinds else ": it is an empty container"
        raise ReidError(f"{path} has no video stream{only}. Choose a recording with pictures.")
    if lacks_contents(path):
        raise Damaged(
            f"{path} was cut off before its recording was finished: its table of contents (moov) is missing. Export it"
            " again from the recorder, or repair it with a tool that has another recording of the same camera."
        )
    raise Damaged(
        f"{path} is not a video that can be read here ({reason}); it may be encrypted, or in a recorder's own format."
        " Export it as MP4, MKV or AVI with the recorder's software."
    )


def choose_stream(path: Path, opened: Opened, index: int | None) -> av.VideoStream:
    """The video stream of that index, or the first. Raises ReidError for one that is not there or cannot be decoded."""
    streams = video_streams(opened.container)
    told = "; ".join(
        f"{one.index}: {codec_words(one.codec)}, {one.width} × {one.height}"
        + (f", {shown(one.title)}" if one.title else "")
        for one in map(stream_facts, streams)
    )
    chosen = [stream for stream in streams if index is None or stream.index == index]
    if not chosen:
        raise NotThere(f"{path} has no video stream {index}. Choose one of these: {told}.")
    stream = chosen[0]
    if stream.codec_context is None:
        raise ReidError(f"{path} holds video in a format that cannot be decoded here. Export it as H.264.")
    width, height = _size_of(opened, stream)
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise ReidError(
            f"{path} has frames of {width} × {height} pixels, and decoding them would take too much memory."
            " Export it at 3840 × 2160 or smaller: people are found just as well at that size."
        )
    return stream


def _size_of(opened: Opened, stream: av.VideoStream) -> tuple[int, int]:
    """Width and height; 0 × 0 where they are not known before the first frame.

    A decoder that refuses a size leaves none behind: it is asked again with its frames skipped, which takes no memory.
    """
    if stream.codec_context.width:
        return stream.codec_context.width, stream.codec_context.height
    only_size = {"skip_frame": "all", "max_pixels": str(4 * MOST_PIXELS)}
    try:
        with closing(Opened(opened.path, opened.way, decoder=only_size)) as again:
            sizes = {one.index: (one.width, one.height) for one in map(stream_facts, video_streams(again.container))}
    except av.FFmpegError:
        return 0, 0
    return sizes.get(stream.index, (0, 0))


def _check(path: Path) -> None:
    if not path.exists():
        raise NotThere(f"{path} does not exist. Check the path of the recording.")
    if path.is_dir():
        raise ReidError(f"{path} is a folder, not a recording. Name a file in it, or bring in the whole folder.")
    if not path.is_file():
        raise ReidError(f"{path} is not a regular file. Name a recording that is stored as one.")
    if path.stat().st_size == 0:
        raise Damaged(f"{path} is empty (0 bytes). Copy or export the recording again.")


def _try(path: Path, way: Way, following: Following | None) -> tuple[Opened | None, str]:
    try:
        return Opened(path, way, following), ""
    except av.FFmpegError as error:
        return None, error.strerror or str(error)
    except (OSError, ValueError) as error:
        return None, str(error)
