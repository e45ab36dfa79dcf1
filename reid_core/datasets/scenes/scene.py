"""People in frames, as a file of annotations tells of them, and the crops that are to be cut out.

A track is one person in one film: track 1 of two films is two people. So a label made from a track begins with the name
of its film. The film is the sequence or video that the file names, or else what folders and file names say: `cam1` of
`cam1_000012.jpg`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reid_core.datasets.base import Dataset, Listing, Options, Skipped, build_records
from reid_core.datasets.labels import SPLIT_NAMES, camera_of_file, camera_of_folder, identity_label
from reid_core.datasets.name_times import time_of_name
from reid_core.errors import ReidError, shown
from reid_core.images import BadImage
from reid_core.records import BOX_COLUMNS, natural_order, plural

Box = tuple[float, float, float, float]  # left, top, width, height in pixels of the upright frame
MAX_BOXES = 2_000_000  # of one data set
MAX_BYTES = 64 * 2**20  # of one file of annotations
LARGEST_SIDE = 1e6  # pixels; a number beyond is none of a picture
MAX_NAME = 60  # characters of a label in the path of a crop
_SAYS_NOTHING = frozenset(
    {"images", "image", "imgs", "img", "img1", "frames", "frame", "data", "sequences", "jpegimages", "obj_train_data"}
)
_FRAME_NUMBER = re.compile(r"(.*?)[-_ .]*(?:frame|frm|img|image|f)?[-_ .]*[0-9]{1,11}", re.IGNORECASE)
_ROBOFLOW = re.compile(r"_(?:jpe?g|png|bmp|webp)\.rf\.[0-9A-Za-z]+$")
_LAST_NUMBER = re.compile(r"[0-9]{1,11}$")
_UNSAFE = re.compile(r"[^\w-]+")


class PersonBox(NamedTuple):
    """A box of a person. `where` names the line or element; `film` is "" where nothing names it, `track` is a person
    of the film, `identity` one of all films. `time` is in seconds, NaN where unknown."""

    frame: str
    box: Box
    where: str
    film: str = ""
    track: str | None = None
    identity: str | None = None
    camera: str | None = None
    time: float = math.nan


@dataclass
class Scene:
    """What the files of a data set tell: `left_out` counts boxes that are no people, by what they are."""

    people: list[PersonBox] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, person: PersonBox) -> None:
        """Raises ReidError for more boxes than a data set may have."""
        if reason := why_no_box(person.box):
            self.skipped.append(Skipped(person.where, reason))
            return
        if len(self.people) >= MAX_BOXES:
            raise ReidError(
                f"There are more than {MAX_BOXES:,} boxes of people. Divide the frames into several folders."
            )
        self.people.append(person)


def is_chosen(listing: Listing, options: Options, reader: str) -> bool:
    """Whether that reader is asked for, or most pictures are frames, and most of these with boxes that it reads."""
    if options.asked:
        return True
    frames: Counter[str] = Counter()
    for found in listing.frames:
        frames[found.reader] += len(found.pictures)
    return 2 * frames.total() >= len(listing.pictures) and frames.most_common(1)[:1] == [(reader, frames[reader])]


def read_text(listing: Listing, name: str) -> bytes:
    """The bytes of a file of annotations. Raises ReidError, naming it, where it cannot be read or is too large."""
    try:
        return listing.source.read(name, limit=MAX_BYTES)
    except BadImage as error:
        raise ReidError(f"{name} cannot be used: {error}.") from error


def why_no_box(box: Box) -> str:
    """Why four numbers are no box in any picture; "" where they may be one."""
    if not all(math.isfinite(side) and abs(side) <= LARGEST_SIDE for side in box):
        return "its box lies outside any possible picture"
    return "" if box[2] > 0 and box[3] > 0 else "its box has no width or no height"


def number(value: object) -> float:
    """A number, or text that is one; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def film_of(frame: str, shared: int, name: str) -> str:
    """The film that a frame's path tells; `shared` folders are common to all frames, `name` is that of the source.

    >>> [film_of(frame, 0, "town") for frame in ("hall/cam1_000012.jpg", "images/0012.jpg", "train/gate/img1/12.jpg")]
    ['hall-cam1', 'town', 'gate']
    """
    *folders, file = frame.split("/")
    stem = _ROBOFLOW.sub("", file.rpartition(".")[0])
    counted = _FRAME_NUMBER.fullmatch(stem) if time_of_name(file) is None else None
    telling = [folder for folder in folders[shared:] if _tells(folder)]
    parts = [*telling, *([counted[1]] if counted and counted[1] else [])]
    return "-".join(parts) or next((folder for folder in reversed(folders) if _tells(folder)), name)


def _tells(folder: str) -> bool:
    return folder.lower() not in _SAYS_NOTHING and folder.lower() not in SPLIT_NAMES


def camera_of(frame: str) -> str | None:
    """The camera that a frame's file or one of its folders is named after; None where none is."""
    *folders, file = frame.split("/")
    return camera_of_file(file) or next((camera for folder in folders if (camera := camera_of_folder(folder))), None)


def by_number(names: Sequence[str], wanted: Sequence[int], first: int) -> dict[int, str]:
    """The pictures of a film by the numbers that a file counts its frames with, from `first` (0 or 1).

    Names tell the number, as 12 of frame_000012.jpg, where each wanted number is there; else the pictures are counted
    in order of their names. What counts from 0 is counted, too, where names begin with another number and there are
    as many. Empty where two pictures have the same number, or neither fits.
    """
    numbered: dict[int, str] = {}
    for name in names:
        digits = _LAST_NUMBER.search(_ROBOFLOW.sub("", name.rpartition("/")[2].rpartition(".")[0]))
        if digits and numbered.setdefault(int(digits[0]), name) != name:
            return {}
    least, most = min(wanted, default=first), max(wanted, default=first)
    may_be_counted = first <= least and most < first + len(names)
    begins_elsewhere = len(numbered) < len(names) or min(numbered) != first
    all_are_there = numbered.keys() >= set(wanted)
    if may_be_counted and begins_elsewhere and (first == 0 or not all_are_there):
        return dict(enumerate(natural_order(names), first))
    return numbered


def dataset_of(listing: Listing, options: Options, format: str, scene: Scene) -> Dataset:
    """A row for each box. Raises ReidError where there is none of a person, or none can be used."""
    if not scene.people:
        raise ReidError(_why_nobody(scene))
    shared = _shared_folders({person.frame for person in scene.people})
    name = listing.source.path.stem if listing.source.path.is_file() else listing.source.path.name
    rows: dict[str, list[object]] = {column: [] for column in ("path", "identity", "camera", "time", "tracklet")}
    rows |= {column: [] for column in ("split", "frame", *BOX_COLUMNS)}
    films: dict[str, str] = {}
    crops: dict[str, int] = {}
    skipped = list(scene.skipped)
    for person in sorted(scene.people, key=lambda person: person.frame):
        frame = person.frame
        if frame not in films:
            films[frame] = film_of(frame, shared, name)
        film = person.film or films[frame]
        track = None if person.track is None else f"{film}-{person.track}"
        identity = identity_label(person.identity) if person.identity is not None else track
        crops[frame] = crops.get(frame, 0) + 1
        path = f"{frame}/{_crop_name(person, crops[frame])}.jpg"
        if path in crops:
            skipped.append(Skipped(person.where, f"the person {shown(str(identity))} is in {shown(frame)} twice"))
            continue
        crops[path] = 0
        time = person.time
        if math.isnan(time):
            told = time_of_name(frame, options.time_zone)
            time = math.nan if told is None else told
        values = (path, identity, person.camera or camera_of(frame), time, track)
        split = "gallery" if identity is None else None
        for column, value in zip(rows, (*values, split, frame, *person.box), strict=True):
            rows[column].append(value)
    return Dataset(
        listing.source.path,
        format,
        build_records(rows, options),
        (*listing.skipped, *skipped),
        (*_notes(listing, scene, len(films)), *scene.notes),
    )


def _crop_name(person: PersonBox, place: int) -> str:
    if person.track is not None:
        return f"track-{_safe(person.track)}"
    return f"person-{_safe(person.identity)}" if person.identity is not None else f"box-{place}"


def _safe(label: str) -> str:
    """The label as a part of a file name: another label never has the same."""
    plain = _UNSAFE.sub("_", label)[:MAX_NAME]
    return plain if plain == label else f"{plain}-{hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _shared_folders(frames: set[str]) -> int:
    folders = [frame.split("/")[:-1] for frame in frames]
    level = 0
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1:
            break
        level += 1
    return level


def _notes(listing: Listing, scene: Scene, frames: int) -> list[str]:
    boxes = f"{plural(len(scene.people), 'box')} of people in {plural(frames, 'frame')}"
    notes = [f"{boxes}: each is cut out and becomes a crop, which is kept in the workspace."]
    if rest := len(listing.pictures) - frames:
        notes.append(f"{plural(rest, 'picture')} without a box of a person {'is' if rest == 1 else 'are'} left out.")
    if scene.left_out:
        notes.append(f"Left out: {_counted(scene.left_out)}.")
    return notes


def _counted(left_out: Mapping[str, int], most: int = 8) -> str:
    """ "12 boxes of car, 3 of crowd regions"."""
    ordered = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{count:,} of {what}" for what, count in ordered[:most]]
    parts[0] = parts[0].replace(" of ", " boxes of " if ordered[0][1] != 1 else " box of ", 1)
    if len(ordered) > most:
        parts.append(f"{sum(count for _, count in ordered[most:]):,} of other kinds")
    return ", ".join(parts)


def _why_nobody(scene: Scene) -> str:
    if scene.left_out:
        return (
            f"No box is of a person: there are {_counted(scene.left_out)}. Call the class of people person, or give "
            "--format flat to take the whole pictures."
        )
    first = f" The first: {scene.skipped[0].path}: {scene.skipped[0].reason}." if scene.skipped else ""
    return f"No box of a person can be used.{first} Correct the annotations, or give --format flat for whole pictures."
