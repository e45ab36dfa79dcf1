"""The crops that trackers and detectors save: BoxMOT's, and those of YOLO that it is made of.

BoxMOT and yolov5-deepsort write `exp/crops/person/1/frame_11.jpg`: class, number of the track, frame; some put the
name of the film between `crops` and the class. Ultralytics' YOLO without a tracker writes `crops/person/frame_11.jpg`,
which names nobody. Classes are those of COCO: what is no person is left out, by name.

A number is one track in one film. Where there are several films or runs, "3" of one is not "3" of another: labels are
then "exp-3" and "exp2-3".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
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
CLASSES = PEOPLE | frozenset(name.strip() for name in _THINGS.replace("\n", " ").split(","))


@dataclass(frozen=True)
class _Place:
    """A picture's film ("exp/crops/gate"), class, and track where one is told."""

    film: str
    kind: str
    track: str | None


def read_tracker_crops(listing: Listing, options: Options) -> Dataset | Declined:
    """People by track; declined unless all pictures lie in folders of classes, one of them of people.

    One more sign is needed: the folder `crops` above all, or a second class.
    """
    places = {name: _place(name) for name in listing.pictures}
    people = {name: place for name, place in places.items() if place is not None and place.kind in PEOPLE}
    kinds = {place.kind if place is not None else "" for place in places.values()}
    if not people or not kinds <= CLASSES:
        return Declined()
    in_crops = all(place is not None and "crops" in place.film.lower().split("/") for place in places.values())
    if not (options.required or in_crops or len(kinds) > 1):
        return Declined()
    films = {place.film for place in people.values()}
    shorter = {film: _name_of(film) for film in films}
    if len(set(shorter.values())) < len(films):
        shorter = {film: film for film in films}
    labels = [_label(place, shorter[place.film] if len(films) > 1 else "") for place in people.values()]
    skipped = [
        Skipped(name, f"it shows a {place.kind}, not a person")
        for name, place in places.items()
        if place is not None and name not in people
    ]
    rows: dict[str, Sequence[object]] = {
        "path": list(people),
        "identity": labels,
        "camera": [None] * len(people),
        "tracklet": labels,
        "time": [time_of_name(name, options.time_zone) for name in people],
        "split": ["gallery" if label is None else None for label in labels],
    }
    return Dataset(listing.source.path, "tracker's crops", build_records(rows, options), (*listing.skipped, *skipped))


def _place(name: str) -> _Place | None:
    folders = name.split("/")[:-1]
    track = folders.pop() if len(folders) > 1 and folders[-1].isdecimal() else None
    if not folders:
        return None
    return _Place("/".join(folders[:-1]), folders[-1].lower().replace("_", " "), track)


def _name_of(film: str) -> str:
    """ "exp2" of "runs/track/exp2/crops", "gate" of "exp/crops/gate"."""
    parts = [part for part in film.split("/") if part]
    if len(parts) > 1 and parts[-1].lower() == "crops":
        parts.pop()
    return parts[-1] if parts else ""


def _label(place: _Place, film: str) -> str | None:
    return place.track if place.track is None or not film else f"{film}-{place.track}"
