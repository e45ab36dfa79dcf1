"""COCO's JSON (cocodataset.org), and what others put into it: videos and tracks.

`images` name the pictures, `annotations` hold a `bbox` (left, top, width, height in pixels) each, `categories` the
classes. Who somebody is stands in the annotation or in its `attributes`: `person_id` is a person of all films,
`track_id` or `instance_id` one of the film alone. With `videos` (CocoVID, mmtracking; TAO) the film is the camera, and
`frame_id` and `fps` tell the time. Crowds (`iscrowd`) are no person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped
from reid_core.datasets.scenes.classes import is_person, label_of, who
from reid_core.datasets.scenes.scene import Box, PersonBox, Scene, dataset_of, is_chosen, number, read_text
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.errors import shown
from reid_core.json_text import read_json
from reid_core.records import plural


@dataclass(frozen=True)
class _Image:
    picture: str
    film: str
    time: float


def read_coco(listing: Listing, options: Options) -> Dataset | Declined:
    """People of all files of annotations; of a picture that two name, the first is read.

    Declined where the pictures are no frames with such boxes, and it is not asked for. Raises ReidError where a file
    that was asked for cannot be read, and where no box is of a person.
    """
    if not is_chosen(listing, options, "coco"):
        return Declined()
    scene = Scene()
    named = NamedPictures(listing.pictures)
    taken: set[str] = set()
    is_there = False
    for name in listing.texts:
        if name.lower().endswith(".json") and (told := _parsed(listing, name, scene)) is not None:
            is_there = True
            taken |= _read_file(name, told, named, taken, scene)
    if not is_there:
        return Declined(tuple(scene.skipped))
    return dataset_of(listing, options, "COCO", scene)


def _parsed(listing: Listing, name: str, scene: Scene) -> dict[str, Any] | None:
    """The JSON, or None for one that holds other things."""
    data = read_text(listing, name)
    if b'"annotations"' not in data or b'"images"' not in data:
        return None
    try:
        told = read_json(data.decode("utf-8-sig"))
    except ValueError as error:
        scene.skipped.append(Skipped(name, f"it is no JSON that can be read ({error})"))
        return None
    is_coco = isinstance(told, dict) and all(isinstance(told.get(key), list) for key in ("images", "annotations"))
    return told if is_coco else None


def _read_file(name: str, told: Mapping[str, Any], named: NamedPictures, taken: set[str], scene: Scene) -> set[str]:
    """Adds the file's people; returns the pictures that it names."""
    images = _images(name, told, named, scene)
    classes = _classes(told)
    earlier = {id for id, image in images.items() if image.picture in taken}
    if earlier:
        scene.notes.append(
            f"{name}: an earlier file already has {plural(len(earlier), 'picture')} of it; the earlier one counts."
        )
    for place, item in enumerate(told["annotations"]):
        if not isinstance(item, dict):
            scene.left_out["no annotation"] += 1
            continue
        id = _key(item.get("image_id"))
        if id in earlier or id not in images:
            if id not in images:
                scene.left_out["missing pictures"] += 1
            continue
        kind = classes.get(_key(item.get("category_id")), "an unknown class") if classes is not None else "person"
        if item.get("iscrowd") not in (None, 0, False) or item.get("ignore") not in (None, 0, False):
            scene.left_out["crowds"] += 1
        elif not is_person(kind):
            scene.left_out[f"class {shown(kind, 40)}"] += 1
        elif (box := _box(item)) is None:
            scene.left_out["people without a box"] += 1
        else:
            identity, track = _who(item)
            image = images[id]
            where = f"annotation {label_of(item.get('id')) or f'number {place + 1}'} of {name}"
            scene.add(PersonBox(image.picture, box, where, image.film, track, identity, image.film or None, image.time))
    return {image.picture for image in images.values()}


def _images(name: str, told: Mapping[str, Any], named: NamedPictures, scene: Scene) -> dict[str, _Image]:
    """The pictures that are there, by their ids."""
    folder = name.rpartition("/")[0]
    videos = told.get("videos")
    films = {
        _key(video.get("id")): video
        for video in (videos if isinstance(videos, list) else [])
        if isinstance(video, dict)
    }
    found: dict[str, _Image] = {}
    for item in told["images"]:
        if not isinstance(item, dict) or not isinstance(item.get("file_name"), str):
            scene.left_out["pictures without a name"] += 1
            continue
        try:
            picture = named.find(item["file_name"], folder)
        except ValueError as error:
            scene.skipped.append(Skipped(f"image {label_of(item.get('id'))} of {name}", str(error)))
            continue
        film = films.get(_key(item.get("video_id")), {}) if "video_id" in item else {}
        rate, frame = number(film.get("fps", film.get("frame_rate"))), number(item.get("frame_id"))
        time = frame / rate if 0.01 <= rate <= 1000 and 0 <= frame < 1e9 else math.nan
        found.setdefault(_key(item.get("id")), _Image(picture, label_of(film.get("name")) or "", time))
    return found


def _classes(told: Mapping[str, Any]) -> dict[str, str] | None:
    """Names of the classes by their ids; None where the file names none, and all boxes are of people."""
    categories = told.get("categories")
    if not isinstance(categories, list) or not categories:
        return None
    return {_key(item.get("id")): str(item.get("name"))[:100] for item in categories if isinstance(item, dict)}


def _key(id: object) -> str:
    """1 and "1" are one id."""
    return (label_of(id) or shown(id, 60)) if isinstance(id, str | int | float) else ""


def _box(item: Mapping[str, Any]) -> Box | None:
    """The box, or the one around the outlines where there is none."""
    bbox = item.get("bbox")
    if isinstance(bbox, list) and len(bbox) == 4:
        left, top, width, height = map(number, bbox)
        return left, top, width, height
    outlines = item.get("segmentation")
    along: list[float] = []
    down: list[float] = []
    for outline in outlines if isinstance(outlines, list) else []:
        if isinstance(outline, list) and len(outline) >= 6:
            along += map(number, outline[::2])
            down += map(number, outline[1::2])
    if not along or not down:
        return None
    return min(along), min(down), max(along) - min(along), max(down) - min(down)


def _who(item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    attributes = item.get("attributes")
    inside = who(attributes) if isinstance(attributes, dict) else (None, None)
    identity, track = who(item)
    return identity or inside[0], track or inside[1]
