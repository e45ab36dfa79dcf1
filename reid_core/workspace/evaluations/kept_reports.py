"""Reports of evaluations, kept until crops or labels of their gallery change; a deletion removes them.

A report names crops and people. It is one JSON file, `evaluations/GALLERY@MODEL@PROTOCOL.json`, of which the last part
is a digest: the same measurement takes the place of the former one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from reid_core.errors import ReidError
from reid_core.evaluation.report import EvaluationReport, Protocol
from reid_core.files import one_at_a_time, write_atomically
from reid_core.json_text import read_json
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.catalogue.vectors import last_deletion
from reid_core.workspace.layout import EVALUATIONS, LOCK
from reid_core.workspace.workspace import Workspace

_DIGITS = 8


@dataclass(frozen=True)
class Stamp:
    """What a report depends on: the gallery's last change, its crops and the newest of them, the model's vectors.

    `deletion` is the last number of the change log that deleted something, in any gallery.
    """

    changed: int
    crops: int
    newest: int
    vectors: int
    deletion: int


@dataclass(frozen=True)
class Kept:
    """A report; `fresh` says whether the gallery and its vectors are still those that it was measured on."""

    report: EvaluationReport
    fresh: bool


def stamp(workspace: Workspace, gallery: str, model: str) -> Stamp:
    """Of the gallery under that model id, as they are now. Take it before the vectors are read."""
    deletion = last_deletion(workspace.catalogue)
    with workspace.catalogue.transaction() as database:
        key = gallery_key(database, gallery)
        changed, crops, newest = database.execute(
            "SELECT COALESCE(MAX(seq), 0), COUNT(*), COALESCE(MAX(id), 0) FROM crop WHERE gallery = ?", (key,)
        ).fetchone()
        vectors = database.execute(
            "SELECT COUNT(*) FROM vector WHERE gallery = ? AND model = (SELECT key FROM model WHERE id = ?)",
            (key, model),
        ).fetchone()[0]
    return Stamp(changed, crops, newest, vectors, deletion)


def keep_report(workspace: Workspace, report: EvaluationReport, measured: Stamp) -> None:
    """Keep it in the place of an earlier one of the same protocol.

    Raises ReidError when crops were deleted since `measured`: what was deleted must not come back in a report.
    """
    tested = report.tested
    file = workspace.path / EVALUATIONS / f"{tested.gallery}@{tested.model}@{_digest(report.protocol)}.json"
    text = json.dumps({"stamp": dataclasses.asdict(measured), "report": report.to_dict()}, ensure_ascii=False)
    with one_at_a_time(workspace.path / LOCK):  # a deletion's wiping holds it, too
        if last_deletion(workspace.catalogue) != measured.deletion:
            raise ReidError("Crops were deleted while the gallery was evaluated. Evaluate it again.")
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, lambda opened: opened.write(text.encode()))


def kept_reports(workspace: Workspace, gallery: str) -> list[Kept]:
    """All reports of the gallery, the newest first. What this version cannot read is left out."""
    found = []
    stamps: dict[str, Stamp] = {}
    for file in sorted((workspace.path / EVALUATIONS).glob(f"{gallery}@*.json")):
        try:
            values = read_json(file.read_bytes())
            report = EvaluationReport.from_dict(values["report"])
            measured = Stamp(**values["stamp"])
        except (OSError, ValueError, TypeError, KeyError, ReidError):
            continue
        model = report.tested.model
        stamps[model] = stamps.get(model) or stamp(workspace, gallery, model)
        now = dataclasses.replace(stamps[model], deletion=measured.deletion)  # of any gallery, this one's crops count
        found.append(Kept(report, now == measured))
    return sorted(found, key=lambda kept: kept.report.tested.at, reverse=True)


def _digest(protocol: Protocol) -> str:
    return hashlib.sha256(json.dumps(dataclasses.asdict(protocol), sort_keys=True).encode()).hexdigest()[:_DIGITS]
