"""Under which terms models may be used that were trained on a data set, by the name that `Dataset.format` has."""

from __future__ import annotations

MARKET_1501 = {
    "Market-1501": "trained on Market-1501, which is given for academic research only; not for commercial use",
    "DukeMTMC-reID": "trained on DukeMTMC-reID, which its authors have withdrawn; not to be used",
}
MOT_CHALLENGE = {
    name: f"trained on {name}, which is given under CC BY-NC-SA 3.0; not for commercial use"
    for name in ("MOT15", "MOT16", "MOT17", "MOT20")
}
OWN = "those of your own data"


def for_research(name: str) -> dict[str, str]:
    """The terms of a data set that its authors give to researchers who ask."""
    return {name: f"trained on {name}, which is given for research; ask its authors before any other use"}
