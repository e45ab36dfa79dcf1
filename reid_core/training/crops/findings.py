"""What would spoil a training on crops, and what to know of them: each as a sentence with examples."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reid_core.quality import FLAWS
from reid_core.records import plural

EXAMPLES = 24  # crops that a finding shows


@dataclass(frozen=True)
class Finding:
    """Something to know before training; an "error" spoils it. `crops` are ids, in pairs where `pairs`."""

    level: str
    sentence: str
    crops: list[int]
    pairs: bool = False


def about_people(labelled: pd.DataFrame) -> list[Finding]:
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
                f"{plural(len(single), 'person')} of {len(each):,} {verb(len(single))} seen by one camera only: they "
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


def about_pictures(labelled: pd.DataFrame) -> list[Finding]:
    measured = labelled.assign(shape=labelled["height"] / labelled["width"])
    found = []
    for flaw in FLAWS.values():
        rows = (measured[flaw.measure] < flaw.least) | (measured[flaw.measure] > flaw.most)
        if count := int(rows.sum()):
            level = "warning" if count > 0.1 * len(labelled) else "note"
            sentence = f"{plural(count, 'crop')} of {len(labelled):,} {verb(count)} {flaw.words}."
            found.append(Finding(level, sentence, labelled[rows]["id"].head(EXAMPLES).tolist()))
    if unmeasured := int(labelled["sharpness"].isna().sum()):
        found.append(Finding("note", f"The quality of {plural(unmeasured, 'crop')} was never measured.", []))
    return found


def verb(count: int) -> str:
    return "is" if count == 1 else "are"
