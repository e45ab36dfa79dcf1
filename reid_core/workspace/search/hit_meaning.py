"""What the similarities of an answer mean, said alike by the page, the command line, exports and the case report."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.evaluation.calibration.meaning import Meaning, calibration_for, meaning
from reid_core.retrieval.filters import Filter
from reid_core.workspace.cases.verdicts import MATCH, of_decision
from reid_core.workspace.search.searching import Answer

CONTEXT = ("compared", "photos", "warning", "caution")  # columns of `Meant.context`
NOT_HERE = "The person may not be in this gallery."
NOT_AMONG = "The person may not be among these crops."
NO_MORE = "There may be no further crops of this person here."
TOO_SMALL = "The calibration is too small to tell for this many crops and photos."
OWN_CAMERA = "This was not measured for the photo's own camera, where strangers look more alike."


@dataclass(frozen=True, eq=False)
class Meant:
    """An answer with the calibration that holds for its gallery, or the `reason` why there is none.

    Without a calibration every text is empty: there is only the order, and no word of chance.
    """

    answer: Answer
    calibration: Calibration | None
    reason: str

    def of(self, similarity: float) -> Meaning | None:
        if self.calibration is None:
            return None
        answer = self.answer
        return meaning(similarity, self.calibration, answer.compared, answer.photos, filtered=self.filtered)

    def caption(self, similarity: float) -> str:
        """For under a picture: "a stranger this similar is expected in every second search of this gallery"."""
        found = self.of(similarity)
        return "" if found is None else found.caption

    def often(self, similarity: float) -> str:
        """For a table: "in every second search"."""
        found = self.of(similarity)
        return "" if found is None else found.often

    def sentence(self, similarity: float) -> str:
        """In full, with what it was counted on and what that leaves out."""
        found = self.of(similarity)
        return "" if found is None else f"{found.sentence} {self._own_camera}".rstrip()

    @property
    def filtered(self) -> bool:
        """Whether the analyst chose to search less than the gallery; the photo itself and its camera do not count."""
        where = self.answer.query.question.where
        chosen = dataclasses.replace(where, exclude_ids=frozenset(), exclude_cameras=frozenset(), ignored=None)
        return chosen != Filter()

    @property
    def warning(self) -> str:
        """That the person may not be there, where the best hit is known to be within chance; else ""."""
        if self._best is None or not self._best.within_chance:
            return ""
        if of_decision(self.answer.standing, MATCH):
            return NO_MORE
        return NOT_AMONG if self.filtered else NOT_HERE

    @property
    def warning_in_full(self) -> str:
        """The warning and what it rests on; else ""."""
        if not (warning := self.warning):
            return ""
        why = f"A stranger could easily score as high as the best hit: {self.caption(max(self._similarities))}."
        return f"{warning} {why} {self._own_camera}".rstrip()

    @property
    def caution(self) -> str:
        """That the calibration cannot tell whether the best hit is within chance; "" where it can."""
        return TOO_SMALL if self._best is not None and self._best.within_chance is None else ""

    def context(self) -> dict[str, Any]:
        """What a file of hits says of the whole answer: how many crops and photos were compared, the warning in full
        and the caution, None where there is nothing to warn of."""
        facts = {"compared": self.answer.compared, "photos": self.answer.photos}
        return {**facts, "warning": self.warning_in_full or None, "caution": self.caution or None}

    @property
    def _similarities(self) -> list[float]:
        return [hit.similarity for hit in self.answer.results.row(0)]

    @property
    def _best(self) -> Meaning | None:
        """Of the most similar hit; of none without hits or calibration."""
        return self.of(max(self._similarities)) if self._similarities else None

    @property
    def _own_camera(self) -> str:
        """That strangers of the photo's own camera may be among the hits, whom the calibration did not count."""
        if self.calibration is None or self.calibration.same_camera or self.calibration.caution:
            return ""
        query = self.answer.query
        return OWN_CAMERA if query.question.same_camera or not query.cameras else ""


def meant_by(kept: dict[str, Any] | None, answer: Answer, *, gallery: str, name: str) -> Meant:
    """What the answer's similarities mean by the calibrations `kept` in the card of the model called `name`."""
    return Meant(answer, *calibration_for(kept, model=answer.query.model, name=name, gallery=gallery))
