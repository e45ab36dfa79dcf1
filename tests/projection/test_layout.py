"""Layouts: principal components against numpy's own, UMAP on groups that must stay groups, newcomers amid their own."""

from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.projection.layout import Layout, place, principal_components, umap_points
from reid_core.projection.neighbours import Neighbours, Stopped, find_neighbours
from reid_core.signals import StopRequest
from tests.projection.test_neighbours import unit

PEOPLE, CROPS = 6, 20


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Six people of twenty crops each."""
    noise = np.random.default_rng(5).normal(scale=0.05, size=(PEOPLE * CROPS, 24)).astype(np.float32)
    found = np.repeat(unit(PEOPLE, 24, 4), CROPS, axis=0) + noise
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def neighbours(vectors: np.ndarray) -> Neighbours:
    return find_neighbours(vectors, 40)


def test_principal_components_are_those_of_a_singular_value_decomposition(vectors: np.ndarray) -> None:
    points = principal_components(vectors, 2)
    centred = vectors - vectors.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * values[:2]
    for axis in (0, 1):
        assert abs(np.corrcoef(points[:, axis], expected[:, axis])[0, 1]) == pytest.approx(1, abs=1e-5)
        assert points[np.abs(points[:, axis]).argmax(), axis] > 0
    assert np.abs(points).max() == pytest.approx(10)


def test_vectors_that_are_all_the_same_have_no_map() -> None:
    with pytest.raises(ReidError, match="are the same"):
        principal_components(np.repeat(unit(1, 8, 0), 20, axis=0), 2)


def test_four_crops_are_too_few() -> None:
    with pytest.raises(ReidError, match="at least 5 crops; there are 4"):
        principal_components(unit(4, 8, 0), 2)


@pytest.mark.parametrize("layout", [Layout(locality=1), Layout(locality=1, dimensions=3), Layout(seed=None)])
def test_people_stay_together_on_a_map(vectors: np.ndarray, neighbours: Neighbours, layout: Layout) -> None:
    points = umap_points(principal_components(vectors, layout.dimensions), neighbours, layout)
    assert points.shape == (PEOPLE * CROPS, layout.dimensions)
    who = np.repeat(np.arange(PEOPLE), CROPS)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (who[distances.argmin(axis=1)] == who).mean() > 0.95


def test_the_same_seed_gives_the_same_map(vectors: np.ndarray, neighbours: Neighbours) -> None:
    start = principal_components(vectors, 2)
    one, two = (umap_points(start, neighbours, Layout(seed=3)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, umap_points(start, neighbours, Layout(seed=4)))


def test_a_dense_map_keeps_that_one_group_is_wider() -> None:
    rng = np.random.default_rng(0)
    spread = np.repeat([0.02, 0.2], 60)[:, None] * rng.normal(size=(120, 16))
    found = (np.repeat(unit(2, 16, 7), 60, axis=0) + spread).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    start, near = principal_components(found, 2), find_neighbours(found, 20)

    def wider(layout: Layout) -> float:
        points = umap_points(start, near, layout)
        return float(points[60:].std(axis=0).mean() / points[:60].std(axis=0).mean())

    assert wider(Layout(locality=2, dense=True)) > wider(Layout(locality=2))


def test_progress_is_told_and_a_request_to_stop_is_heard(vectors: np.ndarray, neighbours: Neighbours) -> None:
    start = principal_components(vectors, 2)
    told: list[tuple[int, int]] = []
    umap_points(start, neighbours, Layout(), on_progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 10
    stop = StopRequest()
    stop.requested = True
    with pytest.raises(Stopped):
        umap_points(start, neighbours, Layout(), stop=stop)


def test_a_newcomer_lies_amid_its_nearest(vectors: np.ndarray) -> None:
    points = principal_components(vectors, 2)
    known, new = vectors[1:], vectors[:1]
    similarities = new @ known.T
    rows = np.argsort(-similarities, axis=1)[:, :5]
    found = place(points[1:], rows, np.take_along_axis(similarities, rows, 1))
    near = points[1:][rows[0]]
    assert (near.min(axis=0) <= found[0]).all()
    assert (found[0] <= near.max(axis=0)).all()


def test_a_newcomer_that_is_a_copy_lies_nearest_to_its_original() -> None:
    points = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    found = place(points, np.array([[1, 0, 2]]), np.array([[1.0, 0.2, 0.2]], np.float32))
    assert np.linalg.norm(points - found, axis=1).argmin() == 1


@pytest.mark.parametrize("wrong", [{"method": "tsne"}, {"dimensions": 4}, {"locality": 6}])
def test_a_layout_that_there_is_not_is_refused(wrong: dict) -> None:
    with pytest.raises(ReidError):
        Layout(**wrong)


def test_names_tell_layouts_apart() -> None:
    layouts = [
        Layout(),
        Layout(seed=None),
        Layout(seed=1),
        Layout(dense=True),
        Layout(dimensions=3),
        Layout(locality=1),
    ]
    layouts += [Layout("pca"), Layout("pca", dimensions=3)]
    assert len({layout.name for layout in layouts}) == len(layouts)
