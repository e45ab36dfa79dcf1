"""What every index must do, whatever it is made of: each backend against a scan in plain numpy.

A new backend is held to all of this by its line in `BACKENDS`.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR
from reid_core.retrieval.backends import BACKENDS
from reid_core.retrieval.filters import Columns, Filter
from reid_core.retrieval.protocol import Changes, VectorIndex
from tests.retrieval.plain_index import CHOICES, Row, choices, columns_of, expected, passes

DIMENSION = 4
MONDAY = datetime(2026, 1, 5, 8, 30, tzinfo=UTC).timestamp()
SUNDAY = datetime(2026, 1, 4, 22, 0, tzinfo=UTC).timestamp()
# Coordinates are halves, so that float16 and every product are exact.
halves = st.tuples(*[st.sampled_from([-0.5, 0.0, 0.5])] * DIMENSION)
rows = st.builds(
    Row,
    halves,
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["p", "q", DISTRACTOR, None]),
    st.sampled_from(["query", "gallery"]),
    st.sampled_from([0.0, 1.0, 2.0, SUNDAY, MONDAY, math.nan]),
    st.sampled_from([0, 1, 128]),
    st.sampled_from([0.0, 0.5, math.nan]),
    st.sampled_from(["red", "blue", None]),
    st.sampled_from(["black", None]),
    st.sampled_from(["to the left", "stays", None]),
    st.sampled_from(["left edge", None]),
    st.sampled_from(["top edge", "right edge", None]),
    st.sampled_from([0.0, 4.5, 60.0, math.nan]),
    st.sampled_from([0.0, 2.5, math.nan]),
    st.sampled_from(["door", "door\nstairs", "stairs", None]),
    st.booleans(),
    st.integers(0, 3),
)
batches = st.lists(st.tuples(st.integers(0, 30), rows), max_size=25)
ids_to_remove = st.lists(st.integers(0, 35), max_size=20)
filters = st.builds(
    Filter,
    cameras=st.none() | st.frozensets(st.sampled_from(["a", "b", "elsewhere"])),
    exclude_cameras=st.frozensets(st.sampled_from(["a", "c", "elsewhere"])),
    identities=st.none() | st.frozensets(st.sampled_from(["p", "q", DISTRACTOR, "nobody"])),
    splits=st.none() | st.frozensets(st.sampled_from(["query", "gallery"])),
    after=st.none() | st.sampled_from([0.0, 1.0, 2.0, MONDAY]),
    before=st.none() | st.sampled_from([0.0, 1.0, 2.0, SUNDAY, MONDAY]),
    exclude_ids=st.frozensets(st.integers(0, 35), max_size=6),
    only_ids=st.none() | st.frozensets(st.integers(0, 35)),
    min_height=st.none() | st.sampled_from([0, 1, 100]),
    min_sharpness=st.none() | st.sampled_from([0.0, 0.25]),
    weekdays=st.none() | st.frozensets(st.sampled_from([0, 6])),
    hours=st.none() | st.frozensets(st.sampled_from([8, 22])),
    identity_known=st.none() | st.booleans(),
    upper=st.none() | st.frozensets(st.sampled_from(["red", "teal"])),
    lower=st.none() | st.frozensets(st.sampled_from(["black", "white"])),
    unclear_colours=st.booleans(),
    directions=st.none() | st.frozensets(st.sampled_from(["to the left", "stays", "to the right"])),
    entered=st.none() | st.frozensets(st.sampled_from(["left edge", "top edge"])),
    left_by=st.none() | st.frozensets(st.sampled_from(["top edge", "right edge"])),
    min_seconds=st.none() | st.sampled_from([0.0, 4.5, 5.0]),
    max_seconds=st.none() | st.sampled_from([0.0, 4.5, 60.0]),
    min_standing=st.none() | st.sampled_from([0.0, 2.5, 3.0]),
    zones=st.none() | st.frozensets(st.sampled_from(["door", "stairs", "door\nstairs", "yard"])),
    ignored=st.none() | st.booleans(),
) | st.just(Filter())
steps = st.one_of(
    st.tuples(st.just("add"), batches),
    st.tuples(st.just("relabel"), batches),
    st.tuples(st.just("remove"), ids_to_remove),
    st.tuples(st.just("sync"), st.tuples(ids_to_remove, batches, batches)),
    st.tuples(st.just("reopen"), st.none()),
)


def ids_of(batch: list[tuple[int, Row]]) -> np.ndarray:
    return np.array([number for number, _ in batch], np.int64)


def vectors_of(batch: list[tuple[int, Row]]) -> np.ndarray:
    return np.array([row.vector for _, row in batch], np.float16).reshape(-1, DIMENSION)


def piece(removed: list[int], labels: list[tuple[int, Row]], added: list[tuple[int, Row]], seq: int) -> Changes:
    return Changes(
        np.array(removed, np.int64), ids_of(labels), columns_of(labels), ids_of(added), vectors_of(added),
        columns_of(added), seq, len(added),
    )  # fmt: skip


def relabelled(held: dict[int, Row], batch: list[tuple[int, Row]]) -> dict[int, Row]:
    there = {number: row._replace(vector=held[number].vector) for number, row in batch if number in held}
    return {**held, **there}


def without(held: dict[int, Row], removed: list[int]) -> dict[int, Row]:
    return {number: row for number, row in held.items() if number not in removed}


def opened(backend: str, folder: Path) -> VectorIndex:
    return BACKENDS[backend].open(folder, "model", DIMENSION)


def assert_holds(index: VectorIndex, held: dict[int, Row], queries: list[tuple[float, ...]], k: int, where: Filter):
    assert len(index) == index.stats().rows == len(held)
    results = index.search(np.array(queries, np.float32), k, where)
    assert (results.model, results.ids.shape) == ("model", (len(queries), k))
    for place, query in enumerate(queries):
        assert [(hit.id, hit.similarity) for hit in results.row(place)] == expected(held, query, k, where)
    assert index.count(where) == sum(passes(where, number, row) for number, row in held.items())


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(backend: str, tmp_path: Path) -> VectorIndex:
    return opened(backend, tmp_path / "index")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(steps, min_size=1, max_size=6),
    queries=st.lists(halves, min_size=1, max_size=3),
    k=st.integers(1, 40),
    where=filters,
)
def test_whatever_comes_goes_and_changes_every_answer_is_that_of_a_plain_scan(backend, changes, queries, k, where):
    with tempfile.TemporaryDirectory() as folder:
        index, held, seq = opened(backend, Path(folder)), dict[int, Row](), 0
        index.sync([piece([], [], [], seq)])  # from now on rows that were added by hand stay
        for kind, given_rows in changes:
            if kind == "add":
                index.add(ids_of(given_rows), vectors_of(given_rows), columns_of(given_rows))
                held |= dict(given_rows)
            elif kind == "relabel":
                there = held.keys() & {number for number, _ in given_rows}
                assert index.relabel(ids_of(given_rows), columns_of(given_rows)) == len(there)
                held = relabelled(held, given_rows)
            elif kind == "remove":
                assert index.remove(given_rows) == len(held.keys() & set(given_rows))
                held = without(held, given_rows)
            elif kind == "sync":
                (removed, labels, added), seq = given_rows, seq + 7
                gone = len(held.keys() & set(removed))
                assert index.sync([piece(removed, labels, [], seq), piece([], [], added, seq)]) == gone
                held = {**relabelled(without(held, removed), labels), **dict(added)}
            else:
                index.keep()
                index = opened(backend, Path(folder))
            assert index.seq == seq
            assert_holds(index, held, queries, k, where)
            assert_holds(index, held, queries, k, Filter())
        order = [*sorted(held)[::-1], *sorted(held)[:3]]
        assert index.vectors(np.array(order, np.int64)).tolist() == [list(held[number].vector) for number in order]


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_that_half_precision_holds_are_compared_exactly_and_others_closely(backend: str, tmp_path: Path):
    queries, vectors = unit_vectors(9, seed=1), unit_vectors(500)
    for stored, tolerance in ((vectors.astype(np.float16).astype(np.float32), 1e-6), (vectors, 5e-4)):
        index = opened(backend, tmp_path / str(tolerance))
        index.add(np.arange(500), stored, Columns.unknown(500))
        results = index.search(queries, 500)
        cosines = queries.astype(np.float64) @ stored.astype(np.float64).T
        np.testing.assert_allclose(
            results.similarities, np.take_along_axis(cosines, results.ids, axis=1), rtol=0, atol=tolerance
        )
        assert (np.diff(results.similarities, axis=1) <= 0).all()
        assert np.array_equal(np.sort(results.ids, axis=1), np.tile(np.arange(500), (9, 1)))


def test_identical_vectors_are_listed_by_id_whatever_the_order_of_adding(backend: str, tmp_path: Path):
    vector = unit_vectors(1)
    for name, order in {"up": np.arange(500), "down": np.arange(500)[::-1]}.items():
        index = opened(backend, tmp_path / name)
        for part in np.array_split(order, 7):
            index.add(part, np.repeat(vector, len(part), axis=0), Columns.unknown(len(part)))
        assert index.search(vector, 5).ids.tolist() == [[0, 1, 2, 3, 4]]
        kept = Filter(exclude_ids=frozenset({0, 2, 4}))
        assert index.search(vector, 5, kept).ids.tolist() == [[1, 3, 5, 6, 7]]


def test_an_empty_index_has_seen_nothing_and_returns_only_empty_places(index: VectorIndex):
    assert (index.model, index.seq, len(index), index.count(Filter())) == ("model", -1, 0, 0)
    results = index.search(unit_vectors(2), 3)
    assert results.ids.tolist() == [[-1, -1, -1]] * 2
    assert np.isnan(results.similarities).all()
    assert index.vectors(np.array([], np.int64)).shape == (0, DIMENSION)
    assert index.remove([1, 2]) == index.relabel(np.array([1]), Columns.unknown(1)) == 0
    assert index.sync([]) == 0
    assert (index.stats().rows, index.stats().kept) == (0, None)


def test_no_queries_return_no_rows(index: VectorIndex):
    index.add(np.arange(3), unit_vectors(3), Columns.unknown(3))
    assert len(index.search(np.empty((0, DIMENSION), np.float32), 3)) == 0


def test_what_cannot_be_compared_is_refused_and_changes_nothing(index: VectorIndex):
    index.add(np.arange(3), unit_vectors(3), Columns.unknown(3))
    for value in (np.nan, np.inf, -np.inf, 1e6):
        vectors = unit_vectors(4)
        vectors[2, 1] = value
        with pytest.raises(ReidError, match="Row 2 of the query"):
            index.search(vectors, 1)
        with pytest.raises(ReidError, match="Row 2 of the added"):
            index.add(np.arange(4), vectors, Columns.unknown(4))
    with pytest.raises(ReidError, match=r"\(2, 6\).*4 numbers"):
        index.search(np.ones((2, 6), np.float32), 3)
    with pytest.raises(ReidError, match=r"\(1, 9\).*4 numbers"):
        index.add(np.array([1]), np.ones((1, 9), np.float32), Columns.unknown(1))
    with pytest.raises(ReidError, match="negative"):
        index.add(np.array([-1]), unit_vectors(1), Columns.unknown(1))
    with pytest.raises(ReidError, match="2 ids, 1 vectors and 1 rows"):
        index.add(np.array([1, 2]), unit_vectors(1), Columns.unknown(1))
    with pytest.raises(ReidError, match="2 ids and 1 rows"):
        index.relabel(np.array([1, 2]), Columns.unknown(1))
    with pytest.raises(ReidError, match="at least 1"):
        index.search(unit_vectors(1), 0)
    with pytest.raises(ReidError, match="Crop 7 is not in the index"):
        index.vectors(np.array([7]))
    assert len(index) == 3


def test_a_row_may_change_its_vector_together_with_its_columns(index: VectorIndex):
    """As a crop that is moved to another camera does, once vectors are taken from their camera's mean."""
    before = Row((0.5, 0.0, 0.0, 0.0), "a", None, "gallery", 0.0, 1, 0.5, None, None)
    after = before._replace(vector=(0.0, 0.5, 0.0, 0.0), camera="b")
    index.sync([piece([], [], [(1, before), (2, before)], 5)])
    index.sync([piece([], [(1, after)], [(1, after)], 6)])
    for where in (Filter(), Filter(cameras=frozenset({"a"})), Filter(cameras=frozenset({"b"}))):
        assert_holds(index, {1: after, 2: before}, [before.vector, after.vector], 3, where)


def test_a_sync_that_breaks_off_is_made_good_by_the_next(index: VectorIndex):
    row = Row((0.5, 0.0, 0.0, 0.0), "a", "p", "gallery", 0.0, 1, 0.5, None, None)

    def broken(*pieces: Changes) -> Iterator[Changes]:
        yield from pieces
        raise TimeoutError

    with pytest.raises(TimeoutError):
        index.sync(broken(piece([], [], [(1, row), (2, row)], 5)))
    assert index.seq == -1
    index.sync([piece([], [], [(2, row), (3, row)], 6)])  # crop 1 is gone since: the whole log no longer names it
    assert_holds(index, {2: row, 3: row}, [row.vector], 5, Filter())
    with pytest.raises(TimeoutError):
        index.sync(broken(piece([2], [], [(4, row)], 9)))
    assert index.seq == 6
    assert index.sync([piece([2], [], [(4, row), (5, row)], 10)]) <= 1
    assert_holds(index, {3: row, 4: row, 5: row}, [row.vector], 5, Filter())


def test_what_is_kept_is_opened_again_and_what_is_forgotten_is_not(backend: str, tmp_path: Path):
    row = Row((0.5, 0.0, 0.0, 0.0), "a", "p", "gallery", 0.0, 1, 0.5, "red", None)
    index = opened(backend, tmp_path / "new" / "index")
    index.sync([piece([], [], [(1, row), (2, row)], 5)])
    index.keep()
    assert index.stats().kept == 5
    again = opened(backend, tmp_path / "new" / "index")
    assert (again.seq, again.stats().kept) == (5, 5)
    assert_holds(again, {1: row, 2: row}, [row.vector], 3, Filter(upper=frozenset({"red"})))
    again.forget()
    assert again.stats().kept is None
    fresh = opened(backend, tmp_path / "new" / "index")
    assert (fresh.seq, len(fresh)) == (-1, 0)


def test_stats_say_what_there_is(index: VectorIndex):
    index.add(np.arange(5), unit_vectors(5), Columns.unknown(5))
    index.remove([0, 4])
    stats = index.stats()
    assert (stats.model, stats.dimension, stats.rows) == ("model", DIMENSION, 3)
    assert stats.vector_bytes == 3 * DIMENSION * 2


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    walks=st.lists(rows, min_size=1, max_size=4),
    crops=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), rows), max_size=30),
    kept=st.integers(0, 30),
    gone=ids_to_remove,
    where=filters,
)
def test_counts_of_choices_are_those_of_a_plain_look_at_every_row(backend, walks, crops, kept, gone, where):
    """Rows of a walk share what is known of it; some are in the part that was kept, and some came since."""
    held: dict[int, Row] = {}
    with tempfile.TemporaryDirectory() as folder:
        index = opened(backend, Path(folder))
        for part in (crops[:kept], crops[kept:]):
            batch = []
            for number, walk, row in part:
                shared = walks[walk % len(walks)] if walk else Row(*row[:9])
                of_walk = dict(zip(Row._fields[9:], shared[9:], strict=True)) | {"walk": walk % len(walks) + 1}
                batch.append((number, row._replace(**of_walk) if walk else shared))
            index.sync([piece([], [], batch, index.seq + 1)])
            held |= dict(batch)
            index.keep()
            index = opened(backend, Path(folder)) if len(index) else index
        index.remove(gone)
        held = without(held, gone)
        names = [name for name in CHOICES if name != "cameras"]
        assert index.choices(where, names) == choices(held, where, names)
        assert index.choices(where, ["zones"]) == choices(held, where, ["zones"])


def test_a_row_of_no_walk_is_counted_for_itself(index: VectorIndex):
    row = Row((0.5, 0.0, 0.0, 0.0), "a", None, "gallery", 0.0, 1, 0.5, None, None)
    batch = [(1, row), (2, row), (3, row._replace(camera="b", walk=7)), (4, row._replace(camera="b", walk=7))]
    index.sync([piece([], [], batch, 5)])
    assert index.choices(Filter(), ["cameras", "zones"]) == {"cameras": {"a": 2, "b": 1}, "zones": {}}
