"""The keys that give a verdict and take it back: pages say them, and scripts get them from here."""

from __future__ import annotations

from typing import Any

from reid_core.workspace.cases.verdicts import CANNOT_TELL, MATCH, NOT, WORDS

VERDICT_KEYS = {MATCH: "M", NOT: "N", CANNOT_TELL: "U"}
UNDO_KEY = "Z"


def for_scripts() -> dict[str, Any]:
    """Each verdict with its words and its key, and the key that takes the last one back."""
    verdicts = [{"verdict": verdict, "words": WORDS[verdict], "key": key} for verdict, key in VERDICT_KEYS.items()]
    return {"verdicts": verdicts, "undo_key": UNDO_KEY}
