"""One picture under several labels is found by the picture, whatever a model makes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from reid_core.evaluation.copies import NOWHERE, copies_of_others, count_mislabelled, pictures_of
from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.failures import LABEL, NO_OTHER_VIEW, failures
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.ranking import match_ranks


def crops(rows: Sequence[tuple[str | None, str, int]], first: int, angles: list[float]) -> Crops:
    """Person, camera and code of the picture of each."""
    radians = np.radians(angles)
    return Crops(
        np.arange(first, first + len(rows)),
        np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32),
        np.array([person for person, _, _ in rows], dtype=object),
        np.array([camera for _, camera, _ in rows], dtype=object),
        {},
        np.array([picture for _, _, picture in rows], np.int64),
    )


def test_files_that_are_equal_or_look_alike_are_one_picture() -> None:
    codes = pictures_of(["a", "b", "a", "c", "d", "e"], [None, "a", None, None, "gone", "gone"])
    # b looks like a; d and e look like one picture that is not among these crops
    assert codes[0] == codes[1] == codes[2]
    assert codes[4] == codes[5]
    assert len({int(codes[0]), int(codes[3]), int(codes[4])}) == 3


def test_no_crops_are_no_pictures() -> None:
    assert pictures_of([], []).tolist() == []


def test_a_copy_is_one_under_another_label_and_junk_is_none() -> None:
    queries = crops([("ann", "a", 1), ("bob", "a", 2), ("cid", "a", 3), ("dan", "a", 4)], 1, [0, 30, 60, 90])
    gallery = crops(
        [("ann", "b", 1), ("bob", "b", 9), ("cid", "b", 3), ("eve", "b", 3), ("junk", "b", 2), ("distractor", "b", 4)],
        100, [0, 30, 60, 60, 30, 90],
    )  # fmt: skip
    assert copies_of_others(queries, gallery).tolist() == [NOWHERE, NOWHERE, 3, 5]
    assert count_mislabelled(queries, gallery) == 2


@pytest.mark.parametrize("all_alike", [False, True])
def test_each_query_that_lies_in_the_gallery_under_another_name_is_suspicious(all_alike: bool) -> None:
    """Even where the model gives one vector to all, and where the person has no other view."""
    queries = crops([("ann", "a", 1), ("bob", "a", 2), ("cid", "a", 3)], 1, [0] * 3 if all_alike else [0, 40, 80])
    shown = [("dan", "b", 7), ("ann", "b", 8), ("bob", "b", 9), ("bob", "a", 1), ("cid", "a", 2)]
    gallery = crops(shown, 100, [0] * 5 if all_alike else [120, 20, 50, 0, 40])
    labels, pairs = labels_of(queries, gallery), PairScores()
    ranks = match_ranks(queries.features, gallery.features, *labels, pairs=pairs)
    found, counts = failures(queries, gallery, labels, ranks, pairs)
    by_crop = {one.crop: one for one in found}
    assert by_crop[1].reasons[0] == by_crop[2].reasons[0] == LABEL
    assert (by_crop[1].other, by_crop[1].other_identity) == (103, "bob")
    assert (by_crop[2].other, by_crop[2].other_identity) == (104, "cid")
    assert by_crop[1].other_similarity == pytest.approx(1.0, abs=1e-6)
    assert "the same picture is in the gallery under another label" in by_crop[1].why.lower()
    assert by_crop[3].reasons[0] == NO_OTHER_VIEW  # in no other camera, and no copy
    assert counts == {NO_OTHER_VIEW: 1, LABEL: 2}


def test_without_knowledge_of_pictures_nothing_is_a_copy() -> None:
    queries = crops([("ann", "a", 1)], 1, [0])
    bare = Crops(queries.ids, queries.features, queries.identity, queries.camera)
    assert copies_of_others(bare, queries).tolist() == [NOWHERE]
    assert count_mislabelled(bare, bare) == 0
