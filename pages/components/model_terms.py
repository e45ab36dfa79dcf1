"""What a model may be used for, said where it is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from pages import common
from reid_core.workspace.workspace import Workspace


def draw_terms(workspace: Workspace, names: Sequence[str], *, before: str = "") -> None:
    """A small line for each of the models, the first after the words `before`."""
    terms = {entry.name: entry.card.terms for entry in common.models_here(workspace)}
    for name in names:
        words = f"{before}Terms of model {name}: {terms.get(name, 'not stated')}"
        common.text('<p class="rt-small">{words}</p>', words=words)
        before = ""
