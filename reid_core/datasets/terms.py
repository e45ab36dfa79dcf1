"""Under which terms each data set may be used."""

from __future__ import annotations

from reid_core.datasets.layouts import DESCRIBED

RESEARCH_ONLY = tuple(layout.name for layout in DESCRIBED.values())


TERMS = {
    "Market-1501": "trained on Market-1501, which is given for academic research only; not for commercial use",
    "DukeMTMC-reID": "trained on DukeMTMC-reID, which its authors have withdrawn; not to be used",
}


TERMS |= {
    name: f"trained on {name}, which is given for research; ask its authors before any other use"
    for name in ("MSMT17", "MARS", "VIPeR", "CUHK01", "CUHK03 detected", "CUHK03 labeled", *RESEARCH_ONLY)
}
OWN = "those of your own data"
