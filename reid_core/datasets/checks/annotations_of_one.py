"""Files of annotations for one picture each: YOLO, Pascal VOC, labelme, KITTI, VisDrone, WiderPerson."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reid_core.datasets.annotated import Frames
from reid_core.datasets.base import Listing
from reid_core.datasets.checks.boxes import boxes_of_json, holds_boxes
from reid_core.datasets.checks.frames import (
    LOOKED_AT,
    MAX_BYTES,
    NUMBER,
    floats,
    held_against,
    in_pixels,
    size_of,
    stem_of,
    text_of,
)

YOLO = "YOLO's boxes"
_YOLO_LINE = re.compile(rf"\s*\d+((?:\s+{NUMBER}){{4,}})\s*")
_JDE_LINE = re.compile(rf"\s*\d+\s+-?\d+(?:\s+{NUMBER}){{4}}\s*")
_KITTI_LINE = re.compile(rf"\s*[A-Za-z_]+(?:\s+{NUMBER}){{14,15}}\s*")
_WIDER_PERSON_LINE = re.compile(r"\s*\d(?:\s+-?\d+){4}\s*")
_VISDRONE_LINE = re.compile(rf"\s*{NUMBER}(?:,{NUMBER}){{5,9}},?\s*")


def frames_of_one_file_each(listing: Listing) -> list[Frames]:
    """YOLO's, Pascal VOC's, VisDrone's and labelme's files, which are called like the picture that they tell of."""
    stems: dict[str, list[str]] = defaultdict(list)
    for name in listing.pictures:
        stems[stem_of(name)].append(name)
        stems[name.rpartition("/")[2]].append(name)  # Supervisely's ann/1.jpg.json
    told = {name: pictures for name in listing.texts if (pictures := picture_of(name, stems))}
    if not told:
        return []
    found: dict[str, list[Sequence[float]]] = {}
    kinds: dict[str, str] = {}
    step = max(1, len(told) // LOOKED_AT)
    for name in list(told)[::step][:LOOKED_AT]:
        kind, boxes = _boxes_of_one(listing, name, told[name])
        if boxes:
            kinds[name] = kind
            found[told[name]] = boxes
    if not found:
        return []
    first = next(iter(kinds))
    suffix = first.rpartition(".")[2]
    annotated = frozenset(picture for name, picture in told.items() if name.endswith(suffix))
    reader = "yolo" if kinds[first] == YOLO else ""
    held = held_against(listing, first, kinds[first], found, reader=reader)
    return [replace(frames, pictures=annotated) for frames in held]


def picture_of(name: str, stems: Mapping[str, list[str]]) -> str:
    """The picture that a file tells of: of its name, nearest to it; "" where there is none."""
    pictures = stems.get(stem_of(name), [])
    folder = name.rpartition("/")[0]
    beside = [picture for picture in pictures if picture.rpartition("/")[0] == folder]
    swapped = re.sub(
        r"(^|/)(?:labels|labels_with_ids|annotations|xmls?|txts?|labelTxt|ann)(/|$)",
        r"\1images\2",
        folder,
        flags=re.IGNORECASE,
    )
    wanted = (swapped, re.sub(r"(^|/)images(/|$)", r"\1img\2", swapped))
    images = [picture for picture in pictures if picture.rpartition("/")[0] in wanted]
    return (beside or images or (pictures if len(pictures) == 1 else [""]))[0]


def _boxes_of_one(listing: Listing, name: str, picture: str) -> tuple[str, list[Sequence[float]]]:
    text = text_of(listing, name, MAX_BYTES)  # labelme puts the picture itself into its file
    lines = [line for line in text.splitlines() if line.strip()]
    if name.lower().endswith(".xml"):
        boxes = []
        for found in re.findall(r"<bndbox>(.*?)</bndbox>", text, re.DOTALL) if "<annotation" in text else []:
            sides = [re.search(rf"<{key}>\s*({NUMBER})", found) for key in ("xmin", "ymin", "xmax", "ymax")]
            if all(sides):
                left, top, right, bottom = (float(side[1]) for side in sides if side)
                boxes.append((left, top, right - left, bottom - top))
        return "Pascal VOC's boxes", list(boxes)
    if name.lower().endswith(".json"):
        if shapes := _labelme(text):
            return "labelme's shapes", shapes
        size = size_of(listing, picture) if holds_boxes(text) else None
        return "boxes", [] if size is None else [in_pixels(box, size) for box in boxes_of_json(text)]
    if lines and all(_YOLO_LINE.fullmatch(line) for line in lines):
        has_tracks = all(_JDE_LINE.fullmatch(line) for line in lines)
        shares = [floats(line, r"\s+")[2:6] if has_tracks else floats(line, r"\s+")[1:5] for line in lines]
        if all(0 <= share <= 1 for box in shares for share in box) and (size := size_of(listing, picture)):
            return YOLO, [
                ((x - w / 2) * size[0], (y - h / 2) * size[1], w * size[0], h * size[1]) for x, y, w, h in shares
            ]
    if lines and all(_KITTI_LINE.fullmatch(line) for line in lines):
        corners = [[float(part) for part in line.split()[4:8]] for line in lines]
        return "KITTI's boxes", [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in corners]
    if lines and lines[0].strip() == str(len(lines) - 1) and all(map(_WIDER_PERSON_LINE.fullmatch, lines[1:])):
        corners = [floats(line, r"\s+")[1:] for line in lines[1:]]
        return "WiderPerson's boxes", [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in corners]
    if lines and all(_VISDRONE_LINE.fullmatch(line) for line in lines):
        return "boxes", [floats(line, ",")[:4] for line in lines]
    return "", []


def _labelme(text: str) -> list[Sequence[float]]:
    if '"shapes"' not in text or '"points"' not in text:
        return []
    try:
        shapes = json.loads(text).get("shapes", [])
        around = [list(zip(*shape["points"], strict=True)) for shape in shapes]
        return [(min(x), min(y), max(x) - min(x), max(y) - min(y)) for x, y in around]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []
