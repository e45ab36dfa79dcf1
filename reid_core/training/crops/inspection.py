"""What training crops are like before anybody trains on them: how many, of whom, how good, and what would spoil it.

Leakage is the worst of it: one picture on both sides of a division makes every figure too good. Pictures are told
apart by their looks, the 64-bit perceptual hashes of `reid_core.quality`; pairs within `NEAR` bits are one picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reid_core.errors import ReidError
from reid_core.quality import LIMITS, NEAR
from reid_core.records import DISTRACTOR, JUNK, natural_order, plural
from reid_core.training.crops.division import divide_rows
from reid_core.training.recipe import Recipe

SIDES = ("train", "validation", "query", "gallery", "unlabelled")
EXAMPLES = 24  # crops that a finding shows
BINS = 30
_BLOCK = 4096  # looks at a time
CAMERAS = 40  # in the table of who is seen by both


@dataclass(frozen=True)
class Finding:
    """Something to know before training; an "error" spoils it. `crops` are ids, in pairs where `pairs`."""

    level: str
    sentence: str
    crops: list[int]
    pairs: bool = False


@dataclass(frozen=True)
class Histogram:
    """`counts` of the values in each of the bins between `edges`, one more than counts."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class Insight:
    """`crops` and `people` by side; by camera how many crops of each side; `shared[a][b]` people seen by both cameras.

    Histograms are of the labelled training and validation crops: crops of each person, heights in pixels, sharpness
    and brightness from 0 to 1.
    """

    crops: dict[str, int]
    people: dict[str, int]
    cameras: dict[str, dict[str, int]]
    shared: dict[str, dict[str, int]]
    crops_each: Histogram
    heights: Histogram
    sharpness: Histogram
    brightness: Histogram
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]


def inspect_crops(
    table: pd.DataFrame,
    recipe: Recipe,
    description: str,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Insight:
    """Look at all crops of a gallery: rows with the columns of `Records`, `id`, sizes, quality and `look` (NaN: none).

    Sides are those of the recipe's division, as the trainer makes it.
    """
    sides, trouble = _sides(table, recipe, description)
    table = table.assign(side=sides)
    labelled = table[table["side"].isin(["train", "validation"])]
    findings = [Finding("error", trouble, [])] if trouble else []
    findings += leaks(table, on_progress=on_progress)
    findings += _about_people(labelled)
    findings += _about_pictures(labelled)
    each = labelled["identity"].value_counts()
    cameras = natural_order([str(camera) for camera in table["camera"].dropna().unique()])
    by_camera = table.groupby(["camera", "side"]).size()
    return Insight(
        crops={side: int((table["side"] == side).sum()) for side in SIDES},
        people={side: _people(table[table["side"] == side]) for side in SIDES[:4]},
        cameras={c: {side: int(by_camera.get((c, side), 0)) for side in SIDES} for c in cameras},
        shared=_shared(labelled, cameras),
        crops_each=_histogram(np.asarray(each, np.float64), whole=True),
        heights=_histogram(labelled["height"].to_numpy(float), whole=True),
        sharpness=_histogram(labelled["sharpness"].to_numpy(float), span=(0, 1)),
        brightness=_histogram(labelled["brightness"].to_numpy(float), span=(0, 1)),
        findings=sorted(findings, key=lambda finding: ("error", "warning", "note").index(finding.level)),
    )


def leaks(table: pd.DataFrame, *, on_progress: Callable[[int, int], None] = lambda done, total: None) -> list[Finding]:
    """People and pictures on both sides of a division, and one picture under two labels.

    `table` has `id`, `identity`, `side` and `look`.
    """
    found = []
    known = table[table["identity"].notna() & ~table["identity"].isin([DISTRACTOR, JUNK])]
    trained = known[known["side"].isin(["train", "validation"])]
    tested = known[known["side"].isin(["query", "gallery"])]
    if both := set(trained["identity"]) & set(tested["identity"]):
        crops = tested[tested["identity"].isin(both)]["id"]
        found.append(
            Finding(
                "error",
                f"{plural(len(both), 'person')} to train on {_is(len(both))} in the query or gallery split too: "
                "figures measured there would be of people that the network knows. Put their labels right, or import "
                "the test people into another gallery.",
                crops.head(EXAMPLES).tolist(),
            )
        )
    pairs = near_pairs(_looks(known["look"]), on_progress=on_progress)
    looking = known[known["look"].notna()]
    ids, sides, people = (looking[name].to_numpy() for name in ("id", "side", "identity"))
    first, second = pairs[:, 0], pairs[:, 1]
    side_of = np.where(np.isin(sides, ["query", "gallery"]), "test", sides)
    crossing = side_of[first] != side_of[second]
    for one, other, where in (
        ("train", "validation", "the validation people"),
        ("train", "test", "the query and gallery splits"),
        ("validation", "test", "the query and gallery splits"),
    ):
        chosen = crossing & np.isin(side_of[first], [one, other]) & np.isin(side_of[second], [one, other])
        if count := int(chosen.sum()):
            found.append(
                Finding(
                    "error",
                    f"{plural(count, 'picture')} of the {one} side {_is(count)} in {where} too, under another label: "
                    "figures measured there would be too good. Look at the pairs, then put one label right or delete "
                    "one of the two on the Gallery page.",
                    _examples(ids, pairs[chosen]),
                    pairs=True,
                )
            )
    mixed = ~crossing & (people[first] != people[second])
    if count := int(mixed.sum()):
        found.append(
            Finding(
                "warning",
                f"{plural(count, 'pair')} of pictures that look the same {_is(count)} labelled as two people: the "
                "network would be told opposite things. Put one label right.",
                _examples(ids, pairs[mixed]),
                pairs=True,
            )
        )
    return found


def near_pairs(
    looks: NDArray[np.int64], *, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> NDArray[np.int64]:
    """(P, 2) rows, the first the smaller, of all looks that differ in at most `NEAR` of 64 bits."""
    index = faiss.IndexBinaryFlat(64)
    as_bytes = np.ascontiguousarray(looks, np.int64).view(np.uint8).reshape(-1, 8)
    found = [np.empty((0, 2), np.int64)]
    if len(looks):
        index.add(as_bytes)
    for start in range(0, len(looks), _BLOCK):
        limits, _, rows = index.range_search(as_bytes[start : start + _BLOCK], NEAR + 1)
        counts = np.asarray(limits[1:], np.int64) - np.asarray(limits[:-1], np.int64)
        asked = start + np.repeat(np.arange(len(counts)), counts)
        later = rows > asked
        found.append(np.stack([asked[later], rows[later]], axis=1))
        on_progress(min(start + _BLOCK, len(looks)), len(looks))
    return np.concatenate(found)


def _sides(table: pd.DataFrame, recipe: Recipe, description: str) -> tuple[NDArray[np.object_], str]:
    """(N,) side of each crop, and what keeps the trainer from dividing them."""
    sides = table["split"].to_numpy(dtype=object).copy()
    nobody = (table["identity"].isna() | table["identity"].isin([DISTRACTOR, JUNK])).to_numpy()
    sides[nobody & (sides == "train")] = "unlabelled"
    training = table["split"] == "train"
    try:
        rows, records = divide_rows(table[training], recipe, description)
    except ReidError as error:
        return sides, str(error)
    positions = table.index.get_indexer(rows.index)
    sides[positions] = np.where(records.table["split"] == "train", "train", "validation")
    return sides, ""


def _about_people(labelled: pd.DataFrame) -> list[Finding]:
    if labelled.empty:
        return []
    found = []
    each = labelled["identity"].value_counts()
    alone = each.index[each == 1]
    if len(alone):
        found.append(
            Finding(
                "note",
                f"Of {plural(len(alone), 'person')} of {len(each):,} there is a single crop: losses that compare "
                "crops of one person learn nothing from them.",
                labelled[labelled["identity"].isin(alone)]["id"].head(EXAMPLES).tolist(),
            )
        )
    # Whose camera is not known of some crop may have been seen by two.
    partly = set(labelled["identity"][labelled["camera"].isna()])
    cameras = labelled[~labelled["identity"].isin(partly)].groupby("identity")["camera"].nunique()
    single = cameras.index[cameras < 2]
    if len(single):
        share = len(single) / len(each)
        found.append(
            Finding(
                "warning" if share > 0.2 else "note",
                f"{plural(len(single), 'person')} of {len(each):,} {_is(len(single))} seen by one camera only: they "
                "teach nothing of how one looks in another, and as validation people they ask nothing.",
                labelled[labelled["identity"].isin(single)].drop_duplicates("identity")["id"].head(EXAMPLES).tolist(),
            )
        )
    unknown = labelled["camera"].isna()
    if unknown.all():
        found.append(
            Finding("warning", "No crop says its camera, so hits of the query's own camera count as found.", [])
        )
    elif unknown.any():
        found.append(
            Finding(
                "note",
                f"The camera of {int(unknown.sum()):,} of {plural(len(labelled), 'crop')} is not known: hits with these"
                " count as found though they may be of the query's own camera.",
                labelled[unknown]["id"].head(EXAMPLES).tolist(),
            )
        )
    return found


def _about_pictures(labelled: pd.DataFrame) -> list[Finding]:
    shape = labelled["height"] / labelled["width"]
    poor = {
        f"lower than {LIMITS.height} pixels": labelled["height"] < LIMITS.height,
        "blurred": labelled["sharpness"] < LIMITS.sharpness,
        "dark": labelled["brightness"] < LIMITS.dark,
        "overexposed": labelled["brightness"] > LIMITS.bright,
        "washed out": labelled["contrast"] < LIMITS.contrast,
        "of an odd shape": (shape < LIMITS.wide) | (shape > LIMITS.thin),
    }
    found = []
    for word, rows in poor.items():
        if count := int(rows.sum()):
            level = "warning" if count > 0.1 * len(labelled) else "note"
            sentence = f"{plural(count, 'crop')} of {len(labelled):,} {_is(count)} {word}."
            found.append(Finding(level, sentence, labelled[rows]["id"].head(EXAMPLES).tolist()))
    if unmeasured := int(labelled["sharpness"].isna().sum()):
        found.append(Finding("note", f"The quality of {plural(unmeasured, 'crop')} was never measured.", []))
    return found


def _shared(labelled: pd.DataFrame, cameras: Sequence[str]) -> dict[str, dict[str, int]]:
    shown = list(cameras)[:CAMERAS]
    known = labelled[labelled["camera"].notna()]
    both = np.zeros((len(shown), len(shown)), np.int64)
    if len(known):  # a table of no cameras has no columns to multiply
        seen = pd.crosstab(known["identity"], known["camera"].astype(str)).clip(upper=1)
        seen = seen.reindex(columns=shown, fill_value=0)
        both = (seen.T @ seen).to_numpy(np.int64)
    return {one: dict(zip(shown, row, strict=True)) for one, row in zip(shown, both.tolist(), strict=True)}


def _histogram(
    values: NDArray[np.float64], *, whole: bool = False, span: tuple[float, float] | None = None
) -> Histogram:
    values = values[np.isfinite(values)]
    if not len(values):
        return Histogram([], [])
    low, high = span or (float(values.min()), float(values.max()))
    if whole:  # bins of whole numbers, as wide as each other
        step = max(1, int(np.ceil((high - low + 1) / BINS)))
        edges = np.arange(low, high + step + 0.5, step) - 0.5
    else:
        edges = np.linspace(low, high, BINS + 1)
    counts, edges = np.histogram(values, edges)
    return Histogram([float(edge) for edge in edges], [int(count) for count in counts])


def _looks(column: pd.Series) -> NDArray[np.int64]:
    return np.array([int(look) for look in column if look is not None and look == look], np.int64)


def _people(rows: pd.DataFrame) -> int:
    return len(set(rows["identity"].dropna()) - {DISTRACTOR, JUNK})


def _examples(ids: NDArray[Any], pairs: NDArray[np.int64]) -> list[int]:
    return [int(id) for id in ids[pairs[: EXAMPLES // 2]].ravel()]


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
