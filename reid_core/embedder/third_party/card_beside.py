"""The card that `reid model export` writes next to an ONNX file, `NET.onnx.json`, read when that file is added."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from reid_core.embedder.card import MOST_CARD_BYTES, ModelCard, read_card
from reid_core.errors import ReidError
from reid_core.json_text import read_json


def card_beside(file: Path) -> tuple[ModelCard | None, str]:
    """The card next to a network's file, or None; and a sentence where the file there is no card, or "".

    What depends on the exported model's id, its calibrations, is left out: a file alone has another. Raises ReidError
    for a card that is damaged: without it the pictures would be prepared in another way, and the model be worse than
    it is.
    """
    beside = file.with_name(f"{file.name}.json")
    if not beside.is_file():
        return None, ""
    if not _is_card(beside):
        return None, f"{beside.name} next to it is no card of Retrace, and was not read."
    try:
        card = read_card(beside)
    except (OSError, ValueError, ReidError) as error:
        raise ReidError(
            f"The card {beside.name} next to {file.name} cannot be used ({str(error).rstrip('.')}). Export the model "
            "again; or take that file away, and say --size, --mean and --std."
        ) from error
    return dataclasses.replace(card, architecture={}, recipe={}, metrics={}, calibration=None), ""


def _is_card(file: Path) -> bool:
    """Whether it is one of ours, damaged or not: another program's has no `preprocessing` in its table of values."""
    try:
        with file.open("rb") as opened:
            values = read_json(opened.read(MOST_CARD_BYTES))
    except (OSError, ValueError):
        return True
    return isinstance(values, dict) and "preprocessing" in values
