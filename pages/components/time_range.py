"""From when to when: two fields that fit a gallery's times, as dates or as seconds into a recording."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages import common
from reid_core.records import LAST_CLOCK_TIME

state = st.session_state


def draw_times(times: tuple[float, float], keys: tuple[str, str]) -> tuple[float | None, float | None]:
    """Both ends in seconds, None where open. `times` are the gallery's first and last, `keys` those of the fields."""
    first, last = times
    if common.is_clock_time(first):
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
        return _seconds(moments[0]), _seconds(moments[1])
    end = float(int(last) + 1)
    _forget_outside(keys, 0.0, end)
    after, before = (
        st.number_input(
            f"{name} (seconds into the recording)", 0.0, end, None, 10.0, key=key, persist_state="session",
            placeholder=common.shown_time(place),
        )
        for name, key, place in zip(("From", "To"), keys, times, strict=True)
    )  # fmt: skip
    return after, before


def times_to_fields(times: tuple[float, float], keys: tuple[str, str], ends: tuple[float | None, float | None]) -> None:
    """Put both ends (seconds, None where open) into the fields that `draw_times` draws next."""
    for key, end in zip(keys, ends, strict=True):
        dated = end is not None and common.is_clock_time(times[0])
        state[key] = datetime.fromtimestamp(end, UTC).replace(tzinfo=None) if dated and end is not None else end


def _forget_outside(keys: tuple[str, str], low: datetime | float, high: datetime | float) -> None:
    """A field raises where the gallery's times have changed and its own value is no longer among them."""
    for key in keys:
        if state.get(key) is not None and not low <= state[key] <= high:
            state[key] = None


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()
