"""Why queries go wrong: one drawn case for each reason."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.evaluation.crops import Crops, labels_of
from reid_core.evaluation.failures import LABEL, NO_OTHER_VIEW, QUALITY, TWIN, VIEWS, failures
from reid_core.evaluation.ranking.pair_scores import PairScores
from reid_core.evaluation.ranking.ranking import match_ranks

Row = tuple[str, str | None, float]  # person, camera, angle in degrees


def crops(rows: list[Row], first: int, sharpness: dict[int, float] | None = None) -> Crops:
    angles = np.radians([angle for _, _, angle in rows])
    columns = {"width": 64.0, "height": 128.0, "sharpness": 0.7, "brightness": 0.5, "contrast": 0.5}
    values = {name: np.full(len(rows), value) for name, value in columns.items()}
    for row, value in (sharpness or {}).items():
        values["sharpness"][row] = value
    return Crops(
        np.arange(first, first + len(rows)),
        np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        np.array([person for person, _, _ in rows], dtype=object),
        np.array([camera for _, camera, _ in rows], dtype=object),
        values,
    )


# Everybody whose first hit is right: their best similarities are what is usual.
GOOD: list[Row] = [(f"good{number}", "a", 200 + 10 * number) for number in range(6)]
SHOWN: list[Row] = [(f"good{number}", "b", 201 + 10 * number) for number in range(6)]


def found_for(asked: list[Row], shown: list[Row], **options):
    queries, gallery = crops([*asked, *GOOD], 1, **options), crops([*shown, *SHOWN], 100)
    labels = labels_of(queries, gallery)
    pairs = PairScores()
    ranks = match_ranks(queries.features, gallery.features, *labels, pairs=pairs)
    return failures(queries, gallery, labels, ranks, pairs)


def test_all_is_well() -> None:
    assert found_for([], []) == ([], {})


def test_nobody_in_another_camera() -> None:
    (one,), counts = found_for([("ann", "a", 0)], [("ann", "a", 1), ("bob", "b", 20)])
    assert counts == {NO_OTHER_VIEW: 1}
    assert one.reasons == (NO_OTHER_VIEW,)
    assert (one.crop, one.average_precision, one.first_rank, one.match) == (1, None, None, None)
    assert (one.other, one.other_identity) == (101, "bob")


def test_somebody_as_alike_as_one_person_usually_is() -> None:
    (one,), counts = found_for([("ann", "a", 0)], [("ann", "b", 40), ("bob", "b", 0.5)])
    assert counts == {TWIN: 1}
    assert (one.match, one.other, one.first_rank, one.average_precision) == (100, 101, 2, 0.5)
    assert one.match_similarity == pytest.approx(np.cos(np.radians(40)))
    assert one.other_similarity == pytest.approx(np.cos(np.radians(0.5)))
    assert one.why.startswith("Somebody else")


def test_own_views_that_look_different() -> None:
    (one,), counts = found_for([("ann", "a", 0)], [("ann", "b", 60), ("bob", "b", 30)])
    assert counts == {VIEWS: 1}
    assert one.reasons == (VIEWS,)


def test_a_poor_picture_is_named() -> None:
    (one,), counts = found_for([("ann", "a", 0)], [("ann", "b", 60), ("bob", "b", 30)], sharpness={0: 0.1})
    assert counts == {QUALITY: 1}
    assert one.why == "The picture is poor (blurred)."


def test_a_label_that_the_own_camera_speaks_against() -> None:
    """Three crops of bob stand beside ann's query, and what her own camera took of her at the time does not."""
    shown: list[Row] = [("ann", "a", 50), ("ann", "b", 60), *[("bob", "a", angle) for angle in (1, 2, 3)]]
    (one,), counts = found_for([("ann", "a", 0)], shown)
    assert counts == {LABEL: 1}
    assert one.reasons == (LABEL, TWIN)
    # What her own camera took is as alike: the label is no longer in doubt.
    (one,), counts = found_for([("ann", "a", 0)], [("ann", "a", 1), *shown[1:]])
    assert counts == {TWIN: 1}
    # Nothing of her own camera: nothing to judge the label by.
    (one,), counts = found_for([("ann", "a", 0)], shown[1:])
    assert counts == {TWIN: 1}


def test_one_lone_crop_of_somebody_speaks_against_no_label() -> None:
    (_,), counts = found_for([("ann", "a", 0)], [("ann", "a", 50), ("ann", "b", 60), ("bob", "a", 1)])
    assert counts == {TWIN: 1}


def test_the_worst_come_first_and_those_without_a_match_last() -> None:
    asked: list[Row] = [("eve", "a", 0), ("ann", "a", 100), ("dan", "a", 300)]
    shown: list[Row] = [
        ("eve", "b", 40),
        ("bob", "b", 20),
        ("ann", "b", 150),
        *[("bob", "b", 110 + x) for x in range(5)],
    ]
    found, _ = found_for(asked, shown)
    assert [one.identity for one in found] == ["ann", "eve", "dan"]
    assert [one.first_rank for one in found] == [6, 2, None]
