"""Whether what was read of a data set can be true: people who are no people, one crop of each, all in one camera.

Each doubt is a sentence that says what is odd and what to do if it is wrong. None of them stops an import.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from reid_core.datasets.base import Dataset
from reid_core.datasets.checks.person_names import guess_people
from reid_core.datasets.labels import SPLIT_NAMES, camera_of_folder
from reid_core.datasets.name_times import time_of_name
from reid_core.datasets.readers.tracker_crops import CLASSES
from reid_core.records import DISTRACTOR, JUNK, listed, natural_order, plural

FEW = 10  # people; of more, the folders below must be the same in most
SMALL = 4  # people, whose folders may be anything but people
SMALLEST_FRAME = 320  # pixels of width
NAMED_BY_FOLDERS = "folder per identity"
_PARTS = """
images image imgs img sequences sequence frames frame crops crop cropped multi_shot single_shot data dataset
people persons rgb ir nir vis visible thermal infrared sketch a b c occluded_body_images whole_body_images
partial_body_images day night seq labelled labeled detected session1 session2 session3 raw original
photo photos sketch sketches picture pictures mask masks segmented silhouette silhouettes clothes same_clothes
"""
_PARTS_OF_DATA_SETS = frozenset(SPLIT_NAMES) | frozenset(_PARTS.split())
_PLACE = re.compile(
    r"(?:scene?|cam|camera|c|view|video|vid|film|clip|seq|sequence|uav|ch|channel)[-_ ]?\d+(?:[-_](?:\d+|[a-z]))*v?",
    re.I,
)
_WHERE_WORDS = """
entrance exit lobby parking gate hall hallway corridor office kitchen street stairs staircase
elevator garage yard front back indoor indoors outdoor outdoors inside outside
"""
_WHERE = frozenset(_WHERE_WORDS.split())
_NOBODY_WORDS = """
unknown unknowns unsorted misc other others noise unlabeled unlabelled unidentified
"""
_NOBODY = frozenset(_NOBODY_WORDS.split())
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_FILM = re.compile(r"(?:video|vid|film|clip|seq|sequence)[-_ ]?\w|.*\.(?:mp4|avi|mkv|mov)$", re.I)
_TRACK = re.compile(r"(?:id|track|tracklet|tid|t)?[-_ ]?\d+", re.I)
_DAY = re.compile(r"(?:19|20)\d\d[-_.]?[01]\d(?:[-_.]?[0-3]\d)?|[0-3]?\d[-_.][01]?\d[-_.](?:19|20)?\d\d")


def doubts(dataset: Dataset) -> tuple[str, ...]:
    """What is odd about the people and cameras that were read, most serious first; empty where nothing is."""
    table = dataset.records.table
    are_cut = bool(table["frame"].notna().any())  # labels are of annotations, not of folders and names
    crops = {
        path: label
        for path, label in zip(table["path"], table["identity"], strict=True)
        if label is not None and label not in (DISTRACTOR, JUNK)
    }
    if not crops:
        frames = _doubt_about_sizes(dataset)
        return ((frames,) if frames else ()) + (() if are_cut else _doubts_about_names(dataset))
    people = natural_order(crops.values())
    found = [
        _doubt_about_sizes(dataset),
        "" if are_cut else _doubt_about_labels(people, crops),
        "" if are_cut else _doubt_about_folders(dataset, crops, people),
        "" if are_cut else _doubt_about_films(dataset, crops) or _doubt_about_names_below(dataset, crops, people),
        _doubt_about_nobody(crops),
        _doubt_about_spelling("people", people),
        _doubt_about_spelling("cameras", dataset.records.cameras()),
        _doubt_about_shortened(people),
    ]
    if Counter(crops.values()).most_common(1)[0][1] == 1 and len(people) > 2:
        found.append(
            f"Each of the {len(people):,} people has one crop, so no two can be compared. Is the number of the "
            f"picture taken for the person, as {people[0]} of {next(iter(crops))}?"
        )
    cameras = dataset.records.cameras()
    if len(cameras) == 1 and len(people) > 1 and table["camera"].notna().all():
        found.append(
            f"All crops are of camera {cameras[0]}. Finding people again across cameras cannot be tried on them. If "
            "paths name other cameras, --camera-pattern says where."
        )
    return tuple(doubt for doubt in found if doubt)


def _doubt_about_sizes(dataset: Dataset) -> str:
    """Pictures that are mostly landscape and of one size."""
    sizes = dataset.sizes
    if len(sizes) < 2:
        return ""
    (size, count), wide = Counter(sizes).most_common(1)[0], sum(width > 1.2 * height for width, height in sizes)
    if 4 * wide < 3 * len(sizes) or 4 * count < 3 * len(sizes) or size[0] < SMALLEST_FRAME:
        return ""
    return (
        f"{count} of {len(sizes)} pictures that were looked at are {size[0]}×{size[1]}. These look like whole frames, "
        "not crops of people: if so, cut the people out first."
    )


def _doubt_about_spelling(kind: str, names: Sequence[str]) -> str:
    """Names that differ in case, spaces or zeros in front alone."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        words = re.sub(r"(?<=[^\W\d_])(?=\d)", " ", name.casefold())
        alike[" ".join(word.lstrip("0") or "0" for word in re.split(r"[\s_-]+", words.strip()))].append(name)
    several = [some for some in alike.values() if len(some) > 1]
    if not several:
        return ""
    shown = " and ".join(map(repr, several[0][:2]))
    more = f", and {len(several) - 1:,} more" if len(several) > 1 else ""
    return f"{shown} are read as two {kind}{more}. If they are one, write them alike."


def _doubt_about_shortened(people: Sequence[str]) -> str:
    """Numbers as spreadsheets shorten them: those of several people look the same then."""
    short = [person for person in people if _SHORTENED.fullmatch(person)]
    if not short:
        return ""
    return (
        f"{plural(len(short), 'person')} {'has a number' if len(short) == 1 else 'have numbers'} that a spreadsheet "
        f"shortened, such as {short[0]}: several people may have become one. Write the numbers out."
    )


def _doubt_about_nobody(crops: Mapping[str, str]) -> str:
    """A folder for those who are not known, among people."""
    counts = Counter(person for person in crops.values() if person.lower().strip("_- ") in _NOBODY)
    if not counts:
        return ""
    person, count = counts.most_common(1)[0]
    return (
        f"{plural(count, 'crop')} of {person!r} are read as one person. If they show several, move them out, or call "
        "their folder -1, which stands for nobody."
    )


def _doubt_about_films(dataset: Dataset, crops: Mapping[str, str]) -> str:
    """A track's number that is in folders of several films."""
    if dataset.format != NAMED_BY_FOLDERS:
        return ""
    films: dict[str, set[str]] = defaultdict(set)
    for path, person in crops.items():
        folders = path.split("/")[:-1]
        if len(folders) > 1 and folders[-1] == person and _FILM.match(folders[-2]):
            films[person].add(folders[-2])
    several = {person: above for person, above in films.items() if len(above) > 1}
    if not several:
        return ""
    person, above = next(iter(several.items()))
    return (
        f"{person} of {listed(natural_order(above))} is read as one person. If each film numbers its own people, give "
        "--identity-pattern '([^/]+/[^/]+)/[^/]+$'"
    )


def _doubt_about_names_below(dataset: Dataset, crops: Mapping[str, str], people: Sequence[str]) -> str:
    """Few folders, whose pictures' names seem to tell many people, most of them in several of the folders."""
    if dataset.format != NAMED_BY_FOLDERS or not 2 <= len(people) <= SMALL:
        return ""
    guess = guess_people(list(crops))
    above: dict[str, set[str]] = defaultdict(set)
    for path, person in guess.people.items() if guess else ():
        above[person].add(crops[path])
    if guess is None or len(above) < 2 * len(people) or 2 * sum(len(some) > 1 for some in above.values()) < len(above):
        return ""
    example = next(iter(guess.people))
    return (
        f"{plural(len(people), 'person')}: {listed(people)}. The names in their folders look like PERSON_…: "
        f"{listed(natural_order(above))}, as {guess.people[example]} of {example}. If that is the person, give "
        f"--identity-pattern '{guess.pattern}'"
    )


def _doubt_about_labels(people: Sequence[str], crops: Mapping[str, str]) -> str:
    """People whose labels are words for something else."""
    plain = [person.lower().replace("-", "_") for person in people]
    count = plural(len(people), "person")
    names, verb = listed(people), "That is" if len(people) == 1 else "These are"
    remedy = "If folders or names below tell the people, --identity-pattern says where."
    if all(name.replace("_", " ") in CLASSES for name in plain):
        return f"{count}: {names}. {verb} what a detector calls things, not who it is. {remedy}"
    if all(name in _PARTS_OF_DATA_SETS or _is_part(name) for name in plain) and (len(people) > 1 or len(plain[0]) > 1):
        return f"{count}: {names}. These read like parts of a data set, not like people. {remedy}"
    if len(people) > 1 and (all(_PLACE.fullmatch(name) for name in plain) or _are_places(people, crops)):
        return f"{count}: {names}. These read like cameras, scenes or films, not like people. {remedy}"
    if all(_DAY.fullmatch(person) for person in people):
        return f"{count}: {names}. These read like days, not like people. {remedy}"
    return ""


def _is_part(name: str) -> bool:
    words = set(name.split("_"))
    return bool(words & {"query", "gallery", "train", "test", "probe"})


def _are_places(people: Sequence[str], crops: Mapping[str, str]) -> bool:
    """Whether people are called like places, and have folders below that say so; or all have one of frames."""
    below: dict[str, set[str]] = defaultdict(set)
    for path, person in crops.items():
        folders = path.split("/")[:-1]
        if person in folders:
            below[person].update(folders[folders.index(person) + 1 :][:1])
    if len(below) < len(people) or not all(below.values()):
        return False
    of_frames = all(some <= {"img1", "img", "frames"} for some in below.values())
    return of_frames or all(person.lower() in _WHERE for person in people)


def _doubt_about_folders(dataset: Dataset, crops: Mapping[str, str], people: Sequence[str]) -> str:
    """In the folders of people lie as many folders as there are people, or more: at the first level that has such."""
    if dataset.format != NAMED_BY_FOLDERS:
        return ""
    shared = _shared(list(crops))
    levels: dict[int, dict[str, str]] = defaultdict(dict)  # level below the person -> path -> folder
    for path, person in crops.items():
        folders = path.split("/")[:-1]
        start = next((n + 1 for n, name in enumerate(folders) if name == person and n >= shared), len(folders))
        after = [name for name in folders[start:] if not (_is_no_person(name) or _PLACE.fullmatch(name.lower()))]
        for level, name in enumerate(name for name in after if name.lower() not in _PARTS_OF_DATA_SETS | _WHERE):
            levels[level][path] = name
    for _, found in sorted(levels.items()):
        if 2 * len(found) >= len(crops) and _may_be_people(found, crops, people):
            names = natural_order(set(found.values()))
            pattern = _pattern_of(found)
            remedy = f"give --identity-pattern '{pattern}'" if pattern else "--identity-pattern says where"
            return (
                f"{plural(len(people), 'person')}: {listed(people)}. Their folders hold {listed(names)}: "
                f"are those the people? If so, {remedy}{_of_each_place(found, crops, pattern)}"
            )
    return ""


def _shared(paths: Sequence[str]) -> int:
    """How many folders at the top are common to all; a person's own is none where there is no other."""
    folders = [path.split("/")[:-1] for path in paths]
    return next((n for n, level in enumerate(zip(*folders, strict=False)) if len(set(level)) > 1), 0)


def _may_be_people(found: Mapping[str, str], crops: Mapping[str, str], labels: Sequence[str]) -> bool:
    """Whether folders are as many as the people above them, and, where these are many or as many, the same in most."""
    people = len(labels)
    pairs = {(crops[path], folder) for path, folder in found.items()}
    below = {folder for _, folder in pairs}
    if 1 < len(below) < people and all(name.isalpha() for name in below | set(labels)):
        # Names of people in each of several places: anna and ben in a, b and c.
        return len(pairs) == people * len(below) and not below & _WHERE
    if len(below) < max(2, people):
        return False
    if people <= FEW:
        return len(below) > people or len(pairs) > len(below)
    return len(below) >= people and 2 * len(pairs) >= people * len(below)


def _pattern_of(found: Mapping[str, str]) -> str:
    """A pattern that finds each folder in its path, counted from the top or from the end; "" where none does."""
    depths, heights = set(), set()
    for path, folder in found.items():
        folders = path.split("/")[:-1]
        place = len(folders) - 1 - folders[::-1].index(folder)
        depths.add(place)
        heights.add(len(folders) - 1 - place)
    if len(depths) == 1:
        return "^" + "[^/]+/" * depths.pop() + "([^/]+)/"
    return "([^/]+)" + "/[^/]+" * (heights.pop() + 1) + "$" if len(heights) == 1 else ""


def _of_each_place(found: Mapping[str, str], crops: Mapping[str, str], pattern: str) -> str:
    """The pattern for trackers, which number people from 1 in each film: 1 of the gate is not 1 of the lobby."""
    pairs = {(crops[path], folder) for path, folder in found.items()}
    are_numbers = all(_TRACK.fullmatch(folder) for _, folder in pairs)
    is_next = all(f"{crops[path]}/{folder}/" in path for path, folder in found.items())
    top, one, _ = pattern.partition("[^/]+/([^/]+)/")
    if not (are_numbers and is_next and one and len({folder for _, folder in pairs}) < len(pairs)):
        return ""
    return f"; or, if each of the folders above numbers its own people, '{top}([^/]+/[^/]+)/'"


def _is_no_person(folder: str) -> bool:
    return bool(camera_of_folder(folder) or _DAY.fullmatch(folder) or folder.lower() in SPLIT_NAMES) or (
        time_of_name(f"{folder}.jpg") is not None
    )


def _doubts_about_names(dataset: Dataset) -> tuple[str, ...]:
    """Where no one is labelled: whether the names look as if they told who is who."""
    guess = guess_people(list(dataset.records.table["path"]))
    if guess is None:
        return ()
    names, example = listed(natural_order(guess.people.values())), next(iter(guess.people))
    return (
        f"Nobody is named, but the names look like PERSON_…: {names}, as {guess.people[example]} of {example}. "
        f"If that is the person, give --identity-pattern '{guess.pattern}'",
    )
