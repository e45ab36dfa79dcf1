"""Boxes held against the pictures: whether these are whole frames, or crops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from reid_core.datasets.annotated import Frames
from reid_core.datasets.base import Listing
from reid_core.datasets.checks.boxes import LARGEST_NUMBER, Box
from reid_core.images import BadImage, picture_size

MAX_BYTES = 64 * 2**20  # of one file of annotations that is read whole
LARGEST_CROP = 640  # pixels of height; a larger portrait picture may be a phone's
LOOKED_AT = 12  # pictures, and files that tell of one picture each
WHOLE = 0.8  # a box that takes a larger share of its picture is the picture
NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


def are_frames(sizes: Sequence[tuple[int, int]], boxes: Sequence[Box], pictures: int) -> bool:
    """Whether boxes, of which it is not known in which picture each lies, are smaller than the pictures."""
    shares = sorted(
        width * height / (1.0 if left + width <= 1.01 and top + height <= 1.01 else size[0] * size[1])
        for left, top, width, height in boxes
        for size in (sizes[len(sizes) // 2],)
    )
    share = shares[len(shares) // 2] if shares else None
    if 2 * sum(may_be_a_crop(size) for size in sizes) < len(sizes):
        return share is None or share < WHOLE
    return share is not None and share < 0.5 and len(boxes) > 1.5 * pictures


def are_most(listing: Listing, named: Iterable[str]) -> bool:
    known = set(named)
    folders = {name.rpartition("/")[0] for name in known}
    there = sum(name.rpartition("/")[0] in folders for name in listing.pictures)
    return bool(known) and 2 * len(known) >= there


def some_of(names: Sequence[str]) -> Sequence[str]:
    return names[:: max(1, len(names) // LOOKED_AT)][:LOOKED_AT]


def held_against(
    listing: Listing,
    file: str,
    kind: str,
    boxes: Mapping[str, Sequence[Sequence[float]]],
    *,
    are_of_any: bool = False,
    is_table: bool = False,
    reader: str = "",
) -> list[Frames]:
    """The pictures that `boxes` names, if they are frames; nothing where the pictures are what was cut out.

    Where boxes are `are_of_any` picture, that there are several says nothing; where they are outlines, which are not
    looked into, the file is taken at its word. A table of crops may say where in each something is: one row each.
    """
    boxes = {name: [box for box in some if is_possible(box)] for name, some in boxes.items()}
    names = sorted(boxes)
    if names and are_of_any and not any(boxes.values()):
        return [Frames(file, kind, frozenset(names), reader)]
    speaks_for, speaks_against = 0, 0
    for name in some_of(names):
        size = size_of(listing, name)
        if size is None or not boxes[name]:
            continue
        some = [in_pixels(box, size) for box in boxes[name]]
        inside = [_is_part_of(box, size, 0.5 if are_of_any else 0.9) for box in some]
        several = len(set(some)) > 1 and not are_of_any
        is_frame = sum(inside) * 2 > len(inside) or (several and any(inside))
        if not (several or are_of_any) and may_be_a_crop(size):
            is_frame = is_frame and not is_table and some[0][2] * some[0][3] < 0.5 * size[0] * size[1]
        speaks_for, speaks_against = speaks_for + is_frame, speaks_against + (not is_frame)
    is_one_each = all(len(some) == 1 for some in boxes.values()) and not are_of_any
    enough = speaks_for > (3 if is_one_each else 1) * speaks_against
    return [Frames(file, kind, frozenset(names), reader)] if enough else []


def is_possible(box: Sequence[float]) -> bool:
    """Whether no number is larger than any picture, or none at all."""
    return all(-LARGEST_NUMBER < side < LARGEST_NUMBER for side in box)


def may_be_a_crop(size: tuple[int, int]) -> bool:
    return size[0] <= size[1] < LARGEST_CROP


def in_pixels(box: Sequence[float], size: tuple[int, int]) -> Box:
    """The box as it is, or, where its sides are shares of the picture's, in pixels."""
    left, top, width, height = box
    if width > 0 and height > 0 and max(left + width, top + height) <= 1.01 and min(left, top) >= -1:
        return (left * size[0], top * size[1], width * size[0], height * size[1])
    return (left, top, width, height)


def _is_part_of(box: Sequence[float], size: tuple[int, int], least: float) -> bool:
    """Whether at least that share of a box lies in a picture of that size, and it takes clearly less than all of it."""
    left, top, width, height = box
    if width <= 0 or height <= 0:
        return False
    slack = 2.0  # pixels: some count from 1
    inside = [
        max(0.0, min(start + side, most + slack) - max(start, -slack))
        for start, side, most in ((left, width, size[0]), (top, height, size[1]))
    ]
    return inside[0] * inside[1] >= least * width * height and width * height < WHOLE * size[0] * size[1]


def size_of(listing: Listing, name: str) -> tuple[int, int] | None:
    try:
        return picture_size(listing.source.read(name))
    except BadImage:
        return None


def named_by(path: str, file: str, by_name: Mapping[str, list[str]]) -> list[str]:
    """The pictures that a path in a file may mean: of its last part, and of its folders where there are several."""
    wanted = path.replace("\\", "/").strip().lstrip("./")
    pictures = by_name.get(wanted.rpartition("/")[2], [])
    beside = [picture for picture in pictures if picture.rpartition("/")[0] == file.rpartition("/")[0]]
    ending = [picture for picture in pictures if f"/{picture}".endswith(f"/{wanted}")]
    return beside if len(ending) > 1 and beside else ending or pictures


def text_of(listing: Listing, name: str, limit: int) -> str:
    try:
        return listing.source.read(name, limit=MAX_BYTES)[:limit].decode("utf-8-sig", "replace")
    except BadImage:
        return ""


def stem_of(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def floats(line: str, separator: str) -> list[float]:
    return [float(part) for part in re.split(separator, line.strip().strip(",")) if part]
