"""Whole frames with boxes drawn in them, which are no crops: how they are recognised, and refused.

MOT's `gt/gt.txt` and `det/det.txt` (motchallenge.net), COCO's JSON (cocodataset.org), CVAT's `annotations.xml`, tables
with a column for each side of a box, and one file for each picture: YOLO's .txt, Pascal VOC's .xml, labelme's .json.
What other tools write is known by what all have in common: see `boxes`.

A file that says so is no proof: a table of crops may well tell where each was cut out. So the boxes are held against
the pictures: frames have boxes that fit into them and are smaller, most of them more than one. A portrait picture, no
larger than crops are, with one box that is half of it, or with one row of a table, is a crop: of somebody's head, say.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reid_core.datasets.base import Listing, Skipped
from reid_core.datasets.checks.boxes import Box, boxes_of_json, holds_boxes, named_pictures, pictures_by_stem
from reid_core.datasets.tables.table_files import MAX_TABLE_BYTES, preview_table
from reid_core.errors import ReidError
from reid_core.images import BadImage, picture_size
from reid_core.records import plural

MAX_BYTES = 64 * 2**20  # of one file of annotations that is read whole
HEAD = 2**20  # bytes of an XML file that are looked through
LINES = 200  # of a text, from its beginning to its end
LARGEST_CROP = 640  # pixels of height; a larger portrait picture may be a phone's
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
    (("cx", "xc", "x_center", "center_x", "xcenter", "x_centre"),
     ("cy", "yc", "y_center", "center_y", "ycenter", "y_centre"),
     ("w", "width", "bbox_w", "bbox_width", "box_w"),
     ("h", "height", "bbox_h", "bbox_height", "box_h")),
)  # fmt: skip
_FRAME_COLUMNS = ("frame", "frame_id", "frameid", "frame_no", "frame_number", "frame_index", "frame_idx", "frame_num")
_LAST_NUMBER = re.compile(r"[0-9]{1,11}$")
_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_MOT_LINE = re.compile(rf"\s*\d+\s*[, ]\s*-?\d+(?:\s*[, ]\s*{_NUMBER}){{4,}}\s*")
_YOLO_LINE = re.compile(rf"\s*\d+((?:\s+{_NUMBER}){{4,}})\s*")
_JDE_LINE = re.compile(rf"\s*\d+\s+-?\d+(?:\s+{_NUMBER}){{4}}\s*")
_KITTI_FILM_LINE = re.compile(rf"\s*\d+\s+-?\d+\s+[A-Za-z_]+(?:\s+{_NUMBER}){{14,15}}\s*")
_MOTS_LINE = re.compile(r"\s*\d+\s+\d+\s+\d+\s+(\d+)\s+(\d+)\s+\S{4,}\s*")
_LIST_LINE = re.compile(r"\s*(\S[^\n]*?\.\w{2,5})[\s,;]+-?\w[^\n]*")
_WIDER_BOX = re.compile(rf"\s*{_NUMBER}(?:\s+{_NUMBER}){{3,}}\s*")
_KITTI_LINE = re.compile(rf"\s*[A-Za-z_]+(?:\s+{_NUMBER}){{14,15}}\s*")
_WIDER_PERSON_LINE = re.compile(r"\s*\d(?:\s+-?\d+){4}\s*")
_VISDRONE_LINE = re.compile(rf"\s*{_NUMBER}(?:,{_NUMBER}){{5,9}},?\s*")


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
            f"yet: cut the people out first. To import the pictures as they are, {_remedy(listing)}."
        )
    skipped = [
        Skipped(name, f"it is a whole frame: {frame.file} ({frame.kind}) holds boxes in it")
        for frame in found
        for name in sorted(frame.pictures)
    ]
    rest = tuple(name for name in listing.pictures if name not in frames)
    return replace(listing, pictures=rest, skipped=(*listing.skipped, *skipped))


def _remedy(listing: Listing) -> str:
    """The formats that read such pictures, with those that keep labels."""
    table = ", or --format table for the labels of the table" if listing.tables else ""
    return f"give --format flat or --format identity-folders (each folder is a person){table}"


def find_frames(listing: Listing) -> list[Frames]:
    """The frames of each file of annotations, by what the file and the pictures say. A picture is named once."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for name in listing.pictures:
        by_name[name.rpartition("/")[2]].append(name)
    found: list[Frames] = []
    stems = {_stem(name) for name in listing.pictures}
    few = [name for name in listing.texts if _stem(name) not in stems or name.lower().endswith(".txt")]
    for name in few[:MAX_FILES] if len(listing.texts) > MAX_FILES else listing.texts:
        found += _of_many(listing, name, by_name, _stem(name) in stems or _stem(_stem(name) + ".x") in stems)
    for name in listing.others:
        found += _of_sequence(listing, name)
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


def _of_many(listing: Listing, name: str, by_name: Mapping[str, list[str]], is_of_one: bool) -> list[Frames]:
    """What a file of any kind tells of many pictures; `is_of_one` where it is called like one."""
    suffix = name.rpartition(".")[2].lower()
    if suffix == "txt":
        if is_of_one and _stem(name).lower() not in ("gt", "det"):
            return []
        return _mot(listing, name) or _wider(listing, name)
    if is_of_one:
        return []
    found = _cvat(listing, name, by_name) if suffix == "xml" else []
    found = found or (_coco(listing, name, by_name) if suffix == "json" else [])
    return found or _of_any_tool(listing, name)


def _of_any_tool(listing: Listing, name: str) -> list[Frames]:
    """A file that names at least half of the pictures of its folders, and holds boxes."""
    text = _text(listing, name, MAX_BYTES)
    if not holds_boxes(text):
        return []
    named = named_pictures(text, pictures_by_stem(listing.pictures))
    if not _are_most(listing, named):
        return []
    boxes = boxes_of_json(text)
    sizes = [size for picture in _some(sorted(named)) if (size := _size(listing, picture))]
    if not sizes or not _are_frames(sizes, boxes, len(named)):
        return []
    return [Frames(name, "boxes", named)]


def _are_frames(sizes: Sequence[tuple[int, int]], boxes: Sequence[Box], pictures: int) -> bool:
    """Whether boxes, of which it is not known in which picture each lies, are smaller than the pictures."""
    shares = sorted(
        width * height / (1.0 if left + width <= 1.01 and top + height <= 1.01 else size[0] * size[1])
        for left, top, width, height in boxes
        for size in (sizes[len(sizes) // 2],)
    )
    share = shares[len(shares) // 2] if shares else None
    if 2 * sum(_may_be_a_crop(size) for size in sizes) < len(sizes):
        return share is None or share < WHOLE
    return share is not None and share < 0.5 and len(boxes) > 1.5 * pictures


def _are_most(listing: Listing, named: Iterable[str]) -> bool:
    known = set(named)
    folders = {name.rpartition("/")[0] for name in known}
    there = sum(name.rpartition("/")[0] in folders for name in listing.pictures)
    return bool(known) and 2 * len(known) >= there


def _some(names: Sequence[str]) -> Sequence[str]:
    return names[:: max(1, len(names) // LOOKED_AT)][:LOOKED_AT]


def _of_sequence(listing: Listing, name: str) -> list[Frames]:
    """MOT's `seqinfo.ini`, which says how large the frames of its sequence are."""
    told = dict(re.findall(r"^(\w+)\s*=\s*(.+?)\s*$", _text(listing, name, HEAD), re.MULTILINE))
    size = (told.get("imWidth"), told.get("imHeight"))
    folder = name.rpartition("/")[0]
    inside = [picture for picture in listing.pictures if picture.startswith(f"{folder}/" if folder else "")]
    sizes = [tuple(map(str, found)) for picture in _some(inside) if (found := _size(listing, picture))]
    if not sizes or 2 * sum(found == size for found in sizes) < len(sizes):
        return []
    return [Frames(name, "a sequence of MOT's", frozenset(inside))]


def _wider(listing: Listing, name: str) -> list[Frames]:
    """A line with a picture, one with a number, and one for each box (WIDER FACE's, and others like it)."""
    lines = _text(listing, name, MAX_BYTES).splitlines()
    rows = [line for line in lines if _WIDER_BOX.fullmatch(line)]
    if not rows or not lines or _WIDER_BOX.fullmatch(lines[0]):
        return []
    text = "".join(f'"{line.strip()}"' for line in lines if not _WIDER_BOX.fullmatch(line))
    named = named_pictures(text, pictures_by_stem(listing.pictures))
    boxes = [(some[0], some[1], some[2], some[3]) for row in rows[:ROWS] if (some := _floats(row, r"\s+"))]
    sizes = [size for picture in _some(sorted(named)) if (size := _size(listing, picture))]
    if not _are_most(listing, named) or not sizes or not _are_frames(sizes, boxes, len(named)):
        return []
    return [Frames(name, "boxes", named)]


def _mot(listing: Listing, name: str) -> list[Frames]:
    """A text with a frame and a track on each line, as MOT, MOTS, VisDrone and KITTI write them.

    It tells of the pictures in the folder of its name, or else of those of its sequence (`<sequence>/gt/gt.txt`).
    """
    lines = [line for line in _text(listing, name, MAX_BYTES).splitlines() if line.strip()]
    lines = lines[:: max(1, len(lines) // LINES)][:LINES]
    if not lines:
        return []
    pictures = dict.fromkeys(_pictures_of_film(listing, name))
    if all(_MOTS_LINE.fullmatch(line) for line in lines):
        match = _MOTS_LINE.fullmatch(lines[0])
        size = _size(listing, next(iter(pictures))) if pictures else None
        is_of_it = match is not None and size == (int(match[2]), int(match[1]))
        return [Frames(name, "MOTS's masks", frozenset(pictures))] if is_of_it else []
    if all(_MOT_LINE.fullmatch(line) for line in lines):
        boxes = [_floats(line, r"[, ]+")[2:6] for line in lines]
        if all(side <= 1 for box in boxes for side in box):
            return []
        return _held_against(listing, name, "MOT's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)
    if all(_KITTI_FILM_LINE.fullmatch(line) for line in lines):
        corners = [[float(part) for part in line.split()[6:10]] for line in lines]
        boxes = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in corners]
        return _held_against(listing, name, "KITTI's boxes", dict.fromkeys(pictures, boxes), are_of_any=True)
    return []


def _pictures_of_film(listing: Listing, name: str) -> list[str]:
    stem = _stem(name)
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
        if not isinstance(item, dict):
            continue
        box = item.get("bbox") or next(iter(map(list, boxes_of_json(json.dumps(item)))), None)
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
    frame = next((places[column] for column in _FRAME_COLUMNS if column in places), None)
    numbered = _by_number(_pictures_of_film(listing, name)) if image is None and frame is not None else {}

    def pictures(row: Sequence[object]) -> Sequence[str]:
        if image is not None:
            return _named(str(row[columns.index(image)]), name, by_name)
        return numbered.get(_number(row[frame]), []) if frame is not None else []

    for kind, sides in enumerate(_SIDES):
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
    return _held_against(listing, name, f"columns {named}", boxes, is_table=True)


def _are_crops(listing: Listing, names: Sequence[str]) -> bool:
    """Whether most pictures may be crops: those of frame 12 are not frame 12, of which a table tells."""
    sizes = [size for name in _some(names) if (size := _size(listing, name))]
    return 2 * sum(map(_may_be_a_crop, sizes)) >= len(sizes)


def _by_number(names: Sequence[str]) -> dict[int, list[str]]:
    """Pictures by the number that their names end in: 12 of frame_000012.jpg."""
    found: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if match := _LAST_NUMBER.search(_stem(name)):
            found[int(match[0])].append(name)
    return found


def _number(cell: object) -> int:
    text = str(cell).strip().removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 12 else -1


# --- what is not read ---


def some_sizes(listing: Listing, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Width and height of a dozen of the pictures."""
    return tuple(size for name in _some(names) if (size := _size(listing, name)) is not None)


def unread_labels(listing: Listing) -> list[str]:
    """A sentence for each text that names at least half of the pictures and says more of each: a list of labels."""
    stems = pictures_by_stem(listing.pictures)
    told = []
    for name in [name for name in listing.texts if _stem(name) not in stems][:LOOKED_AT]:
        text = _text(listing, name, HEAD)
        if name.lower().endswith(".txt"):
            rows = [match for line in text.splitlines() if (match := _LIST_LINE.fullmatch(line))]
            text = "".join(f'"{row[1]}"' for row in rows)
        is_coco = '"images"' in text and '"annotations"' in text
        if text and not is_coco and 2 * len(named_pictures(text, stems)) >= len(listing.pictures):
            told.append(
                f"{name} names the pictures and may say who is on them, but it is not read. A CSV with the columns "
                "image, identity and camera is."
            )
    return told


# --- one file for each picture ---


def _one_file_each(listing: Listing) -> list[Frames]:
    """YOLO's, Pascal VOC's, VisDrone's and labelme's files, which are called like the picture that they tell of."""
    stems: dict[str, list[str]] = defaultdict(list)
    for name in listing.pictures:
        stems[_stem(name)].append(name)
        stems[name.rpartition("/")[2]].append(name)  # Supervisely's ann/1.jpg.json
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
        r"(^|/)(?:labels|labels_with_ids|annotations|xmls?|txts?|labelTxt|ann)(/|$)",
        r"\1images\2",
        folder,
        flags=re.IGNORECASE,
    )
    wanted = (swapped, re.sub(r"(^|/)images(/|$)", r"\1img\2", swapped))
    images = [picture for picture in pictures if picture.rpartition("/")[0] in wanted]
    return (beside or images or (pictures if len(pictures) == 1 else [""]))[0]


def _boxes_of_one(listing: Listing, name: str, picture: str) -> tuple[str, list[Sequence[float]]]:
    text = _text(listing, name, MAX_BYTES)  # labelme puts the picture itself into its file
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
        if shapes := _labelme(text):
            return "labelme's shapes", shapes
        size = _size(listing, picture) if holds_boxes(text) else None
        return "boxes", [] if size is None else [_in_pixels(box, size) for box in boxes_of_json(text)]
    if lines and all(_YOLO_LINE.fullmatch(line) for line in lines):
        has_tracks = all(_JDE_LINE.fullmatch(line) for line in lines)
        shares = [_floats(line, r"\s+")[2:6] if has_tracks else _floats(line, r"\s+")[1:5] for line in lines]
        if all(0 <= share <= 1 for box in shares for share in box) and (size := _size(listing, picture)):
            return "YOLO's boxes", [
                ((x - w / 2) * size[0], (y - h / 2) * size[1], w * size[0], h * size[1]) for x, y, w, h in shares
            ]
    if lines and all(_KITTI_LINE.fullmatch(line) for line in lines):
        corners = [[float(part) for part in line.split()[4:8]] for line in lines]
        return "KITTI's boxes", [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in corners]
    if lines and lines[0].strip() == str(len(lines) - 1) and all(map(_WIDER_PERSON_LINE.fullmatch, lines[1:])):
        corners = [_floats(line, r"\s+")[1:] for line in lines[1:]]
        return "WiderPerson's boxes", [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in corners]
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
    listing: Listing,
    file: str,
    kind: str,
    boxes: Mapping[str, Sequence[Sequence[float]]],
    *,
    are_of_any: bool = False,
    is_table: bool = False,
) -> list[Frames]:
    """The pictures that `boxes` names, if they are frames; nothing where the pictures are what was cut out.

    Where boxes are `are_of_any` picture, that there are several says nothing; where they are outlines, which are not
    looked into, the file is taken at its word. A table of crops may say where in each something is: one row each.
    """
    names = sorted(boxes)
    if names and are_of_any and not any(boxes.values()):
        return [Frames(file, kind, frozenset(names))]
    speaks_for, speaks_against = 0, 0
    for name in _some(names):
        size = _size(listing, name)
        if size is None or not boxes[name]:
            continue
        some = [_in_pixels(box, size) for box in boxes[name]]
        inside = [_is_part_of(box, size, 0.5 if are_of_any else 0.9) for box in some]
        several = len(set(some)) > 1 and not are_of_any
        is_frame = sum(inside) * 2 > len(inside) or (several and any(inside))
        if not (several or are_of_any) and _may_be_a_crop(size):
            is_frame = is_frame and not is_table and some[0][2] * some[0][3] < 0.5 * size[0] * size[1]
        speaks_for, speaks_against = speaks_for + is_frame, speaks_against + (not is_frame)
    is_one_each = all(len(some) == 1 for some in boxes.values()) and not are_of_any
    enough = speaks_for > (3 if is_one_each else 1) * speaks_against
    return [Frames(file, kind, frozenset(names))] if enough else []


def _may_be_a_crop(size: tuple[int, int]) -> bool:
    return size[0] <= size[1] < LARGEST_CROP


def _in_pixels(box: Sequence[float], size: tuple[int, int]) -> Box:
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
