"""What a page's address says beside the crop or case that is open: filters and what is unfolded, so that a reload or a
bookmark shows the same.

It holds no picture, and no name of a person that was not in it before. Anybody may write an address: each value is
read with care, and what does not fit is ignored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

import streamlit as st

from reid_core.records import LAST_CLOCK_TIME

MOST_TEXT, MOST_LABELS = 4_000, 200  # characters of a value, labels in it
ON_THE_WAY = 5.0  # seconds in which a browser may still send the address that was replaced
state = st.session_state


def followed_key(page: str) -> str:
    return f"address-followed-{page}"


def _replaced_key(page: str) -> str:
    return f"address-replaced-{page}"


def asked(page: str, names: Sequence[str], *, from_another_page: bool = False) -> dict[str, str] | None:
    """What the address says of these names when it says other things than the page put there; else None.

    A link that says nothing of them, from another page or to a fresh session, leaves what the session has. So does a
    key or click that the browser sent before it had the address that the page put there in that moment: it brings the
    one before, which would undo what was just done.
    """
    now = {name: st.query_params[name][:MOST_TEXT] for name in names if name in st.query_params}
    before: dict[str, str] | None = state.get(followed_key(page))
    if now == (before or {}) or (not now and (before is None or from_another_page)):
        return None
    if not from_another_page and now in _just_replaced(page):
        return None
    return now


def _just_replaced(page: str) -> list[dict[str, str]]:
    """What the page itself had put into the address until a moment ago."""
    latest = time.monotonic() - ON_THE_WAY
    kept: list[tuple[float, dict[str, str]]] = [one for one in state.get(_replaced_key(page), ()) if one[0] >= latest]
    state[_replaced_key(page)] = kept
    return [values for _, values in kept]


def say(page: str, names: Sequence[str], values: Mapping[str, str]) -> None:
    """Put these values into the address, and take out those of `names` that are empty, not there or too long to be read
    again."""
    values = {name: value for name, value in values.items() if 0 < len(value) <= MOST_TEXT}  # as `asked` reads it
    for name in names:
        if value := values.get(name):
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        else:
            st.query_params.pop(name, None)
    said, before = {name: values[name] for name in names if name in values}, state.get(followed_key(page)) or {}
    if said != before:
        state.setdefault(_replaced_key(page), []).append((time.monotonic(), before))
    state[followed_key(page)] = said


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
