from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.ranking.ranking import encode_labels, match_ranks
from reid_core.training.monitoring.predictions import (
    Confusion,
    Predictions,
    make_predictions,
    predicted_epochs,
    read_predictions,
    write_predictions,
)
from reid_core.training.run import Run

FOLDER = Path("/pictures")


def rows(*crops: tuple[str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(crops, columns=["path", "identity", "camera"], dtype=object)
    return table.assign(crop=pd.Series([(FOLDER, path) for path, _, _ in crops], dtype=object))


@pytest.fixture
def predictions() -> Predictions:
    """Vectors are angles. Query a (0°) in camera 1: its twin in camera 1 does not count, then b (10°), a (20°).

    Query b (90°): b at 95°, right at once. Query c has no match.
    """
    queries = rows(("qa", "a", "1"), ("qb", "b", "1"), ("qc", "c", "1"))
    gallery = rows(("ga1", "a", "1"), ("gb2", "b", "2"), ("ga2", "a", "2"), ("gb3", "b", "3"), ("gd", "d", None))

    def vectors(*degrees: float) -> np.ndarray:
        angles = np.radians(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    features = vectors(0, 90, 45), vectors(0, 10, 20, 95, 180)
    labels = encode_labels(*(list(table[column]) for table in (queries, gallery) for column in ("identity", "camera")))
    return make_predictions(3, queries, gallery, *features, match_ranks(*features, *labels), seed=0)


def test_the_worst_come_first_with_what_was_found_and_the_first_true_hit(predictions: Predictions) -> None:
    assert [one.query.path for one in predictions.worst] == ["qa", "qb"]
    assert [one.query.path for one in predictions.best] == ["qb", "qa"]
    assert {one.query.path for one in predictions.random} == {"qa", "qb"}
    worst = predictions.worst[0]
    assert worst.average_precision == pytest.approx(1 / 2)
    assert [(hit.crop.path, hit.rank, hit.right) for hit in worst.hits] == [
        ("gb2", 1, False), ("ga2", 2, True), ("gb3", 3, False), ("gd", 4, False),
    ]  # fmt: skip
    assert worst.hits[0].similarity == pytest.approx(np.cos(np.radians(10)), abs=1e-5)
    assert (worst.first_true.crop.path, worst.first_true.rank) == ("ga2", 2)
    assert predictions.best[0].first_true == predictions.best[0].hits[0]


def test_who_and_which_cameras_are_confused_is_counted(predictions: Predictions) -> None:
    assert predictions.confused_identities == [Confusion("a", "b", 1, 1)]
    assert predictions.confused_cameras == [Confusion("1", "2", 1, 2)]


def test_an_unknown_camera_is_no_camera_that_others_are_taken_for() -> None:
    """All first hits are wrong; the cameras of one query and of one hit are not known."""
    queries = rows(("qa", "a", "1"), ("qb", "b", None), ("qc", "c", "1"))
    gallery = rows(("ga", "a", "2"), ("gb", "b", "2"), ("gc", "c", "2"), ("gx", "x", "3"), ("gy", "y", None))
    features = np.eye(5, dtype=np.float32)[[3, 3, 4]], np.eye(5, dtype=np.float32)
    labels = encode_labels(*(list(table[column]) for table in (queries, gallery) for column in ("identity", "camera")))
    found = make_predictions(1, queries, gallery, *features, match_ranks(*features, *labels), seed=0)
    assert found.confused_cameras == [Confusion("1", "3", 1, 2)]
    assert [(one.asked, one.found) for one in found.confused_identities] == [("a", "x"), ("b", "x"), ("c", "y")]


def test_predictions_are_read_back_as_they_were_written(predictions: Predictions, tmp_path: Path) -> None:
    run = Run(tmp_path)
    write_predictions(run, predictions)
    assert predicted_epochs(run) == [3]
    assert read_predictions(run, 3) == predictions
    with pytest.raises(ReidError, match="no predictions of epoch 4; it has: 3"):
        read_predictions(run, 4)
    (run.predictions / "epoch-0003.json").write_text('{"worst": 3}')
    with pytest.raises(ReidError, match="cannot be read"):
        read_predictions(run, 3)
