"""The standing of the view History in this visit."""

from __future__ import annotations

from dataclasses import dataclass

from pages.components.shared.session import kept


@dataclass
class HistoryState:
    """`releasing` is the hold that ends by the next press."""

    releasing: str | None = None


def history_state() -> HistoryState:
    return kept(HistoryState)
