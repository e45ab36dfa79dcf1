"""One picture under several labels: of these one at most is right, and no model can tell which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reid_core.evaluation.crops import Crops
from reid_core.records import JUNK

NOWHERE = -1


def pictures_of(files: Sequence[str], alike: Sequence[str | None]) -> NDArray[np.int64]:
    """(n,) codes of n crops, equal for one picture: of the same file, or of files of which one was found to look like
    the other. `files` are the crops' (n,) sha-256, `alike` the (n,) sha-256 of what they look like, None: of nothing.
    """
    own, other = np.asarray(files, dtype=object), np.asarray(alike, dtype=object)
    linked = np.flatnonzero([value is not None for value in other])
    names, codes = np.unique(np.concatenate([own, other[linked]]).astype(str), return_inverse=True)
    from_codes, to_codes = codes[: len(own)][linked], codes[len(own) :]
    links = sparse.coo_array((np.ones(len(linked)), (from_codes, to_codes)), shape=(len(names), len(names)))
    _, groups = sparse.csgraph.connected_components(links, directed=False)
    found: NDArray[np.int64] = groups[codes[: len(own)]].astype(np.int64)
    return found


def copies_of_others(queries: Crops, gallery: Crops) -> NDArray[np.int64]:
    """(Q,) row of a gallery crop that shows the query's picture under another label; `NOWHERE` where there is none, or
    where pictures are not known. Distractors and junk are labels too, but junk is in no list and counts as no copy.
    """
    found = np.full(len(queries), NOWHERE, np.int64)
    if queries.pictures is None or gallery.pictures is None:
        return found
    rows_of: dict[int, list[int]] = {}
    shown = np.isin(gallery.pictures, queries.pictures)
    for row in np.flatnonzero(shown).tolist():
        if gallery.identity[row] not in (None, JUNK):
            rows_of.setdefault(int(gallery.pictures[row]), []).append(row)
    for query, (picture, identity) in enumerate(zip(queries.pictures.tolist(), queries.identity, strict=True)):
        found[query] = next((row for row in rows_of.get(picture, ()) if gallery.identity[row] != identity), NOWHERE)
    return found


def count_mislabelled(queries: Crops, gallery: Crops) -> int:
    """How many pictures stand under more than one label in both together; 0 where pictures are not known."""
    labels: dict[int, set[str]] = {}
    for side in (queries, gallery):
        if side.pictures is not None:
            for picture, identity in zip(side.pictures.tolist(), side.identity, strict=True):
                if identity not in (None, JUNK):
                    labels.setdefault(picture, set()).add(identity)
    return sum(len(found) > 1 for found in labels.values())
