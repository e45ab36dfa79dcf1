"""Hits that belong together take one place: forty frames of one person in one camera are one answer, not forty."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.retrieval.results import Hit

LEVELS = ("tracklet", "camera", "identity")


@dataclass(frozen=True)
class Labels:
    """What is known of a hit; None where it is not."""

    tracklet: str | None
    camera: str | None
    identity: str | None


@dataclass(frozen=True)
class Group:
    """Hits of one tracklet, camera or identity: `best` stands for them, `strip` are the others, best first.

    `rank` is its place among the groups, from 1; `gap` how much more similar its best hit is than the next group's,
    None for the last. `label` names what they share, None for a hit alone of which it is not known.
    """

    rank: int
    label: str | None
    hits: tuple[Hit, ...]
    gap: float | None

    @property
    def best(self) -> Hit:
        return self.hits[0]

    @property
    def strip(self) -> tuple[Hit, ...]:
        return self.hits[1:]


def grouped(hits: Sequence[Hit], labels: Mapping[int, Labels], level: str) -> list[Group]:
    """Groups of one list's hits in the order of their best hits; every hit is in exactly one.

    `labels` are by crop id. A tracklet belongs to its camera: two cameras may number theirs alike. A hit of unknown
    label, a distractor and a junk crop stay alone, for nobody knows that two of them are one person. Raises ReidError
    for a level that is not in `LEVELS`.

    >>> hits = [Hit(1, 11, 0.9), Hit(2, 12, 0.75), Hit(3, 13, 0.5)]
    >>> labels = {11: Labels("7", "hall", "ann"), 12: Labels("7", "stairs", "ben"), 13: Labels("7", "hall", "ann")}
    >>> [[hit.id for hit in group.hits] for group in grouped(hits, labels, "tracklet")]
    [[11, 13], [12]]
    """
    if level not in LEVELS:
        raise ReidError(f"Hits are grouped by {', '.join(LEVELS)}, not by {level!r}.")
    members: dict[Hashable, list[Hit]] = {}
    for hit in hits:
        key = _key(labels[hit.id], level)
        members.setdefault(hit.id if key is None else key, []).append(hit)
    groups = [(key[-1] if isinstance(key, tuple) else None, tuple(some)) for key, some in members.items()]
    following = [some[0].similarity for _, some in groups[1:]]
    return [
        Group(place, label, some, some[0].similarity - following[place - 1] if place < len(groups) else None)
        for place, (label, some) in enumerate(groups, start=1)
    ]


def _key(labels: Labels, level: str) -> tuple[str | None, ...] | None:
    """What the hits of a group share, its name last; None for a hit that stays alone."""
    if level == "tracklet":
        return None if labels.tracklet is None else (labels.camera, labels.tracklet)
    label = labels.camera if level == "camera" else labels.identity
    return None if label is None or (level == "identity" and label in (DISTRACTOR, JUNK)) else (label,)
