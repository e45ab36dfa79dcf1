"""Which classes of annotations are people, and what tells one person from another."""

from __future__ import annotations

from collections.abc import Mapping

from reid_core.datasets.readers.tracker_crops import CLASSES, PEOPLE, ROLES

_MORE_PEOPLE = frozenset({"persons", "pedestrians", "humans", "ped", "walker", "body", "full body", "person full body"})
_PERSON_CLASSES = PEOPLE | ROLES | _MORE_PEOPLE | frozenset(f"{role}s" for role in ROLES)
PERSON_KEYS = (
    *("identity", "identity_id", "person_id", "personid", "pid", "global_id", "person_name", "individual"),
    *("individual_id", "subject", "subject_id"),
)
TRACK_KEYS = (
    *("track_id", "trackid", "track", "tracklet", "tracklet_id", "instance_id", "instanceid", "object_id"),
    *("objectid", "target_id", "tid"),
)
MAX_LABEL = 200  # characters
_NOBODY = frozenset({"", "-1", "none", "null", "nan", "false", "true"})


def plain_class(name: str) -> str:
    """ "Full_Body " is "full body"."""
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())


def is_person(name: str) -> bool:
    """Whether a class is one of people: person, pedestrian, player, woman, ..."""
    return plain_class(name) in _PERSON_CLASSES


def is_class(name: str) -> bool:
    """Whether a name is that of a known class, of people or of things."""
    return is_person(name) or plain_class(name) in CLASSES


def who(told: Mapping[str, object]) -> tuple[str | None, str | None]:
    """What attributes tell of a box: the person, who is the same in all films, and the track, of its film alone."""
    lowered = {key.strip().lower().replace(" ", "_").replace("-", "_"): key for key in reversed(list(told))}
    first: list[str | None] = []
    for keys in (PERSON_KEYS, TRACK_KEYS):
        labels = (label_of(told[lowered[key]]) for key in keys if key in lowered)
        first.append(next((label for label in labels if label is not None), None))
    return first[0], first[1]


def label_of(value: object) -> str | None:
    """A number or text as a label; None where it tells of no one (empty, -1, a list, half a character). 3 and 3.0 are
    "3"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    try:
        text = str(value).strip()
        text.encode()
    except ValueError:  # a whole number of thousands of digits; JSON's \ud800, which is half a character
        return None
    return None if text.lower() in _NOBODY or len(text) > MAX_LABEL or "\0" in text else text
