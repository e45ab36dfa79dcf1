"""What was done in a component, one after the other, told before the page is drawn.

The browser numbers what is done and keeps it until the page says which number it has taken up: keys that are pressed
faster than the server answers are neither lost nor counted twice. Whoever takes an event up says so at once, by `done`.
How far that has come is a dictionary of the page: the number of the last event of each component.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

TELLER = Path(__file__).with_name("events.js").read_text(encoding="utf-8")  # stands before a component's script


def last_taken(key: str, taken: Mapping[str, int]) -> int:
    """The number of the last event of that component that was taken up; to be sent to the browser."""
    return taken.get(key, 0)


def new_events(key: str, taken: Mapping[str, int]) -> list[dict[str, Any]]:
    """Events that nobody has taken up yet, oldest first: each has `what`, and what belongs to it."""
    told = (st.session_state.get(key) or {}).get("did") or []
    return [{**event, "of": key} for event in told if int(event["n"]) > taken.get(key, 0)]


def done(event: dict[str, Any], taken: dict[str, int]) -> None:
    """The event was taken up: it will not be told again."""
    taken[event["of"]] = max(int(event["n"]), taken.get(event["of"], 0))
