"""CVAT's annotations, "for images" and "for video" (docs.cvat.ai, XML format 1.1).

`<image name="…"><box label="person" xtl ytl xbr ybr>` holds the boxes of a picture, `<track id="3" label="person"><box
frame="7" outside="0" …>` those of one person. Frames are counted from 0 in the order of the task's pictures. A box with
`outside="1"` says that the person is out of sight from there on. Exports hold a box for every frame; where frames
between two boxes are missing, they are interpolated linearly, as CVAT draws them between key frames, also towards a box
that is outside. A box may be turned: then the upright box around it is taken.

Who somebody is stands in an attribute (`person_id`, `track_id`, …), or is the track.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped
from reid_core.datasets.scenes.classes import is_person, who
from reid_core.datasets.scenes.cvat_xml import Annotations, Group, Shape, parse_cvat
from reid_core.datasets.scenes.scene import (
    Box,
    PersonBox,
    Scene,
    by_number,
    camera_of,
    dataset_of,
    is_chosen,
    number,
    read_text,
    why_no_box,
)
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.errors import ReidError, shown
from reid_core.records import plural


def read_cvat(listing: Listing, options: Options) -> Dataset | Declined:
    """People of all files of annotations.

    Declined where the pictures are no frames with such boxes and it is not asked for. Raises ReidError where a file
    cannot be read, and where no box is of a person.
    """
    if not is_chosen(listing, options, "cvat"):
        return Declined()
    scene = Scene()
    named = NamedPictures(listing.pictures)
    is_there = False
    for name in listing.texts:
        if not name.lower().endswith(".xml"):
            continue
        data = read_text(listing, name)
        if b"<annotations" not in data[:4096] and not any(data.startswith(mark) for mark in (b"\xff\xfe", b"\xfe\xff")):
            continue
        found = parse_cvat(name, data)
        is_there = is_there or bool(found.groups)
        _read_images(name, found, named, scene)
        _read_tracks(listing, name, found, scene)
    return dataset_of(listing, options, "CVAT", scene) if is_there else Declined()


def _read_images(name: str, found: Annotations, named: NamedPictures, scene: Scene) -> None:
    for group in found.groups:
        if group.kind != "image":
            continue
        try:
            picture = named.find(group.told.get("name", ""), name.rpartition("/")[0])
        except ValueError as error:
            scene.skipped.append(Skipped(f"image {shown(group.told.get('name', ''), 60)} of {name}", str(error)))
            continue
        for shape in group.shapes:
            if (box := _box_of_person(shape, shape.told.get("label"), scene)) is not None:
                identity, track = who(shape.attributes)
                scene.add(PersonBox(picture, box, f"line {shape.line} of {name}", "", track, identity))


def _read_tracks(listing: Listing, name: str, found: Annotations, scene: Scene) -> None:
    tracks = [group for group in found.groups if group.kind == "track"]
    if not tracks:
        return
    boxes = {place: _keys(group, scene) for place, group in enumerate(tracks)}
    wanted = sorted({frame for some in boxes.values() for frame, _, _ in some})
    names = _pictures_of(listing, name)
    pictures = by_number(names, wanted, first=0)
    if wanted and not pictures:
        raise ReidError(
            f"{name} names frames {wanted[0]} to {wanted[-1]}, but nothing says which of "
            f"{plural(len(names), 'picture')} these are. Put only this task's frames beside it, named as CVAT "
            "exports them: frame_000000.jpg."
        )
    numbers = sorted(pictures)
    source = found.meta.get("source", "").replace("\\", "/").rpartition("/")[2]
    film = (source.rpartition(".")[0] or source or found.meta.get("name", ""))[:100]
    missing: set[int] = set()
    for place, group in enumerate(tracks):
        track = group.told.get("id", "").strip()[:100] or f"number {place + 1}"
        for frame, box, shape in _boxes_of_track(boxes[place], numbers):
            if frame not in pictures:
                missing.add(frame)
                continue
            picture = pictures[frame]
            identity = who(shape.attributes)[0]
            where = f"track {track} of {name}, frame {frame}"
            scene.add(PersonBox(picture, box, where, film, track, identity, camera_of(picture) or film or None))
    for frame in sorted(missing):
        scene.skipped.append(Skipped(f"frame {frame} of {name}", "its picture is missing"))


def _pictures_of(listing: Listing, name: str) -> list[str]:
    """The frames of a task: the pictures beside the file and below it, but for those of other tasks' folders."""
    folder = name.rpartition("/")[0]
    inside = [picture for picture in listing.pictures if not folder or picture.startswith(f"{folder}/")]
    own = [picture for picture in inside if picture.rpartition("/")[0] in (folder, f"{folder}/images".lstrip("/"))]
    return own or inside


_Key = tuple[int, Box, Shape]


def _keys(group: Group, scene: Scene) -> list[_Key]:
    """The boxes of a track of a person by frame, also those outside; of two in one frame the first."""
    label = group.told.get("label")
    if label is not None and not is_person(label):
        seen = sum(shape.told.get("outside") != "1" for shape in group.shapes)
        if seen:
            scene.left_out[f"class {shown(label, 40)}"] += seen
        return []
    found: dict[int, _Key] = {}
    for shape in group.shapes:
        frame = number(shape.told.get("frame"))
        box = _box_of_person(shape, label, scene)
        if box is None:
            continue
        if not (0 <= frame < 1e9 and frame.is_integer()):
            scene.skipped.append(Skipped(f"line {shape.line}", "its frame is no number"))
            continue
        found.setdefault(int(frame), (int(frame), box, shape))
    return [found[frame] for frame in sorted(found)]


def _boxes_of_track(keys: Sequence[_Key], numbers: Sequence[int]) -> Iterator[_Key]:
    """The boxes in sight: those of the file, and between two of them one for each of the frames `numbers`."""
    for place, (frame, box, shape) in enumerate(keys):
        if shape.told.get("outside") == "1":
            continue
        yield frame, box, shape
        if place + 1 == len(keys) or keys[place + 1][0] == frame + 1:
            continue
        last, target, _ = keys[place + 1]
        if why_no_box(box) or why_no_box(target):
            continue
        for between in numbers[bisect_right(numbers, frame) : bisect_left(numbers, last)]:
            share = (between - frame) / (last - frame)
            left, top, width, height = (start + share * (end - start) for start, end in zip(box, target, strict=True))
            yield between, (left, top, width, height), shape


def _box_of_person(shape: Shape, label: str | None, scene: Scene) -> Box | None:
    """The upright box around the shape; None, counted, where it is of something else or no box. Without any label it is
    of a person."""
    if shape.kind != "box":
        scene.left_out["outlines and points, not boxes"] += 1
        return None
    if label is not None and not is_person(label):
        scene.left_out[f"class {shown(label, 40)}"] += 1
        return None
    left, top, right, bottom = (number(shape.told.get(key)) for key in ("xtl", "ytl", "xbr", "ybr"))
    turn = number(shape.told.get("rotation"))
    if not (math.isfinite(turn) and turn % 360):
        return left, top, right - left, bottom - top
    across, along = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
    width = (right - left) * across + (bottom - top) * along
    height = (right - left) * along + (bottom - top) * across
    return (left + right - width) / 2, (top + bottom - height) / 2, width, height
