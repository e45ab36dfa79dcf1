"""Which part of file names looks like a person, where no folder tells who is who: "0003" of 0003_c1_0152.jpg.

A guess. It is a hint where pictures lie about unlabelled, and is taken only where folders for queries and gallery bear
it out: see `folders`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORDS = "person|pers|pid|ped|pedestrian|identity|ident|id|subject|subj"
PERSON_FOLDER = re.compile(rf"(?:{_WORDS}|human|individual)[-_ ]?\d+", re.IGNORECASE)
_MARKED = r"(?<![^\W_])(p\d+)(?![^\W_])[^/]*$"
PATTERNS = (
    rf"(?i)(?<![a-z0-9])((?:{_WORDS})[-_ ]?\d+)(?![a-z0-9])[^/]*$",
    r"(?:^|/)([A-Za-z]{0,4}\d{1,6})[_-][^/]*$",
    r"(?:^|/)([^\W\d_]{2,20})[-_ ]\d[^/]*$",
)
_LAST_PATTERNS = (  # a camera or a track's word before the number, a dot behind it, and names of two words
    r"(?i)(?:^|[/_-])(track(?:let)?[-_ ]?\d+)(?![a-z0-9])[^/]*$",
    r"(?:^|/)c(?:am)?\d+[_-](\d{3,6})[_-][^/]*$",
    r"(?:^|/)(\d{3,6})\.\d+\.[^/]*$",
    r"(?:^|/)([^\W\d_]{2,20}[_ -][^\W\d_]{2,20})[-_ (]+\d[^/]*$",
)
_SEVEN_DIGITS = re.compile(r"(?:^|/)(\d{4})(\d{3})\.[^/.]*$")
_MOST_SHOTS = 50  # of one person
_OTHER = """
img image pic picture photo foto bild frame frm f crop crops det detection box bbox cam camera c ch channel
dsc dscn dscf pxl vid video snap snapshot screenshot screen shot scan file sample test train query gallery seq
sequence s track tracklet t page copy out output person people cropped rgb ir day view
"""
_OTHER_WORDS = frozenset(_OTHER.split())
_DATE = re.compile(r"(?:^|/)(?:[A-Za-z]{1,4}[-_]?)?(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?[0-3]\d|[^\d])[^/]*$")


@dataclass(frozen=True)
class NamePattern:
    """A regular expression whose one group seems to be the person; `people` are those that it finds, by path."""

    pattern: str
    people: dict[str, str]


def _simpler(pattern: str, people: set[str]) -> str:
    """The pattern as a person would write it, where it can be simpler."""
    if pattern == PATTERNS[0]:
        starts = {re.sub(r"\d+$", "", person) for person in people}
        return rf"({starts.pop()}\d+)" if len(starts) == 1 else pattern
    return (
        r"(?:^|/)(\d+)[_-][^/]*$"
        if pattern == PATTERNS[1] and all(person.isdecimal() for person in people)
        else pattern
    )


def _of_seven_digits(names: Sequence[str]) -> NamePattern | None:
    """Person and shot in one number, as CUHK01, CAVIAR4REID and i-LIDS write them: 0003002 is the second of 0003.

    Each person's shots count from 0 or 1 without a gap, which numbers of frames do not.
    """
    shots: dict[str, list[int]] = {}
    people: dict[str, str] = {}
    for name in names:
        if match := _SEVEN_DIGITS.search(name):
            people[name] = match[1]
            shots.setdefault(match[1], []).append(int(match[2]))
    if len(people) < 0.9 * len(names) or not 2 <= len(shots) <= len(people) / 2:
        return None
    count_up = all(sorted(some) == list(range(min(some), min(some) + len(some))) for some in shots.values())
    few = all(min(some) <= 1 and len(some) <= _MOST_SHOTS for some in shots.values())
    return NamePattern(r"(?:^|/)(\d{4})\d{3}\.[^/]*$", people) if count_up and few else None


def guess_people(names: Sequence[str]) -> NamePattern | None:
    """The first pattern that finds two people or more, with two pictures on average, in nearly all names.

    None for names that begin with dates or with what programs call pictures ("frame_0001.jpg").
    """
    if sum(_DATE.search(name) is not None for name in names) * 2 > len(names):
        return None
    for pattern in (PATTERNS[0], _MARKED, *PATTERNS[1:], *_LAST_PATTERNS):
        compiled = re.compile(pattern)
        found = {name: match[1] for name in names if (match := compiled.search(name))}
        people = set(found.values())
        is_pair = pattern == _LAST_PATTERNS[3]
        if is_pair and any(word.lower() in _OTHER_WORDS for name in people for word in re.split("[-_ ]", name)):
            continue
        words = {re.sub(r"\d+", "", person).strip("-_ ").lower() for person in people}
        of_persons = pattern in (PATTERNS[0], _MARKED, *_LAST_PATTERNS[:3])
        if len(found) < 0.9 * len(names) or not 2 <= len(people) <= len(found) / 2:
            continue
        if of_persons or not words & _OTHER_WORDS:
            return NamePattern(_simpler(pattern, people), found)
    return _of_seven_digits(names)
