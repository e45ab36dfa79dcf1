"""Times in file names; what they mean is computed with datetime from the parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.name_times import time_of_name

if TYPE_CHECKING:
    from conftest import Miniature

MORNING = datetime(2026, 3, 2, 8, 11, 30, tzinfo=UTC).timestamp()
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    "name",
    [
        "2026-03-02T08-11-30.jpg",
        "2026-03-02T08:11:30.jpg",
        "2026-03-02 08.11.30.jpg",
        "2026-03-02_08-11-30.jpg",
        "cam1_2026-03-02T08-11-30Z_7.jpg",
        "2026-03-02T09-11-30+0100.jpg",
        "2026-03-02T09-11-30+01-00.png",
        "20260302_081130.jpg",
        "20260302T081130Z.jpg",
        "20260302-081130.jpg",
        "20260302081130.jpg",
        "20260302_133630+0525.jpg".replace("0525", "0530").replace("133630", "134130"),
        "a/b/IMG_20260302_081130.jpg",
        "IMG20260302081130.jpg",
        "x_20260302_081130-0001.jpg",
        "20260302_081130_20260302_081130.jpg",
        "20260302_081130 (2).jpg",
        "2026:03:02 08:11:30.jpg",
        "2026_03_02_08_11_30.jpg",
        "2026.03.02_08.11.30.jpg",
        "WhatsApp Image 2026-03-02 at 08.11.30.jpg",
        "Screenshot 2026-03-02 at 8.11.30 AM.jpg",
        "2026-03-02 at 8.11.30\u202fAM.jpg",
        "1772439090000000.jpg",
        "1772439090000000000-3.jpg",
        "1772439090.jpg",
        "crop-1772439090000-7.jpg",
        "1999-01-01/20260302_081130.jpg",
    ],
)
def test_a_time_that_the_name_tells(name: str) -> None:
    assert time_of_name(name) == MORNING


@pytest.mark.parametrize(
    ("name", "fraction"),
    [
        ("2026-03-02 08.11.30.250.jpg", 0.25),
        ("2026-03-02T08-11-30.5Z.jpg", 0.5),
        ("PXL_20260302_081130125.jpg", 0.125),
        ("1772439090.75.jpg", 0.75),
        ("1772439090250.jpg", 0.25),
    ],
)
def test_fractions_of_a_second(name: str, fraction: float) -> None:
    assert time_of_name(name) == MORNING + fraction


@pytest.mark.parametrize(
    "name",
    [
        "0002_c1s1_000451_03.jpg",
        "-1_c1s1_000451_03.jpg",
        "0001_c2_f0046182.jpg",
        "0000_000_01_0303morning_0015_0.jpg",
        "0001C1T0002F003.jpg",
        "1_001_1_01.png",
        "000_45.bmp",
        "IMG_0001.jpg",
        "2026-03-02 8-11-30.jpg",
        "2026-03-02 13.11.30 PM.jpg",
        "02-03-2026_08-11-30.jpg",
        "2019.jpg",
        "17724390900000000.jpg",
        "20260302.jpg",
        "2026-03-02.jpg",
        "20261302_081130.jpg",
        "20260230_081130.jpg",
        "20260302_246130.jpg",
        "20260302_081160.jpg",
        "19991231_235959.jpg",
        "21000101_000000.jpg",
        "120260302081130.jpg",
        "202603020811301.jpg",
        "3f20260302081130ab.jpg",
        "2026-03-02T08-11.30.jpg",
        "20260302_081130_20260302_081131.jpg",
        "20260302_081130-0500.jpg",
        "2026-03-02T08-11-30+9900.jpg",
        "2026030208.jpg",
        "0772439090.jpg",
        "4102444800.jpg",
        "17724390901.jpg",
        "x1772439090.jpg",
        "1772439090_1772439091.jpg",
        "9998887776665.jpg",
        "4fe1772439090000.jpg",
        "20260302_081130/a.jpg",
        "a.jpg",
    ],
)
def test_what_only_holds_digits_is_no_time(name: str) -> None:
    assert time_of_name(name) is None


def test_naive_times_are_in_the_zone_and_others_are_not() -> None:
    summer = "20260702_081130"
    assert time_of_name(f"{summer}.jpg", LONDON) == datetime(2026, 7, 2, 7, 11, 30, tzinfo=UTC).timestamp()
    assert time_of_name(f"{summer}Z.jpg", LONDON) == datetime(2026, 7, 2, 8, 11, 30, tzinfo=UTC).timestamp()
    assert time_of_name("1772439090.jpg", LONDON) == MORNING


def test_hours_that_a_change_of_the_clocks_repeats_or_skips_are_unknown() -> None:
    # London 2026: forward on 29 March at 1:00, back on 25 October at 2:00.
    assert time_of_name("20261025_013000.jpg", LONDON) is None
    assert time_of_name("20260329_013000.jpg", LONDON) is None
    assert time_of_name("20261025_023000.jpg", LONDON) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC).timestamp()


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2099, 12, 30)),
    st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%dT%H-%M-%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H.%M.%S"]),
    st.sampled_from(["", "Z", "+0000", "+0530", "+1400"]),
    st.sampled_from(["", "cam2_", "IMG_"]),
)
def test_every_moment_comes_back(moment: datetime, form: str, offset: str, before: str) -> None:
    minutes = int(offset[1:3]) * 60 + int(offset[3:]) if offset.startswith("+") else 0
    expected = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes))).timestamp()
    assert time_of_name(f"x/{before}{moment.strftime(form)}{offset}.jpg") == expected


@pytest.mark.parametrize(("hour", "half", "meant"), [(8, "PM", 20), (12, "am", 0), (12, "p.m.", 12), (1, "AM", 1)])
def test_halves_of_the_day(hour: int, half: str, meant: int) -> None:
    expected = datetime(2026, 3, 2, meant, 11, 30, tzinfo=UTC).timestamp()
    assert time_of_name(f"2026-03-02 at {hour}.11.30 {half}.jpg") == expected


@settings(deadline=None)
@given(st.text(alphabet="0123456789-_T.:Z+ abcPMpm", max_size=40))
def test_no_name_breaks_it(name: str) -> None:
    found = time_of_name(name)
    assert found is None or datetime(2000, 1, 1, tzinfo=UTC).timestamp() <= found < 4102444800


@pytest.mark.parametrize("format", ["flat", "identity-folders"])
def test_folders_take_times_from_names(miniature: Miniature, format: str) -> None:
    names = ["ada/20260702_081130.jpg", "bo/20260702_081130Z.jpg", "bo/2.jpg"]
    dataset = read_dataset(miniature.make(names), format=format, time_zone="Europe/London")
    expected = [datetime(2026, 7, 2, hour, 11, 30, tzinfo=UTC).timestamp() for hour in (7, 8)]
    times = miniature.column(dataset, "time")
    np.testing.assert_array_equal([times[name] for name in names], [*expected, np.nan])


def test_a_table_has_its_zone_too(tmp_path: Path, tiny_jpeg: bytes) -> None:
    rows = {"a": "2026-07-02 08:11:30", "b": "2026-07-02T08:11:30Z", "c": "12.5", "d": "2026-10-25T01:30:00"}
    rows |= {"e": "20260702_081130"}
    (tmp_path / "t.csv").write_text("image,time\n" + "".join(f"{name}.jpg,{time}\n" for name, time in rows.items()))
    for name in rows:
        (tmp_path / f"{name}.jpg").write_bytes(tiny_jpeg)
    dataset = read_dataset(tmp_path / "t.csv", time_zone="Europe/London")
    seven, eight = (datetime(2026, 7, 2, hour, 11, 30, tzinfo=UTC).timestamp() for hour in (7, 8))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()  # of the hour that comes twice
    assert dataset.records.table["time"].tolist() == [seven, eight, 12.5, first, seven]
