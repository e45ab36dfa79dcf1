"""MOTChallenge's sequences: `MOT17-02-FRCNN/img1/000001.jpg` with `gt/gt.txt` and `seqinfo.ini` beside.

Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016; Dendorfer et al., "MOT20", 2020. A line is frame
(from 1), track, left, top, width, height, flag, class, visibility. By their rules only pedestrians (class 1) with the
flag 1 are people to be tracked. People on vehicles (2), who stand or sit all the time (7), who lie behind glass or are
drawn (8) and reflections (12) count neither way there, and are left out here with all other classes. So are boxes of
which less than `LEAST_VISIBLE` is seen: they show whoever stands in front. Files of MOT15 and of trackers have no
classes (-1): each track is a person.

MOT17 has each sequence three times, with three detectors' `det/det.txt` and the same truth; one is read. `det/det.txt`
tells of no people, only of boxes; frames with nothing else are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped
from reid_core.datasets.checks.annotations_of_many import pictures_of_film
from reid_core.datasets.checks.frames import stem_of
from reid_core.datasets.scenes.scene import PersonBox, Scene, by_number, dataset_of, is_chosen, number, read_text
from reid_core.errors import ReidError, shown
from reid_core.records import listed, plural

LEAST_VISIBLE = 0.3
DETECTORS = ("FRCNN", "SDP", "DPM")  # of MOT17, in the order in which one is taken
CLASSES = {
    1: "pedestrians", 2: "people on vehicles", 3: "cars", 4: "bicycles", 5: "motorbikes", 6: "vehicles without a motor",
    7: "people who never move", 8: "distractors", 9: "occluders", 10: "occluders", 11: "occluders", 12: "reflections",
    13: "crowds",
}  # fmt: skip
_ONE_OF_THREE = re.compile(rf"(MOT17-\d+)-({'|'.join(DETECTORS)})")
_CHALLENGE = re.compile(r"(MOT(?:15|16|17|20))-\d+")
_FOLDERS = ("gt", "det", "label", "labels", "annotations", "results", "tracks")


def read_mot(listing: Listing, options: Options) -> Dataset | Declined:
    """People by sequence and track. Declined where the pictures are no frames with such lines, and it is not asked for.

    Raises ReidError where there are only detections, and where no line can be used.
    """
    if not is_chosen(listing, options, "mot"):
        return Declined()
    files = [name for name in listing.texts if name.lower().endswith(".txt")]
    told = {frames.file for frames in listing.frames if frames.reader == "mot"}
    truth = [name for name in files if _in_folder(name, "gt")]
    tracks = truth or [name for name in files if name in told and not _in_folder(name, "det")]
    if not tracks:
        if any(_in_folder(name, "det") for name in files) or told:
            raise ReidError(_only_detections([name for name in files if _in_folder(name, "det")] or sorted(told)))
        return Declined()
    scene = Scene()
    taken = _once(tracks, scene)
    for name in taken:
        _read_sequence(listing, name, scene)
    if not scene.people and all(name in told for name in tracks) and not truth:
        raise ReidError(_only_detections(tracks))
    if untimed := [_sequence_of(name) for name in taken if not _rate(listing, name)]:
        scene.notes.append(f"No seqinfo.ini states the frame rate of {listed(untimed)}: times are unknown there.")
    kinds = {match[1] for name in taken if (match := _CHALLENGE.match(_sequence_of(name)))}
    return dataset_of(listing, options, kinds.pop() if len(kinds) == 1 else "MOT", scene)


def _only_detections(files: Sequence[str]) -> str:
    return (
        f"These are whole frames, not crops of one person, and {files[0]} holds only a detector's boxes, without "
        "tracks: no box says who it is. Add gt/gt.txt, or the lines that a tracker wrote (frame, track, left, top, "
        "width, height), or give --format flat to take the whole pictures."
    )


def _in_folder(name: str, folder: str) -> bool:
    return name.lower().split("/")[-2:-1] == [folder] or stem_of(name).lower() == folder


def _sequence_of(name: str) -> str:
    """The folder that the file's sequence lies in; without one, the name of the file."""
    parts = name.split("/")[:-1]
    in_own = bool(parts) and parts[-1].lower() in _FOLDERS
    if in_own:
        parts.pop()
    is_of_folder = in_own or stem_of(name).lower() in ("gt", "det", "tracks")
    return parts[-1] if parts and is_of_folder else stem_of(name)


def _once(files: Sequence[str], scene: Scene) -> list[str]:
    """Of the three versions of one of MOT17's sequences the first detector's."""
    taken: dict[str, str] = {}
    ordered = sorted(files, key=lambda name: (_version(name)[1], name))
    kept = []
    for name in ordered:
        sequence, version = _version(name)
        if version == len(DETECTORS) or taken.setdefault(sequence, name) == name:
            kept.append(name)
        else:
            where = _sequence_of(taken[sequence])
            scene.skipped.append(Skipped(name, f"it is the same film and the same people as {where}"))
    if doubles := len(files) - len(kept):
        scene.notes.append(
            f"MOT17 has each film once for each of three detectors, with the same people: "
            f"{plural(doubles, 'sequence')} {'is' if doubles == 1 else 'are'} left out."
        )
    return sorted(kept)


def _version(name: str) -> tuple[str, int]:
    match = _ONE_OF_THREE.fullmatch(_sequence_of(name))
    return (match[1], DETECTORS.index(match[2])) if match else (name, len(DETECTORS))


def _read_sequence(listing: Listing, name: str, scene: Scene) -> None:
    sequence = _sequence_of(name)
    film = match[1] if (match := _ONE_OF_THREE.fullmatch(sequence)) else sequence
    lines = _lines(read_text(listing, name), name, scene)
    wanted = sorted({int(values[0]) for _, values in lines})
    names = _pictures_of(listing, name)
    pictures = by_number(names, wanted, first=1)
    if not pictures:
        raise ReidError(
            f"{name} names frames {wanted[0] if wanted else 1} to {wanted[-1] if wanted else 1}, but nothing says "
            f"which of {plural(len(names), 'picture')} these are. Number the pictures: 000001.jpg."
        )
    rate = _rate(listing, name)
    missing: dict[int, int] = {}
    for where, (frame, track, left, top, width, height, *rest) in lines:
        flag, kind, visible = (*rest, *(1.0, -1.0, -1.0)[len(rest) :])[:3]
        if track < 0:
            scene.left_out["no track"] += 1
        elif kind > 0 and kind != 1:
            scene.left_out[CLASSES.get(int(kind), "other classes")] += 1
        elif kind == 1 and flag == 0:
            scene.left_out["people with the flag 0"] += 1
        elif kind == 1 and 0 <= visible < LEAST_VISIBLE:
            scene.left_out[f"people of whom less than {100 * LEAST_VISIBLE:.0f} % is seen"] += 1
        elif int(frame) not in pictures:
            missing[int(frame)] = missing.get(int(frame), 0) + 1
        else:
            time = (frame - 1) / rate if rate else math.nan
            person = PersonBox(
                pictures[int(frame)], (left, top, width, height), where, film, f"{track:.0f}", None, film, time
            )
            scene.add(person)
    for frame, count in missing.items():
        scene.skipped.append(Skipped(f"frame {frame} of {name}", f"its picture is missing: {plural(count, 'box')}"))


def _pictures_of(listing: Listing, name: str) -> list[str]:
    """The frames of the file's sequence: those in `img1`, where there is one."""
    found = pictures_of_film(listing, name)
    inside = [picture for picture in found if picture.lower().split("/")[-2:-1] == ["img1"]]
    return inside or found


def _lines(data: bytes, name: str, scene: Scene) -> list[tuple[str, list[float]]]:
    """The numbers of each line of six or more, and where it stands; others are named."""
    found = []
    for place, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        if not line.strip():
            continue
        values = [number(part) for part in re.split(r"[,;\s]+", line.strip().strip(",;"))]
        where = f"line {place} of {name}"
        is_whole = len(values) >= 6 and all(abs(value) < 1e9 and value.is_integer() for value in values[:2])
        if is_whole and values[0] >= 0:
            found.append((where, [0.0 if math.isnan(value) else value for value in values[:2]] + values[2:9]))
        else:
            why = f"it is not frame, track, left, top, width, height, but {shown(line.strip(), 60)}"
            scene.skipped.append(Skipped(where, why))
    return found


def _rate(listing: Listing, name: str) -> float:
    """Frames per second, as `seqinfo.ini` beside says; 0 where nothing does, and then the times are unknown."""
    folder = PurePosixPath(name).parent
    beside = {str(place / "seqinfo.ini") for place in (folder, folder.parent)}
    for other in listing.others:
        if other in beside:
            text = read_text(listing, other)[:65_536].decode("utf-8-sig", "replace")
            match = re.search(r"^\s*frameRate\s*=\s*(\S+)\s*$", text, re.MULTILINE | re.IGNORECASE)
            rate = number(match[1]) if match else 0.0
            if 0.01 <= rate <= 1000:
                return rate
    return 0.0
