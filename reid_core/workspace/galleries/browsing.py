"""A gallery as people look through it: its crops in some order, or gathered by identity, tracklet, camera or day.

A view of a million crops is held as its ids, 8 bytes each, made anew when the catalogue has changed; a page of it is a
slice of them and one look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.records import DISTRACTOR, JUNK, natural_order
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import gallery_key
from reid_core.workspace.catalogue.selection import FLAWS, MISSING, Selection
from reid_core.workspace.galleries.walks import WalkCounts, walk_counts
from reid_core.workspace.workspace import Workspace

# By what crops may be put in order; those of unknown value come last.
ORDERS = {
    "import": "id",
    "time": "time IS NULL, time, id",
    "newest": "time IS NULL, time DESC, id",
    "camera": "camera IS NULL, camera, id",
    "identity": "identity IS NULL, identity, id",
    "sharpest": "sharpness IS NULL, sharpness DESC, id",
    "least sharp": "sharpness IS NULL, sharpness, id",
    "largest": "height DESC, id",
    "smallest": "height, id",
}
_DAY = 86_400
# A group is one value of a column; crops of unknown value make no group.
GROUPS = {"identity": "identity", "tracklet": "tracklet", "camera": "camera", "day": f"CAST(time / {_DAY} AS INTEGER)"}


@dataclass(frozen=True)
class Group:
    """Crops that share an identity, tracklet, camera or day: `label`, how many, and the first of them.

    Of a day the label is its first second, as text. `cameras` counts distinct ones; times are NaN where unknown.
    """

    label: str
    crops: int
    cover: int
    cameras: int
    first: float
    last: float


def view_ids(
    catalogue: Catalogue, gallery: str, selection: Selection = Selection(), order: str = "import"
) -> NDArray[np.int64]:
    """Ids of all crops that fit, in that order. A page is a slice of them, given to `Catalogue.crops_of`."""
    with catalogue.transaction() as database:
        where, values = selection.where(gallery_key(database, gallery))
        # As one text: twice as fast as a million rows of one number.
        ids = database.execute(
            f"SELECT group_concat(id) FROM (SELECT id FROM crop WHERE {where} ORDER BY {ORDERS[order]})", values
        ).fetchone()[0]
        return np.fromstring(ids or "", np.int64, sep=",")


def view_groups(catalogue: Catalogue, gallery: str, by: str, selection: Selection = Selection()) -> list[Group]:
    """The crops that fit, gathered by one of `GROUPS`; labels in natural order, days in time.

    Distractors and junk are nobody, and make no group of identities.
    """
    value, cameras = GROUPS[by], "1" if by == "camera" else "COUNT(DISTINCT camera)"
    with catalogue.transaction() as database:
        where, values = selection.where(gallery_key(database, gallery))
        rows = database.execute(
            f"SELECT {value} AS label, COUNT(*), MIN(id), {cameras}, MIN(time), MAX(time) FROM crop "
            f"WHERE {where} AND label IS NOT NULL AND label NOT IN (?, ?) GROUP BY label",
            (*values, DISTRACTOR, JUNK),
        ).fetchall()
    groups = {
        str(label * _DAY if by == "day" else label): (crops, cover, cameras, _number(first), _number(last))
        for label, crops, cover, cameras, first, last in rows
    }
    return [Group(label, *groups[label]) for label in natural_order(groups)]


def of_group(by: str, label: str) -> dict[str, Any]:
    """What a `Selection` needs, to mean the crops of a group: `replace(selection, **of_group("camera", "3"))`."""
    if by == "day":
        return {"after": float(label), "before": float(label) + _DAY - 0.001}
    return {{"identity": "identities", "camera": "cameras", "tracklet": "tracklets"}[by]: frozenset({label})}


def has_tracklets(catalogue: Catalogue, gallery: str) -> bool:
    """Whether any crop belongs to a walk past one camera; where none does, there are only crops to speak of."""
    with catalogue.transaction() as database:
        key = gallery_key(database, gallery)
        found = database.execute("SELECT 1 FROM crop WHERE gallery = ? AND tracklet NOT NULL LIMIT 1", (key,))
        return found.fetchone() is not None


def some_people(catalogue: Catalogue, gallery: str, limit: int) -> list[int]:
    """The first crop of each of a few labelled people, in order of label, without a look at the whole gallery."""
    with catalogue.transaction() as database:
        rows = database.execute(
            "SELECT MIN(id) FROM crop WHERE gallery = ? AND identity NOT NULL AND identity NOT IN (?, ?) "
            "GROUP BY identity ORDER BY identity LIMIT ?",
            (gallery_key(database, gallery), DISTRACTOR, JUNK, limit),
        )
        return [id for (id,) in rows]


@dataclass(frozen=True)
class Numbers:
    """What a gallery's crops lack or suffer from, and the bytes of its vectors and copied pictures.

    `flaws` and `missing` count crops by the keys of `FLAWS` and `MISSING`; `unmeasured` those whose quality or colours
    nobody measured (an older version imported them). `walks` counts crops by the walk that they were cut from.
    """

    flaws: dict[str, int]
    missing: dict[str, int]
    alike: int
    unmeasured: int
    times: tuple[float, float] | None
    vector_bytes: int
    copied_bytes: int
    walks: WalkCounts


def count(catalogue: Catalogue, gallery: str, selection: Selection) -> int:
    with catalogue.transaction() as database:
        where, values = selection.where(gallery_key(database, gallery))
        return int(database.execute(f"SELECT COUNT(*) FROM crop WHERE {where}", values).fetchone()[0])


def flaws_of(catalogue: Catalogue, gallery: str, source: str) -> dict[str, int]:
    """How many crops of one source, named by its path, have each of `FLAWS`; "alike" counts look-alikes."""
    with catalogue.transaction() as database:
        sums = ", ".join(f"COALESCE(SUM({test}), 0)" for test in (*FLAWS.values(), "alike IS NOT NULL"))
        row = database.execute(
            f"SELECT {sums} FROM crop WHERE source IN (SELECT key FROM source WHERE gallery = ? AND path = ?)",
            (gallery_key(database, gallery), source),
        ).fetchone()
    return dict(zip((*FLAWS, "alike"), row, strict=True))


def numbers(catalogue: Catalogue, gallery: str) -> Numbers:
    """One pass over the gallery's rows."""
    tests = {**FLAWS, **MISSING, "alike": "alike IS NOT NULL", "unmeasured": "sharpness IS NULL OR upper IS NULL"}
    tests["copied"] = "CASE WHEN source IN (SELECT key FROM source WHERE copied) THEN bytes ELSE 0 END"
    sums = ", ".join(f"COALESCE(SUM({test}), 0)" for test in tests.values())
    with catalogue.transaction() as database:
        database.execute("BEGIN")
        key = gallery_key(database, gallery)
        found = dict(
            zip(tests, database.execute(f"SELECT {sums} FROM crop WHERE gallery = ?", (key,)).fetchone(), strict=True)
        )
        vectors = database.execute(
            "SELECT COALESCE(SUM(counted * 2 * embedding_size), 0) FROM (SELECT model, COUNT(*) AS counted FROM vector "
            "WHERE gallery = ? GROUP BY model) JOIN model ON model.key = model",
            (key,),
        ).fetchone()[0]
        walks = walk_counts(database, key)
    return Numbers(
        {name: found[name] for name in FLAWS},
        {name: found[name] for name in MISSING},
        found["alike"],
        found["unmeasured"],
        catalogue.time_range(gallery),
        int(vectors),
        found["copied"],
        walks,
    )


def crops_at(
    workspace: Workspace, gallery: str, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, str]]:
    """Id and SHA-256 (hexadecimal) of the crops that are read from these (source, path); those gone are left out."""
    found = {}
    with connect(workspace.catalogue.path) as database:
        rows = database.execute(
            "SELECT key, path, copied FROM source WHERE gallery = ?", (gallery_key(database, gallery),)
        ).fetchall()
        keys = {str(workspace.originals(key)) if copied else path: key for key, path, copied in rows}
        for source, path in places:
            crop = database.execute(
                "SELECT id, sha256 FROM crop WHERE source = ? AND path = ?", (keys.get(source), path)
            ).fetchone()
            if crop:
                found[source, path] = int(crop[0]), crop[1].hex()
    return found


def same_looks(catalogue: Catalogue, gallery: str, ids: Sequence[int]) -> dict[int, list[int]]:
    """For each of these crops, the other crops of the gallery that it looks like (see `NewCrop.alike`)."""
    with connect(catalogue.path) as database:
        key = gallery_key(database, gallery)
        return {
            int(crop): [
                other
                for (other,) in database.execute(
                    "SELECT other.id FROM crop JOIN crop AS other ON other.sha256 = crop.alike "
                    "AND other.gallery = crop.gallery AND other.id <> crop.id WHERE crop.id = ? AND crop.gallery = ? "
                    "UNION SELECT other.id FROM crop JOIN crop AS other ON other.alike = crop.sha256 "
                    "AND other.gallery = crop.gallery AND other.id <> crop.id WHERE crop.id = ? AND crop.gallery = ?",
                    (int(crop), key, int(crop), key),
                )
            ]
            for crop in ids
        }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
