"""Files of annotations that tell of many pictures: MOT, MOTS, KITTI, WIDER FACE, CVAT, COCO, tables."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reid_core.datasets.annotated import Frames
from reid_core.datasets.base import Listing
from reid_core.datasets.checks.boxes import Box, boxes_of_json, holds_boxes, named_pictures, pictures_by_stem
from reid_core.datasets.checks.frames import (
    MAX_BYTES,
    NUMBER,
    are_frames,
    are_most,
    floats,
    held_against,
    may_be_a_crop,
    named_by,
    size_of,
    some_of,
    stem_of,
    text_of,
)
from reid_core.datasets.tables.table_files import MAX_TABLE_BYTES, preview_table
from reid_core.errors import ReidError

HEAD = 2**20  # bytes of an XML file that are looked through
LINES = 200  # of a text, from its beginning to its end
ROWS = 400  # of a table that are looked at
SIDES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("xmin", "x_min", "x1", "left", "xtl", "bbox_left", "bb_left", "bbox_x1"),
     ("ymin", "y_min", "y1", "top", "ytl", "bbox_top", "bb_top", "bbox_y1"),
     ("xmax", "x_max", "x2", "right", "xbr", "bbox_right", "bbox_x2"),
     ("ymax", "y_max", "y2", "bottom", "ybr", "bbox_bottom", "bbox_y2")),
    (("x", "xmin", "x1", "left", "bbox_x", "bb_left", "bbox_left", "box_x"),
     ("y", "ymin", "y1", "top", "bbox_y", "bb_top", "bbox_top", "box_y"),
     ("w", "width", "bbox_w", "bb_width", "bbox_width", "box_w"),
     ("h", "height", "bbox_h", "bb_height", "bbox_height", "box_h")),
    (("cx", "xc", "x_center", "center_x", "xcenter", "x_centre"),
     ("cy", "yc", "y_center", "center_y", "ycenter", "y_centre"),
     ("w", "width", "bbox_w", "bbox_width", "box_w"),
     ("h", "height", "bbox_h", "bbox_height", "box_h")),
)  # fmt: skip
FRAME_COLUMNS = ("frame", "frame_id", "frameid", "frame_no", "frame_number", "frame_index", "frame_idx", "frame_num")
_LAST_NUMBER = re.compile(r"[0-9]{1,11}$")
_MOT_LINE = re.compile(rf"\s*\d+\s*[, ]\s*-?\d+(?:\s*[, ]\s*{NUMBER}){{4,}}\s*")
_VISDRONE_FILM_LINE = re.compile(r"\s*\d+(?:,-?\d+){5},[01],(?:[0-9]|1[01]),[012],[012]\s*")
_KITTI_FILM_LINE = re.compile(rf"\s*\d+\s+-?\d+\s+[A-Za-z_]+(?:\s+{NUMBER}){{14,15}}\s*")
_MOTS_LINE = re.compile(r"\s*\d+\s+\d+\s+\d+\s+(\d+)\s+(\d+)\s+\S{4,}\s*")
_WIDER_BOX = re.compile(rf"\s*{NUMBER}(?:\s+{NUMBER}){{3,}}\s*")


def frames_of_one_file(listing: Listing, name: str, by_name: Mapping[str, list[str]], is_of_one: bool) -> list[Frames]:
    """What a file of any kind tells of many pictures; `is_of_one` where it is called like one."""
    suffix = name.rpartition(".")[2].lower()
    if suffix == "txt":
        if is_of_one and stem_of(name).lower() not in ("gt", "det"):
            return []
        return _mot(listing, name) or _wider(listing, name)
    if is_of_one:
        return []
    found = _cvat(listing, name, by_name) if suffix == "xml" else []
    found = found or (_coco(listing, name, by_name) if suffix == "json" else [])
    return found or _of_any_tool(listing, name)


def _of_any_tool(listing: Listing, name: str) -> list[Frames]:
    """A file that names at least half of the pictures of its folders, and holds boxes."""
    text = text_of(listing, name, MAX_BYTES)
    if not holds_boxes(text):
        return []
    named = named_pictures(text, pictures_by_stem(listing.pictures))
    if not are_most(listing, named):
        return []
    boxes = boxes_of_json(text)
    sizes = [size for picture in some_of(sorted(named)) if (size := size_of(listing, picture))]
    if not sizes or not are_frames(sizes, boxes, len(named)):
        return []
    return [Frames(name, "boxes", named)]


def frames_of_sequence(listing: Listing, name: str) -> list[Frames]:
    """MOT's `seqinfo.ini`, which says how large the frames of its sequence are."""
    told = dict(re.findall(r"^(\w+)\s*=\s*(.+?)\s*$", text_of(listing, name, HEAD), re.MULTILINE))
    size = (told.get("imWidth"), told.get("imHeight"))
    folder = name.rpartition("/")[0]
    inside = [picture for picture in listing.pictures if picture.startswith(f"{folder}/" if folder else "")]
    sizes = [tuple(map(str, found)) for picture in some_of(inside) if (found := size_of(listing, picture))]
    if not sizes or 2 * sum(found == size for found in sizes) < len(sizes):
        return []
    return [Frames(name, "a sequence of MOT's", frozenset(inside), "mot")]


def _wider(listing: Listing, name: str) -> list[Frames]:
    """A line with a picture, one with a number, and one for each box (WIDER FACE's, and others like it)."""
    lines = text_of(listing, name, MAX_BYTES).splitlines()
    rows = [line for line in lines if _WIDER_BOX.fullmatch(line)]
    if not rows or not lines or _WIDER_BOX.fullmatch(lines[0]):
        return []
    text = "".join(f'"{line.strip()}"' for line in lines if not _WIDER_BOX.fullmatch(line))
    named = named_pictures(text, pictures_by_stem(listing.pictures))
    boxes = [(some[0], some[1], some[2], some[3]) for row in rows[:ROWS] if (some := floats(row, r"\s+"))]
    sizes = [size for picture in some_of(sorted(named)) if (size := size_of(listing, picture))]
    if not are_most(listing, named) or not sizes or not are_frames(sizes, boxes, len(named)):
        return []
    return [Frames(name, "boxes", named)]


def _mot(listing: Listing, name: str) -> list[Frames]:
    """A text with a frame and a track on each line, as MOT, MOTS, VisDrone and KITTI write them.

    It tells of the pictures in the folder of its name, or else of those of its sequence (`<sequence>/gt/gt.txt`).
    """
    lines = [line for line in text_of(listing, name, MAX_BYTES).splitlines() if line.strip()]
    lines = lines[:: max(1, len(lines) // LINES)][:LINES]
    if not lines:
        return []
    pictures = dict.fromkeys(pictures_of_film(listing, name))
    if all(_MOTS_LINE.fullmatch(line) for line in lines):
        match = _MOTS_LINE.fullmatch(lines[0])
        size = size_of(listing, next(iter(pictures))) if pictures else None
        is_of_it = match is not None and size == (int(match[2]), int(match[1]))
        return [Frames(name, "MOTS's masks", frozenset(pictures))] if is_of_it else []
    if all(_MOT_LINE.fullmatch(line) for line in lines):
        boxes = [floats(line, r"[, ]+")[2:6] for line in lines]
        if all(side <= 1 for box in boxes for side in box):
            return []
        if all(_VISDRONE_FILM_LINE.fullmatch(line) for line in lines):
            return held_against(listing, name, "VisDrone's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)
        return held_against(listing, name, "MOT's boxes", dict.fromkeys(pictures, boxes), are_of_any=True, reader="mot")
    if all(_KITTI_FILM_LINE.fullmatch(line) for line in lines):
        corners = [[float(part) for part in line.split()[6:10]] for line in lines]
        boxes = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in corners]
        return held_against(listing, name, "KITTI's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)
    return []


def pictures_of_film(listing: Listing, name: str) -> list[str]:
    stem = stem_of(name)
    called = [picture for picture in listing.pictures if stem in picture.split("/")[:-1]]
    if called:
        return called
    folders = name.split("/")[:-1]
    if folders and folders[-1].lower() in ("gt", "det", "label", "labels", "annotations", "results", "tracks"):
        folders.pop()
    for above in ("/".join(folders), "/".join(folders[:-1])):
        if found := [picture for picture in listing.pictures if picture.startswith(f"{above}/" if above else "")]:
            return found
    return []


def _cvat(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    text = text_of(listing, name, HEAD)
    if not re.search(r"<annotations[\s>]", text) or not re.search(r"<(?:box|polygon|polyline|skeleton|mask)\s", text):
        return []
    named = re.findall(r"<image\s[^>]*?name=\"([^\"]+)\"", text_of(listing, name, MAX_BYTES))
    pictures = {picture for path in named for picture in named_by(path, name, by_name)}
    folder = name.rpartition("/")[0]
    if not named:  # of a film: frames are numbered, and their pictures lie beside or below
        pictures = {picture for picture in listing.pictures if picture.startswith(f"{folder}/" if folder else "")}
    keys = ("xtl", "ytl", "xbr", "ybr")
    sides = [re.search(rf"<box\s[^>]*?{key}=\"({NUMBER})\"", text) for key in keys]
    box = [float(side[1]) for side in sides if side]
    boxes = [(box[0], box[1], box[2] - box[0], box[3] - box[1])] if len(box) == 4 else []
    return held_against(listing, name, "CVAT's boxes", dict.fromkeys(pictures, boxes), are_of_any=True, reader="cvat")


def _coco(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    text = text_of(listing, name, MAX_BYTES)
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
        if not isinstance(item, dict):
            continue
        box = item.get("bbox") or next(iter(map(list, boxes_of_json(json.dumps(item)))), None)
        if isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box):
            by_id[str(item.get("image_id"))].append(box)
    boxes = {
        picture: by_id[str(image.get("id"))]
        for image in told["images"]
        if isinstance(image, dict) and by_id.get(str(image.get("id")))
        for picture in named_by(str(image.get("file_name")), name, by_name)
    }
    return held_against(listing, name, "COCO's boxes", boxes, reader="coco")


def frames_of_table(listing: Listing, name: str, by_name: Mapping[str, list[str]]) -> list[Frames]:
    try:
        table = preview_table(name, listing.source.read(name, limit=MAX_TABLE_BYTES), ROWS)
    except ReidError:  # to read it as a table says why
        return []
    columns, rows, image = table.columns, table.rows, table.found.columns.get("image")
    places = {column.strip().lower(): place for place, column in reversed(list(enumerate(columns)))}
    boxes: dict[str, list[Box]] = defaultdict(list)
    frame = next((places[column] for column in FRAME_COLUMNS if column in places), None)
    numbered = _by_number(pictures_of_film(listing, name)) if image is None and frame is not None else {}

    def pictures(row: Sequence[object]) -> Sequence[str]:
        if image is not None:
            return named_by(str(row[columns.index(image)]), name, by_name)
        return numbered.get(_number(row[frame]), []) if frame is not None else []

    for kind, sides in enumerate(SIDES):
        where = [next((places[side] for side in names if side in places), None) for names in sides]
        if (image is None and not numbered) or None in where or len(set(where)) < 4:
            continue
        for row in rows:
            box = _numbers([row[place] for place in where if place is not None])
            if box is None:
                continue
            left, top, third, fourth = box
            if kind == 2:
                left, top = left - third / 2, top - fourth / 2
            size = (third - left, fourth - top) if kind == 0 else (third, fourth)
            for picture in pictures(row):
                boxes[picture].append((left, top, *size))
        break
    named = ", ".join(columns[place] for place in where if place is not None)
    if not boxes or (image is None and _are_crops(listing, sorted(boxes))):
        return []
    return held_against(listing, name, f"columns {named}", boxes, is_table=True, reader="box-table")


def _are_crops(listing: Listing, names: Sequence[str]) -> bool:
    """Whether most pictures may be crops: those of frame 12 are not frame 12, of which a table tells."""
    sizes = [size for name in some_of(names) if (size := size_of(listing, name))]
    return 2 * sum(map(may_be_a_crop, sizes)) >= len(sizes)


def _by_number(names: Sequence[str]) -> dict[int, list[str]]:
    """Pictures by the number that their names end in: 12 of frame_000012.jpg."""
    found: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if match := _LAST_NUMBER.search(stem_of(name)):
            found[int(match[0])].append(name)
    return found


def _number(cell: object) -> int:
    text = str(cell).strip().removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 12 else -1


def _numbers(cells: Iterable[object]) -> Box | None:
    try:
        left, top, third, fourth = (float(str(cell)) for cell in cells)
    except ValueError:
        return None
    return left, top, third, fourth
