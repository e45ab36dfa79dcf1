"""Walks past one camera, of names that tell camera and frame but no tracklets, without asking who is on the pictures.

Crops of one place whose times follow each other within `GAP` are a run. A run is a walk only where nobody else is in
it, and labels can check that: a run with two labels mixes people. Where more than `MOST_MIXED` of the runs do so, the
names tell no walks at all, and the data set has crops alone: who has no label would be mixed as often. So it is with
Market-1501: of the 6,197 runs of its 36,036 names that have a label 4,624 have several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.records import DISTRACTOR, JUNK, plural

GAP = 2.5  # seconds between two crops of one run; data sets keep every 25th or 120th frame, which is 1 or 2 s
MOST_MIXED = 0.02  # of the runs of two crops or more
_NOBODY: frozenset[str | None] = frozenset({None, DISTRACTOR, JUNK})


@dataclass(frozen=True)
class Walks:
    """`labels` name the walk of each crop, None where it has none; `runs` are those of two crops or more with a label,
    of which `mixed` have several."""

    labels: list[str | None]
    runs: int
    mixed: int

    @property
    def note(self) -> str:
        """Why there are no tracklets; "" where there are, or nothing to make any of."""
        if not self.mixed or any(self.labels):
            return ""
        share = 100 * self.mixed / self.runs
        return (
            f"There are no tracklets, only crops: of {plural(self.runs, 'run')} of crops that follow each other within "
            f"{GAP} s at one camera, {share:.0f} % ({self.mixed:,}) have the labels of several people."
        )


def find_walks(places: Sequence[str], times: Sequence[float], people: Sequence[str | None]) -> Walks:
    """The walks of crops, by the place (camera and sequence), the time in seconds, and the label of each to check by.

    Distractors, junk and crops without a label are nobody in particular: a run of these alone tells nothing and is no
    walk, and a run with one of these and a person is mixed.
    """
    by_place: dict[str, list[int]] = defaultdict(list)
    for row, place in enumerate(places):
        by_place[place].append(row)
    labels: list[str | None] = [None] * len(places)
    runs = mixed = 0
    for place, rows in by_place.items():
        rows.sort(key=lambda row: times[row])
        for run in _runs(rows, times):
            found = {people[row] for row in run}
            if found <= _NOBODY:
                continue
            runs, mixed = runs + (len(run) > 1), mixed + (len(found) > 1)
            if len(found) == 1:
                for row in run:
                    labels[row] = f"{place}-{times[run[0]]:.2f}s"
    if mixed > MOST_MIXED * runs:
        labels = [None] * len(places)
    return Walks(labels, runs, mixed)


def _runs(rows: Sequence[int], times: Sequence[float]) -> list[list[int]]:
    runs: list[list[int]] = []
    for row in rows:
        if runs and times[row] - times[runs[-1][-1]] <= GAP:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs
