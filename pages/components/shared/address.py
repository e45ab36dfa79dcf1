"""What a page's address says: the gallery, what is open, filters and what is unfolded, so that a reload or a bookmark
shows the same; and how one page hands crops to another without an address.

An address holds no picture, and no name of a person that was not in it before. Anybody may write one: each value is
read with care, and what does not fit is ignored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import streamlit as st

from pages.components.shared.session import kept
from reid_core.times import LAST_CLOCK_TIME

MOST_TEXT, MOST_LABELS = 4_000, 200  # characters of a value, labels in it
ON_THE_WAY = 5.0  # seconds in which a browser may still send the address that was replaced
Values = dict[str, str]


@dataclass
class Part:
    """What one part of addresses said when it was last read or written, None before that, and what a page had put
    there until a moment ago, with the time (s) at which it was replaced."""

    followed: Values | None = None
    replaced: list[tuple[float, Values]] = field(default_factory=list)


@dataclass
class Visit:
    """The page that was drawn last, the parts of addresses by their names, and crops handed to the Search page."""

    page: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    handed: tuple[int, ...] = ()


def from_another(page: str) -> bool:
    """Whether another page was drawn before this one, whose links say nothing of what stands here."""
    return kept(Visit).page not in ("", page)


def arrived(page: str) -> None:
    """The page has followed its whole address; from here on it is the one that is looked at."""
    kept(Visit).page = page


def asked(
    name: str, keys: Sequence[str], *, from_another_page: bool = False, back_at_once: bool = False
) -> Values | None:
    """What the address says under these keys when it says other things than the page put there; else None.

    `name` tells this part of addresses from others. A link that says nothing of it, from another page or to a fresh
    session, leaves what the session has. So does a key or click that the browser sent before it had the address that
    the page put there in that moment: it brings the one before, which would undo what was just done. With
    `back_at_once` that is followed all the same, for the browser's Back brings it too.
    """
    part, now = _part(name), _values(keys)
    if now == (part.followed or {}) or (not now and (part.followed is None or from_another_page)):
        return None
    if not (from_another_page or back_at_once) and now in _just_replaced(part):
        return None
    return now


def say(name: str, keys: Sequence[str], values: Mapping[str, str]) -> None:
    """Put these values into the address, and take out those of `keys` that are empty, not there or too long to be read
    again."""
    said = {key: values[key] for key in keys if 0 < len(values.get(key, "")) <= MOST_TEXT}  # as `asked` reads it
    part, there = _part(name), _values(keys)
    if said != there:
        part.replaced.append((time.monotonic(), there))
    for key in keys:
        if key not in said:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != said[key]:
            st.query_params[key] = said[key]
    part.followed = said


def _part(name: str) -> Part:
    return kept(Visit).parts.setdefault(name, Part())


def _values(keys: Sequence[str]) -> Values:
    return {key: st.query_params[key][:MOST_TEXT] for key in keys if key in st.query_params}


def _just_replaced(part: Part) -> list[Values]:
    """What the page itself had put into the address until a moment ago."""
    latest = time.monotonic() - ON_THE_WAY
    part.replaced = [one for one in part.replaced if one[0] >= latest]
    return [values for _, values in part.replaced]


# --- crops on the way to Search ---


def hand_to_search(gallery: str, crops: Sequence[int]) -> None:
    """Go to the Search page with these crops as the photos that are searched for; `handed_crops` gives them there."""
    kept(Visit).handed = tuple(crops)
    st.switch_page("pages/search.py", query_params={"gallery": gallery})


def handed_crops() -> tuple[int, ...]:
    """What another page wants searched for, once; to be asked before anything is drawn."""
    visit = kept(Visit)
    handed, visit.handed = visit.handed, ()
    return handed


# --- values ---


def from_labels(labels: Sequence[str]) -> str:
    """Labels in one value, with commas between; commas within are written as %2C. "" of more than can be read again."""
    text = ",".join(quote(label, safe=" ") for label in labels)
    return text if len(labels) <= MOST_LABELS and len(text) <= MOST_TEXT else ""


def labels_in(text: str | None, allowed: Sequence[str]) -> list[str]:
    """Those of the allowed labels that the value names, in their own order."""
    named = {unquote(part) for part in (text or "").split(",", MOST_LABELS)[:MOST_LABELS]}
    return [label for label in allowed if label in named]


def from_seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}".rstrip("0").rstrip(".")


def seconds_in(text: str | None) -> float | None:
    """A time in seconds; None for anything else."""
    if not text or len(text) > 20 or not text.isascii() or not text.replace(".", "", 1).isdecimal():
        return None
    seconds = float(text)
    return seconds if math.isfinite(seconds) and seconds <= LAST_CLOCK_TIME else None


def one_of(text: str | None, allowed: Mapping[str, str]) -> str | None:
    """The value that a word stands for; None for a word that stands for nothing."""
    return allowed.get(text or "")
