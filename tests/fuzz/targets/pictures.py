"""Pictures: headers, pixels and metadata damaged, of every format that is read and some that are not."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from reid_core.colours import clothing
from reid_core.images import decode, encoded, thumbnail, turned_and_cut
from reid_core.quality import measure
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF", "MPO", "ICO", "JPEG2000", "TGA", "PCX", "SGI")
MODES = ("RGB", "L", "RGBA", "P", "CMYK", "I;16", "1", "LA", "F", "I")


def _pictures(prepared: Path) -> Attempt:
    seeds = seed_pictures()

    def attempt(random: Random, folder: Path) -> None:
        data = odd.damaged(random, random.choice(seeds))
        (folder / "picture").write_bytes(data)
        image = decode(data)
        thumbnail(image)
        measure(image)
        clothing(image)
        box = tuple(random.choice((0.0, 0.3, 1.0, -5.0, 1e9, float("inf"))) for _ in range(4))
        encoded(turned_and_cut(image, random.choice((0, 90, 270, 45)), (box[0], box[1], box[2], box[3])))

    return attempt


def seed_pictures() -> list[bytes]:
    """Small pictures of every format and mode that Pillow writes here, some with EXIF."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 24, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    found = []
    for name in FORMATS:
        for mode in MODES:
            image = Image.fromarray(pixels)
            converted = image.convert("L").convert(mode) if mode in ("I", "F", "I;16") else image.convert(mode)
            buffer = io.BytesIO()
            try:
                converted.save(buffer, name, exif=exif)
            except (OSError, ValueError, KeyError, TypeError):
                continue  # a format that has no such pixels
            found.append(buffer.getvalue())
    return found


TARGETS = (Target("pictures", _pictures),)
