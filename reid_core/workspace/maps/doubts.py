"""Doubts about labels that still stand, and what people decide on them: accepted, or never to be suggested again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection

from reid_core.errors import ReidError
from reid_core.workspace.actor import Actor
from reid_core.workspace.catalogue.audit import DismissDoubts, RecallDoubts
from reid_core.workspace.catalogue.audit_trail import write_log
from reid_core.workspace.catalogue.rows import gallery_key, now
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.maps.examination import Examination, LabelDoubt, SamePerson
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Doubts:
    """Suspected mislabels and suggested merges, strongest first, and how many were dismissed in this gallery."""

    mislabels: tuple[LabelDoubt, ...]
    merges: tuple[SamePerson, ...]
    dismissed: int


def standing_doubts(workspace: Workspace, found: Examination) -> Doubts:
    """Those of the examination that rest on labels as they are now, and that nobody has dismissed."""
    shown = {one.crop for one in found.mislabels} | {one.witness for one in found.mislabels}
    shown |= {crop for one in found.merges for pair in one.pairs for crop in pair}
    with workspace.catalogue.transaction() as database:
        key = gallery_key(database, found.gallery)
        label = dict(
            database.execute(
                "SELECT id, identity FROM crop WHERE gallery = ? AND id IN (SELECT value FROM json_each(?))",
                (key, json.dumps(sorted(shown))),
            ).fetchall()
        )
        rows = database.execute("SELECT crop, one, other FROM dismissal WHERE gallery = ?", (key,)).fetchall()
    dismissed = set(rows)
    return Doubts(
        tuple(
            one for one in found.mislabels
            if label.get(one.crop) == one.label and label.get(one.witness) == one.other
            and (one.crop, one.label, one.other) not in dismissed
        ),
        tuple(
            one for one in found.merges
            if all(label.get(a) == one.one and label.get(b) == one.other for a, b in one.pairs)
            and (None, one.one, one.other) not in dismissed
        ),
        len(dismissed),
    )  # fmt: skip


def accept_mislabel(workspace: Workspace, gallery: str, doubt: LabelDoubt) -> None:
    """Give the crop the other label; `editing.undo` takes it back.

    Raises ReidError when its label is another one by now, or when a person would then be in training and in testing.
    """
    of_crop = Selection(ids=frozenset({doubt.crop}), identities=frozenset({doubt.label}))
    if not relabel(workspace.catalogue, gallery, of_crop, "identity", doubt.other):
        raise ReidError(f"Crop {doubt.crop} is no longer labelled {doubt.label}. Nothing was changed.")


def accept_merge(workspace: Workspace, gallery: str, doubt: SamePerson, keep: str) -> int:
    """Make the two people one under the label `keep`; how many crops changed. `editing.undo` takes it back.

    Raises ReidError when `keep` is neither of the two, when the other has no crops by now, or when a person would then
    be in training and in testing.
    """
    if keep not in (doubt.one, doubt.other):
        raise ReidError(f"{keep!r} is neither {doubt.one} nor {doubt.other}, who are to be made one.")
    gone = doubt.other if keep == doubt.one else doubt.one
    changed = relabel(workspace.catalogue, gallery, Selection(identities=frozenset({gone})), "identity", keep)
    if not changed:
        raise ReidError(f"No crop is labelled {gone} any more. Nothing was changed.")
    return changed


def dismiss(workspace: Workspace, gallery: str, doubts: Iterable[LabelDoubt | SamePerson]) -> int:
    """Never suggest these again in the gallery, under any model; how many were new."""
    count = 0
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        key = gallery_key(database, gallery)
        for doubt in doubts:
            count += _dismiss(database, workspace.actor, key, doubt)
        if count:
            write_log(database, workspace.actor, DismissDoubts(gallery=gallery, doubts=count))
    return count


def _dismiss(database: Connection, actor: Actor, gallery: int, doubt: LabelDoubt | SamePerson) -> int:
    if isinstance(doubt, LabelDoubt):
        crop, one = doubt.crop, doubt.label
    else:
        crop, one = None, doubt.one
    # A crop or a person that was deleted meanwhile is not to be named here again.
    there = "EXISTS (SELECT 1 FROM crop WHERE gallery = ?1 AND "
    return database.execute(
        "INSERT INTO dismissal (gallery, crop, one, other, at, who) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE "
        f"(?2 IS NULL OR {there}id = ?2)) AND {there}identity = ?3) AND {there}identity = ?4) AND "
        "NOT EXISTS (SELECT 1 FROM dismissal WHERE gallery = ?1 AND crop IS ?2 AND one = ?3 AND other = ?4)",
        (gallery, crop, one, doubt.other, now(), actor.name),
    ).rowcount


def recall_dismissed(workspace: Workspace, gallery: str) -> int:
    """Suggest again what was dismissed in the gallery; how many there were."""
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        count = database.execute("DELETE FROM dismissal WHERE gallery = ?", (gallery_key(database, gallery),)).rowcount
        if count:
            write_log(database, workspace.actor, RecallDoubts(gallery=gallery, doubts=count))
    return count
