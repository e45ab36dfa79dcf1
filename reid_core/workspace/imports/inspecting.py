"""What an import finds in pictures: each is decoded once, a frame once for all the crops that are cut out of it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from PIL import Image

from reid_core.colours import clothing
from reid_core.datasets import Skipped
from reid_core.images import MAX_PIXELS, BadImage, cut_out, decode, encoded_crop, thumbnail
from reid_core.quality import measure
from reid_core.sources import ImageSource
from reid_core.workspace.catalogue.rows import NewCrop

BATCH = 256  # crops in one transaction: the most that a crash makes an import do again
TASK = 32  # crops for a thread at a time: handing over each of them would cost as much as decoding half of it
MOST_CUT = 4 * MAX_PIXELS  # pixels of the boxes of one batch, whose crops are in memory together
Row = Mapping[Any, Any]


@dataclasses.dataclass(frozen=True)
class Inspected:
    """A crop's row and thumbnail, and its file where that is to be copied."""

    crop: NewCrop
    thumbnail: bytes
    data: bytes | None


def batches(rows: Sequence[Row]) -> list[list[list[Row]]]:
    """The rows in batches of tasks; the crops of one frame are in one task, unless a frame has more than `BATCH`."""
    found: list[list[list[Row]]] = []
    in_batch, pixels = BATCH, 0.0
    for frame, some in groupby(sorted(rows, key=_frame), key=_frame):
        group, most = list(some), BATCH if frame else 1
        for start in range(0, len(group), most):
            part = group[start : start + most]
            cut = sum(_pixels(row) for row in part)
            if in_batch + len(part) > BATCH or (pixels and pixels + cut > MOST_CUT):
                found.append([[]])
                in_batch, pixels = 0, 0.0
            if found[-1][-1] and len(found[-1][-1]) + len(part) > TASK:
                found[-1].append([])
            found[-1][-1] += part
            in_batch, pixels = in_batch + len(part), pixels + cut
    return found


def inspect(source: ImageSource, rows: Sequence[Row], keep_data: bool) -> list[Inspected | Skipped]:
    """The crops of a task, in order; a picture that cannot be used is named for each of its rows."""
    found: list[Inspected | Skipped] = []
    for frame, some in groupby(rows, key=_frame):
        group = list(some)
        found += _of_frame(source, frame, group) if frame else [_whole(source, row, keep_data) for row in group]
    return found


def picture_of(source: ImageSource, row: Row) -> Image.Image:
    """The crop of a row: the picture at its path, or what is cut out of its frame. Raises BadImage."""
    if not row["frame"]:
        return decode(source.read(row["path"]))
    return cut_out(decode(source.read(row["frame"])), _box(row))


def _frame(row: Row) -> str:
    return row["frame"] or ""


def _box(row: Row) -> tuple[float, float, float, float]:
    return row["box_left"], row["box_top"], row["box_width"], row["box_height"]


def _pixels(row: Row) -> float:
    """The most pixels that the row's crop may have; 0 of a whole picture."""
    return min(float(row["box_width"]) * float(row["box_height"]), float(MAX_PIXELS)) if row["frame"] else 0.0


def _of_frame(source: ImageSource, frame: str, rows: Sequence[Row]) -> list[Inspected | Skipped]:
    try:
        picture = decode(source.read(frame))
    except BadImage as error:
        return [Skipped(row["path"], f"its frame {frame} cannot be used: {error}") for row in rows]
    found: list[Inspected | Skipped] = []
    for row in rows:
        try:
            data = encoded_crop(cut_out(picture, _box(row)))
            found.append(described(row, data, decode(data), keep_data=True))
        except BadImage as error:
            found.append(Skipped(row["path"], str(error)))
    return found


def _whole(source: ImageSource, row: Row, keep_data: bool) -> Inspected | Skipped:
    try:
        data = source.read(row["path"])
        return described(row, data, decode(data), keep_data)
    except BadImage as error:
        return Skipped(row["path"], str(error))


def described(row: Row, data: bytes, image: Image.Image, keep_data: bool) -> Inspected:
    """The crop of those labels, whose file is `data` and shows `image`."""
    found = dataclasses.asdict(measure(image)) | dataclasses.asdict(clothing(image))
    sha256 = hashlib.sha256(data).digest()
    crop = NewCrop(**row, width=image.width, height=image.height, sha256=sha256, bytes=len(data), **found)
    return Inspected(crop, thumbnail(image), data if keep_data else None)
