"""What a training learns from verdicts: confirmed crops take their person's label, rejected ones are drawn beside her.

A case is about one person, so the crops that were confirmed in it, with the crops that were searched from,
are hers. Where one of them has a label for training, the others that have none take it; where none has, she becomes an
identity of her own. A rejected crop never has her label: one that had it gets its own. Its identity and hers are drawn
into the same batches, where the loss pulls them apart. The catalogue's labels stay as they are: these belong to a run.

Nobody who is kept for testing is trained on, and verdicts that contradict each other, or the labels of two people, are
left out and counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.cases.cases import every as every_case
from reid_core.workspace.cases.verdicts import CONFLICT, MATCH, NOT, of_decision, standing
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.runs.verdict_file import VerdictLabels
from reid_core.workspace.workspace import Workspace

_NOBODY = (None, DISTRACTOR)


@dataclass(frozen=True)
class _Crop:
    id: int
    identity: str | None
    tracklet: tuple[str, str] | None
    split: str


def labels_of(workspace: Workspace, gallery: str) -> VerdictLabels:
    """What the verdicts that stand now say of the gallery's crops. Raises ReidError when none says anything."""
    crops = _crops(workspace, gallery)
    found = VerdictLabels()
    cases = []  # key, its person's label, her confirmed crops, the rejected ones
    for case in every_case(workspace)[::-1]:
        stands = standing(workspace, case.name)
        hers = {*of_decision(stands, MATCH), *_searched_from(workspace, case.key)}
        others = [crops[crop] for crop in of_decision(stands, NOT) if crop in crops]
        confirmed = [crops[crop] for crop in sorted(hers - {one.id for one in others}) if crop in crops]
        _count(
            found, "two analysts contradict each other", len([c for c in of_decision(stands, CONFLICT) if c in crops])
        )
        label = _label(found, case.key, confirmed, others)
        if label is not None:
            cases.append((case.key, label, confirmed, others))
    confirmed_as: dict[int, set[str]] = {}
    for _key, label, confirmed, _others in cases:
        for crop in confirmed:
            confirmed_as.setdefault(crop.id, set()).add(label)
    disputed = {crop for crop, labels in confirmed_as.items() if len(labels) > 1}
    _count(found, "two cases contradict each other", len(disputed))
    for key, label, confirmed, _others in cases:
        undisputed = [crop for crop in confirmed if crop.id not in disputed]
        found.confirmed[key] = tuple(crop.id for crop in undisputed)
        found.labels.update({crop.id: label for crop in undisputed if crop.identity is None})
    pairs = {pair for key, label, _, others in cases for pair in _pairs(found, key, label, others, confirmed_as)}
    found = dataclasses.replace(found, pairs=tuple(sorted(pairs)))
    if not found.labels and not found.pairs:
        raise ReidError(
            f"No verdict says anything to train on in gallery {gallery!r}: it takes confirmed or rejected crops that "
            f"are not kept for testing. {found.describe()}"
        )
    return found


def _label(found: VerdictLabels, key: int, confirmed: Sequence[_Crop], rejected: Sequence[_Crop]) -> str | None:
    """Of the case's person; None where its verdicts say nothing to train on, which is counted."""
    known = {crop.identity for crop in confirmed} - {*_NOBODY, JUNK}
    if any(_is_tested(crop) for crop in confirmed):
        _count(found, "their person is kept for testing", len(confirmed) + len(rejected))
        return None
    if len(known) > 1:
        _count(found, "confirmed crops have labels of several people", len(confirmed) + len(rejected))
        return None
    if not confirmed or not (known or len(confirmed) > 1 or rejected):
        return None
    return next(iter(known), None) or f"case {key}"


def _pairs(
    found: VerdictLabels, key: int, label: str, rejected: Sequence[_Crop], confirmed_as: Mapping[int, set[str]]
) -> list[tuple[str, str]]:
    """The person and each whom she is not. A rejected crop that had no other label gets one of its own."""
    used, pairs = [], []
    for crop in rejected:
        if _is_tested(crop):
            _count(found, "a rejected person is kept for testing", 1)
        elif label in confirmed_as.get(crop.id, ()):
            _count(found, "two cases contradict each other", 1)
        elif crop.identity != JUNK:
            other = found.labels.get(crop.id, crop.identity)
            if other in (*_NOBODY, label):
                other = f"not {label}: {' '.join(crop.tracklet) if crop.tracklet else f'crop {crop.id}'}"
                found.labels[crop.id] = other
            used.append(crop.id)
            pairs.append((label, str(other)))
    found.rejected[key] = tuple(used)
    return pairs


def _is_tested(crop: _Crop) -> bool:
    return crop.split != "train" and crop.identity not in (*_NOBODY, JUNK)


def _count(found: VerdictLabels, why: str, crops: int) -> None:
    if crops:
        found.left_out[why] = found.left_out.get(why, 0) + crops


def _crops(workspace: Workspace, gallery: str) -> dict[int, _Crop]:
    with workspace.catalogue.transaction() as database:
        rows = database.execute(
            "SELECT id, identity, camera, tracklet, split FROM crop WHERE gallery = ? AND (id IN (SELECT crop FROM "
            "verdict) OR id IN (SELECT crop FROM example))",
            (gallery_key(database, gallery),),
        )
        return {
            id: _Crop(id, identity, None if tracklet is None else (camera or "", tracklet), split)
            for id, identity, camera, tracklet, split in rows
        }


def _searched_from(workspace: Workspace, case: int) -> list[int]:
    with workspace.catalogue.transaction() as database:
        rows = database.execute(
            "SELECT crop FROM example JOIN saved_search ON saved_search.key = search "
            "WHERE investigation = ? AND crop NOT NULL AND NOT negative",
            (case,),
        )
        return [crop for (crop,) in rows]
