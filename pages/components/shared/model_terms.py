"""What is said of models where they are chosen: what one may be used for, and which are here but damaged."""

from __future__ import annotations

from collections.abc import Sequence

from pages.components.shared import cached, markup
from reid_core.workspace.workspace import Workspace


def draw_terms(workspace: Workspace, names: Sequence[str], *, before: str = "") -> None:
    """A small line for each of the models, the first after the words `before`."""
    terms = {entry.name: entry.card.terms for entry in cached.models_here(workspace)}
    for name in names:
        words = f"{before}Terms of model {name}: {terms.get(name, 'not stated')}"
        markup.text('<p class="rt-small">{words}</p>', words=words)
        before = ""


def draw_damaged(workspace: Workspace) -> None:
    """A line for each model that is here and is not among those to choose from, with the reason."""
    for model in cached.damaged_models(workspace):
        markup.text(
            '<p class="rt-small">Model {name} is damaged and left out: {reason}</p>',
            name=model.name,
            reason=model.reason,
        )
