from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reid_core.errors import ReidError
from reid_core.quality import NEAR
from reid_core.records import DISTRACTOR
from reid_core.training.crops.data import TrainingData, divide
from reid_core.training.crops.inspection import inspect_crops, near_pairs
from reid_core.training.recipe import Recipe
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.runs.inspection import inspect_gallery, kept_insight, refuse_leakage
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY


def look_of(table: pd.DataFrame, row: int) -> int:
    looks: list[int] = table["look"].tolist()
    return looks[row]


def set_look(table: pd.DataFrame, row: int, look: int) -> None:
    looks: list[object] = table["look"].tolist()
    looks[row] = look
    table["look"] = pd.Series(looks, dtype=object)


def crops(people: int = 20, cameras: int = 3) -> pd.DataFrame:
    """Each person twice in each camera, of looks that are far from each other; the last five people are for testing."""
    random = np.random.default_rng(0)
    rows = []
    for person in range(people):
        for camera in range(cameras):
            for number in range(2):
                split = "train" if person < people - 5 else "query" if number else "gallery"
                rows.append((f"{person}-{camera}-{number}", str(person), str(camera), split))
    table = pd.DataFrame(rows, columns=["path", "identity", "camera", "split"], dtype=object)
    numbers = random.integers(-(2**63), 2**63 - 1, len(table))
    return table.assign(
        id=np.arange(1, len(table) + 1), time=np.nan, tracklet=None, width=64, height=128, sharpness=0.6,
        brightness=0.5, contrast=0.5, look=pd.Series(numbers.tolist(), dtype=object),
    )  # fmt: skip


def found(table: pd.DataFrame, level: str) -> list[str]:
    return [finding.sentence for finding in inspect_crops(table, Recipe(), "a test").findings if finding.level == level]


def test_pairs_are_those_of_comparing_each_with_each() -> None:
    random = np.random.default_rng(1)
    looks = random.integers(-(2**63), 2**63 - 1, 300)
    for place in range(0, 200, 2):  # near ones, of 0 to 12 bits
        changed = random.permutation(64)[: place // 2 % 13]
        looks[place + 1] = looks[place] ^ np.bitwise_or.reduce(
            np.left_shift(np.int64(1), changed, dtype=np.int64), initial=0
        )
    slow = {
        (one, other)
        for one in range(len(looks))
        for other in range(one + 1, len(looks))
        if bin(int(looks[one] ^ looks[other]) & (2**64 - 1)).count("1") <= NEAR
    }
    assert len(slow) > 40
    assert {tuple(pair) for pair in near_pairs(looks).tolist()} == slow
    assert near_pairs(looks[:0]).shape == (0, 2)


def test_crops_that_are_in_order_have_no_findings() -> None:
    assert inspect_crops(crops(), Recipe(), "a test").findings == []


def test_the_sides_are_those_of_the_trainer(tmp_path: Path) -> None:
    table = crops()
    from reid_core.records import Records

    data = TrainingData(Records(table[["path", "identity", "camera", "time", "tracklet", "split"]]), [], "a test")
    object.__setattr__(data, "crops", [(tmp_path, path) for path in table["path"]])
    for recipe in (Recipe(), Recipe(seed=3, validation=0.4)):
        divided = divide(data, recipe)
        seen = inspect_crops(table, recipe, "a test")
        assert seen.crops["train"] == len(divided.rows("train"))
        assert seen.crops["validation"] == len(divided.rows("query", "gallery"))
        assert seen.people["train"] == divided.rows("train")["identity"].nunique()
    assert seen.crops["query"] == seen.crops["gallery"] == 15


def test_one_picture_on_both_sides_is_an_error_that_shows_the_pair() -> None:
    table = crops()
    trained, tested = 0, len(table) - 1
    set_look(table, tested, look_of(table, trained) ^ 0b111)
    seen = inspect_crops(table, Recipe(), "a test")
    (error,) = seen.errors
    assert "1 picture of the" in error.sentence
    assert "in the query and gallery splits too" in error.sentence
    assert error.pairs
    assert error.crops == [trained + 1, tested + 1]


def test_one_picture_of_training_and_validation_people_is_an_error() -> None:
    table, recipe = crops(), Recipe(validation=0.4)
    sides = dict(zip(table["identity"], _sides(table, recipe), strict=True))
    one = next(row for row, who in enumerate(table["identity"]) if sides[who] == "train")
    other = next(row for row, who in enumerate(table["identity"]) if sides[who] == "validation")
    set_look(table, other, look_of(table, one))
    (error,) = inspect_crops(table, recipe, "a test").errors
    assert "in the validation people too" in error.sentence


def _sides(table: pd.DataFrame, recipe: Recipe) -> list[str]:
    from reid_core.training.crops.inspection import _sides as of

    return list(of(table, recipe, "a test")[0])


def test_a_person_to_train_on_and_to_test_with_is_an_error() -> None:
    table = crops()
    table.loc[table.index[-1], "identity"] = "0"
    assert any("1 person to train on is in the query or gallery split too" in said for said in found(table, "error"))


def test_one_picture_of_two_people_of_one_side_is_a_warning() -> None:
    table = crops()
    set_look(table, len(table) - 1, look_of(table, len(table) - 7))
    assert any("labelled as two people" in said for said in found(table, "warning"))
    assert not found(table, "error")


def test_distractors_and_crops_without_a_look_are_no_leak() -> None:
    table = crops()
    set_look(table, len(table) - 1, look_of(table, 0))
    table.at[len(table) - 1, "identity"] = DISTRACTOR
    table.loc[5:9, "look"] = None
    assert not found(table, "error")


def test_people_of_one_crop_or_one_camera_are_counted() -> None:
    table = crops()
    table = table[~((table["identity"] == "0") & (table["path"] != "0-0-0"))].reset_index(drop=True)
    table.loc[table["identity"] == "1", "camera"] = "0"
    said = found(table, "note")
    assert any(text.startswith("Of 1 person of 15 there is a single crop") for text in said)
    assert any("2 people of 15 are seen by one camera only" in text for text in said)


def test_poor_pictures_and_what_cannot_be_divided_are_said() -> None:
    table = crops()
    table["sharpness"] = 0.1
    assert "90 crops of 90 are blurred." in found(table, "warning")
    nobody = crops().assign(split="gallery")
    assert any("no labelled training crops" in text for text in found(nobody, "error"))


def test_cameras_share_the_people_that_both_see() -> None:
    table = crops(people=10, cameras=2)
    table = table[~((table["identity"] == "0") & (table["camera"] == "1"))].reset_index(drop=True)
    seen = inspect_crops(table, Recipe(), "a test")
    assert seen.shared == {"0": {"0": 5, "1": 4}, "1": {"0": 4, "1": 4}}
    assert seen.cameras["1"]["train"] + seen.cameras["1"]["validation"] == 8
    assert sum(seen.crops_each.counts) == 5
    assert sum(seen.heights.counts) == 18  # five people, two crops in each of two cameras, but one camera of one


def test_what_was_found_is_kept_until_the_gallery_changes(tiny_workspace: Workspace) -> None:
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'train'")
    first = inspect_gallery(tiny_workspace, TINY_GALLERY)
    assert kept_insight(tiny_workspace, TINY_GALLERY) == first
    assert kept_insight(tiny_workspace, TINY_GALLERY, Recipe(seed=9)) is None
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET seq = seq + 1000, identity = 'x' WHERE id = 1")
    assert kept_insight(tiny_workspace, TINY_GALLERY) is None


def test_a_run_is_refused_where_pictures_leak(tiny_workspace: Workspace) -> None:
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'train'")
        people = [who for (who,) in database.execute("SELECT DISTINCT identity FROM crop ORDER BY identity")]
        database.execute("UPDATE crop SET split = 'gallery' WHERE identity = ?", (people[-1],))
        database.execute("UPDATE crop SET look = id * 1234567890123")
    refuse_leakage(tiny_workspace, TINY_GALLERY, Recipe(validation=0.0))
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET look = 77, seq = seq + 1000 WHERE path LIKE '%-0.png'")
    with pytest.raises(ReidError, match="--allow-leakage"):
        refuse_leakage(tiny_workspace, TINY_GALLERY, Recipe(validation=0.0))


def test_crops_without_cameras_are_looked_at_like_others() -> None:
    """The column is all null, as objects or as floats: how a table of no cameras arrives depends on its reader."""
    for nothing in (None, np.nan):
        table = crops()
        table["camera"] = pd.Series([nothing] * len(table), dtype=object if nothing is None else float)
        insight = inspect_crops(table, Recipe(), "a test")
        assert (insight.cameras, insight.shared) == ({}, {})
        assert (insight.crops["train"] + insight.crops["validation"], insight.people["query"]) == (90, 5)
        assert [finding.sentence for finding in insight.findings] == [
            "No crop says its camera, so hits of the query's own camera count as found."
        ]


def test_of_some_unknown_cameras_only_what_is_known_is_said() -> None:
    table = crops(people=20)
    table.loc[table["camera"] == "2", "camera"] = None
    insight = inspect_crops(table, Recipe(), "a test")
    assert insight.shared == {"0": {"0": 15, "1": 15}, "1": {"0": 15, "1": 15}}
    (finding,) = insight.findings
    assert finding.level == "note"
    assert finding.sentence.startswith("The camera of 30 of 90 crops is not known")
    # A person seen by one known camera may have been seen by another as well.
    table.loc[(table["identity"] == "3") & (table["camera"] == "1"), "camera"] = None
    assert not any("seen by one camera only" in each for each in found(table, "note") + found(table, "warning"))


def test_one_camera_and_no_labels_are_looked_at() -> None:
    table = crops()
    table["camera"] = "0"
    assert inspect_crops(table, Recipe(), "a test").shared == {"0": {"0": 15}}
    table["identity"] = None
    insight = inspect_crops(table, Recipe(), "a test")
    assert (insight.shared, insight.people["train"]) == ({"0": {"0": 0}}, 0)
    assert insight.errors
    assert inspect_crops(table.head(0), Recipe(), "a test").cameras == {}
