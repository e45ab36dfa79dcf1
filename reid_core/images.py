"""Pictures from anywhere, treated as hostile: how a file is read, what is decoded, how thumbnails are made.

Nothing is decoded before its size, type and number of pixels are known to be acceptable.
"""

from __future__ import annotations

import io
import math
import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from reid_core.errors import NotThere, ReidError
from reid_core.records import plural

JPEG_SUFFIXES = frozenset(  # Chrome saves .jfif
    {".jpg", ".jpeg", ".jpe", ".jfif", ".jfif-tbnl", ".jfi", ".jif", ".pjpeg", ".pjp", ".mpo"}
)
IMAGE_SUFFIXES = JPEG_SUFFIXES | {".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}
# Suffixes of pictures that `decode` refuses, or that nobody has tried; HEIC is read with the package for it.
UNREADABLE_KINDS = frozenset(
    {"HEIC", "HEIF", "HIF", "AVIF", "GIF", "JP2", "J2K", "JPF", "JPX", "JXL", "JXR", "PAM", "PFM"}
    | {"SVG", "TGA", "ICO", "PSD", "EXR", "HDR", "PCX", "RAW", "DNG", "CR2", "CR3", "NEF", "ARW", "ORF", "RAF", "RW2"}
)
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mkv", ".avi", ".mov", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts", ".3gp"}
    | {".vob", ".ogv", ".dav", ".h264", ".264", ".h265", ".265", ".hevc", ".asf", ".mjpeg", ".mjpg"}
)
NO_VIDEO = "Recordings come in with `reid video`."
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")  # a phone's MPO (two JPEGs in one) opens as JPEG
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000
THUMBNAIL_HEIGHT = 256  # pixels; sharp on a 128-pixel card at twice the density
SMALLEST_CUT = 8  # pixels
LOSSLESS_PIXELS = 1_000_000
_ORIENTATION = 0x0112  # EXIF's tag; 5 to 8 are turned by a quarter
_HEIC_SUFFIXES = ("heic", "heif", "hif")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_NO_PICTURE = "it is not a picture that can be read (use JPEG, PNG, WebP, BMP or TIFF)"

Image.MAX_IMAGE_PIXELS = None  # our own limit below names the file and is checked before decoding


class BadImage(ReidError):
    """A picture that cannot be used; the message says why and is shown beside its name."""


class MissingFile(BadImage, NotThere):
    """A file that a folder or archive does not hold."""


def is_image_name(name: str) -> bool:
    """Whether the name looks like a picture that people mean to import (no hidden files, no resource forks)."""
    stem, dot, suffix = name.rpartition(".")
    is_picture = f".{suffix.lower()}" in IMAGE_SUFFIXES or (suffix.lower() in _HEIC_SUFFIXES and _reads_heic())
    return bool(dot and stem) and is_picture and not is_hidden(name)


def unreadable_kind(name: str) -> str | None:
    """ "HEIC", "GIF", "JP2", ... for a picture that people mean to import and that is never decoded."""
    stem, _, suffix = name.rpartition(".")
    if not stem or suffix.upper() not in UNREADABLE_KINDS or is_hidden(name) or is_image_name(name):
        return None
    return suffix.upper()


def is_video_name(name: str) -> bool:
    """Whether the name looks like a recording that people mean to import."""
    stem, dot, suffix = name.rpartition(".")
    return bool(dot and stem) and f".{suffix.lower()}" in VIDEO_SUFFIXES and not is_hidden(name)


def is_video(data: bytes) -> bool:
    """Whether a file begins like MP4, MOV, Matroska, WebM, AVI, MPEG or FLV, whatever its name; 16 bytes are enough.

    HEIC and AVIF pictures, which begin like MP4, are none.
    """
    if data[4:8] == b"ftyp":
        return data[8:12] not in (*_HEIC_BRANDS, b"avif", b"avis")
    starts = (b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"FLV\x01", b"\x00\x00\x00\x01g")
    return data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"AVI ")


def is_hidden(name: str) -> bool:
    """Whether a file or a folder above it is hidden: a name with a dot in front, or macOS's `__MACOSX`."""
    return name.startswith(".") or "/." in name or "__MACOSX" in name.split("/")


def decode(data: bytes) -> Image.Image:
    """The picture, upright, as RGB. Raises BadImage with the reason; the caller knows the name.

    The first frame of an animation is taken; transparency is laid on white.
    """
    image = _open(data)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{width}×{height} is {plural(width * height // 1_000_000, 'megapixel')}; "
            f"{MAX_PIXELS // 1_000_000} are allowed. Make it smaller."
        )
    if image.mode in ("I", "F"):
        raise BadImage("it has 32-bit pixels, whose brightness is not defined; save it with 8 bits per channel")
    try:
        image.load()
        with suppress(Exception):  # a damaged EXIF block says nothing about the pixels
            image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I;16"):  # convert() would cut every value above 255 to white
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            layered = image.convert("RGBA")
            image = Image.new("RGBA", layered.size, "white")
            image.alpha_composite(layered)
        return image.convert("RGB")
    except Exception as error:
        raise BadImage(f"it is damaged or cut short ({error})") from error


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, as stored, by the header alone. Raises BadImage with the reason."""
    return _open(data).size


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as `decode` gives them, by the header alone. Raises BadImage with the reason."""
    image = _open(data)
    turned = False
    with suppress(Exception):  # a damaged EXIF block
        turned = image.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size


def _open(data: bytes) -> Image.Image:
    """The picture with its header read and its pixels untouched. Raises BadImage with the reason."""
    if not data:
        raise BadImage("the file is empty (0 bytes)")
    if len(data) > MAX_FILE_BYTES:
        raise BadImage(f"the file has more than {MAX_FILE_BYTES // 2**20} MB")
    try:
        return Image.open(io.BytesIO(data), formats=_formats())
    except UnidentifiedImageError as error:
        raise BadImage(_why_unreadable(data)) from error
    except Exception as error:  # Pillow's parsers raise many kinds on hostile headers
        raise BadImage(f"its header is damaged ({error})") from error


@cache
def _formats() -> tuple[str, ...]:
    """HEIC, which phones write, is read where the optional package for it is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return FORMATS
    register_heif_opener()
    return (*FORMATS, "HEIF")


def _reads_heic() -> bool:
    return "HEIF" in _formats()


def _why_unreadable(data: bytes) -> str:
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    if brand in _HEIC_BRANDS and "HEIF" not in _formats():
        return "it is a HEIC picture, which needs the package pillow-heif (pip install pillow-heif); or save it as JPEG"
    kinds = {b"avif": "an AVIF", b"avis": "an AVIF"} | dict.fromkeys(_HEIC_BRANDS, "a damaged HEIC")
    kind = "a GIF" if data[:4] == b"GIF8" else kinds.get(brand, "")
    return f"it is {kind} picture; save it as JPEG or PNG" if kind else _NO_PICTURE


def turned_and_cut(image: Image.Image, turn: int, box: tuple[float, float, float, float] | None = None) -> Image.Image:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees, and then cut to the box.

    `box` is left, top, width and height as shares of the turned picture's sides; what reaches beyond it is left out.
    Raises BadImage for another angle, and for a box of less than 8 pixels a side: nothing can be told from those.
    """
    if turn not in (0, 90, 180, 270):
        raise BadImage(f"a picture is turned by 90, 180 or 270 degrees, not by {turn}")
    turned = image.rotate(-turn, expand=True) if turn else image
    if box is None:
        return turned
    left, top, width, height = box
    edges = [
        round(side * min(1.0, max(0.0, share)))
        for side, share in zip(2 * turned.size, (left, top, left + width, top + height), strict=True)
    ]
    if edges[2] - edges[0] < SMALLEST_CUT or edges[3] - edges[1] < SMALLEST_CUT:
        raise BadImage(f"the box is smaller than {SMALLEST_CUT} pixels; draw it larger")
    return turned.crop((edges[0], edges[1], edges[2], edges[3]))


def cut_out(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The part of an upright frame in a box of left, top, width and height in pixels; what reaches beyond is left out.

    Raises BadImage for a box outside of the frame and for one of less than `SMALLEST_CUT` pixels a side.
    """
    left, top, width, height = box
    frame = f"the frame of {image.width}×{image.height}"
    if not all(map(math.isfinite, box)) or width <= 0 or height <= 0:
        raise BadImage("its box has numbers that no picture has")
    if left >= image.width or top >= image.height or left + width <= 0 or top + height <= 0:
        raise BadImage(f"its box lies outside {frame}")
    across = [round(min(float(image.width), max(0.0, edge))) for edge in (left, left + width)]
    down = [round(min(float(image.height), max(0.0, edge))) for edge in (top, top + height)]
    if across[1] - across[0] < SMALLEST_CUT or down[1] - down[0] < SMALLEST_CUT:
        size = f"{across[1] - across[0]}×{down[1] - down[0]}"
        raise BadImage(f"its box covers {size} pixels of {frame}; less than {SMALLEST_CUT} a side tell nothing")
    return image.crop((across[0], down[0], across[1], down[1]))


def encoded_crop(image: Image.Image) -> bytes:
    """A crop as the JPEG that is kept of it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def encoded(image: Image.Image) -> bytes:
    """The picture as PNG, pixel by pixel; as a good JPEG where that would be large."""
    buffer = io.BytesIO()
    if image.width * image.height <= LOSSLESS_PIXELS:
        image.save(buffer, "PNG")
        return buffer.getvalue()
    return encoded_crop(image)


def thumbnail(image: Image.Image) -> bytes:
    """The picture as a small JPEG, at most `THUMBNAIL_HEIGHT` pixels high and twice as wide; never enlarged."""
    small = image.copy()
    small.thumbnail((2 * THUMBNAIL_HEIGHT, THUMBNAIL_HEIGHT))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def read_file(path: Path, *, limit: int | None = None) -> bytes:
    """The bytes of one file that a person named, wherever it lies; links are followed. `limit`: `MAX_FILE_BYTES`.

    Raises BadImage when it is missing, a folder or another thing that is no file, too large or unreadable.
    """
    return read_regular(path, MAX_FILE_BYTES if limit is None else limit)


def read_regular(path: str | Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; raises BadImage as `read_file` does."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadImage("it is not a file")
            check_size(status.st_size, limit)
            return file.read()
    except FileNotFoundError as error:
        raise MissingFile("there is no such file") from error
    except IsADirectoryError as error:
        raise BadImage("it is a folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadImage(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error


def check_size(size: int, limit: int) -> None:
    """Raises BadImage when a file of `size` bytes is over the limit."""
    if size > limit:
        unit, word = (2**20, "MB") if limit >= 2**20 else (2**10, "kB")
        raise BadImage(f"it has {size / unit:,.0f} {word}, more than the {limit / unit:,.0f} {word} that are allowed")


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe would keep a reader waiting for ever


def printable(name: str) -> str:
    """The name with bytes that are not UTF-8 written out as escapes, so that it can be shown and stored."""
    return name.encode("utf-8", "backslashreplace").decode()
