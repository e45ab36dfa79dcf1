"""What an evaluation found, as one frozen object that the page, the command line, CSV, JSON and HTML all take.

An `Evaluation` holds one `EvaluationReport` for each gallery and model, and the differences between models on one
gallery. All of it is plain values (numbers, text, tuples), so that it can be kept as JSON and read back equal.
Shares are fractions of 1, similarities are cosines. Crops are named by their ids in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reid_core.evaluation.comparison import Difference
from reid_core.evaluation.report_parts import (
    CameraPair,
    Estimate,
    Failure,
    OpenSet,
    Person,
    SingleShot,
    Slice,
    Verification,
)
from reid_core.evaluation.serialisation import from_plain, to_plain


@dataclass(frozen=True)
class Protocol:
    """How the ranking was made; `evaluation.policy.sentences` says it in words.

    - `same_camera`: matches of the query's own camera count, for galleries of one camera.
    - `multi_query`: all crops of a person in a camera ask together.
    - `rerank`: ranked by k-reciprocal distances.
    - `expansion`: nearest crops that are mixed into a query (0: none), weighted by similarity to the power `alpha`.
    - `augmentation`: nearest crops that are mixed into each gallery crop (0: none), weighted alike.
    """

    same_camera: bool = False
    multi_query: bool = False
    rerank: bool = False
    expansion: int = 0
    augmentation: int = 0
    alpha: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Tested:
    """What was measured: a model (`id`, `name`, its card's `trained_on`) on a gallery.

    `zero_shot` is whether the model never saw data of this gallery's kind, None where that is not known; `why` is the
    sentence that says how it is known. `people` and `cameras` are those of the queries; `left_out` counts crops
    without a vector, `unlabelled` those without an identity.
    """

    model: str
    name: str
    trained_on: str
    zero_shot: bool | None
    why: str
    gallery: str
    at: str
    queries: int
    crops: int
    people: int
    cameras: int
    left_out: int = 0
    unlabelled: int = 0


@dataclass(frozen=True)
class PerQuery:
    """One entry per query, all of one length: what any later comparison needs. None where a query has no match."""

    crop: tuple[int, ...]
    identity: tuple[str, ...]
    average_precision: tuple[float | None, ...]
    first_rank: tuple[int | None, ...]


@dataclass(frozen=True)
class EvaluationReport:
    """One model on one gallery. Parts that the protocol or the data do not allow are None or empty, and `notes` says
    why; `notes` also has the policies and whatever a reader must know. `cautions` are sentences without which the
    figures would mislead: they stand right beside them (`policy_sentences.cautions` reads them).

    `figures` has mAP, rank1, rank5, rank10, rank20, mINP, r_precision. `cmc` starts at rank 1.
    """

    tested: Tested
    protocol: Protocol
    figures: dict[str, Estimate]
    queries: int
    queries_without_match: int
    cmc: tuple[float, ...]
    verification: Verification | None
    open_set: OpenSet | None
    single_shot: SingleShot | None
    camera_pairs: tuple[CameraPair, ...]
    slices: tuple[Slice, ...]
    people: tuple[Person, ...]
    failures: tuple[Failure, ...]
    failure_counts: dict[str, int]
    per_query: PerQuery
    notes: tuple[str, ...]
    cautions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return to_plain(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EvaluationReport:
        """The report that gave these values. Raises ReidError when they are not a report's."""
        return from_plain(cls, values)


@dataclass(frozen=True)
class ModelDifference:
    """Two models (id, name) on the same queries of one gallery: second minus first, with intervals over people."""

    gallery: str
    first: tuple[str, str]
    second: tuple[str, str]
    mAP: Difference
    rank1: Difference
    people: int
    queries: int


@dataclass(frozen=True)
class Evaluation:
    """One or more models on one or more galleries: the cross-domain table."""

    reports: tuple[EvaluationReport, ...]
    differences: tuple[ModelDifference, ...] = ()

    @cached_property
    def galleries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(report.tested.gallery for report in self.reports))

    @cached_property
    def models(self) -> tuple[tuple[str, str], ...]:
        """(id, name) of each."""
        return tuple(dict.fromkeys((report.tested.model, report.tested.name) for report in self.reports))

    def cell(self, gallery: str, model: str) -> EvaluationReport | None:
        """The report of a model id on a gallery."""
        chosen = (r for r in self.reports if (r.tested.gallery, r.tested.model) == (gallery, model))
        return next(chosen, None)

    def to_dict(self) -> dict[str, Any]:
        return to_plain(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Evaluation:
        return from_plain(cls, values)
