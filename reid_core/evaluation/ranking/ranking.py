"""Where each query's true matches stand in the ranked gallery, found without sorting whole lists.

Protocol of Market-1501 (Zheng et al., ICCV 2015): a gallery crop of the query's identity is a true match when it comes
from another camera, and is left out of that query's list when it comes from the same camera (the same moment proves
nothing). Where either camera is unknown it counts as a match. Distractors stay in the gallery and match nobody; junk
crops are dropped for everybody.

Only the rank of each true match is needed: one more than the number of valid crops ahead of it. So only the crops
closer than the query's last match are sorted, and each match is placed among them by binary search, block by block of
queries; no (Q, N) matrix is ever held. What pairs of different people score is counted in the same pass where asked.

Ties are counted against the system: a crop of somebody else with the similarity of a true match stands before it. So no
figure depends on the order of the gallery, and an embedder that returns a constant earns nothing. Inner products are
tied when they are within `TIE` of each other, because float32 products of the very same vectors differ by up to 3e-7
with their place in the matrix (BLAS sums edges and middles in different orders); given distances are compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_core.blocks import in_blocks
from reid_core.errors import ReidError
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.records import DISTRACTOR, JUNK

DISTRACTOR_CODE = 0
JUNK_CODE = -1
UNKNOWN_CAMERA = -1
TIE = 1e-6  # cosine similarities closer than this are the same


@dataclass(frozen=True, eq=False)
class Labels:
    """Who is on each of n crops and which camera took it, as integer codes.

    - `identity`: (n,) codes above 0 for people, `DISTRACTOR_CODE`, or `JUNK_CODE` (Market-1501's own numbers).
    - `camera`: (n,) codes from 0, or `UNKNOWN_CAMERA`.

    Queries and gallery share one coding; `encode_labels` makes it from strings.
    """

    identity: NDArray[np.int64]
    camera: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("identity", "camera"):
            codes = np.asarray(getattr(self, name))
            if codes.ndim != 1 or (codes.size and not np.issubdtype(codes.dtype, np.integer)):
                raise ReidError(f"Labels need a flat array of integer {name} codes; use encode_labels for strings.")
            object.__setattr__(self, name, codes.astype(np.int64))
        if len(self.identity) != len(self.camera):
            raise ReidError(f"Labels name {len(self.identity)} identities but {len(self.camera)} cameras.")

    def __len__(self) -> int:
        return len(self.identity)


@dataclass(frozen=True, eq=False)
class MatchRanks:
    """Ranks, from 1 and rising, of each query's true matches among its valid gallery crops.

    Query q has `ranks[offsets[q]:offsets[q + 1]]` (`offsets` is (Q + 1,)), possibly none, out of `valid_gallery[q]`
    crops; `gallery` is the size of the gallery without junk.
    """

    ranks: NDArray[np.int64]
    offsets: NDArray[np.int64]
    valid_gallery: NDArray[np.int64]
    gallery: int

    def __len__(self) -> int:
        """Number of queries."""
        return len(self.valid_gallery)

    def of_query(self, query: int) -> NDArray[np.int64]:
        return self.ranks[self.offsets[query] : self.offsets[query + 1]]

    @property
    def match_counts(self) -> NDArray[np.int64]:
        """(Q,) number of true matches of each query."""
        return np.diff(self.offsets)


def encode_labels(
    query_identity: Iterable[str | None],
    query_camera: Iterable[str | None],
    gallery_identity: Iterable[str | None],
    gallery_camera: Iterable[str | None],
) -> tuple[Labels, Labels]:
    """Labels of queries and gallery in one coding. An unknown identity (None) can be judged neither way: junk."""
    people: dict[str | None, int] = {DISTRACTOR: DISTRACTOR_CODE, JUNK: JUNK_CODE, None: JUNK_CODE}
    cameras: dict[str | None, int] = {None: UNKNOWN_CAMERA}

    def encode(identity: Iterable[str | None], camera: Iterable[str | None]) -> Labels:
        return Labels(
            np.array([people.setdefault(label, len(people)) for label in identity], dtype=np.int64),
            np.array([cameras.setdefault(label, len(cameras)) for label in camera], dtype=np.int64),
        )

    return encode(query_identity, query_camera), encode(gallery_identity, gallery_camera)


def match_ranks(
    query_features: NDArray[np.float32],
    gallery_features: NDArray[np.float32],
    query_labels: Labels,
    gallery_labels: Labels,
    *,
    pairs: PairScores | None = None,
    block: int | None = None,
) -> MatchRanks:
    """Rank by inner product of (Q, D) and (N, D) unit vectors, in float32, `block` queries at a time.

    By default as many as 48 MB hold. What the pairs score is written into `pairs`. Raises ReidError when sizes do not
    fit or a feature is not finite.

    A crop of the same person in the same camera is left out, so the third of these four has the second rank:

    >>> queries, gallery = encode_labels(["ann"], ["1"], ["ann", "ben", "ann", "ben"], ["1", "2", "2", "1"])
    >>> vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]], np.float32)
    >>> match_ranks(vectors[:1], vectors, queries, gallery).ranks.tolist()
    [2]
    """
    queries = _finite_rows(query_features, "query")
    gallery = _finite_rows(gallery_features, "gallery")
    if queries.shape[1] != gallery.shape[1]:
        raise ReidError(
            f"Query features have {queries.shape[1]} numbers and gallery features {gallery.shape[1]}; "
            "embed both with one model."
        )
    _check_sizes(queries.shape[0], gallery.shape[0], query_labels, gallery_labels)
    kept = gallery_labels.identity != JUNK_CODE
    transposed = np.ascontiguousarray(gallery if kept.all() else gallery[kept]).T

    def similarities(first: int, last: int) -> NDArray[np.float32]:
        product: NDArray[np.float32] = queries[first:last] @ transposed
        return product

    return _ranks(similarities, query_labels, gallery_labels, block, TIE, pairs)


def match_ranks_from_distances(
    distances: NDArray[np.float32] | Callable[[int, int], NDArray[np.float32]],
    query_labels: Labels,
    gallery_labels: Labels,
    *,
    block: int | None = None,
) -> MatchRanks:
    """Rank by (Q, N) distances, the smallest first: a matrix, or a function that gives its rows first to last - 1."""
    if not callable(distances):
        whole = _finite_rows(distances, "distance matrix")
        _check_sizes(whole.shape[0], whole.shape[1], query_labels, gallery_labels)
        distances = lambda first, last: whole[first:last]  # noqa: E731
    rows = distances
    kept = gallery_labels.identity != JUNK_CODE

    def similarities(first: int, last: int) -> NDArray[np.float32]:
        negated: NDArray[np.float32] = -rows(first, last)[:, kept]
        return negated

    return _ranks(similarities, query_labels, gallery_labels, block, 0.0, None)


def _ranks(
    similarities: Callable[[int, int], NDArray[np.float32]],
    queries: Labels,
    gallery: Labels,
    block: int | None,
    tie: float,
    pairs: PairScores | None,
) -> MatchRanks:
    """`similarities(first, last)` gives a block of rows without junk, which may be written to."""
    original = np.flatnonzero(gallery.identity != JUNK_CODE)
    gallery = Labels(gallery.identity[original], gallery.camera[original])
    order = np.argsort(gallery.identity, kind="stable")
    starts = np.searchsorted(gallery.identity, queries.identity, side="left", sorter=order)
    stops = np.searchsorted(gallery.identity, queries.identity, side="right", sorter=order)
    stops[queries.identity <= DISTRACTOR_CODE] = starts[queries.identity <= DISTRACTOR_CODE]

    def rank_block(first: int, last: int) -> tuple[list[NDArray[np.int64]], list[int], PairScores | None]:
        ranks: list[NDArray[np.int64]] = []
        valid: list[int] = []
        found = None if pairs is None else PairScores(count_others=pairs.count_others)
        rows = similarities(first, last)
        for query, row in enumerate(rows, start=first):
            same_person = order[starts[query] : stops[query]]
            camera = queries.camera[query]
            same_camera = (gallery.camera[same_person] == camera) & (camera != UNKNOWN_CAMERA)
            valid.append(len(gallery) - int(np.count_nonzero(same_camera)))
            matched = same_person[~same_camera]
            matches = row[matched]
            row[same_person] = -np.inf
            ranks.append(_ranks_among(matches, row, tie))
            if found is not None:
                found.add_query(matches, original[matched], row, original)
        if found is not None:
            found.add_others(rows, int((stops - starts)[first:last].sum()))
        return ranks, valid, found

    ranks: list[NDArray[np.int64]] = []
    valid_gallery: list[int] = []
    for more, valid, found in in_blocks(len(queries), len(gallery), rank_block, block):
        ranks += more
        valid_gallery += valid
        if pairs is not None and found is not None:
            pairs.extend(found)
    offsets = np.zeros(len(queries) + 1, dtype=np.int64)
    np.cumsum([len(of_query) for of_query in ranks], out=offsets[1:])
    flat = np.concatenate(ranks) if ranks else np.empty(0, dtype=np.int64)
    return MatchRanks(flat, offsets, np.array(valid_gallery, dtype=np.int64), len(gallery))


def _ranks_among(matches: NDArray[np.float32], others: NDArray[np.float32], tie: float) -> NDArray[np.int64]:
    """Rising ranks (m,) of the matches' similarities among themselves and the others', ties lost to the others."""
    if not len(matches):
        return np.empty(0, dtype=np.int64)
    to_beat = np.sort(matches)[::-1] - np.float32(tie)
    closer = np.sort(others[np.flatnonzero(others >= to_beat[-1])])  # four times as fast as by a mask
    ahead = len(closer) - np.searchsorted(closer, to_beat, side="left")
    return ahead + np.arange(1, len(matches) + 1)


def _finite_rows(values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    values = np.asarray(values, dtype=np.float32)
    if values.ndim != 2:
        raise ReidError(f"The {name} array has shape {values.shape}; it needs two dimensions.")
    with np.errstate(invalid="ignore", over="ignore"):
        sums = values @ np.ones(values.shape[1], np.float32)  # tells of its parts, in a third of the time
    for row in np.flatnonzero(~np.isfinite(sums)):
        if not np.isfinite(values[row]).all():
            raise ReidError(f"Row {row} of the {name} array is not finite; embed that crop again.")
    return values


def _check_sizes(queries: int, gallery: int, query_labels: Labels, gallery_labels: Labels) -> None:
    if (queries, gallery) != (len(query_labels), len(gallery_labels)):
        raise ReidError(
            f"There are vectors of {queries} queries and {gallery} gallery crops, but labels of {len(query_labels)} "
            f"and {len(gallery_labels)}."
        )
