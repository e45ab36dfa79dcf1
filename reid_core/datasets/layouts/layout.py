"""A data set that is told by its paths alone: described as data, and read by one function.

A description is a few regular expressions over paths. A path that fits by chance must not make somebody's own pictures
a published data set: more than half of all pictures have to fit, all parts that the layout needs must be there, people
must have two crops on average, most people who are asked for must be in the gallery, and no one may be on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.labels import identity_label
from reid_core.errors import ReidError
from reid_core.images import IMAGE_SUFFIXES, BadImage, MissingFile
from reid_core.records import DISTRACTOR, JUNK

MAX_LIST_BYTES = 4 * 2**20
SAMPLE = 200  # paths; where none of as many fits, not half of all do
_SUFFIX = "(?i:" + "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES, key=len, reverse=True)) + ")"


@dataclass(frozen=True)
class Crop:
    """What a path tells. `split` None means that people are divided by `split_identities`, "test" its test half."""

    identity: str
    camera: str | None
    split: str | None
    tracklet: str | None = None


@dataclass(frozen=True)
class Part:
    """One kind of path: `path` is a regular expression of its end, without the suffix, that begins after a slash.

    Its group `identity` is the person, `camera` the camera, where there is such a group.
    """

    path: str
    split: str | None = None

    def compile(self) -> re.Pattern[str]:
        return re.compile(f"(?P<top>(?:.*/)?){self.path}{_SUFFIX}")


@dataclass(frozen=True)
class Layout:
    """A published data set. `name` is what `Dataset.format` says, `example` a path as it has them.

    `needs` are the numbers of the parts of which pictures must be there. `spare` parts hold the same people once more:
    they are read where the others hold nothing. Paths below a folder of `ignored` are left out, with the reason.
    `refine` changes what was read of a path; `splits` may read files and gives paths their splits.
    """

    name: str
    example: str
    parts: tuple[Part, ...]
    needs: tuple[int, ...] = ()
    spare: tuple[Part, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)
    refine: Callable[[Crop], Crop] = lambda crop: crop
    splits: Callable[[Listing, str, Sequence[str]], Mapping[str, str]] | None = None
    zero_is_a_distractor: bool = False
    everyone_twice: bool = True  # and not many strangers of whom there is one crop


def read_layout(layout: Layout, listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined where the paths do not fit, as the top of this file says.

    Where the format was asked for, one path of the first part that is needed is enough.
    Raises ReidError when the data set is there twice.
    """
    some = listing.pictures[:: max(1, len(listing.pictures) // SAMPLE)]
    if not options.required and not _match(layout, (*layout.parts, *layout.spare), some)[0]:
        return Declined()
    found, tops, there = _match(layout, layout.parts, listing.pictures)
    spare, spare_tops, _ = _match(layout, layout.spare, [name for name in listing.pictures if name not in found])
    doubled = spare
    if not found:
        found, tops, there, doubled = spare, spare_tops, set(layout.needs), {}
    about = len(listing.pictures) - len(doubled) - sum(_ignored(layout, name) is not None for name in listing.pictures)
    if not found or not there.issuperset(layout.needs[:1]):
        return Declined()
    if not (options.required or _is_convincing(layout, found, there, about)):
        return Declined()
    skipped = _skipped(layout, listing.pictures, found, doubled)
    if len(tops) > 1:
        first, second = sorted(tops)[:2]
        raise ReidError(
            f"{listing.source.path} holds more than one data set: {first or '.'!r} and {second!r} are both there. "
            "Give the folder or zip of one of them."
        )
    if layout.splits is not None and (told := layout.splits(listing, next(iter(tops)), list(found))):
        skipped += [Skipped(name, "no list of the data set names it") for name in found if name not in told]
        found = {name: _with_split(crop, told[name]) for name, crop in found.items() if name in told}
    rows: dict[str, Sequence[object]] = {
        "path": list(found),
        "identity": [crop.identity for crop in found.values()],
        "camera": [crop.camera for crop in found.values()],
        "tracklet": [crop.tracklet for crop in found.values()],
        "split": [crop.split for crop in found.values()],
    }
    skipped.sort(key=lambda skip: skip.path)
    return Dataset(listing.source.path, layout.name, build_records(rows, options), (*listing.skipped, *skipped))


def _match(layout: Layout, parts: Sequence[Part], names: Sequence[str]) -> tuple[dict[str, Crop], set[str], set[int]]:
    """What each path that fits tells, the folders that data sets begin in, and the numbers of the parts that fit."""
    patterns = [(number, part, part.compile()) for number, part in enumerate(parts)]
    found, tops, there = {}, set(), set()
    for name in names:
        if _ignored(layout, name) is not None:
            continue
        for number, part, pattern in patterns:
            if match := pattern.fullmatch(name):
                found[name] = layout.refine(_crop(layout, part, match))
                tops.add(match["top"].rstrip("/"))
                there.add(number)
                break
    return found, tops, there


def _crop(layout: Layout, part: Part, match: re.Match[str]) -> Crop:
    told = match.groupdict()
    identity = identity_label(told["identity"])
    if layout.zero_is_a_distractor and not identity.strip("0"):
        identity = DISTRACTOR
    camera = told.get("camera")
    camera = (camera.lstrip("0") or "0") if camera and camera.isdecimal() else camera
    tracklet = f"{camera}-{identity}" if "walk" in told and identity not in (DISTRACTOR, JUNK) else None
    return Crop(identity, camera, part.split, tracklet)


def _with_split(crop: Crop, split: str) -> Crop:
    return Crop(crop.identity, crop.camera, split, crop.tracklet)


def _ignored(layout: Layout, name: str) -> str | None:
    return next((layout.ignored[part] for part in name.split("/")[:-1] if part in layout.ignored), None)


def _skipped(
    layout: Layout, names: Sequence[str], found: Mapping[str, Crop], doubled: Mapping[str, Crop]
) -> list[Skipped]:
    skipped = []
    of_films = layout.example.startswith(("sequences/", "multi_shot/"))
    read = "the sequences are read" if of_films else f"what is like {layout.example} is read"
    for name in names:
        if name in doubled:
            skipped.append(Skipped(name, f"it shows the same people once more; {read}"))
        elif name not in found:
            skipped.append(Skipped(name, _ignored(layout, name) or f"it is not like {layout.example}"))
    return skipped


def _is_convincing(layout: Layout, found: Mapping[str, Crop], there: set[int], pictures: int) -> bool:
    if 2 * len(found) <= pictures or not there.issuperset(layout.needs):
        return False
    people = [crop for crop in found.values() if crop.identity not in (DISTRACTOR, JUNK)]
    sides: dict[str | None, set[str]] = {}
    for crop in people:
        sides.setdefault(crop.split, set()).add(crop.identity)
    everyone = set().union(*sides.values())
    asked, gallery = sides.get("query", set()), sides.get("gallery", set())
    return (
        len(people) >= (2 if layout.everyone_twice else 1) * len(everyone) > 0
        and 2 * len(asked & gallery) >= len(asked)
        and not sides.get("train", set()) & (asked | gallery)
    )


def read_list(listing: Listing, top: str, name: str) -> list[str] | None:
    """The lines, none of them empty, of a list that lies in the folder `top` of the data set; None where it does not.

    Raises ReidError when it cannot be read.
    """
    try:
        data = listing.source.read(f"{top}/{name}" if top else name, limit=MAX_LIST_BYTES)
    except MissingFile:
        return None
    except BadImage as error:
        raise ReidError(f"The list {name} cannot be used: {error}. Download it again, or remove it.") from error
    return [stripped for line in data.decode("utf-8", "backslashreplace").splitlines() if (stripped := line.strip())]
