"""Whole frames with boxes drawn in them, which are no crops: how they are recognised, and refused where nothing reads
the boxes (`reid_core.datasets.scenes` reads those of MOT, COCO, CVAT, YOLO and tables).

MOT's `gt/gt.txt` and `det/det.txt` (motchallenge.net), COCO's JSON (cocodataset.org), CVAT's `annotations.xml`, tables
with a column for each side of a box, and one file for each picture: YOLO's .txt, Pascal VOC's .xml, labelme's .json.
What other tools write is known by what all have in common: see `boxes`.

A file that says so is no proof: a table of crops may well tell where each was cut out. So the boxes are held against
the pictures: frames have boxes that fit into them and are smaller, most of them more than one. A portrait picture, no
larger than crops are, with one box that is half of it, or with one row of a table, is a crop: of somebody's head, say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reid_core.datasets.annotated import Frames
from reid_core.datasets.base import Listing, Skipped
from reid_core.datasets.checks.annotations_of_many import HEAD, frames_of_one_file, frames_of_sequence, frames_of_table
from reid_core.datasets.checks.annotations_of_one import frames_of_one_file_each
from reid_core.datasets.checks.boxes import named_pictures, pictures_by_stem
from reid_core.datasets.checks.frames import LOOKED_AT, may_be_a_crop, size_of, some_of, stem_of, text_of
from reid_core.errors import ReidError
from reid_core.records import plural

MAX_FILES = 100  # that may tell of many pictures each
_LIST_LINE = re.compile(r"\s*(\S[^\n]*?\.\w{2,5})[\s,;]+-?\w[^\n]*")


def without_frames(listing: Listing, where: str) -> Listing:
    """The listing without its `frames`, each named.

    Raises ReidError, naming the file with the boxes, where at least half of the pictures are frames.
    """
    found = listing.frames
    frames = frozenset().union(*(frame.pictures for frame in found))
    if not frames:
        return listing
    first = max(found, key=lambda frame: len(frame.pictures))
    if 2 * len(frames) >= len(listing.pictures):
        raise ReidError(
            f"{where}: these are whole frames, not crops of one person: {first.file} ({first.kind}) holds boxes in "
            f"{'them' if len(frames) == len(listing.pictures) else plural(len(frames), 'picture')}. Boxes of this kind "
            "are not read: save them as COCO, CVAT, MOT, YOLO or a table of boxes, or cut the people out. To "
            f"import the pictures as they are, {_remedy(listing)}."
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
    stems = {stem_of(name) for name in listing.pictures}
    few = [name for name in listing.texts if stem_of(name) not in stems or name.lower().endswith(".txt")]
    texts = few[:MAX_FILES] if len(listing.texts) > MAX_FILES else listing.texts
    for name in texts if listing.only is None else ():
        found += frames_of_one_file(
            listing, name, by_name, stem_of(name) in stems or stem_of(stem_of(name) + ".x") in stems
        )
    for name in [name for name in listing.others if name.lower().endswith("seqinfo.ini")]:
        found += frames_of_sequence(listing, name)
    for name in listing.tables:
        found += frames_of_table(listing, name, by_name)
    if not found and listing.only is None:
        found += frames_of_one_file_each(listing)
    taken: set[str] = set()
    once = []
    for frames in found:
        whole = frames.pictures | (_beside(listing, frames.pictures) if frames.reader else frozenset())
        once.append(replace(frames, pictures=whole - taken))
        taken |= whole
    return [frames for frames in once if frames.pictures]


def _beside(listing: Listing, frames: frozenset[str]) -> frozenset[str]:
    """The pictures without a box that lie among frames and are none by their sizes that may be crops."""
    folders = {name.rpartition("/")[0] for name in frames}
    others = [name for name in listing.pictures if name not in frames and name.rpartition("/")[0] in folders]
    sizes = some_sizes(listing, others)
    return frozenset() if any(map(may_be_a_crop, sizes)) else frozenset(others)


def some_sizes(listing: Listing, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Width and height of a dozen of the pictures."""
    return tuple(size for name in some_of(names) if (size := size_of(listing, name)) is not None)


def unread_labels(listing: Listing) -> list[str]:
    """A sentence for each text that names at least half of the pictures and says more of each: a list of labels."""
    stems = pictures_by_stem(listing.pictures)
    told = []
    for name in [name for name in listing.texts if stem_of(name) not in stems][:LOOKED_AT]:
        text = text_of(listing, name, HEAD)
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
