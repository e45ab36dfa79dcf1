"""A weighted sum of losses as text: "arcface + 0.5 triplet"."""

from __future__ import annotations

import difflib
import math
import re

from reid_core.errors import ReidError, shown

CLASS_LOSSES = {  # compare a crop with one learned direction for each identity
    "cross-entropy": "linear classifier with label smoothing (Szegedy et al., CVPR 2016)",
    "arcface": "cosine classifier with an angle as margin (Deng et al., CVPR 2019)",
    "cosface": "cosine classifier with a cosine as margin (Wang et al., CVPR 2018)",
}
PAIR_LOSSES = {  # compare the crops of a batch with each other
    "triplet": "hardest triplet of each crop, with a margin (Hermans et al., 2017)",
    "soft-triplet": "hardest triplet of each crop, softplus in place of a margin (Hermans et al., 2017)",
    "circle": "all pairs, weighted by how far off they are (Sun et al., CVPR 2020)",
    "supcon": "all positives against all others (Khosla et al., NeurIPS 2020)",
}
LOSSES = CLASS_LOSSES | PAIR_LOSSES
_TERM = re.compile(r"(?:(?P<weight>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)\s*\*?\s*)?(?P<name>[a-z][a-z-]*)", re.ASCII)
_PLUS = re.compile(r"(?<![0-9]e)\+")  # not the one of 1e+3


def parse_losses(text: str) -> dict[str, float]:
    """The weight of each loss, in the order written. Raises ReidError for anything else, with the nearest known name.

    >>> parse_losses("arcface + 0.5 triplet")
    {'arcface': 1.0, 'triplet': 0.5}
    >>> parse_losses("arcfase")
    Traceback (most recent call last):
    reid_core.errors.ReidError: There is no loss 'arcfase'. Did you mean arcface?
    """
    weights: dict[str, float] = {}
    for part in _PLUS.split(text.lower()):
        term = _TERM.fullmatch(part.strip())
        if not term:
            raise ReidError(
                f"The loss {shown(text)} cannot be read at {shown(part.strip())}; write it as arcface + 0.5 triplet. "
                f"Known are: {', '.join(LOSSES)}."
            )
        name, weight = term["name"], float(term["weight"] or 1)
        if name not in LOSSES:
            near = difflib.get_close_matches(name[:80], LOSSES, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(LOSSES)}."
            raise ReidError(f"There is no loss {shown(name)}. {hint}")
        if name in weights:
            raise ReidError(f"The loss {shown(text)} names {name} twice; give it one weight.")
        if not 0 < weight < math.inf:
            raise ReidError(f"The weight of {name} in the loss {shown(text)} is {weight:g}; use a number above 0.")
        weights[name] = weight
    return weights
