"""One decoded frame as RGB: upright, with square pixels, scaled or cut straight from what the decoder gave.

Converting a whole 1080p frame costs as much as decoding it; a person cut from it costs a fiftieth. So the picture for
the detector is scaled from YUV in one step, and crops are cut from the YUV planes before they become RGB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WHOLE = 0.5  # of the frame: from so many pixels cut on, the whole frame is converted once and kept
HD = 720  # lines from which a film that names no colour space means BT.709, as players take it
_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
# Pixels of brightness per sample of colour, across and down, for the formats that crops are cut from.
_PLANAR = {
    "yuv420p": (2, 2), "yuvj420p": (2, 2), "yuv422p": (2, 1), "yuvj422p": (2, 1), "yuv444p": (1, 1), "yuvj444p": (1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Upright:
    """How coded frames become upright ones: stretched to `square_width` × `square_height`, then turned.

    `turns` are quarter turns counter-clockwise, as FFmpeg's display matrix has them.
    """

    square_width: int
    square_height: int
    turns: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is given out."""
        sides = (self.square_width, self.square_height)
        return sides[::-1] if self.turns % 2 else sides


class Converter:
    """Converts the frames of one recording; keeps swscale's tables between frames. Not for two threads at a time."""

    def __init__(self, upright: Upright) -> None:
        self.upright = upright
        self._scalers: dict[tuple[int, int], VideoReformatter] = {}
        self._cutter = VideoReformatter()
        self.encodable = VideoReformatter()

    def rgb(self, frame: av.VideoFrame, width: int, height: int) -> Picture:
        """The whole frame, upright, at this size: (height, width, 3)."""
        coded = (height, width) if self.upright.turns % 2 else (width, height)
        if len(self._scalers) > 4:
            self._scalers.clear()
        scaler = self._scalers.setdefault((width, height), VideoReformatter())
        return self._turned(_converted(scaler, frame, *coded))

    def cut(self, frame: av.VideoFrame, box: tuple[int, int, int, int]) -> Picture | None:
        """The box (left, top, right, bottom in whole pixels, in the frame), or None where it cannot be cut in YUV."""
        wide = self.upright
        steps = _PLANAR.get(frame.format.name)
        if steps is None or (frame.width, frame.height) != (wide.square_width, wide.square_height):
            return None
        left, top, right, bottom = _turned_back(box, wide)
        across, down = steps
        out_left, out_top = left - left % across, top - top % down  # a sample of colour is not cut through
        out_right = min(frame.width, -(-right // across) * across)
        out_bottom = min(frame.height, -(-bottom // down) * down)
        part = av.VideoFrame(out_right - out_left, out_bottom - out_top, frame.format.name)
        part.colorspace, part.color_range = frame.colorspace, frame.color_range
        for index, (source, target) in enumerate(zip(frame.planes, part.planes, strict=True)):
            x, y = (1, 1) if index == 0 else steps
            rows, columns = target.height, target.width
            lines = _lines(source)[out_top // y : out_top // y + rows, out_left // x : out_left // x + columns]
            _lines(target)[:rows, :columns] = lines
        whole = _converted(self._cutter, part, part.width, part.height, lines=frame.height)
        inner = whole[top - out_top : bottom - out_top, left - out_left : right - out_left]
        return self._turned(inner).copy()

    def _turned(self, picture: Picture) -> Picture:
        return np.ascontiguousarray(np.rot90(picture, self.upright.turns)) if self.upright.turns else picture


class Shot:
    """A decoded frame, not yet converted."""

    def __init__(self, frame: av.VideoFrame, converter: Converter) -> None:
        self._frame = frame
        self._converter = converter
        self._encodable = converter.encodable
        self._full: Picture | None = None
        self._cut = 0  # pixels

    def yuv(self, width: int, height: int) -> av.VideoFrame:
        """The whole frame, upright, at this size as yuv420p in the colours of HD (BT.709), for an encoder."""
        if self._converter.upright.turns:
            rgb = av.VideoFrame.from_ndarray(self.rgb(width, height), format="rgb24")
            return _as_yuv(self._encodable, rgb, width, height)
        return _as_yuv(self._encodable, self._frame, width, height)

    def rgb(self, width: int | None = None, height: int | None = None) -> Picture:
        """uint8 (height, width, 3); full size without arguments."""
        full = self._converter.upright.size
        size = (width or full[0], height or full[1])
        if size != full:
            return self._converter.rgb(self._frame, *size)
        if self._full is None:
            self._full = self._converter.rgb(self._frame, *full)
        return self._full.copy()

    def crop(self, left: float, top: float, right: float, bottom: float) -> Picture:
        """A copy of the pixels that the box touches, clipped to the frame. Raises ValueError where none is inside."""
        width, height = self._converter.upright.size
        x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
        x1, y1 = min(width, math.ceil(right)), min(height, math.ceil(bottom))
        if x0 >= x1 or y0 >= y1:
            raise ValueError(f"the box {left, top, right, bottom} lies outside a frame of {width} × {height}")
        self._cut += (x1 - x0) * (y1 - y0)
        if self._full is None and self._cut < WHOLE * width * height:
            part = self._converter.cut(self._frame, (x0, y0, x1, y1))
            if part is not None:
                return part
        if self._full is None:
            self._full = self._converter.rgb(self._frame, width, height)
        return self._full[y0:y1, x0:x1].copy()


def _converted(
    scaler: VideoReformatter, frame: av.VideoFrame, width: int, height: int, lines: int | None = None
) -> Picture:
    return np.asarray(
        scaler.reformat(
            frame, width=width, height=height, format="rgb24", src_colorspace=_colours_of(frame, lines),
            interpolation=_how(frame, width, height), threads=1,
        ).to_ndarray()
    )  # fmt: skip


def _as_yuv(scaler: VideoReformatter, frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    return scaler.reformat(
        frame, width=width, height=height, format="yuv420p", src_colorspace=_colours_of(frame),
        dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation=_how(frame, width, height),
        threads=1,
    )  # fmt: skip


def _colours_of(frame: av.VideoFrame, lines: int | None = None) -> Colorspace | None:
    unnamed_hd = frame.colorspace == _UNSPECIFIED and (lines or frame.height) >= HD
    return Colorspace.ITU709 if unnamed_hd and frame.format.name != "rgb24" else None


def _how(frame: av.VideoFrame, width: int, height: int) -> Interpolation:
    """Scaled by area where it shrinks: half the cost of bicubic, and nothing flickers."""
    smaller = width < frame.width or height < frame.height
    return Interpolation.AREA if smaller else Interpolation.BICUBIC


def _lines(plane: av.video.plane.VideoPlane) -> Picture:
    """The bytes of a plane, a row per line."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def _turned_back(box: tuple[int, int, int, int], upright: Upright) -> tuple[int, int, int, int]:
    """The box in the coded frame that becomes `box` when it is turned."""
    left, top, right, bottom = box
    width, height = upright.square_width, upright.square_height
    if upright.turns == 1:
        return width - bottom, left, width - top, right
    if upright.turns == 2:
        return width - right, height - bottom, width - left, height - top
    if upright.turns == 3:
        return top, height - right, bottom, height - left
    return box
