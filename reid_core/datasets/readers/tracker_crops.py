"""The crops that trackers and detectors save: BoxMOT's, and those of YOLO that it is made of.

BoxMOT and yolov5-deepsort write `exp/crops/person/1/frame_11.jpg`: class, number of the track, frame; some put the
name of the film between `crops` and the class. Ultralytics' YOLO without a tracker writes `crops/person/frame_11.jpg`,
which names nobody. Classes are those of COCO, or of anybody's own model: where there is a class of people, what is no
person is left out, by name. What lies outside `crops`, such as the frame `exp/im0.jpg` that every run leaves, is left
out, too.

A number is one track in one film. Where there are several films or runs, "3" of one is not "3" of another: labels are
then "exp-3" and "exp2-3".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.labels import SPLIT_NAMES
from reid_core.datasets.name_times import time_of_name

PEOPLE = frozenset({"person", "pedestrian", "people", "human"})
_THINGS = """
bicycle, car, motorcycle, motorbike, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop
sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack,
umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove,
skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple,
sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, sofa, potted plant, bed, dining
table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator,
book, clock, vase, scissors, teddy bear, hair drier, toothbrush, vehicle, van, rider, face, head
"""
_ROLE_WORDS = """
player referee goalkeeper coach athlete worker employee staff guard visitor customer shopper passenger driver cyclist
man woman child adult kid boy girl
"""
ROLES = frozenset(_ROLE_WORDS.split())
CLASSES = PEOPLE | frozenset(name.strip() for name in _THINGS.replace("\n", " ").split(","))


_TRACK = re.compile(r"\d+|(?:id|track|tracklet|tid|t)[-_ ]?\d+", re.IGNORECASE)
_CLASS = re.compile(r"[^\d/]{3,}")
CROPS = "crops"


@dataclass(frozen=True)
class _Place:
    """A picture's film ("exp/crops/gate"), class, and track where one is told."""

    film: str
    kind: str
    track: str | None


def read_tracker_crops(listing: Listing, options: Options) -> Dataset | Declined:
    """People by track; declined unless the pictures lie in folders of classes, one of them of people.

    One more sign is needed: the folder `crops` above them, or a second class. Below `crops`, classes may have any name
    where each has folders of tracks; where none is of people, all are read, and a note says so.
    """
    inside = [name for name in listing.pictures if CROPS in name.lower().split("/")[:-1]]
    if not (inside and _is_run(inside, listing.pictures)):
        inside = list(listing.pictures)
    places = {name: place for name in inside if (place := _place(name)) is not None}
    kinds = {place.kind for place in places.values()}
    in_crops = all(CROPS in place.film.lower().split("/") for place in places.values())
    known = kinds <= CLASSES and bool(kinds & PEOPLE)
    if len(places) < len(inside) or not (known or (in_crops and _have_tracks(places))):
        return Declined()
    if not (options.required or in_crops or len(kinds) > 1):
        return Declined()
    taken = kinds & PEOPLE or kinds
    people = {name: place for name, place in places.items() if place.kind in taken}
    labels = _labels(list(people.values()))
    skipped = [
        Skipped(name, f"it shows a {place.kind}, not a person") for name, place in places.items() if name not in people
    ]
    skipped += [Skipped(name, f"it lies outside {CROPS}") for name in listing.pictures if name not in places]
    notes = []
    if not kinds & PEOPLE:
        listed = ", ".join(sorted(kinds))
        notes.append(
            f"No class is called person, so the tracks of all classes are read as people: {listed}. If one is no "
            "person, move its folder away; if these folders are the people, give --format identity-folders."
        )
    rows: dict[str, Sequence[object]] = {
        "path": list(people),
        "identity": labels,
        "camera": [None] * len(people),
        "tracklet": labels,
        "time": [time_of_name(name, options.time_zone) for name in people],
        "split": ["gallery" if label is None else None for label in labels],
    }
    return Dataset(
        listing.source.path,
        "tracker's crops",
        build_records(rows, options),
        (*listing.skipped, *skipped),
        tuple(notes),
    )


def _is_run(inside: Sequence[str], pictures: Sequence[str]) -> bool:
    """Whether the pictures outside `crops` are what a run leaves: they lie above it, or are fewer than the crops."""
    known = set(inside)
    above = {""}
    for folder in {name.rpartition("/")[0] for name in inside}:
        parts = folder.split("/")
        depth = [part.lower() for part in parts].index(CROPS)
        above |= {"/".join(parts[:level]) for level in range(depth + 1)}
    elsewhere = sum(name not in known and name.rpartition("/")[0] not in above for name in pictures)
    return elsewhere < len(inside)


def _have_tracks(places: Mapping[str, _Place]) -> bool:
    """Whether folders of any name are classes: below each lie tracks, and they are no splits, cameras or people."""
    tracks: dict[str, set[str]] = defaultdict(set)
    for place in places.values():
        if place.track is None or not _CLASS.fullmatch(place.kind):
            return False
        if any(part.lower() in SPLIT_NAMES for part in (*place.film.split("/"), place.kind)):
            return False
        tracks[place.kind].add(place.track)
    has_many = any(len(some) > 1 for some in tracks.values())  # of anna/1 and ben/1 the number tells nothing
    return bool(tracks.keys() & (PEOPLE | ROLES)) or has_many


def _place(name: str) -> _Place | None:
    folders = name.split("/")[:-1]
    track = folders.pop() if len(folders) > 1 and _TRACK.fullmatch(folders[-1]) else None
    if not folders:
        return None
    return _Place("/".join(folders[:-1]), folders[-1].lower().replace("_", " "), track)


def _labels(places: Sequence[_Place]) -> list[str | None]:
    """A label for each place: the track, with its film where there are several, and its class where one repeats it."""
    films = {place.film for place in places}
    shorter = {film: _name_of(film) for film in films}
    if len(set(shorter.values())) < len(films):
        shorter = {film: film for film in films}
    kinds: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for place in places:
        kinds[place.film, place.track].add(place.kind)
    is_repeated = any(len(some) > 1 for (_, track), some in kinds.items() if track is not None)
    return [_label(place, shorter[place.film] if len(films) > 1 else "", is_repeated) for place in places]


def _name_of(film: str) -> str:
    """ "exp2" of "runs/track/exp2/crops", "gate" of "exp/crops/gate"."""
    parts = [part for part in film.split("/") if part]
    if len(parts) > 1 and parts[-1].lower() == CROPS:
        parts.pop()
    return parts[-1] if parts else ""


def _label(place: _Place, film: str, with_class: bool) -> str | None:
    if place.track is None:
        return None
    return "-".join(part for part in (film, place.kind if with_class else "", place.track) if part)
