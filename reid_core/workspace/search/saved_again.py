"""Hits that are the query photo itself, saved again: at another size or quality, so that their bytes differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reid_core.quality import NEAR

HITS, ALIKE = 5, 0.9  # first hits that may be the photo itself, and how similar they are at least
_UNSIGNED = 2**64 - 1  # a look's bits without its sign


def saved_again(
    looks: Sequence[int], hits: Sequence[tuple[int, float, str]], look_of: Callable[[str], int]
) -> set[int]:
    """The ids of hits that are one picture with a query photo, by their looks (see `reid_core.quality`; 0: unknown).

    `hits` are id, similarity and SHA-256 of the picture, most similar first; `look_of` gives the look of a picture.
    """
    own = [look & _UNSIGNED for look in looks if look]
    found = set()
    for id, similarity, sha256 in hits[:HITS] if own else ():
        look = look_of(sha256) & _UNSIGNED if similarity >= ALIKE else 0
        if look and any((look ^ other).bit_count() <= NEAR for other in own):
            found.add(id)
    return found
