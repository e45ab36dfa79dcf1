"""What lies on the analyst's desk: what is compared, what was said, how far events were taken up.

It is one object of the session, changed in place. Each access to Streamlit's session state is a point at which a run
may be ended for the next key that was pressed: between a verdict that is kept and the note that it was taken up there
must be none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

SHORT = 12  # groups at first: long lists make people err


@dataclass
class Desk:
    """`pair` are the crops of the group and of the view that are compared: (front, crop). With `go_on` the best group
    without a verdict is compared next. `turn` counts verdicts and what takes them back: the list follows it. `pending`
    is a verdict that was given while no case was open. `opening` is how many groups the address asks for,
    until they are there, and `to_be_found` says that it named the pair, which may be no hit."""

    taken: dict[str, int] = field(default_factory=dict)  # number of the last event of each component
    turn: int = 0
    shown: int = SHORT
    pair: tuple[int, int] | None = None
    go_on: bool = False
    said: str = ""
    problem: str = ""
    closed: int = 0
    focus: str | None = None
    agreement: tuple[str, int] | None = None
    pending: tuple[str, list[int], str] | None = None
    opening: int | None = None
    to_be_found: bool = False

    def close(self) -> None:
        """Back to the list, the keyboard at the group that was compared."""
        if self.pair is not None:
            self.look_at(self.pair[0])
        self.pair = self.agreement = None
        self.go_on = False

    def look_at(self, group: int) -> None:
        """The keyboard's focus goes to that group of the list, or to the first where it is gone."""
        self.closed += 1
        self.focus = f"{group} {self.closed}"


def desk() -> Desk:
    """The session's; to be asked for once, and then changed."""
    kept: Any = st.session_state.get("desk")
    if kept is None:
        kept = st.session_state["desk"] = Desk()
    found: Desk = kept
    return found
