"""What a similarity means, where the model that gave it was calibrated for the gallery."""

from __future__ import annotations

from reid_core.embedder.card import ModelCard
from reid_core.errors import Damaged, NotThere
from reid_core.workspace.search import hit_meaning
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import ModelEntry

LIKELY = 1e-3  # rate of false matches at whose threshold a hit is called likely; kept with each verdict
HOW_TO_MEASURE = "“Calibrate” on the Evaluation page (view Calibration) makes a calibration from labelled people."


def meant_by(model: ModelEntry, gallery: str, answer: Answer) -> Meant:
    """By what the model's card says now: it may have been calibrated since the page's list of models was read."""
    try:
        kept = ModelCard.read(model.folder).calibration
    except (NotThere, Damaged):  # since the list of models was read
        kept = model.card.calibration
    return hit_meaning.meant_by(kept, answer, gallery=gallery, name=model.name)


def why_no_meaning(meant: Meant) -> str:
    """Why there is only the order, and what to press for more; "" where a similarity means something."""
    return f"{meant.reason} {HOW_TO_MEASURE}" if meant.reason else ""


def likely_from(meant: Meant) -> float | None:
    """The similarity from which on one in a thousand pairs of different people matches, where it is known."""
    threshold = None if meant.calibration is None else meant.calibration.at_rate(LIKELY)
    return None if threshold is None else threshold.similarity
