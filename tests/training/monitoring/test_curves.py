from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.training.monitoring.curves import differences, read_table, thin
from reid_core.training.recipe import Recipe
from reid_core.training.run import Curve

TEXT = "step,loss\n" + "".join(f"{step},{1 / step}\n" for step in range(1, 40))


@given(cut=st.integers(0, len(TEXT)))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_gives_its_whole_rows(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    file = tmp_path_factory.mktemp("cut") / "steps.csv"
    file.write_text(TEXT[:cut])
    whole = TEXT[:cut].count("\n") - 1
    table = read_table(file)
    assert len(table) == max(0, whole)
    if whole > 0:
        assert table["step"].tolist() == list(range(1, whole + 1))
        assert table["loss"].tolist() == [1 / step for step in range(1, whole + 1)]


@given(cuts=st.lists(st.integers(0, len(TEXT)), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_growing_file_reads_as_one_that_was_there_at_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("growing")
    file = folder / "steps.csv"
    with file.open("a") as growing:
        written = 0
        for cut in sorted(cuts):
            growing.write(TEXT[written:cut])
            growing.flush()
            written = cut
            fresh = folder / f"fresh-{cut}.csv"
            fresh.write_text(TEXT[:cut])
            pd.testing.assert_frame_equal(read_table(file), read_table(fresh))


def test_a_run_that_goes_on_from_an_earlier_step_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "steps.csv"
    curve = Curve(file, "step", 0)
    for step in range(1, 11):
        curve.append({"step": step, "loss": 1.0})
    curve.close()
    assert len(read_table(file)) == 10
    again = Curve(file, "step", 4)
    for step in range(5, 15):
        again.append({"step": step, "loss": 2.0})
    again.close()
    table = read_table(file)
    assert table["step"].tolist() == list(range(1, 15))
    assert table["loss"].tolist() == [1.0] * 4 + [2.0] * 10


def test_a_row_that_is_no_row_ends_the_table(tmp_path: Path) -> None:
    file = tmp_path / "steps.csv"
    file.write_text("step,loss\n1,0.5\n2,oops\n3,0.1\n")
    assert read_table(file)["step"].tolist() == [1]
    file.unlink()
    assert read_table(file).empty
    file.write_text("")
    assert read_table(file).empty


def test_a_value_that_was_not_measured_is_nan(tmp_path: Path) -> None:
    file = tmp_path / "epochs.csv"
    file.write_text("epoch,validation_mAP\n1,nan\n2,0.5\n")
    assert math.isnan(read_table(file)["validation_mAP"][0])


@given(values=st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=400), points=st.integers(10, 100))
@settings(max_examples=80, deadline=None)
def test_a_thinned_line_keeps_its_ends_and_extremes(values: list[float], points: int) -> None:
    x, y = np.arange(len(values), dtype=float), np.array(values)
    thin_x, thin_y = thin(x, y, points)
    assert len(thin_x) <= max(points + 2, min(len(values), points))
    assert np.all(np.diff(thin_x) > 0)
    assert (thin_x[0], thin_x[-1]) == (x[0], x[-1])
    assert np.array_equal(thin_y, y[thin_x.astype(int)], equal_nan=True)
    if np.isfinite(y).any():
        assert np.nanmax(thin_y) == np.nanmax(y)
        assert np.nanmin(thin_y) == np.nanmin(y)


def test_only_what_differs_between_runs_is_named() -> None:
    recipes = {"a": Recipe(), "b": Recipe(epochs=9), "c": Recipe(epochs=9, loss="triplet")}
    assert differences(recipes) == {"loss": ["arcface", "arcface", "triplet"], "epochs": [5, 9, 9]}
    assert differences({"a": Recipe()}) == {}
