"""From when to when: two fields that fit a gallery's times, as dates or as times into a recording."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.components.shared import markup, wording
from reid_core.records import FIRST_CLOCK_TIME, LAST_CLOCK_TIME, format_time, recorded_time

state = st.session_state


def draw_times(times: tuple[float, float], keys: tuple[str, str]) -> tuple[float | None, float | None]:
    """Both ends in seconds, None where open. `times` are the gallery's first and last, `keys` those of the fields."""
    first, last = times
    if wording.is_clock_time(first):
        ends = first, min(last + 1, LAST_CLOCK_TIME)
        low, high = (datetime.fromtimestamp(int(end), UTC).replace(tzinfo=None) for end in ends)
        _forget_outside(keys, low, high)
        moments = [
            st.datetime_input(
                f"{name} (UTC)", None, min_value=low, max_value=high, step=60, key=key, persist_state="session",
                format="YYYY-MM-DD",
            )
            for name, key in zip(("From", "To"), keys, strict=True)
        ]  # fmt: skip
        return time_in(moments[0]), time_in(moments[1])
    after, before = (
        _recorded(st.text_input(
            f"{name} (time into the recording)", key=key, persist_state="session", max_chars=20,
            placeholder=wording.shown_time(place), help="Hours, minutes and seconds, as 0:44:41.",
        ))
        for name, key, place in zip(("From", "To"), keys, times, strict=True)
    )  # fmt: skip
    return after, before


def _recorded(text: str | None) -> float | None:
    """Says so where it is no time, and lets all times through."""
    if not (text or "").strip():
        return None
    seconds = time_in(text)
    if seconds is None:
        markup.text('<p class="rt-small" role="status">Write a time as 0:44:41.</p>')
    return seconds


def time_in(value: object) -> float | None:
    """Seconds of what a field holds: a date and time, or "0:44:41" or seconds into a recording; None for no time."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp()
    if not isinstance(value, str) or (recorded := recorded_time(value)) is not None:
        return recorded if isinstance(value, str) else None
    text = value.strip()
    known = 0 < len(text) <= 12 and text.isascii() and text.replace(".", "", 1).isdecimal()
    return float(text) if known and float(text) < FIRST_CLOCK_TIME else None


def times_to_fields(times: tuple[float, float], keys: tuple[str, str], ends: tuple[float | None, float | None]) -> None:
    """Put both ends (seconds, None where open) into the fields that `draw_times` draws next."""
    for key, end in zip(keys, ends, strict=True):
        if wording.is_clock_time(times[0]):
            state[key] = None if end is None else datetime.fromtimestamp(end, UTC).replace(tzinfo=None)
        else:
            state[key] = "" if end is None else (format_time(end) or "").removesuffix(".000")


def _forget_outside(keys: tuple[str, str], low: datetime, high: datetime) -> None:
    """A field raises where the gallery's times have changed and its own value is no longer among them."""
    for key in keys:
        if state.get(key) is not None and not low <= state[key] <= high:
            state[key] = None
