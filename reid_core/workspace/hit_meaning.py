"""What the similarities of an answer mean, said alike by the page, the command line, exports and the case report."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from reid_core.evaluation.calibration import Calibration
from reid_core.evaluation.meaning import Meaning, absent, calibration_for, meaning
from reid_core.retrieval.index import Filter
from reid_core.workspace.searching import Answer
from reid_core.workspace.verdicts import MATCH, of_decision

NOT_HERE = "The person may not be in this gallery."
NOT_AMONG = "The person may not be among these crops."
NO_MORE = "There may be no further crops of this person here."


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
        """In full, with what it was counted on."""
        found = self.of(similarity)
        return "" if found is None else found.sentence

    @property
    def filtered(self) -> bool:
        """Whether the analyst chose to search less than the gallery; the photo itself and its camera do not count."""
        where = self.answer.query.question.where
        return dataclasses.replace(where, exclude_ids=frozenset(), exclude_cameras=frozenset()) != Filter()

    @property
    def warning(self) -> str:
        """That the person may not be there, where the best hit is within chance; else ""."""
        if not absent(self._similarities, self.calibration, self.answer.compared, self.answer.photos):
            return ""
        if of_decision(self.answer.standing, MATCH):
            return NO_MORE
        return NOT_AMONG if self.filtered else NOT_HERE

    @property
    def warning_in_full(self) -> str:
        """The warning and what it rests on; else ""."""
        if not (warning := self.warning):
            return ""
        return f"{warning} Even the best hit is within chance: {self.caption(max(self._similarities))}."

    @property
    def _similarities(self) -> list[float]:
        return [hit.similarity for hit in self.answer.results.row(0)]


def meant_by(kept: dict[str, Any] | None, answer: Answer, *, gallery: str, name: str) -> Meant:
    """What the answer's similarities mean by the calibrations `kept` in the card of the model called `name`."""
    return Meant(answer, *calibration_for(kept, model=answer.query.model, name=name, gallery=gallery))
