"""A case to take away: its searches with what they find now, and every verdict, as CSV, JSON or a page.

What is written leaves the workspace, where no deletion reaches it: the log says who took what, and when.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from reid_core.embedder.card import ModelCard
from reid_core.errors import ReidError
from reid_core.records import harmless
from reid_core.retrieval.filters import Filter
from reid_core.times import format_time
from reid_core.workspace.cases.cases import Case, find
from reid_core.workspace.cases.verdicts import Standing, Verdict, log_of, standing
from reid_core.workspace.catalogue.audit import ExportCase
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.coverage.coverage import Coverage
from reid_core.workspace.search.coverage.measuring import coverage, filter_of
from reid_core.workspace.search.coverage.saying import in_words, recorded
from reid_core.workspace.search.coverage.values import values as coverage_values
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.hit_meaning import CONTEXT, meant_by
from reid_core.workspace.search.saved_searches import SavedSearch
from reid_core.workspace.search.searching import Answer, answer_query
from reid_core.workspace.workspace import Workspace

LEAD = "A hit is a lead to check, not an identification."
NO_CALIBRATION = "This model has no calibration here: a similarity is no probability, only the order means something."

FIRST = ("kind", "search", "decision", "verdicts", "rank", "similarity", "meaning", "at", "note", "model")  # of a row
WHERE_CUT = ("recording", "moment", "frame", "box")


@dataclass(frozen=True, eq=False)
class Found:
    """A saved search with what it finds now, or the `trouble` that keeps it from being run.

    `meanings` says of each hit what its similarity means, None where the model has no calibration for the gallery, and
    `warning` that the person may not be there, "" where the best hit is beyond chance. `context` is
    `Meant.context` of the answer. `coverage` is what the search looked at now, None where it could not be run.
    """

    search: SavedSearch
    answer: Answer | None
    trouble: str | None
    meanings: tuple[str | None, ...] = ()
    warning: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    coverage: Coverage | None = None


@dataclass(frozen=True, eq=False)
class CaseReport:
    """All that an export says. `crops` has a row of `CROP_COLUMNS` and `gallery` for each judged crop, by its id;
    `models` are the cards of the models searched with, by id, without those that are no longer here. `unsaved` is what
    galleries with recordings hold in which crops were judged, and no saved search looked."""

    case: Case
    at: str
    who: str
    found: tuple[Found, ...]
    log: tuple[Verdict, ...]
    standing: dict[int, Standing]
    crops: dict[int, dict[Any, Any]]
    models: dict[str, ModelCard]
    unsaved: dict[str, Coverage] = field(default_factory=dict)


def collect(
    workspace: Workspace,
    case: str,
    *,
    index_of: Callable[[str, str], GalleryIndex] | None = None,
) -> CaseReport:
    """Run the saved searches and gather the rest; written into the audit log.

    `index_of` gives the index of a gallery under a model where somebody has it open. Raises ReidError when there is no
    such case.
    """
    head = find(workspace, case)
    open_index = index_of or (lambda gallery, model: GalleryIndex(workspace, gallery, model))
    here = {entry.id: entry.card for entry in workspace.models()}
    searches = saved_searches.every(workspace, case)
    found = tuple(_run(workspace, search, open_index, here) for search in searches)
    stands = standing(workspace, case)
    crops = workspace.catalogue.crops_of(list(stands))
    models = {one.search.model: here[one.search.model] for one in found if one.search.model in here}
    workspace.catalogue.log(ExportCase(purpose=head.purpose, case=head.key, verdicts=len(stands)))
    galleries = _galleries_of(workspace, list(stands))
    rows = {int(row["id"]): {**row, "gallery": galleries.get(int(row["id"]))} for row in crops.to_dict("records")}
    left = sorted(set(galleries.values()) - {one.search.gallery for one in found if one.coverage is not None})
    held = {name: coverage(workspace.catalogue, workspace.catalogue.gallery(name), Filter()) for name in left}
    unsaved = {name: one for name, one in held.items() if one.has_recordings}
    log = tuple(log_of(workspace, case))
    return CaseReport(head, now(), workspace.actor.name, found, log, stands, rows, models, unsaved)


def _galleries_of(workspace: Workspace, crops: list[int]) -> dict[int, str]:
    with workspace.catalogue.transaction() as database:
        return dict(
            database.execute(
                "SELECT crop.id, gallery.name FROM crop JOIN gallery ON gallery.key = crop.gallery "
                "WHERE crop.id IN (SELECT value FROM json_each(?))",
                (json.dumps(crops),),
            ).fetchall()
        )


def _run(
    workspace: Workspace,
    search: SavedSearch,
    index_of: Callable[[str, str], GalleryIndex],
    models: Mapping[str, ModelCard],
) -> Found:
    problem = saved_searches.trouble(workspace, search)
    if problem is None:
        try:
            index = index_of(search.gallery, search.model)
            answer = answer_query(workspace, index, saved_searches.query_of(workspace, search))
        except ReidError as error:
            problem = str(error)
        else:
            info = workspace.catalogue.gallery(search.gallery)
            looked_at = coverage(workspace.catalogue, info, filter_of(answer), search.model)
            return dataclasses.replace(_meant(search, answer, models.get(search.model)), coverage=looked_at)
    return Found(search, None, problem)


def _meant(search: SavedSearch, answer: Answer, card: ModelCard | None) -> Found:
    kept = None if card is None else card.calibration
    meant = meant_by(kept, answer, gallery=search.gallery, name=search.model_name)
    sentences = tuple(meant.sentence(hit.similarity) or None for hit in answer.results.row(0))
    return Found(search, answer, None, sentences, meant.warning_in_full, meant.context())


def rows(report: CaseReport) -> list[dict[str, Any]]:
    """One row per judged crop, per search that could be run, per hit of it, and per gallery of `unsaved`, plain values,
    in that order.

    The row of a search says in `coverage` what it looked at, that of a gallery what it holds; others leave that empty.
    """
    shared = (
        "gallery",
        "crop",
        "identity",
        "camera",
        "time",
        "tracklet",
        "path",
        "recording",
        "moment",
        "frame",
        "box",
    )
    judged, searches = [], []
    for crop, stands in report.standing.items():
        newest = stands.verdicts[-1]
        row = report.crops.get(crop)
        about = _about(row, None if row is None else row["gallery"])
        judged.append(
            {
                "kind": "verdict", "search": None, "decision": stands.decision,
                "verdicts": "; ".join(f"{v.who}: {v.verdict}" for v in stands.verdicts),
                "rank": newest.rank, "similarity": newest.similarity, "meaning": None, "at": newest.at,
                "note": "; ".join(v.note for v in stands.verdicts if v.note), "model": newest.model,
                **{name: about.get(name) for name in shared}, "crop": crop, **dict.fromkeys(CONTEXT), "coverage": None,
            }
        )  # fmt: skip
    hits = []
    for found in report.found:
        if found.answer is None or found.coverage is None:
            continue
        searches.append(
            {
                **dict.fromkeys((*FIRST, *shared, *CONTEXT)), "kind": "search", "search": found.search.name,
                "verdicts": "", "at": report.at, "note": "", "model": found.search.model,
                "gallery": found.search.gallery, "coverage": in_words(found.coverage),
            }
        )  # fmt: skip
        said = zip(found.answer.hits(), found.answer.crops.to_dict("records"), found.meanings, strict=True)
        for hit, row, meant in said:
            about = _about(row, found.search.gallery)
            hits.append(
                {
                    "kind": "hit", "search": found.search.name, "decision": None, "verdicts": "", "rank": hit["rank"],
                    "similarity": hit["similarity"], "meaning": meant, "at": report.at, "note": "",
                    "model": found.search.model, **{name: about.get(name) for name in shared},
                    **{name: found.context.get(name) for name in CONTEXT}, "coverage": None,
                }
            )  # fmt: skip
    galleries = [
        {
            **dict.fromkeys((*FIRST, *shared, *CONTEXT)), "kind": "gallery", "verdicts": "", "at": report.at,
            "note": "", "gallery": name, "coverage": recorded(held),
        }
        for name, held in report.unsaved.items()
    ]  # fmt: skip
    return [*judged, *searches, *hits, *galleries]


def to_csv(report: CaseReport) -> str:
    """The rows as a table; text that a spreadsheet would take for a formula is quoted."""
    table = rows(report)
    text = io.StringIO()
    names = list(table[0]) if table else ["kind"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in table)
    return text.getvalue()


def to_json(report: CaseReport) -> str:
    """All of the case but pictures and vectors, as one object."""
    values = {
        "investigation": dataclasses.asdict(report.case),
        "exported": {"at": report.at, "who": report.who},
        "reading": LEAD,
        "searches": [_search_values(report, found) for found in report.found],
        "verdict_log": [dataclasses.asdict(verdict) for verdict in report.log],
        "galleries": {name: coverage_values(held) for name, held in report.unsaved.items()},
        "rows": rows(report),
        "models": {id: dataclasses.asdict(card) for id, card in report.models.items()},
    }
    return json.dumps(values, ensure_ascii=False, indent=2, default=str)


def _search_values(report: CaseReport, found: Found) -> dict[str, Any]:
    search = found.search
    values: dict[str, Any] = {"name": search.name, "at": search.at, "who": search.who, "gallery": search.gallery}
    values |= {"model": search.model, "model_name": search.model_name, "trouble": found.trouble}
    values["examples"] = [
        {"photo": e.name or None, "crop": e.crop, "negative": e.negative} for e in search.parameters.examples
    ]
    values["parameters"] = json.loads(saved_searches.to_json(search.parameters))
    if found.answer is not None:
        values |= {"searched": found.answer.searched, **found.context, "warning": found.warning}
    if found.coverage is not None:
        values["coverage"] = coverage_values(found.coverage)
    return values


def _about(row: dict[Any, Any] | None, gallery: str | None) -> dict[str, Any]:
    if row is None:
        return {}
    named = {name: row[name] for name in ("identity", "camera", "tracklet", "path")}
    named |= {"gallery": gallery, "crop": int(row["id"]), "time": format_time(row["time"])}
    return {**named, **where_cut(row)}


def where_cut(row: dict[Any, Any]) -> dict[str, str | None]:
    """Of a crop that was cut: the recording and how far into it, or the picture; and the box as "LEFT,TOP,WIDTH,HEIGHT"
    in pixels of the upright frame."""
    box = [row[f"box_{side}"] for side in ("left", "top", "width", "height")]
    at = None if np.isnan(box).any() else ",".join(f"{side:.0f}" for side in box)
    return dict(zip(WHERE_CUT, (row["recording"], format_time(row["moment"]), row["frame"], at), strict=True))


def pictures(workspace: Workspace, table: pd.DataFrame | list[dict[Any, Any]]) -> dict[str, bytes]:
    """JPEG thumbnails of these crops by the hash of their picture; those that have none are left out."""
    found = {}
    for row in table if isinstance(table, list) else table.to_dict("records"):
        with suppress(ReidError):
            jpeg = workspace.thumbnails.get(bytes.fromhex(row["sha256"]))
            if jpeg is not None:
                found[row["sha256"]] = jpeg
    return found
