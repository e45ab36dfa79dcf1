"""What blind mode hides: everything that leads the eye, until the analyst has given a verdict of her own on that crop.

Names, tracklets, files, scores, the order and what others decided are then not even sent to the browser. Hits come in
an order that says nothing, the crops of one hit in that of time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.components.search.state import BLIND
from pages.components.shared.session import analyst
from reid_core.retrieval.grouping import Group
from reid_core.workspace.search.searching import Answer

HIDDEN_FACTS = frozenset({"Tracklet", "Identity", "File", "Crop"})
state = st.session_state


def is_blind() -> bool:
    return bool(state.get(BLIND))


def judged_by() -> str | None:
    """Whose verdicts alone count, as `verdicts.standing` takes it: in blind mode the analyst's own, "" before she has
    a name; else everybody's."""
    return (analyst() or "") if is_blind() else None


def is_told(answer: Answer, crop: int) -> bool:
    """Whether the crop may be named: in blind mode once the analyst has a verdict of her own on this very crop."""
    if not is_blind():
        return True
    standing, who = answer.standing.get(crop), analyst()
    return standing is not None and any(verdict.who == who for verdict in standing.verdicts)


def is_decided(answer: Answer, group: Group) -> bool:
    """Whether the group has a verdict: of anybody on any crop; in blind mode the analyst's own on each."""
    if is_blind():
        return all(is_told(answer, hit.id) for hit in group.hits)
    return any(hit.id in answer.standing for hit in group.hits)


def first_undecided(answer: Answer, group: Group) -> int:
    """The crop of the group that is to be judged next."""
    return next((hit.id for hit in group.hits if is_blind() and not is_told(answer, hit.id)), group.best.id)


def no_order(groups: Sequence[Group]) -> list[Group]:
    """The groups in an order that says nothing, and stays the same while one works."""
    return sorted(groups, key=lambda group: hashlib.sha256(str(group.best.id).encode()).digest())


def by_time(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of crops as they were taken, those of unknown time last."""
    return sorted(rows, key=lambda row: (pd.isna(row["time"]), row["time"], row["sha256"]))
