"""What the points of a map are coloured by, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reid_core.errors import ReidError
from reid_core.projection.faithfulness import Faithfulness
from reid_core.projection.layout import Layout
from reid_core.records import DISTRACTOR, JUNK
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.galleries.withheld import withhold
from reid_core.workspace.maps import colours
from reid_core.workspace.maps.colours import COLOURS, colour_by, map_labels, people_of, right_neighbour
from reid_core.workspace.maps.files import CropMap, MapInfo
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_FIRST_TIME, TINY_GALLERY


def a_map(ids: list[int], neighbours: list[list[int]] | None = None, clusters: list[int] | None = None) -> CropMap:
    count = len(ids)
    near = np.array(neighbours or [[(row + 1) % count] for row in range(count)], np.int32)
    info = MapInfo(TINY_GALLERY, "m", Layout("pca"), count, 1, Faithfulness(1, 1, 1, 1), 1.0, "", 0.0, 0)
    return CropMap(
        info, np.array(ids, np.int64), np.zeros((count, 2), np.float32), near, np.ones(near.shape, np.float16),
        np.array(clusters or [0] * count, np.int32), np.arange(count) == count - 1, np.empty(0, np.int64),
    )  # fmt: skip


def labelled(**columns: list) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    names = dict.fromkeys(("identity", "camera", "split"), [None] * count)
    numbers = dict.fromkeys(("time", "sharpness"), [np.nan] * count)
    numbers["withheld"] = [False] * count
    return pd.DataFrame({
        name: pd.Series(values, dtype=object if name in names else float)
        for name, values in {**names, **numbers, **columns}.items()
    })  # fmt: skip


def test_labels_are_those_of_now_in_the_order_of_the_map(tiny_workspace: Workspace) -> None:
    relabel(tiny_workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({3})), "identity", "zoe")
    labels = map_labels(tiny_workspace, a_map([2, 3, 9, 99]))
    assert labels["identity"].tolist() == ["1", "zoe", "2", None]
    assert labels["camera"].tolist() == ["entrance", "hall", "hall", None]
    assert labels["time"].tolist()[:3] == [TINY_FIRST_TIME + 10 * row for row in (1, 2, 8)]
    assert np.isnan(labels["time"][3])


def test_a_crop_that_was_deleted_has_no_labels(tiny_workspace: Workspace) -> None:
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({3})), "test")
    assert map_labels(tiny_workspace, a_map([2, 3]))["identity"].tolist() == ["1", None]


def test_the_largest_group_comes_first_and_the_unknown_last() -> None:
    labels = labelled(camera=["b", "a10", "b", None, "a2", "b", "a10", "a2"])
    found = colour_by(a_map(list(range(8))), labels, "camera")
    assert found.names == ("b", "a2", "a10", "unknown")
    assert found.counts == (3, 2, 2, 1)
    assert found.codes.tolist() == [0, 2, 0, 3, 1, 0, 2, 1]


def test_distractors_and_junk_are_nobody() -> None:
    labels = labelled(identity=["anna", DISTRACTOR, JUNK, None])
    assert people_of(labels).tolist() == ["anna", None, None, None]
    found = colour_by(a_map([1, 2, 3, 4]), labels, "identity")
    assert (found.names, found.counts) == (("anna", "unknown"), (1, 3))


def test_nobody_at_all_is_one_group() -> None:
    found = colour_by(a_map([1, 2]), labelled(identity=[None, None]), "identity")
    assert (found.names, found.counts, found.codes.tolist()) == (("unknown",), (2,), [0, 0])


def test_more_names_than_codes_share_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colours, "MOST_NAMES", 2)
    found = colour_by(a_map(list(range(6))), labelled(identity=["a", "a", "b", "b", "c", None]), "identity")
    assert found.names == ("a", "b", "unknown", "others")
    assert found.counts == (2, 2, 1, 1)
    assert found.codes.tolist() == [0, 0, 1, 1, 3, 2]


def test_a_scale_goes_from_its_least_to_its_most() -> None:
    found = colour_by(a_map([1, 2, 3, 4]), labelled(time=[100.0, 200.0, np.nan, 150.0]), "time")
    assert found.ends == (100, 200)
    assert found.codes.tolist() == [0, 254, 255, 127]
    flat = colour_by(a_map([1, 2]), labelled(time=[5.0, 5.0]), "time")
    assert flat.codes.tolist() == [0, 0]
    unknown = colour_by(a_map([1, 2]), labelled(time=[np.nan, np.nan]), "time")
    assert unknown.codes.tolist() == [255, 255]
    assert unknown.ends is not None
    assert np.isnan(unknown.ends).all()


def test_clusters_are_named_from_one_and_noise_is_in_none() -> None:
    found = colour_by(a_map([1, 2, 3, 4], clusters=[0, 0, -1, 1]), labelled(identity=[None] * 4), "cluster")
    assert (found.names, found.counts) == (("cluster 1", "cluster 2", "in none"), (2, 1, 1))


def test_the_nearest_crop_is_right_wrong_or_cannot_be_told() -> None:
    made = a_map([1, 2, 3, 4, 5, 6], neighbours=[[1], [2], [3], [2], [0], [5]])
    #   0 of a: nearest a. 1 of a: nearest b. 2 of b: nearest nobody. 3: nobody himself. 4 of c: has one crop only.
    #   5 of a: its nearest is itself, as all that were near are deleted.
    people = np.array(["a", "a", "b", None, "c", "a"], object)
    assert right_neighbour(made, people).tolist() == [1, 0, -1, -1, -1, -1]
    found = colour_by(made, labelled(identity=people.tolist()), "correct")
    assert found.counts == (1, 1, 4)


def test_what_is_kept_out_of_training_is_told_from_what_is_trained_on_and_from_the_rest(
    tiny_workspace: Workspace,
) -> None:
    made = a_map([2, 3, 9, 99])
    labels = map_labels(tiny_workspace, made, ("split", "withheld"))
    labels["split"] = ["train", "train", "query", None]
    found = colour_by(made, labels, "training")
    assert found.names == ("for training", "kept out", "of another split")
    assert (found.codes.tolist(), found.counts) == ([0, 0, 2, 2], (2, 0, 2))
    withhold(tiny_workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({3, 9})))
    labels["withheld"] = map_labels(tiny_workspace, made, ("withheld",))["withheld"]
    assert colour_by(made, labels, "training").codes.tolist() == [0, 1, 1, 2]


def test_what_was_placed_later_is_told_from_the_rest() -> None:
    found = colour_by(a_map([1, 2, 3]), labelled(identity=[None] * 3), "placed")
    assert (found.codes.tolist(), found.counts) == ([0, 0, 1], (2, 1))


@pytest.mark.parametrize("by", COLOURS)
def test_every_colour_has_a_code_for_every_crop(tiny_workspace: Workspace, by: str) -> None:
    made = a_map(list(range(1, 25)))
    found = colour_by(made, map_labels(tiny_workspace, made), by)
    assert found.codes.dtype == np.uint16
    assert found.codes.shape == (24,)
    if found.ends is None:
        assert np.bincount(found.codes, minlength=len(found.names)).tolist() == list(found.counts)


def test_a_colour_that_there_is_not_is_refused(tiny_workspace: Workspace) -> None:
    made = a_map([1])
    with pytest.raises(ReidError, match="cannot be coloured by 'mood'; use identity"):
        colour_by(made, labelled(identity=[None]), "mood")
