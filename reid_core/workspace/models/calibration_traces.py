"""What models keep of a gallery that is gone: calibrations, which say that they hold for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.errors import Damaged, NotThere
from reid_core.training.run import STATE_NAME, Run


def forget_calibrations(workspace: Path, gallery: str) -> None:
    """Take the gallery off the cards of the workspace's models: another gallery may be given its name.

    Raises OSError when a card cannot be written.
    """
    for folder in _model_folders(workspace):
        try:
            card = ModelCard.read(folder)
        except (NotThere, Damaged):  # a damaged model is used by nothing
            continue
        kept: dict[str, Any] = {}
        for kind, values in (card.calibration or {}).items():
            others = [name for name in values.get("galleries", ()) if name != gallery]
            if others:
                kept[kind] = {**values, "galleries": others}
        if kept != (card.calibration or {}):
            dataclasses.replace(card, calibration=kept or None).write(folder)


def _model_folders(workspace: Path) -> Iterator[Path]:
    """Models that were shipped are calibrated in a copy, which is among them."""
    yield from (file.parent for file in (workspace / "models").glob(f"*/{CARD_NAME}"))
    for file in (workspace / "runs").glob(f"*/{STATE_NAME}"):
        yield from Run(file.parent).model_folders().values()
