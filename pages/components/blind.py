"""What blind mode hides: everything that leads the eye, until the analyst has given a verdict of her own.

Names, tracklets, files, scores, the order and what others decided are then not even sent to the browser. Hits come in
an order that says nothing, the crops of one hit in that of time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from reid_core.retrieval.grouping import Group
from reid_core.workspace.searching import Answer

BLIND, ANALYST = "blind", "analyst"
HIDDEN_FACTS = frozenset({"Tracklet", "Identity", "File", "Crop"})
state = st.session_state


def is_blind() -> bool:
    return bool(state.get(BLIND))


def analyst() -> str | None:
    """Who decides: the name that was typed. Several analysts share the server's user of the operating system: under
    that name one would take back what another decided, and they could not contradict each other."""
    return str(state.get(ANALYST) or "").strip() or None


def is_decided(answer: Answer, group: Group) -> bool:
    """Whether the group has a verdict: of anybody, and in blind mode the analyst's own."""
    who = analyst()
    for hit in group.hits:
        standing = answer.standing.get(hit.id)
        if standing is not None and (not is_blind() or any(verdict.who == who for verdict in standing.verdicts)):
            return True
    return False


def is_hidden(answer: Answer, group: Group) -> bool:
    """Whether nothing may be said of the group yet."""
    return is_blind() and not is_decided(answer, group)


def no_order(groups: Sequence[Group]) -> list[Group]:
    """The groups in an order that says nothing, and stays the same while one works."""
    return sorted(groups, key=lambda group: hashlib.sha256(str(group.best.id).encode()).digest())


def by_time(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of crops as they were taken, those of unknown time last."""
    return sorted(rows, key=lambda row: (pd.isna(row["time"]), row["time"], row["sha256"]))
