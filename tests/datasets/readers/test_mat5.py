"""Tables in MATLAB 5 files, written by SciPy."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from reid_core.datasets.readers import mat5
from reid_core.datasets.readers.mat5 import read_mat5


def cell(texts: list[str], *, row: bool = False) -> np.ndarray:
    array = np.empty(len(texts), object)
    array[:] = texts
    return array.reshape((1, -1) if row else (-1, 1))


def mat(variables: dict[str, Any], *, compressed: bool = True) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, variables, do_compression=compressed)
    return buffer.getvalue()


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float64])
def test_whole_numbers_and_texts_are_read_whatever_their_type(compressed: bool, kind: type) -> None:
    variables = {
        "train_idx": np.array([[1], [7], [120]], dtype=kind),
        "filelist": cell(["1_001_1_01.png", "a", "odd length"]),
        "wide": cell(["b.png"], row=True),
        "one": np.array([[7]], dtype=kind),
        "long_name_of_a_variable": np.arange(300, dtype=np.int32)[:, None],
        "half": np.array([[0.5]]),
        "text": "not a cell",
    }
    assert read_mat5(mat(variables, compressed=compressed)) == {
        "train_idx": [1, 7, 120],
        "filelist": ["1_001_1_01.png", "a", "odd length"],
        "wide": ["b.png"],
        "one": [7],
        "long_name_of_a_variable": list(range(300)),
    }


def test_what_is_no_such_file_raises_value_error() -> None:
    for data in (b"", b"MATLAB 7.3 MAT-file".ljust(128) + b"x" * 100):
        with pytest.raises(ValueError, match="not a MATLAB 5 file"):
            read_mat5(data)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mat5, "MAX_UNPACKED_BYTES", 100_000)
    assert read_mat5(mat({"a": np.zeros((100, 100), np.uint8)}))["a"] == [0] * 10_000
    with pytest.raises(ValueError, match="unpacks to more than"):
        read_mat5(mat({"a": np.zeros((1000, 1000), np.uint8)}))
    with pytest.raises(ValueError, match="unpacks to more than"):
        read_mat5(mat({f"a{number}": np.zeros((300, 300), np.uint8) for number in range(5)}))


def test_a_bomb_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mat5, "MAX_UNPACKED_BYTES", 100_000)
    bomb = zlib.compress(bytes(50_000_000))
    whole = mat({})[:128] + struct.pack("<II", 15, len(bomb)) + bomb
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more than"):
        read_mat5(whole)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_cells_in_cells_are_refused_and_not_followed() -> None:
    inner: Any = "x"
    for _ in range(20):
        outer = np.empty((1, 1), object)
        outer[0, 0] = inner
        inner = outer
    with pytest.raises(ValueError, match="no text"):
        read_mat5(mat({"deep": inner}))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damage_anywhere_is_a_value_error_or_another_table(data: st.DataObject) -> None:
    whole = mat({"filelist": cell(["a.png", "b.png"]), "train_idx": np.array([[1], [2]])}, compressed=False)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole[: data.draw(st.integers(place, len(whole)))])
    if place < len(damaged):
        damaged[place] = data.draw(st.integers(0, 255))
    with suppress(ValueError):
        assert all(isinstance(values, list) for values in read_mat5(bytes(damaged)).values())


def test_a_damaged_deflate_stream_is_a_value_error() -> None:
    whole = bytearray(mat({"train_idx": np.arange(1000)[:, None]}))
    whole[140:150] = b"\xff" * 10
    with pytest.raises(ValueError, match="damaged"):
        read_mat5(bytes(whole))
    with pytest.raises(zlib.error):
        zlib.decompress(bytes(whole[136:]))
