"""YOLO's labels: `labels/train/000012.txt` tells of `images/train/000012.jpg`, or lies beside it.

A line is class, centre x, centre y, width, height, as shares of the picture's sides (github.com/ultralytics). A sixth
number is a confidence, or the track where it is whole in all lines, as `save_txt` of a tracker writes it; with seven,
the confidence comes first. JDE and FairMOT write the track in the second place (`labels_with_ids`). Outlines (class and
three points or more) are taken by the box around them. The names of the classes stand in `data.yaml`, `classes.txt` or
`obj.names`; where none is there, class 0 is people, as in COCO.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence

import yaml

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped
from reid_core.datasets.checks.annotations_of_one import picture_of
from reid_core.datasets.checks.frames import stem_of
from reid_core.datasets.scenes.classes import is_person
from reid_core.datasets.scenes.scene import Box, PersonBox, Scene, dataset_of, is_chosen, number, read_text
from reid_core.errors import shown
from reid_core.images import BadImage, upright_size

MAX_NAMES_BYTES = 2**20
_NAMES_FILES = ("classes.txt", "obj.names", "names.txt", "_darknet.labels", "labels.txt")
_LINE = re.compile(r"\s*\d+(?:\s+\S+){4,}\s*")


def read_yolo(listing: Listing, options: Options) -> Dataset | Declined:
    """People of the files of labels. The header of each picture is read, for shares are of its sides.

    Declined where the pictures are no frames with such boxes and it is not asked for. Raises ReidError where no box is
    of a person.
    """
    if not is_chosen(listing, options, "yolo"):
        return Declined()
    by_stem: dict[str, list[str]] = defaultdict(list)
    for picture in listing.pictures:
        by_stem[stem_of(picture)].append(picture)
    files = {
        name: picture
        for name in listing.texts
        if name.lower().endswith(".txt") and (picture := picture_of(name, by_stem))
    }
    scene = Scene()
    told = {name: lines for name in files if (lines := _lines(listing, name, scene))}
    if not told:
        return Declined(tuple(scene.skipped))
    people = _classes_of_people(listing, scene)
    form = _form([values for lines in told.values() for _, values in lines])
    for name, lines in told.items():
        _read_picture(listing, files[name], lines, form, people, scene)
    return dataset_of(listing, options, "YOLO", scene)


def _lines(listing: Listing, name: str, scene: Scene) -> list[tuple[str, list[float]]]:
    """The numbers of each line and where it stands; [] for a file of other things."""
    lines = [line for line in read_text(listing, name).decode("utf-8-sig", "replace").splitlines() if line.strip()]
    if not lines or not _LINE.fullmatch(lines[0]):
        return []
    found = []
    for place, line in enumerate(lines, 1):
        values = [number(part) for part in line.split()]
        where = f"line {place} of {name}"
        if len(values) >= 5 and all(map(math.isfinite, values)) and values[0] >= 0 and values[0].is_integer():
            found.append((where, values))
        else:
            why = f"it is not class, x, y, width, height, but {shown(line.strip(), 60)}"
            scene.skipped.append(Skipped(where, why))
    return found


def _form(rows: Sequence[list[float]]) -> str:
    """Where the track stands: "second" (JDE), "sixth", "seventh", or "" where none does."""
    if all(len(row) == 6 and row[1].is_integer() and row[1] >= -1 for row in rows):
        return "second" if any(row[1] > 1 for row in rows) or not all(row[5].is_integer() for row in rows) else "sixth"
    if all(len(row) == 6 and row[5].is_integer() for row in rows) and any(row[5] > 1 for row in rows):
        return "sixth"
    return "seventh" if all(len(row) == 7 and row[6].is_integer() for row in rows) else ""


def _read_picture(
    listing: Listing,
    picture: str,
    lines: Sequence[tuple[str, list[float]]],
    form: str,
    people: frozenset[int] | dict[int, str],
    scene: Scene,
) -> None:
    try:
        size = upright_size(listing.source.read(picture))
    except BadImage as error:
        scene.skipped.append(Skipped(picture, str(error)))
        return
    for where, values in lines:
        kind, rest = int(values[0]), values[1:]
        if isinstance(people, dict):
            name = people.get(kind, f"number {kind}")
            is_one = is_person(name)
        else:
            name, is_one = f"number {kind}", kind in people
        if not is_one:
            scene.left_out[f"class {shown(name, 40)}"] += 1
            continue
        track = None
        if form:
            place = {"second": 0, "sixth": 4, "seventh": 5}[form]
            track = f"{rest[place]:.0f}" if rest[place] >= 0 else None
            rest = rest[1:] if form == "second" else rest[:4]
        scene.add(PersonBox(picture, _box(rest, size), where, "", track))


def _box(shares: Sequence[float], size: tuple[int, int]) -> Box:
    width, height = size
    if len(shares) >= 6 and len(shares) % 2 == 0 and max(shares) <= 1.01:
        along, down = shares[::2], shares[1::2]
        left, top, right, bottom = min(along), min(down), max(along), max(down)
        return left * width, top * height, (right - left) * width, (bottom - top) * height
    x, y, across, high = shares[:4]
    if max(map(abs, (x, y, across, high))) > 2:  # no shares
        return math.nan, math.nan, math.nan, math.nan
    return (x - across / 2) * width, (y - high / 2) * height, across * width, high * height


def _classes_of_people(listing: Listing, scene: Scene) -> frozenset[int] | dict[int, str]:
    """The names of the classes by number; without any, the numbers that are people."""
    for name in sorted((*listing.texts, *listing.others), key=lambda name: (name.count("/"), name)):
        file = name.rpartition("/")[2].lower()
        names: dict[int, str] = {}
        if file.endswith((".yaml", ".yml")):
            names = _of_yaml(listing, name)
        elif file in _NAMES_FILES or file.endswith(".names"):
            text = read_text(listing, name)[:MAX_NAMES_BYTES].decode("utf-8-sig", "replace")
            names = dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
        if names:
            if len(names) == 1 and not any(map(is_person, names.values())):
                only = next(iter(names.values()))
                scene.notes.append(f"{name}: the only class is {shown(only, 40)}; its boxes are read as people.")
                return frozenset(names)
            return names
    scene.notes.append("No file names the classes (data.yaml, classes.txt, obj.names), so class 0 is read as people.")
    return frozenset({0})


def _of_yaml(listing: Listing, name: str) -> dict[int, str]:
    """`names` of a data.yaml: a list, or numbers and names; {} for any other file."""
    try:
        data = listing.source.read(name, limit=MAX_NAMES_BYTES)
        told = yaml.load(data, Loader=_Plain)
    except (BadImage, yaml.YAMLError, RecursionError, ValueError, UnicodeError):
        return {}
    names = told.get("names") if isinstance(told, dict) else None
    pairs = enumerate(names) if isinstance(names, list) else names.items() if isinstance(names, dict) else ()
    return {int(key): str(value)[:100] for key, value in pairs if isinstance(key, int) and isinstance(value, str)}


class _Plain(yaml.SafeLoader):
    """Without aliases: a few of them, one inside another, stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)
