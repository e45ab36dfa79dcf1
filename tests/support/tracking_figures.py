"""How good tracks are: IDF1, identity switches, HOTA, purity, and the share of true tracks that were found.

IDF1: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", ECCVW 2016.
Switches: Bernardin & Stiefelhagen, "CLEAR MOT Metrics", 2008. HOTA: Luiten et al., IJCV 2021.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from reid_core.video.boxes import overlaps

ALPHAS = np.arange(0.05, 0.99, 0.05)
MOSTLY = 0.9  # so much of a pure track is one person
FOUND = 0.5  # so much of a true track is covered by tracks of it, or it was missed
Row = tuple[float, ...]  # frame, track, left, top, right, bottom


@dataclass(frozen=True)
class Figures:
    idf1: float
    id_precision: float
    id_recall: float
    switches: int
    hota: float
    pure: float  # of the tracks that match people at all, the share that is at least 90 % one person
    found: float  # of the true tracks
    tracks: int
    true_tracks: int

    def __str__(self) -> str:
        return (
            f"IDF1 {self.idf1:.3f} (precision {self.id_precision:.3f}, recall {self.id_recall:.3f}), {self.switches}"
            f" switches, HOTA {self.hota:.3f}, {self.pure:.0%} of {self.tracks} tracks pure, {self.found:.0%} of"
            f" {self.true_tracks} true tracks found"
        )


@dataclass(frozen=True, eq=False)
class _Frame:
    true: NDArray[np.intp]  # places of the true tracks
    found: NDArray[np.intp]
    shared: NDArray[np.float32]  # IoU (true, found)


def figures(truth: Iterable[Row], found: Iterable[Row], overlap: float = 0.5) -> Figures:
    """Of the frames that the truth names; a pair matches at that IoU. HOTA looks at IoUs from .05 to .95 itself."""
    truth, found = list(truth), list(found)
    named = {row[0] for row in truth}
    found = [row for row in found if row[0] in named]
    true_names, found_names = sorted({row[1] for row in truth}), sorted({row[1] for row in found})
    frames = list(_frames(truth, found, true_names, found_names))
    size = (len(true_names), len(found_names))
    idtp = _most_in_common(frames, size, overlap)
    pairs = list(_matches(frames, overlap))
    pure, whole = _purity(pairs, frames, size)
    return Figures(
        idf1=2 * idtp / max(len(truth) + len(found), 1),
        id_precision=idtp / max(len(found), 1),
        id_recall=idtp / max(len(truth), 1),
        switches=_switches(pairs),
        hota=_hota(frames, size),
        pure=pure,
        found=whole,
        tracks=len(found_names),
        true_tracks=len(true_names),
    )


def _frames(truth: list[Row], found: list[Row], true_names: list[float], found_names: list[float]) -> Iterator[_Frame]:
    by_frame: dict[float, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((truth, found)):
        for row in rows:
            by_frame[row[0]][side].append(row)
    for _, (true, seen) in sorted(by_frame.items()):
        boxes = (np.array([row[2:] for row in rows], np.float32).reshape(-1, 4) for rows in (true, seen))
        yield _Frame(
            np.array([true_names.index(row[1]) for row in true], np.intp),
            np.array([found_names.index(row[1]) for row in seen], np.intp),
            overlaps(*boxes),
        )


def _most_in_common(frames: list[_Frame], size: tuple[int, int], overlap: float) -> int:
    """Boxes that agree when each true track is given at most one track, the same in all frames."""
    together = np.zeros(size)
    for frame in frames:
        together[np.ix_(frame.true, frame.found)] += frame.shared >= overlap
    return int(together[linear_sum_assignment(together, maximize=True)].sum())


def _matches(frames: list[_Frame], overlap: float) -> Iterator[list[tuple[int, int]]]:
    """Per frame the pairs (true, found): those of before stay while they overlap enough, then the closest."""
    last: dict[int, int] = {}
    for frame in frames:
        gain = np.where(frame.shared >= overlap, frame.shared + 1, 0)
        for row, true in enumerate(frame.true):
            kept = np.flatnonzero(frame.found == last.get(int(true), -1))
            if len(kept) and gain[row, kept[0]] > 0:
                gain[row, kept[0]] += 1_000
        rows, columns = linear_sum_assignment(gain, maximize=True)
        pairs = [
            (int(frame.true[row]), int(frame.found[column]))
            for row, column in zip(rows, columns, strict=True)
            if gain[row, column] > 0
        ]
        last.update(pairs)
        yield pairs


def _switches(matches: Iterable[list[tuple[int, int]]]) -> int:
    """How often a true track goes on under another number than it had last."""
    last: dict[int, int] = {}
    count = 0
    for pairs in matches:
        count += sum(last.get(true, found) != found for true, found in pairs)
        last.update(pairs)
    return count


def _purity(
    matches: Iterable[list[tuple[int, int]]], frames: list[_Frame], size: tuple[int, int]
) -> tuple[float, float]:
    together = np.zeros(size)
    for pairs in matches:
        for pair in pairs:
            together[pair] += 1
    matched = together[:, together.sum(axis=0) > 0]
    pure = matched.max(axis=0, initial=0) / np.maximum(matched.sum(axis=0), 1) >= MOSTLY
    owner = matched.argmax(axis=0) if matched.size else np.empty(0, np.intp)
    length = Counter(int(true) for frame in frames for true in frame.true)
    covered = [matched[true, owner == true].sum() / length[true] >= FOUND for true in range(size[0])]
    return float(np.mean(pure)) if len(pure) else 1.0, float(np.mean(covered)) if covered else 1.0


def _hota(frames: list[_Frame], size: tuple[int, int]) -> float:
    """Mean over the localisation thresholds; pairs of tracks that go together over the whole recording come first."""
    likely, of_true, of_found = np.zeros(size), np.zeros((size[0], 1)), np.zeros((1, size[1]))
    for frame in frames:
        sums = frame.shared.sum(axis=0)[None] + frame.shared.sum(axis=1)[:, None] - frame.shared
        likely[np.ix_(frame.true, frame.found)] += np.divide(
            frame.shared, sums, out=np.zeros_like(frame.shared), where=sums > 0
        )
        of_true[frame.true] += 1
        of_found[:, frame.found] += 1
    likely /= np.maximum(of_true + of_found - likely, 1e-12)
    return float(np.mean([_hota_at(alpha, frames, likely, of_true, of_found) for alpha in ALPHAS]))


def _hota_at(alpha: float, frames: list[_Frame], likely: NDArray, of_true: NDArray, of_found: NDArray) -> float:
    together = np.zeros_like(likely)
    for frame in frames:
        gain = likely[np.ix_(frame.true, frame.found)] * frame.shared
        rows, columns = linear_sum_assignment(gain, maximize=True)
        good = frame.shared[rows, columns] >= alpha - 1e-9
        together[frame.true[rows[good]], frame.found[columns[good]]] += 1
    hits = together.sum()
    association = together / np.maximum(of_true + of_found - together, 1)
    boxes = of_true.sum() + of_found.sum() - hits
    return float(np.sqrt((together * association).sum() / max(boxes, 1)))
