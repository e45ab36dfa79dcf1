"""A photo to search with that is no crop of one person: who is in it, and which of them is meant.

A photo is searched with as it is when it plainly is a crop: 2 to 5 times as high as wide, and at most 480 pixels high.
In any other a detector looks for people first. One is taken; where there are several, the user says which. A person who
fills the photo is the photo. A small photo that is 1.2 to 2 times as high as wide may be either, a crop or a street in
3:4: it is taken for a crop unless the detector is sure of something else.

The command line takes a photo by `taken_from`. The Search page asks `is_plainly_a_crop` and `look_into`, the same rule,
and shows what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from reid_core.errors import ReidError, shown
from reid_core.images import SMALLEST_CUT, decode, encoded
from reid_core.quality import FLAWS
from reid_core.records import plural
from reid_core.video.detection.card import Tiles
from reid_core.video.detection.detector import Detector

LARGEST_CROP = 480  # pixels in height
PLAINLY_A_PERSON = 2.0  # times as high as wide: few photos of streets are
MOST_OF = 0.8  # share of a small photo's height from which a person fills it
SMALL = 0.5  # share of it below which a single person in it makes it a scene
LARGE = 1_280  # pixels of its longer side from which a photo is looked at in tiles, too
TILES = (2, 3)  # rows and columns
HUGE = 4_000  # pixels of its longer side above which a photo is made smaller first: no detector sees as much
FILLS = 0.6  # share of a photo's area from which a person is the whole photo
MOST_LISTED = 20
HOW = "--box N, or --box LEFT,TOP,WIDTH,HEIGHT in pixels; --whole takes the whole photo"
Box = tuple[int, int, int, int]  # left, top, width, height in pixels of the upright photo
Shows = Literal["crop", "one", "several", "nobody"]


class SeveralPeople(ReidError):
    """A photo shows several people, and nothing says which of them is meant."""

    kind = "several people"


@dataclass(frozen=True)
class Choice:
    """Which part of a photo the user means: the person of that number from 1, or a box; neither where it is None."""

    number: int | None = None
    box: Box | None = None
    whole: bool = False


@dataclass(frozen=True)
class Found:
    """A person in a photo; people are numbered from 1, from left to right."""

    number: int
    box: Box
    score: float

    def describe(self) -> str:
        """ "at 566,455,67,177 (score 0.77)"."""
        return f"at {as_text(self.box)} (score {self.score:.2f})"


@dataclass(frozen=True)
class Seen:
    """What a photo shows: a crop of one person, or a scene with one person, several or nobody in it.

    `people` are all who were found, from left to right, also in a crop; `sure` says whether the detector is sure of
    them. With `whole` the photo is searched with as it is, unless the user says otherwise.
    """

    shows: Shows
    people: tuple[Found, ...]
    sure: bool
    whole: bool


@dataclass(frozen=True)
class Taken:
    """What is searched with: the photo's bytes or a part of it, and a sentence that says so, or ""."""

    photo: bytes
    said: str = ""


def choice_of(box: str | None, *, whole: bool = False) -> Choice:
    """Of the text of `--box`: a number, or four. Raises ReidError for another text, and for both at once."""
    if box is None:
        return Choice(whole=whole)
    if whole:
        raise ReidError("--box and --whole exclude each other. Leave one out.")
    if not re.fullmatch(r"\s*[0-9]{1,6}\s*(,\s*[0-9]{1,6}\s*){0,3}", box) or box.count(",") not in (0, 3):
        raise ReidError(f"--box {shown(box)} is neither the number of a person, 1 or more, nor LEFT,TOP,WIDTH,HEIGHT.")
    numbers = [int(part) for part in box.split(",")]
    if len(numbers) == 1:
        return Choice(number=numbers[0])
    left, top, width, height = numbers
    return Choice(box=(left, top, width, height))


def has_shape_of_person(width: int, height: int) -> bool:
    """Whether an upright photo of that size is 1.2 to 5 times as high as wide."""
    shape = FLAWS["odd shape"]
    return shape.least * width <= height <= shape.most * width


def taken_from(data: bytes, name: str, choice: Choice, detector: Callable[[Tiles], Detector]) -> Taken:
    """What of the photo is searched with. `detector` is called where people have to be looked for, with the rows and
    columns of tiles to look in: one photo may take its time.

    Boxes are of the photo as it is seen, turned as its EXIF data say. Raises BadImage for a photo that cannot be read,
    SeveralPeople where nothing says who of several is meant, and ReidError where the choice does not fit the photo.
    """
    picture = decode(data)
    if choice.whole:
        return Taken(data)
    if choice.box is not None:
        return Taken(_cut(picture, choice.box, name), f"{name}: searching with the box {as_text(choice.box)}.")
    if choice.number is None and is_plainly_a_crop(*picture.size):
        return Taken(data)
    opened = detector(tiles_for(*picture.size))
    if choice.number is not None:
        return _numbered(picture, people_in(picture, opened), choice.number, name)
    seen = look_into(picture, opened)
    if seen.shows == "several":
        raise SeveralPeople(f"{_listed(seen.people, name)} Say which one with {HOW}.")
    if seen.shows == "one":
        [person] = seen.people
        return Taken(_cut(picture, person.box, name), f"{name}: one person was found, {person.describe()}.")
    if not seen.whole:
        raise ReidError(
            f"The detector finds nobody in {name}. Say where the person is with --box LEFT,TOP,WIDTH,HEIGHT in "
            "pixels, or take the whole photo with --whole."
        )
    found_nobody = f"{name}: no person was found in it, so the whole photo is searched with."
    return Taken(data, found_nobody if seen.shows == "nobody" else "")


def is_plainly_a_crop(width: int, height: int) -> bool:
    """Whether an upright photo of that size is a crop by its size alone, so that no people are looked for in it."""
    return has_shape_of_person(width, height) and height <= LARGEST_CROP and height >= PLAINLY_A_PERSON * width


def tiles_for(width: int, height: int) -> Tiles:
    """Rows and columns of tiles in which people are looked for in a photo of that size; (1, 1) is the whole alone."""
    return TILES if max(width, height) >= LARGE else (1, 1)


def look_into(picture: Image.Image, detector: Detector) -> Seen:
    """Look for people in an upright photo that is not plainly a crop, and say what it shows."""
    people = tuple(people_in(picture, detector))
    sure = [person for person in people if person.score >= detector.card.match]
    person_shaped = has_shape_of_person(*picture.size)
    if person_shaped and picture.height <= LARGEST_CROP and _is_crop(picture, sure):
        return Seen("crop", people, bool(sure), whole=True)
    if not people:
        return Seen("nobody", (), sure=False, whole=person_shaped)
    if len(people) > 1:
        return Seen("several", people, bool(sure), whole=False)
    fills = people[0].box[2] * people[0].box[3] >= FILLS * picture.width * picture.height
    return Seen("crop" if fills else "one", people, bool(sure), whole=fills)


def people_in(picture: Image.Image, detector: Detector) -> list[Found]:
    """The people in a picture, from left to right: those of whom the detector is sure, or else all it finds."""
    smaller = picture.reduce(-(-max(picture.size) // HUGE)) if max(picture.size) > HUGE else picture
    found = detector.detect(np.asarray(smaller))
    sure = found.of(found.scores >= detector.card.match)
    found = sure if len(sure) else found
    limits = np.array([picture.width, picture.height] * 2, np.float32)
    scale = limits / np.array([smaller.width, smaller.height] * 2, np.float32)
    boxes = np.clip(found.boxes * scale, 0, limits).round().astype(int)
    usable = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_CUT).all(axis=1)
    boxes, scores = boxes[usable], found.scores[usable]
    order = np.lexsort((boxes[:, 1], boxes[:, 0]))
    return [
        Found(number, (int(left), int(top), int(right - left), int(bottom - top)), float(score))
        for number, ((left, top, right, bottom), score) in enumerate(
            zip(boxes[order], scores[order], strict=True), start=1
        )
    ]


def _is_crop(picture: Image.Image, sure: list[Found]) -> bool:
    """Whether a small photo that is higher than wide shows one person, as far as the detector is sure of its people."""
    heights = [person.box[3] / picture.height for person in sure]
    if len(sure) < 2:
        return all(height >= SMALL for height in heights)
    return sum(height >= MOST_OF for height in heights) == 1


def as_text(box: Box) -> str:
    """ "566,455,67,177", as `--box` takes it."""
    return ",".join(map(str, box))


def _numbered(picture: Image.Image, people: Sequence[Found], number: int, name: str) -> Taken:
    if not 1 <= number <= len(people):
        found = _listed(people, name) if people else f"The detector finds nobody in {name}."
        raise ReidError(f"There is no person {number}. {found} Choose with {HOW}.")
    person = people[number - 1]
    return Taken(_cut(picture, person.box, name), f"{name}: searching with person {number} {person.describe()}.")


def _listed(people: Sequence[Found], name: str) -> str:
    some = "; ".join(f"{person.number} {person.describe()}" for person in people[:MOST_LISTED])
    more = "; …" if len(people) > MOST_LISTED else ""
    return f"{name} shows {plural(len(people), 'person')}: {some}{more}."


def _cut(picture: Image.Image, box: Box, name: str) -> bytes:
    left, top, width, height = box
    right, bottom = min(left + width, picture.width), min(top + height, picture.height)
    if right - left < SMALLEST_CUT or bottom - top < SMALLEST_CUT:
        raise ReidError(
            f"The box {as_text(box)} has less than {SMALLEST_CUT} pixels a side within {name}, which is "
            f"{picture.width}×{picture.height} px. Give LEFT,TOP,WIDTH,HEIGHT of the person."
        )
    return encoded(picture.crop((left, top, right, bottom)))
