"""A new model for a gallery: compared with the present one on people who were kept out, then put in its place.

While the new one embeds the gallery the present one serves it; the change itself is one transaction.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reid_core.embedder.inference import Embedder
from reid_core.errors import Refused, ReidError
from reid_core.evaluation.comparison import Difference, paired_differences
from reid_core.evaluation.metrics import average_precision
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.records import SPLITS, plural
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.audit import ServeModel
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.evaluations.measuring import SPLITS as HELD_OUT
from reid_core.workspace.evaluations.measuring import Ranked, camera_caution, rank_gallery
from reid_core.workspace.evaluations.provenance import run_of
from reid_core.workspace.job_report import Report
from reid_core.workspace.layout import COMPARISONS
from reid_core.workspace.models.order import usable_first
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.no_direction import REASON, without_direction
from reid_core.workspace.workspace import ModelEntry, Workspace

BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"


@dataclass(frozen=True)
class Compared:
    """Two models on the same queries of a gallery's held-out people.

    `present` and `candidate` are (model id, name); `crops` is the number of query and gallery crops when it was
    measured; `caveats` are sentences that whoever decides should read.
    """

    gallery: str
    present: tuple[str, str]
    candidate: tuple[str, str]
    mAP: Difference
    rank1: Difference
    people: int
    queries: int
    crops: int
    at: str
    caveats: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """By mAP, the figure that all ranks count in: "better" or "worse" when its interval leaves out 0."""
        if self.mAP.low > 0:
            return BETTER
        return WORSE if self.mAP.high < 0 else UNDECIDED


def present_model(workspace: Workspace, gallery: str) -> ModelEntry | None:
    """The model that the gallery is searched by; None where none has embedded it, or it is here no more."""
    return next(iter(usable_first(workspace.catalogue.gallery(gallery), workspace.models())), None)


def compare_models(workspace: Workspace, gallery: str, candidate: Embedder, present: Embedder) -> Compared:
    """Compare on the gallery's query and gallery splits, which both have embedded already; the result is kept.

    Raises ReidError when it is one model, or the gallery has nobody who was kept out of training.
    """
    if candidate.id == present.id:
        raise ReidError(f"{candidate.card.name} is the model of gallery {gallery!r} already. Compare another with it.")
    without = {
        crop
        for one in (present, candidate)
        for crop in without_direction(workspace.catalogue, gallery, one.id, HELD_OUT)
    }
    ours, theirs = (rank_gallery(workspace, gallery, one.id, without=without) for one in (present, candidate))
    counted = ours.ranks.match_counts > 0
    if not counted.any():
        raise ReidError(f"No query of gallery {gallery!r} has a true match in another camera: nothing can be compared.")
    people = ours.identities[counted]
    mAP, rank1 = paired_differences(people, _figures(ours, counted), _figures(theirs, counted))
    found = Compared(
        gallery,
        (present.id, present.card.name),
        (candidate.id, candidate.card.name),
        mAP,
        rank1,
        len(set(people)),
        int(counted.sum()),
        _held_out_crops(workspace, gallery),
        now(),
        [*_about_crops(workspace, gallery, without), *_about_models(workspace, gallery, (present, candidate))],
    )
    file = _file(workspace, gallery, candidate.id, present.id)
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, lambda opened: opened.write(json.dumps(dataclasses.asdict(found)).encode()))
    return found


def kept_comparison(workspace: Workspace, gallery: str, candidate: str, present: str) -> Compared | None:
    """What was measured of these two model ids; None when nothing was, or the held-out crops are others now."""
    try:
        values = read_json(_file(workspace, gallery, candidate, present).read_bytes())
        for name in ("mAP", "rank1"):
            values[name] = Difference(**values[name])
        for name in ("present", "candidate"):
            values[name] = tuple(values[name])
        found = Compared(**values)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.crops == _held_out_crops(workspace, gallery) else None


def promote(
    workspace: Workspace,
    gallery: str,
    candidate: Embedder,
    *,
    purpose: str,
    even_so: str = "",
    stop: StopRequest,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Embed the whole gallery with the model, then serve it by that; until then, and when stopped, nothing changes.

    Raises ReidError when the comparison with the present model did not find it better (or was not made) and no reason
    is given to change `even_so`; and when no crop could be embedded.
    """
    present = present_model(workspace, gallery)
    former = "" if present is None else present.id
    if present is not None and present.id != candidate.id and not even_so:
        _refuse_unproven(workspace, gallery, candidate, present)
    report = embed_gallery(workspace, gallery, candidate, splits=SPLITS, stop=stop, on_progress=on_progress)
    # Crops may come in while it embeds; they are few, and the next round is short.
    while not report.stopped and _missing(workspace, gallery, candidate.id) > _unreadable(report):
        again = embed_gallery(workspace, gallery, candidate, splits=SPLITS, stop=stop, on_progress=on_progress)
        report = dataclasses.replace(again, added=report.added + again.added)
        if not again.added:
            break
    if report.stopped:
        return report
    event = ServeModel(
        purpose=purpose, gallery=gallery, model=candidate.id, name=candidate.card.name, former=former, even_so=even_so
    )
    workspace.catalogue.serve(event)
    return report


def _refuse_unproven(workspace: Workspace, gallery: str, candidate: Embedder, present: ModelEntry) -> None:
    found = kept_comparison(workspace, gallery, candidate.id, present.id)
    name = candidate.card.name
    if found is None:
        raise Refused(
            f"{name} was not compared with {present.name}, which serves gallery {gallery!r}. Run `reid compare "
            f"{gallery} --model {name}` first, or give a reason with --even-so."
        )
    if found.verdict != BETTER:
        was = "worse than" if found.verdict == WORSE else "not told apart from"
        raise Refused(
            f"{name} is {was} {present.name} on {plural(found.people, 'person')} who were kept out (mAP "
            f"{100 * found.mAP.difference:+.1f} points, 95 % interval {100 * found.mAP.low:+.1f} to "
            f"{100 * found.mAP.high:+.1f}). To serve it all the same, give a reason with --even-so."
        )


def _figures(ranked: Ranked, counted: np.ndarray) -> np.ndarray:
    """(2, Q) average precision and whether the first hit was right, of the queries that have a match."""
    ranks = ranked.ranks
    first = ranks.ranks[ranks.offsets[:-1][counted]]
    return np.stack([average_precision(ranks)[counted], (first == 1).astype(np.float64)])


def _held_out_crops(workspace: Workspace, gallery: str) -> int:
    splits = workspace.catalogue.gallery(gallery).splits
    return sum(splits.get(split, 0) for split in HELD_OUT)


def _unreadable(report: Report) -> int:
    return sum(item.reason != REASON for item in report.skipped)


def _missing(workspace: Workspace, gallery: str, model: str) -> int:
    return workspace.catalogue.gallery(gallery).to_embed(model)


def _about_crops(workspace: Workspace, gallery: str, without: Collection[int]) -> list[str]:
    """Whether matches of the same moment count, and what was left out."""
    said = [camera_caution(workspace, gallery, HELD_OUT)]
    if without:
        said.append(f"Left out: {plural(len(without), 'crop')} to which one of the models gives no usable vector.")
    return [sentence for sentence in said if sentence]


def _about_models(workspace: Workspace, gallery: str, embedders: Sequence[Embedder]) -> list[str]:
    said = [_caveat(workspace, gallery, embedder) for embedder in embedders]
    return [sentence for sentence in said if sentence]


def _caveat(workspace: Workspace, gallery: str, embedder: Embedder) -> str:
    """Whether the model may have seen the people that it is measured on: a run here trains on the train split only."""
    state = run_of(workspace, embedder.id)
    if state is not None and state.gallery == gallery and not state.recipe.starts_from_run:
        return ""
    return (
        f"{embedder.card.name} was trained on: {embedder.card.trained_on}. Whether these people were among them is not "
        "known here; if so, its figures flatter it."
    )


def _file(workspace: Workspace, gallery: str, candidate: str, present: str) -> Path:
    return workspace.path / COMPARISONS / f"{gallery}@{present}@{candidate}.json"
