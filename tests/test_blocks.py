from __future__ import annotations

import threading

import pytest
from threadpoolctl import threadpool_info

from reid_core.blocks import in_blocks


def blas_threads() -> dict[str, int]:
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def numpy_threads() -> int:
    return next(number for path, number in blas_threads().items() if "numpy" in path)


def test_blocks_cover_every_row_once_and_in_order() -> None:
    for count in (0, 1, 5, 1000):
        for rows in (None, 1, 7, 5000):
            rows_seen = [
                row for first, last in in_blocks(count, 3, lambda a, b: (a, b), rows) for row in range(first, last)
            ]
            assert rows_seen == list(range(count))


def test_wide_rows_come_few_at_a_time() -> None:
    sizes = list(in_blocks(100, 4_000_000, lambda first, last: last - first))
    assert max(sizes) <= 3


@pytest.mark.skipif(not any("numpy" in path for path in blas_threads()), reason="numpy has a BLAS of another kind")
def test_blas_has_one_thread_inside_and_as_many_as_before_afterwards() -> None:
    before = blas_threads()
    inside = list(in_blocks(4, 1, lambda first, last: numpy_threads(), 1))
    assert inside == [1] * 4
    assert list(in_blocks(200, 200, lambda first, last: numpy_threads())) == [1]  # too small to be shared out
    whole = numpy_threads()
    assert list(in_blocks(1, 2_000_000, lambda first, last: numpy_threads())) == [whole]
    assert blas_threads() == before


def test_two_at_once_leave_blas_as_it_was() -> None:
    before = blas_threads()
    first_is_in, second_is_in, first_is_out = threading.Event(), threading.Event(), threading.Event()

    def first(start: int, stop: int) -> None:
        first_is_in.set()
        assert second_is_in.wait(30)

    def second(start: int, stop: int) -> None:
        second_is_in.set()
        assert first_is_out.wait(30)

    one = threading.Thread(target=lambda: list(in_blocks(2, 1, first, 1)))
    one.start()
    assert first_is_in.wait(30)
    other = threading.Thread(target=lambda: list(in_blocks(2, 1, second, 1)))
    other.start()
    one.join(30)
    first_is_out.set()
    other.join(30)
    assert blas_threads() == before


def test_what_fails_in_a_block_fails_outside() -> None:
    before = blas_threads()

    def fail(first: int, last: int) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(in_blocks(5, 1, fail, 1))
    assert blas_threads() == before
