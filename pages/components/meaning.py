"""What a similarity means, where the model that gave it was calibrated for the gallery."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.embedder.card import ModelCard
from reid_core.errors import ReidError
from reid_core.evaluation.calibration import Calibration
from reid_core.evaluation.meaning import calibration_for, meaning
from reid_core.workspace.searching import Answer
from reid_core.workspace.workspace import ModelEntry

LIKELY = 1e-3  # rate of false matches at whose threshold a hit is called likely; kept with each verdict


@dataclass(frozen=True)
class Meant:
    """The calibration that holds, or why there is none; how many crops are compared, and with how many photos."""

    calibration: Calibration | None
    reason: str
    compared: int
    photos: int

    def short(self, similarity: float) -> str:
        """For a card: "1 in 800 by chance"; "" without a calibration."""
        if self.calibration is None:
            return ""
        return f"{meaning(similarity, self.calibration, self.compared, self.photos).short} by chance"

    def sentence(self, similarity: float) -> str:
        """In full; "" without a calibration."""
        if self.calibration is None:
            return ""
        return meaning(similarity, self.calibration, self.compared, self.photos).sentence

    @property
    def likely_from(self) -> float | None:
        """The similarity from which on one in a thousand pairs of different people matches, where it is known."""
        threshold = None if self.calibration is None else self.calibration.at_rate(LIKELY)
        return None if threshold is None else threshold.similarity


def meant_by(model: ModelEntry, gallery: str, answer: Answer) -> Meant:
    """By what the model's card says now: it may have been calibrated since the page's list of models was read."""
    try:
        kept = ModelCard.read(model.folder).calibration
    except ReidError:
        kept = model.card.calibration
    calibration, reason = calibration_for(kept, model=model.id, name=model.name, gallery=gallery)
    return Meant(calibration, reason, answer.compared, answer.photos)
