"""Whole frames with boxes drawn in them, which are no crops: how they are recognised, and refused.

MOT's `gt/gt.txt` and `det/det.txt` (motchallenge.net), COCO's JSON (cocodataset.org), CVAT's `annotations.xml`, tables
with a column for each side of a box, and one file for each picture: YOLO's .txt, Pascal VOC's .xml, labelme's .json.

A file that says so is no proof: a table of crops may well tell where each was cut out. So the boxes are held against
the pictures: frames have boxes that fit into them and are smaller, most of them more than one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reid_core.datasets.base import Listing, Skipped
from reid_core.datasets.table_files import MAX_TABLE_BYTES, preview_table
from reid_core.errors import ReidError
from reid_core.images import BadImage, picture_size
from reid_core.records import plural

MAX_BYTES = 64 * 2**20  # of one file of annotations that is read whole
HEAD = 2**20  # bytes of an XML file that are looked through
ROWS = 400  # of a table that are looked at
MAX_FILES = 100  # that may tell of many pictures each
LOOKED_AT = 12  # pictures, and files that tell of one picture each
WHOLE = 0.8  # a box that takes a larger share of its picture is the picture
_SIDES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("xmin", "x_min", "x1", "left", "xtl", "bbox_left", "bb_left", "bbox_x1"),
     ("ymin", "y_min", "y1", "top", "ytl", "bbox_top", "bb_top", "bbox_y1"),
     ("xmax", "x_max", "x2", "right", "xbr", "bbox_right", "bbox_x2"),
     ("ymax", "y_max", "y2", "bottom", "ybr", "bbox_bottom", "bbox_y2")),
    (("x", "xmin", "x1", "left", "bbox_x", "bb_left", "bbox_left", "box_x"),
     ("y", "ymin", "y1", "top", "bbox_y", "bb_top", "bbox_top", "box_y"),
     ("w", "width", "bbox_w", "bb_width", "bbox_width", "box_w"),
     ("h", "height", "bbox_h", "bb_height", "bbox_height", "box_h")),
)  # fmt: skip
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_MOT_LINE = re.compile(rf"\s*\d+\s*[, ]\s*-?\d+(?:\s*[, ]\s*{_NUMBER}){{4,}}\s*")
_YOLO_LINE = re.compile(rf"\s*\d+((?:\s+{_NUMBER}){{4,}})\s*")
_KITTI_LINE = re.compile(rf"\s*[A-Za-z_]+(?:\s+{_NUMBER}){{14,15}}\s*")
_VISDRONE_LINE = re.compile(rf"\s*{_NUMBER}(?:,{_NUMBER}){{5,9}},?\s*")

Box = tuple[float, float, float, float]  # left, top, width, height in pixels


@dataclass(frozen=True)
class Frames:
    """Pictures in which a file (`file`, of the kind `kind`) holds boxes."""

    file: str
    kind: str
    pictures: frozenset[str]


def without_frames(listing: Listing, where: str) -> Listing:
    """The listing without whole frames, each named.

    Raises ReidError, naming the file with the boxes, where at least half of the pictures are frames.
    """
    found = find_frames(listing)
    frames = frozenset().union(*(frame.pictures for frame in found))
    if not frames:
        return listing
    first = max(found, key=lambda frame: len(frame.pictures))
    if 2 * len(frames) >= len(listing.pictures):
        raise ReidError(
            f"{where}: these are whole frames, not crops of one person: {first.file} ({first.kind}) holds boxes in "
            f"{'them' if len(frames) == len(listing.pictures) else plural(len(frames), 'picture')}. Boxes are not read "
            "yet: cut the people out first. To import the whole pictures as they are, give --format flat or --format "
            "identity-folders."
        )
    skipped = [
        Skipped(name, f"it is a whole frame: {frame.file} ({frame.kind}) holds boxes in it")
        for frame in found
        for name in sorted(frame.pictures)
    ]
    rest = tuple(name for name in listing.pictures if name not in frames)
    return replace(listing, pictures=rest, skipped=(*listing.skipped, *skipped))


def find_frames(listing: Listing) -> list[Frames]:
    """The frames of each file of annotations, by what the file and the pictures say. A picture is named once."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for name in listing.pictures:
        by_name[name.rpartition("/")[2]].append(name)
    found: list[Frames] = []
    stems = {_stem(name) for name in listing.pictures}
    few = [name for name in listing.texts if _stem(name) not in stems or name.lower().endswith(".txt")]
    for name in few[:MAX_FILES] if len(listing.texts) > MAX_FILES else listing.texts:
        file = name.rpartition("/")[2].lower()
        if file in ("gt.txt", "det.txt", "gt_val_half.txt", "gt_train_half.txt"):
            found += _mot(listing, name)
        elif file.endswith(".xml"):
            found += _cvat(listing, name, by_name)
        elif file.endswith(".json"):
            found += _coco(listing, name, by_name)
    for name in listing.tables:
        found += _table(listing, name, by_name)
    if not found:
        found += _one_file_each(listing)
    taken: set[str] = set()
    once = []
    for frames in found:
        once.append(replace(frames, pictures=frames.pictures - taken))
        taken |= frames.pictures
    return [frames for frames in once if frames.pictures]


# --- one file for many pictures ---


def _mot(listing: Listing, name: str) -> list[Frames]:
    """`<sequence>/gt/gt.txt` tells of the pictures of `<sequence>`, which lie in `<sequence>/img1` as a rule."""
    lines = _text(listing, name, HEAD).splitlines()[:20]
    if not lines or not all(_MOT_LINE.fullmatch(line) for line in lines if line.strip()):
        return []
    sequence = "/".join(name.split("/")[:-2])
    inside = f"{sequence}/" if sequence else ""
    pictures = frozenset(picture for picture in listing.pictures if picture.startswith(inside))
    boxes = [_floats(line, r"[, ]+")[2:6] for line in lines if line.strip()]
    return _held_against(listing, name, "MOT's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)


def _cvat(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    text = _text(listing, name, HEAD)
    if not re.search(r"<annotations[\s>]", text) or not re.search(r"<(?:box|polygon|polyline|skeleton|mask)\s", text):
        return []
    named = re.findall(r"<image\s[^>]*?name=\"([^\"]+)\"", _text(listing, name, MAX_BYTES))
    pictures = {picture for path in named for picture in _named(path, name, by_name)}
    folder = name.rpartition("/")[0]
    if not named:  # of a film: frames are numbered, and their pictures lie beside or below
        pictures = {picture for picture in listing.pictures if picture.startswith(f"{folder}/" if folder else "")}
    keys = ("xtl", "ytl", "xbr", "ybr")
    sides = [re.search(rf"<box\s[^>]*?{key}=\"({_NUMBER})\"", text) for key in keys]
    box = [float(side[1]) for side in sides if side]
    boxes = [(box[0], box[1], box[2] - box[0], box[3] - box[1])] if len(box) == 4 else []
    return _held_against(listing, name, "CVAT's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)


def _coco(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    text = _text(listing, name, MAX_BYTES)
    if '"annotations"' not in text or '"images"' not in text:
        return []
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(told, dict) or not all(isinstance(told.get(key), list) for key in ("images", "annotations")):
        return []
    by_id: dict[object, list[Sequence[float]]] = defaultdict(list)
    for item in told["annotations"]:
        box = item.get("bbox") if isinstance(item, dict) else None
        if isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box):
            by_id[str(item.get("image_id"))].append(box)
    boxes = {
        picture: by_id[str(image.get("id"))]
        for image in told["images"]
        if isinstance(image, dict) and by_id.get(str(image.get("id")))
        for picture in _named(str(image.get("file_name")), name, by_name)
    }
    return _held_against(listing, name, "COCO's boxes", boxes)


def _table(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    try:
        table = preview_table(name, listing.source.read(name, limit=MAX_TABLE_BYTES), ROWS)
    except ReidError:  # to read it as a table says why
        return []
    columns, rows, image = table.columns, table.rows, table.found.columns.get("image")
    places = {column.strip().lower(): place for place, column in reversed(list(enumerate(columns)))}
    boxes: dict[str, list[Box]] = defaultdict(list)
    for kind, sides in enumerate(_SIDES):
        where = [next((places[side] for side in names if side in places), None) for names in sides]
        if image is None or None in where or len(set(where)) < 4:
            continue
        for row in rows:
            box = _numbers([row[place] for place in where if place is not None])
            if box is None:
                continue
            left, top, third, fourth = box
            size = (third - left, fourth - top) if kind == 0 else (third, fourth)
            for picture in _named(str(row[columns.index(image)]), name, by_name):
                boxes[picture].append((left, top, *size))
        break
    named = ", ".join(columns[place] for place in where if place is not None)
    return _held_against(listing, name, f"columns {named}", boxes) if boxes else []


# --- one file for each picture ---


def _one_file_each(listing: Listing) -> list[Frames]:
    """YOLO's, Pascal VOC's, VisDrone's and labelme's files, which are called like the picture that they tell of."""
    stems: dict[str, list[str]] = defaultdict(list)
    for name in listing.pictures:
        stems[_stem(name)].append(name)
    told = {name: pictures for name in listing.texts if (pictures := _of_one(name, stems))}
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
    held = _held_against(listing, first, kinds[first], found)
    return [replace(frames, pictures=annotated) for frames in held]


def _of_one(name: str, stems: Mapping[str, list[str]]) -> str:
    """The picture that a file tells of: of its name, nearest to it; "" where there is none."""
    pictures = stems.get(_stem(name), [])
    folder = name.rpartition("/")[0]
    beside = [picture for picture in pictures if picture.rpartition("/")[0] == folder]
    swapped = re.sub(
        r"(^|/)(?:labels|annotations|xmls?|txts?|labelTxt)(/|$)", r"\1images\2", folder, flags=re.IGNORECASE
    )
    images = [picture for picture in pictures if picture.rpartition("/")[0] == swapped]
    return (beside or images or (pictures if len(pictures) == 1 else [""]))[0]


def _boxes_of_one(listing: Listing, name: str, picture: str) -> tuple[str, list[Sequence[float]]]:
    text = _text(listing, name, HEAD)
    lines = [line for line in text.splitlines() if line.strip()]
    if name.lower().endswith(".xml"):
        boxes = []
        for found in re.findall(r"<bndbox>(.*?)</bndbox>", text, re.DOTALL) if "<annotation" in text else []:
            sides = [re.search(rf"<{key}>\s*({_NUMBER})", found) for key in ("xmin", "ymin", "xmax", "ymax")]
            if all(sides):
                left, top, right, bottom = (float(side[1]) for side in sides if side)
                boxes.append((left, top, right - left, bottom - top))
        return "Pascal VOC's boxes", list(boxes)
    if name.lower().endswith(".json"):
        return "labelme's shapes", _labelme(text)
    if lines and all(_YOLO_LINE.fullmatch(line) for line in lines):
        shares = [_floats(line, r"\s+")[1:5] for line in lines]
        if all(0 <= share <= 1 for box in shares for share in box) and (size := _size(listing, picture)):
            return "YOLO's boxes", [
                ((x - w / 2) * size[0], (y - h / 2) * size[1], w * size[0], h * size[1]) for x, y, w, h in shares
            ]
    if lines and all(_KITTI_LINE.fullmatch(line) for line in lines):
        corners = [[float(part) for part in line.split()[4:8]] for line in lines]
        return "KITTI's boxes", [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in corners]
    if lines and all(_VISDRONE_LINE.fullmatch(line) for line in lines):
        return "boxes", [_floats(line, ",")[:4] for line in lines]
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


# --- held against the pictures ---


def _held_against(
    listing: Listing, file: str, kind: str, boxes: Mapping[str, Sequence[Sequence[float]]], *, are_of_any: bool = False
) -> list[Frames]:
    """The pictures that `boxes` names, if they are frames; nothing where the pictures are what was cut out.

    Where boxes are `are_of_any` picture, that there are several says nothing; where they are outlines, which are not
    looked into, the file is taken at its word.
    """
    names = sorted(boxes)
    if names and are_of_any and not any(boxes.values()):
        return [Frames(file, kind, frozenset(names))]
    step = max(1, len(names) // LOOKED_AT)
    speaks_for, speaks_against = 0, 0
    for name in names[::step][:LOOKED_AT]:
        size = _size(listing, name)
        if size is None or not boxes[name]:
            continue
        inside = [_is_part_of(box, size) for box in boxes[name]]
        several = len({tuple(box) for box in boxes[name]}) > 1 and not are_of_any
        is_frame = sum(inside) * 2 > len(inside) or (several and any(inside))
        speaks_for, speaks_against = speaks_for + is_frame, speaks_against + (not is_frame)
    is_one_each = all(len(some) == 1 for some in boxes.values()) and not are_of_any
    enough = speaks_for > (3 if is_one_each else 1) * speaks_against
    return [Frames(file, kind, frozenset(names))] if enough else []


def _is_part_of(box: Sequence[float], size: tuple[int, int]) -> bool:
    """Whether a box lies in a picture of that size and takes clearly less than all of it."""
    left, top, width, height = box
    slack = 2.0  # pixels: some count from 1
    fits = left >= -slack and top >= -slack and left + width <= size[0] + slack and top + height <= size[1] + slack
    return fits and 0 < width * height < WHOLE * size[0] * size[1]


def _size(listing: Listing, name: str) -> tuple[int, int] | None:
    try:
        return picture_size(listing.source.read(name))
    except BadImage:
        return None


def _named(path: str, file: str, by_name: Mapping[str, list[str]]) -> list[str]:
    """The pictures that a path in a file may mean: of its last part, and of its folders where there are several."""
    wanted = path.replace("\\", "/").strip().lstrip("./")
    pictures = by_name.get(wanted.rpartition("/")[2], [])
    beside = [picture for picture in pictures if picture.rpartition("/")[0] == file.rpartition("/")[0]]
    ending = [picture for picture in pictures if f"/{picture}".endswith(f"/{wanted}")]
    return beside if len(ending) > 1 and beside else ending or pictures


def _text(listing: Listing, name: str, limit: int) -> str:
    try:
        return listing.source.read(name, limit=MAX_BYTES)[:limit].decode("utf-8-sig", "replace")
    except BadImage:
        return ""


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def _floats(line: str, separator: str) -> list[float]:
    return [float(part) for part in re.split(separator, line.strip().strip(",")) if part]


def _numbers(cells: Iterable[object]) -> Box | None:
    try:
        left, top, third, fourth = (float(str(cell)) for cell in cells)
    except ValueError:
        return None
    return left, top, third, fourth
