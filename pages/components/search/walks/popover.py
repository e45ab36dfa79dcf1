"""The filters by walk behind a button: each choice with the number of walks that it would find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components.search.state import Counts, desk
from pages.components.search.walks.fields import IGNORED, MOST_SECONDS, Offered, held, key_of, of_walks
from pages.components.shared import cached, markup
from reid_core.retrieval.filters import TEXTS
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

# What each word means, said beside its field.
MEANINGS = {
    "directions": "In the picture: “to the left” means towards its left edge, “towards the camera” means downwards. "
    "“Stays”: never half a body height away from the first place. “There and back”: it ends near where it began.",
    "entered": "The edge of the picture where the walk begins. “Inside the picture”: at no edge, as from a door. “In "
    "view already”: when the recording begins.",
    "left_by": "The edge of the picture where the walk ends. “Inside the picture”: at no edge, as into a door. “In "
    "view at the end”: when the recording ends.",
    "min_seconds": "From the first to the last moment of the walk.",
    "min_standing": "The longest time within half a body height of one place.",
    "zones": "The feet were in the zone at least once. A zone is a part of one camera's picture.",
    IGNORED: "Walks that never leave a zone to ignore are left out: dummies, posters, screens.",
}
state = st.session_state


class WalksPopover:
    """Takes its place among the filters at once, and is drawn once the answer is there: only then it can be counted
    what is searched. Its fields are read before, from the session."""

    def __init__(self, gallery: str, offers: Offered | None) -> None:
        """Without offers it stays away."""
        self.gallery, self.offers = gallery, offers
        self.place = None if offers is None else st.container(width="content", key="walks-place")

    def values(self) -> dict[str, Any]:
        """What the fields hold, as values of `Filter`."""
        return {} if self.offers is None else held(self.gallery, self.offers)

    def draw(self, workspace: Workspace, answer: Answer | None) -> None:
        """Without an answer there are no counts."""
        if self.offers is None or self.place is None:
            return
        counts = {} if answer is None else _counts(workspace, self.gallery, answer)
        with self.place, st.popover(label_of(self.values()), key="walks-popover"):
            for name in ("directions", "entered", "left_by"):
                self._pills(name, self.offers.choices(name), counts)
            with st.container(horizontal=True):
                self._seconds("min_seconds")
                self._seconds("max_seconds")
                self._seconds("min_standing")
            if self.offers.zones:
                self._pills("zones", self.offers.zones, counts)
            self._ignored(counts)
            if counts:
                markup.text(
                    '<p class="rt-small">Numbers count the walks that pass all other filters. A crop that was not cut '
                    "from a recording has no walk.</p>"
                )

    def _pills(self, name: str, choices: Sequence[str], counts: Counts) -> None:
        def words(choice: str) -> str:
            return f"{choice} · {counts[name].get(choice, 0):,}" if name in counts else choice

        st.pills(
            of_walks()[name].title, choices, selection_mode="multi", format_func=words,
            key=key_of(name, self.gallery), persist_state="session", help=MEANINGS[name],
        )  # fmt: skip

    def _seconds(self, name: str) -> None:
        st.number_input(
            of_walks()[name].title, 0.0, MOST_SECONDS, None, 1.0, format="%g", placeholder="any", width=170,
            key=key_of(name, self.gallery), persist_state="session", help=MEANINGS.get(name),
        )  # fmt: skip

    def _ignored(self, counts: Counts) -> None:
        """Only where there are any."""
        key = key_of(IGNORED, self.gallery)
        marked = counts.get(IGNORED, {}).get(True, 0)
        if marked or state.get(key):
            st.toggle(
                f"{of_walks()[IGNORED].title} ({marked:,})", key=key, persist_state="session", help=MEANINGS[IGNORED]
            )


def label_of(values: dict[str, Any]) -> str:
    """What the closed popover says."""
    chosen = sum(value is not None for name, value in values.items() if name != IGNORED)
    words = f"Some walks ({chosen})" if chosen else "Any walk"
    return f"{words} (also ignored)" if values[IGNORED] else words


def _counts(workspace: Workspace, gallery: str, answer: Answer) -> Counts:
    """Counted anew when the gallery or what is searched has changed."""
    names = (*of_walks(TEXTS), IGNORED)
    key = (gallery, answer.query.model, answer.where, workspace.catalogue.version())
    kept = desk().counted
    if kept is None or kept[0] != key:
        index = cached.open_index(workspace, gallery, answer.query.model).current()
        kept = desk().counted = key, index.choices(answer.where, names)
    return kept[1]
