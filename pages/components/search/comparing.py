"""A hit beside the photos of the person: what the comparison shows of both, and where the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pages.components.search import query_photos, verdicts
from pages.components.search.agreement import agreement
from pages.components.search.blind import HIDDEN_FACTS, by_time, first_undecided, is_blind, is_decided, is_told
from pages.components.search.state import Chosen, desk
from pages.components.search.verdicts import COMPARE
from pages.components.shared import wording
from pages.components.shared.pictures import picture_url
from pages.components.widgets.compare_view.compare_view import compare_view
from pages.components.widgets.gallery_grid.gallery_grid import rows_of, thumbnail_url
from pages.components.widgets.player.player import is_filmed
from reid_core.quality import flaws
from reid_core.records import plural
from reid_core.retrieval.grouping import Group
from reid_core.workspace.cases.verdicts import CONFLICT, MATCH, Standing, of_decision
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import ModelEntry, Workspace

VIEWS = 16  # crops of a hit that can be looked at
CONFIRMED = 6  # crops that are shown among the photos


def pair_of(groups: Sequence[Group], answer: Answer) -> Group | None:
    """The group that is compared; after a verdict the first that has none. None where nothing is."""
    table = desk()
    if table.pair is None or not groups:
        return None
    if table.go_on:
        table.go_on = False
        left = [group for group in groups if not is_decided(answer, group)]
        if not left:
            table.close()
            table.said = f"{table.said}. All in this list have a verdict".lstrip(". ")
            return None
        table.pair = left[0].best.id, first_undecided(answer, left[0])
    named, table.to_be_found = table.to_be_found, False
    for group in groups:
        if any(hit.id in table.pair for hit in group.hits):
            return group
    if named:  # by the address, which may be old
        table.pair = None
        return None
    table.pair = groups[0].best.id, groups[0].best.id  # what was compared is in this list no more
    return groups[0]


def draw_comparison(
    workspace: Workspace,
    gallery: GalleryInfo,
    model: ModelEntry,
    answer: Answer,
    groups: Sequence[Group],
    pair: Group,
    meant: Meant,
) -> None:
    place, table = groups.index(pair), desk()
    rows = {row["id"]: row for row in rows_of(answer.crops)}
    hits = _views(workspace, gallery, pair, rows, answer)
    hidden = not all(is_told(answer, hit["id"]) for hit in hits)
    first = next((hit["id"] for hit in hits if table.pair and hit["id"] == table.pair[1]), pair.best.id)
    over, trouble = (None, "") if hidden else _agreement(workspace, gallery, model)
    after = [group.best.id for group in groups[place + 1 : place + 3]]
    compare_view(
        _photos(workspace, answer),
        hits,
        pair=pair.best.id,
        crop=first,
        turn=f"{pair.best.id} {table.turn}",
        order=[group.best.id for group in groups],
        where=f"{place + 1} of {len(groups)}" if not is_blind() else f"one of {len(groups)}",
        facts=_facts(pair, meant) if is_told(answer, pair.best.id) else [],
        key=COMPARE,
        taken=table.taken,
        verdict=verdict_of(answer, pair),
        conflict=conflict_of(answer, pair),
        undo=bool(answer.standing),
        said=table.said,
        after=[picture_url(crop, rows[crop]["sha256"]) for crop in after],
        agreement=not hidden,
        leave=not hidden,
        steps=not is_blind(),  # other tracklets may be of hits that are hidden still
        overlay=over,
        agreement_trouble=trouble,
    )


def verdict_of(answer: Answer, group: Group) -> str | None:
    """What stands of the group: of its crop in front, else of any. In blind mode nothing before the analyst decides."""
    for hit in group.hits:
        if (standing := answer.standing.get(hit.id)) is not None and is_told(answer, hit.id):
            return None if standing.decision == CONFLICT else standing.decision
    return None


def conflict_of(answer: Answer, group: Group) -> str:
    """Who decided what, where analysts contradict each other; in blind mode once the analyst has decided."""
    for hit in group.hits:
        standing: Standing | None = answer.standing.get(hit.id) if is_told(answer, hit.id) else None
        if standing is not None and standing.decision == CONFLICT:
            said = ", ".join(f"{verdict.who}: {verdict.verdict}" for verdict in standing.verdicts)
            return f"Opinions differ ({said}). Both are kept, and the crop is no example for the search"
    return ""


def _photos(workspace: Workspace, answer: Answer) -> list[dict[str, Any]]:
    """The photos of the person, then the newest of what was confirmed."""
    shown = [_photo(photo) for photo in query_photos.photos() if photo.role == "positive"]
    confirmed = of_decision(answer.standing, MATCH)[-CONFIRMED:]
    for row in rows_of(workspace.catalogue.crops_of(confirmed)) if confirmed else []:
        lines = ["Confirmed", wording.camera_name(row["camera"]), wording.shown_time(row["time"])]
        picture, small = picture_url(row["id"], row["sha256"]), thumbnail_url(row["sha256"])
        shown.append({"id": f"crop {row['id']}", "picture": picture, "thumbnail": small, "lines": _told(lines)})
    return shown


def _photo(photo: Chosen) -> dict[str, Any]:
    camera = wording.camera_name(photo.camera) if photo.camera else ""
    lines = ["Photo", camera, wording.shown_time(photo.time), f"{photo.width} × {photo.height} px"]
    return {"id": f"photo {photo.number}", "picture": photo.picture, "thumbnail": "", "lines": _told(lines)}


def _views(
    workspace: Workspace, gallery: GalleryInfo, pair: Group, table: dict[int, dict[str, Any]], answer: Answer
) -> list[dict[str, Any]]:
    """The group's crops, best first, then the others of the best one's tracklet. By time where one of them is hidden in
    blind mode, and that one unnamed."""
    crops = [hit.id for hit in pair.hits]
    best = table[pair.best.id]
    if best["tracklet"] is not None and best["camera"] is not None and len(crops) < VIEWS:
        around = verdicts.tracklet_crops(workspace, gallery.name, best["camera"], best["tracklet"])
        crops += [crop for crop in around if crop not in set(crops)]
    rows = rows_of(workspace.catalogue.crops_of(crops[:VIEWS]))
    told = {row["id"]: is_told(answer, row["id"]) for row in rows}
    return [_view(row, hidden=not told[row["id"]]) for row in (rows if all(told.values()) else by_time(rows))]


def _view(row: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    wrong = flaws(row["width"], row["height"], row["sharpness"], row["brightness"], row["contrast"])
    colours = [part for part in (row["upper"], row["lower"]) if part is not None and not pd.isna(part)]
    facts = {
        "Camera": row["camera"], "Time": wording.shown_time(row["time"]), "Tracklet": row["tracklet"],
        "Identity": row["identity"], "Size": f"{row['width']} × {row['height']} px", "Quality": ", ".join(wrong),
        "Clothes": " above ".join(colours), "File": row["path"], "Crop": row["id"],
    }  # fmt: skip
    return {
        "id": row["id"],
        "picture": picture_url(row["id"], row["sha256"]),
        "thumbnail": thumbnail_url(row["sha256"]),
        "film": not hidden and is_filmed(row),  # a clip tells the tracklet
        "lines": _told(["Hit", wording.camera_name(row["camera"]), wording.shown_time(row["time"])]),
        "facts": [
            (name, str(value))
            for name, value in facts.items()
            if value not in (None, "") and not (hidden and name in HIDDEN_FACTS)
        ],
    }


def _facts(pair: Group, meant: Meant) -> list[tuple[str, str]]:
    facts = [("Rank", str(pair.rank)), ("Similarity", f"{pair.best.similarity:.3f}")]
    facts.append(("By chance", meant.sentence(pair.best.similarity) or "not known: not calibrated here"))
    if pair.gap is not None and not is_blind():  # the next hit's similarity may be hidden
        moved = "; verdicts or re-ranking moved the order" if pair.gap < 0 else ""
        facts.append(("Gap to the next", f"{pair.gap:.3f}{moved}"))
    if len(pair.hits) > 1:
        facts.append(("Together", plural(len(pair.hits), "crop")))
    return facts


def _agreement(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry) -> Any:
    """The overlay that was asked for, and why there is none."""
    wanted = desk().agreement
    return (None, "") if wanted is None else agreement(workspace, model, *wanted)


def _told(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line]
