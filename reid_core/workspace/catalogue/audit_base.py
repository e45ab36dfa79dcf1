"""What an event of the log is, and words that sentences about events share; `audit` has the events themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from reid_core.records import plural

STORED: Mapping[str, str] = {"case": "investigation"}  # fields that are stored under another name than their own
NAMED = 5  # crops and photos that a sentence names
_HASH = 64  # digits of a SHA-256
_BREAKS = re.compile(r"[\t\n\r]+")
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Event:
    """`title` is what its lines are called together. A purpose is personal, for people write it freely."""

    action: ClassVar[str]
    title: ClassVar[str]
    personal: ClassVar[frozenset[str]] = frozenset({"purpose"})

    purpose: str = ""

    def sentence(self) -> str:
        """What was done, without who, when and why."""
        raise NotImplementedError

    @classmethod
    def public(cls) -> frozenset[str]:
        """Names, as they are stored, of the fields that stay in a line for good."""
        return frozenset(STORED.get(one.name, one.name) for one in fields(cls) if one.name not in cls.personal)

    def details(self) -> dict[str, Any]:
        """The fields as they are stored, but for the purpose; what is None is not stored."""
        named = {STORED.get(one.name, one.name): getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in named.items()
            if name != "purpose" and value is not None
        }


@dataclass(frozen=True, kw_only=True)
class CropsEvent(Event):
    """Something was done to so many crops of a gallery."""

    gallery: str
    crops: int


@dataclass(frozen=True, kw_only=True)
class DeletionEvent(Event):
    """The purpose of a deletion stays, as its receipt keeps it. `log_lines` lost their personal fields with it."""

    personal = frozenset()
    receipt: int | None = None
    log_lines: int | None = None

    def after(self) -> str:
        """What every deletion says at the end."""
        lines = f", with the personal fields of {plural(self.log_lines, 'line')} of this log" if self.log_lines else ""
        return f"{lines}{'' if self.receipt is None else f' (receipt {self.receipt})'}."


def of_case(number: int | None) -> str:
    """ " in case 3", or nothing."""
    return "" if number is None else f" in case {number}"


def as_file(kind: str | None) -> str:
    """ " as CSV", or nothing."""
    return f" as {kind.upper()}" if kind else ""


def some(names: Sequence[str]) -> str:
    """ "7, 8, 9, 10, 11 and 12 more"; hashes are cut short."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(map(short, names[:NAMED]))}{more}"


def still_show(recordings: int) -> str:
    """ "The files of 2 recordings may still show the deleted people." """
    files = "The file" if recordings == 1 else "The files"
    return f"{files} of {plural(recordings, 'recording')} may still show the deleted people."


def plain(text: str) -> str:
    """The text on one line, without characters that would steer a terminal or turn the direction of writing."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", _BREAKS.sub(" ", text))


def short(text: str) -> str:
    return f"{text[:12]}…" if len(text) >= _HASH and text.isalnum() else text


def crop_numbers(crops: Iterable[int]) -> str:
    """ "crop 3", "crops 3, 4", "12 crops (3, 4, 5, 6, 7, …)"."""
    numbers = [str(crop) for crop in crops]
    if len(numbers) > NAMED:
        return f"{plural(len(numbers), 'crop')} ({', '.join(numbers[:NAMED])}, …)"
    return f"{plural(len(numbers), 'crop', number=False)} {', '.join(numbers)}"


def on_crops(crops: Sequence[int], looked_at: int | None) -> str:
    """ " on crop 3 and 2 others of its tracklet", of crops that begin with those that were looked at; or nothing."""
    count = len(crops) if looked_at is None else max(0, min(looked_at, len(crops)))
    if not crops:
        return ""
    following = len(crops) - count
    if not count:
        return f" on {plural(following, 'crop')} of a tracklet"
    said = f" on {crop_numbers(crops[:count])}"
    if not following:
        return said
    others = "1 other" if following == 1 else f"{following:,} others"
    return f"{said} and {others} of {'its tracklet' if count == 1 else 'their tracklets'},"
