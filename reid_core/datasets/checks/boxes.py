"""Boxes in texts of any kind: what pictures a file names, and how large the boxes are that it holds.

Tools write them in dozens of ways, most of them JSON: VIA, Supervisely, FiftyOne, Datumaro, Label Studio, BDD100K,
CreateML, CrowdHuman (.odgt), the metadata.jsonl of Hugging Face. What they have in common is the names of the pictures
and a few words for a box.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reid_core.images import IMAGE_SUFFIXES

Box = tuple[float, float, float, float]  # left, top, width, height in pixels, or as shares of the picture's sides
LARGEST_NUMBER = 10**9  # of a box; whole numbers may have hundreds of digits
MAX_NODES = 300_000  # of one file that are looked at
MAX_LINES = 3000  # of a file with a JSON text on each line
_WORDS = re.compile(
    r'"(?:[a-z]{0,3}box(?:es)?|bounding_?box(?:es)?|box2d|rectanglelabels|polygonlabels|shape_attributes|exterior|'
    r'coordinates|segmentation|bndbox|all_points_x|x_?min)"|<(?:bndbox|box|polygon)[\s>]',
    re.IGNORECASE,
)
_LISTS = ("bbox", "bboxes", "fbox", "vbox", "hbox", "bounding_box", "boundingbox", "box")
_CORNERS = (("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax"), ("x_min", "y_min", "x_max", "y_max"))
_STRING = re.compile(r'"([^"\\\n]{1,300})"|>([^<>\n]{1,300})<')
_SUFFIX = "|".join(re.escape(suffix[1:]) for suffix in sorted(IMAGE_SUFFIXES, key=len, reverse=True))
_PICTURE = re.compile(rf"(.+)\.(?:{_SUFFIX})(-?\d*)", re.IGNORECASE)  # VIA puts the file's size behind the name
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")  # Label Studio's mark in front


def holds_boxes(text: str) -> bool:
    """Whether a JSON or XML text has a word for a box."""
    return _WORDS.search(text) is not None


def pictures_by_stem(pictures: Sequence[str]) -> dict[str, list[str]]:
    """Names without folders and suffixes -> pictures."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in pictures:
        found[name.rpartition("/")[2].rpartition(".")[0]].append(name)
    return found


def named_pictures(text: str, by_stem: Mapping[str, list[str]]) -> frozenset[str]:
    """The pictures that the strings of a JSON or XML text name, by their last part, with or without the suffix."""
    found: set[str] = set()
    for match in _STRING.finditer(text):
        written = (match[1] or match[2]).replace("\\", "/").strip()
        last = written.rpartition("/")[2]
        picture = _PICTURE.fullmatch(last)
        stem = picture[1] if picture else last
        pictures = by_stem.get(stem, [])
        if not pictures and (uploaded := _UPLOADED.fullmatch(stem)):
            pictures = by_stem.get(uploaded[1], [])
        ending = [name for name in pictures if f"/{name}".endswith(f"/{written}")]
        found.update(ending or pictures)
    return frozenset(found)


def boxes_of_json(text: str) -> list[Box]:
    """All boxes in a JSON text, or in one with a JSON text on each line; empty where it is neither."""
    try:
        told: object = json.loads(text)
    except (ValueError, RecursionError):
        told = []
        for line in text.splitlines()[:MAX_LINES]:
            try:
                told.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
    return [box for box in _walk(told) if box[2] > 0 and box[3] > 0 and max(map(abs, box)) < LARGEST_NUMBER]


def _walk(told: object) -> Iterator[Box]:
    rest, seen = [told], 0
    while rest and seen < MAX_NODES:
        node, seen = rest.pop(), seen + 1
        if isinstance(node, list):
            rest.extend(part for part in node if isinstance(part, list | dict))
        elif isinstance(node, dict):
            yield from _of_object(node)
            rest.extend(part for part in node.values() if isinstance(part, list | dict))


def _of_object(node: Mapping[str, object]) -> Iterator[Box]:
    for key, value in node.items():
        if key.lower() in _LISTS and isinstance(value, list):
            for some in [value] if _are_numbers(value) else value:
                if _are_numbers(some) and len(some) == 4:
                    yield (some[0], some[1], some[2], some[3])
        elif key == "exterior" and isinstance(value, list):
            yield from _around(value)
        elif key == "segmentation" and isinstance(value, list):
            for some in value:
                if _are_numbers(some) and len(some) >= 6:
                    yield from _around(list(zip(some[::2], some[1::2], strict=False)))
    sides = [node.get(key) for key in ("x", "y", "width", "height")]
    if _are_numbers(sides):
        scale = 0.01 if any(key.endswith("labels") for key in node) else 1.0  # Label Studio's per cent
        left, top, width, height = (float(str(side)) * scale for side in sides)
        yield (left, top, width, height)
    for keys in _CORNERS:
        corners = [node.get(key) for key in keys]
        if _are_numbers(corners):
            left, top, right, bottom = (float(str(side)) for side in corners)
            yield (left, top, right - left, bottom - top)
    along, down = node.get("all_points_x"), node.get("all_points_y")
    if isinstance(along, list) and isinstance(down, list):
        yield from _around(list(zip(along, down, strict=False)))


def _around(points: Sequence[object]) -> Iterator[Box]:
    pairs = [point for point in points if isinstance(point, list | tuple) and len(point) >= 2]
    if pairs and all(_are_numbers(point[:2]) for point in pairs):
        along, down = [float(point[0]) for point in pairs], [float(point[1]) for point in pairs]
        yield (min(along), min(down), max(along) - min(along), max(down) - min(down))


def _are_numbers(values: object) -> bool:
    return (
        isinstance(values, list | tuple)
        and len(values) > 0
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    )
