"""Columns of times; what they mean is computed with datetime, strftime and pandas."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reid_core.datasets.tables.time_columns import may_be_of_day, read_dates_and_times, read_times, reads_of_day

MANY = settings(deadline=None)
BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2026, 1, 1)).map(  # the past
    lambda moment: moment.replace(microsecond=0)
)
CERTAIN = [
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y:%m:%d %H:%M:%S", "%Y.%m.%d %H.%M.%S"),
    *("%Y-%m-%d_%H-%M-%S", "%Y%m%d%H%M%S", "%Y%m%d_%H%M%S", "%Y%m%dT%H%M%S", "%d %B %Y %H:%M:%S"),
    *("%d-%b-%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%a, %d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y"),
    *("%d/%b/%Y:%H:%M:%S", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M:%S%p"),
]


def seconds(moment: datetime, zone: timezone | ZoneInfo = UTC) -> float:
    return moment.replace(tzinfo=zone).timestamp()


def is_there(moment: datetime) -> bool:
    """Whether the clocks of Berlin show that moment."""
    return moment.replace(tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN).replace(tzinfo=None) == moment


def read(*values: object, column: str = "time", form: str | None = None) -> list[float | None]:
    found = read_times(values, UTC, column=column, form=form)
    assert all((place in found.problems) <= math.isnan(found.seconds[place]) for place in range(len(values)))
    return [None if math.isnan(one) else one for one in found.seconds]


def why(*values: object, column: str = "time", form: str | None = None) -> str:
    problems = read_times(values, UTC, column=column, form=form).problems
    assert len(problems) == len(values)
    return problems[0].why


# --- text that is certain ---


@MANY
@given(MOMENTS, st.sampled_from(CERTAIN))
def test_every_moment_comes_back_from_every_form_that_is_certain(moment: datetime, form: str) -> None:
    assert read(moment.strftime(form)) == [seconds(moment)]
    assume(is_there(moment))
    there = read_times([moment.strftime(form)], BERLIN).seconds
    assert there == [seconds(moment, BERLIN)]


@MANY
@given(MOMENTS, st.sampled_from(["+01:00", "-0500", "Z", " UTC", " +0530", "+14"]))
def test_a_zone_that_is_written_goes_before_the_one_that_is_given(moment: datetime, zone: str) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S}{zone}"
    expected = pd.Timestamp(text.replace("+14", "+14:00")).timestamp()
    assert read_times([text], BERLIN).seconds == [expected]
    assert read_times([text.replace("-", "/", 2)], BERLIN).seconds == [expected]


def test_values_of_a_parquet_column() -> None:
    moment = datetime(2026, 3, 2, 8, 1, 1)
    values = [pd.Timestamp(moment), moment, date(2026, 3, 2), moment.replace(tzinfo=timezone(timedelta(hours=1)))]
    expected = seconds(moment)
    assert read(*values) == [expected, expected, seconds(datetime(2026, 3, 2)), expected - 3600]
    assert read(pd.NaT, None, pd.NA, float("nan"), "") == [None] * 5
    assert read(Decimal("12.5"), timedelta(seconds=3)) == [12.5, 3.0]


def test_an_hour_that_comes_twice_means_the_first() -> None:
    assert read_times(["2026-10-25 02:30"], BERLIN).seconds == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()]


# --- which is the day ---


@MANY
@given(st.lists(MOMENTS, min_size=1, max_size=8), st.booleans(), st.sampled_from("/-"), st.sampled_from(["%Y", "%y"]))
def test_one_day_after_the_twelfth_tells_the_order_of_the_whole_column(
    moments: list[datetime], is_month_first: bool, mark: str, year: str
) -> None:
    moments.append(datetime(2026, 3, 25, 20, 1))
    if year == "%y":
        moments = [moment for moment in moments if moment.year in range(1990, 2069)] + [datetime(2025, 12, 31)]
        assume(is_month_first)  # 25/03/26 may have its year in front as well
    form = mark.join(("%m", "%d", year) if is_month_first else ("%d", "%m", year)) + " %I:%M:%S %p"
    assert read(*(moment.strftime(form) for moment in moments)) == [seconds(moment) for moment in moments]


@pytest.mark.parametrize("text", ["03/02/2026 08:01 PM", "3-2-2026", "01/12/2026", "25/03/26", "01/02/03"])
def test_a_date_with_two_readings_is_never_guessed(text: str) -> None:
    assert "say which with --time-format '%d/%m/%Y" in why(text)


def test_what_is_the_same_in_both_orders_needs_no_order() -> None:
    assert read("05/05/2026 08:01") == [seconds(datetime(2026, 5, 5, 8, 1))]


def test_days_that_tell_different_orders_leave_the_others_unknown() -> None:
    assert read("13/02/2026", "02/13/2026", "01/02/2026") == [seconds(datetime(2026, 2, 13))] * 2 + [None]


def test_dots_have_the_day_first_unless_the_column_says_otherwise() -> None:
    assert read("02.03.2026 08:01") == [seconds(datetime(2026, 3, 2, 8, 1))]
    assert read("02.03.2026", "03.25.2026") == [seconds(datetime(2026, 2, 3)), seconds(datetime(2026, 3, 25))]


# --- numbers ---


def is_date(digits: str, form: str) -> bool:
    try:
        return datetime.strptime(digits, form).strftime(form) == digits
    except ValueError:
        return False


@MANY
@given(MOMENTS, st.sampled_from([1, 10**3, 10**6, 10**9]), st.sampled_from([int, str, float]))
@example(datetime(2024, 4, 2, 1, 8), 1, int)  # 1712020080: no minute
def test_unix_times_are_read_on_their_own_scale(moment: datetime, scale: int, kind: Any) -> None:
    assume(moment.year >= 2000)  # numbers of the years before may be something else
    whole = int(seconds(moment))
    assume(scale > 1 or not any(is_date(str(whole), form) for form in ("%Y%m%d%H", "%y%m%d%H%M")))
    number = kind(whole * scale)
    assert read(number if kind is not float else repr(number) if scale < 10**9 else number) == [seconds(moment)]


def test_scales_may_be_mixed_and_each_is_said() -> None:
    values = ["1772439091", "1772439091123", "1772439091123456", "1772439091123456789"]
    assert read(*values) == pytest.approx([1772439091, *[1772439091.123456] * 3], abs=1e-3)
    said = read_times(values, UTC).readings
    assert [words.partition(" (")[0] for words in said] == [
        f"Unix {unit}" for unit in ("seconds", "milliseconds", "microseconds", "nanoseconds")
    ]


@MANY
@given(MOMENTS, st.sampled_from(["%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"]), st.sampled_from([str, int, float]))
def test_dates_in_digits(moment: datetime, form: str, kind: Any) -> None:
    text = moment.strftime(form)
    assert read(kind(text)) == [seconds(datetime.strptime(text, form))]
    assert read(f"{text}.0") == [seconds(datetime.strptime(text, form))]  # as pandas writes it beside empty cells


@pytest.mark.parametrize("column", ["date", "Datum", "capture_date", "datetime"])
@pytest.mark.parametrize("value", [2019, "2019", "2019.0", 2019.0])
def test_a_year_is_no_time(column: str, value: object) -> None:
    assert why(value, value, column=column) == "is a year, which says no day"
    assert "is a year to some and seconds to others" in why(value, value, column="time")


@MANY
@given(st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2026, 1, 1)), st.sampled_from([float, str]))
def test_a_spreadsheets_days_are_read_in_a_column_of_dates(moment: datetime, kind: Any) -> None:
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # pandas: origin of Excel's days
    expected = pd.to_datetime(days, unit="D", origin="1899-12-30").timestamp()
    [found] = read(kind(days), column="date")
    assert found == pytest.approx(expected, abs=0.002)
    assert read(kind(days), column="time", form="excel") == [found]


def test_a_spreadsheets_days_may_be_seconds_in_a_column_of_times() -> None:
    assert "spreadsheet's day to some and seconds to others" in why("46084.3", "46085.3")
    assert read("100", "46084.3") == [100, 46084.3]
    assert read("46084.3", form="seconds") == [46084.3]


def test_seconds_of_recordings_stay_what_they_were() -> None:
    assert read("0", 12.5, "2026-03-02T00:00:00Z"[:0], "3600") == [0, 12.5, None, 3600]
    assert "is 0 among dates" in read_times(["0", "2026-03-02"], UTC).problems[0].why


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("noon", "is no time"),
        ("x" * 10_000, "is too long"),
        ("-5", "is negative"),
        ("1960-01-01", "before 1990"),
        (0x1FFFFFFFFFFFFF, "after 2099"),
        ("2150-01-01", "after 2099"),
        ("1.77244E+12", "shortened by a spreadsheet"),
        ("2026-02-30", "no such date"),
        ("2026-03-02 25:01", "no such time of day"),
        ("2026:13:02 08:01:01", "no such date"),
        ("0000:00:00 00:00:00", "no such date"),
        ("08:01:01", "time of day without its date"),
        ("2026030208", "date and time to some and seconds to others"),
        (3e8, "before 1990"),
        (5e7, "more seconds than a recording has"),
        (True, "is no time"),
        (float("inf"), "is no time"),
        (10**400, "is no time"),
        ("9" * 60, "no scale of time"),
    ],
)
def test_what_is_no_time_says_why(value: object, reason: str) -> None:
    found = read_times([value], UTC)
    assert math.isnan(found.seconds[0])
    if reason in ("after 2099", "before 1990") and not isinstance(value, str):
        assert "between 1990 and 2099" in found.problems[0].why
    else:
        assert reason in found.problems[0].why
    assert len(found.problems[0].value) < 120


# --- two columns ---


@MANY
@given(
    st.lists(MOMENTS, min_size=1, max_size=6),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y"]),
    st.sampled_from(["%H:%M:%S", "%I:%M:%S %p", "%H.%M.%S", "%Hh%M", "%H:%M"]),
)
def test_a_date_and_a_time_of_day_make_one_time(moments: list[datetime], day: str, clock: str) -> None:
    days, times = [m.strftime(day) for m in moments], [m.strftime(clock) for m in moments]
    assert reads_of_day(times)
    kept = [datetime.strptime(f"{a} {b}", f"{day} {clock}") for a, b in zip(days, times, strict=True)]
    assume(all(map(is_there, kept)))
    found = read_dates_and_times(days, times, BERLIN, None)
    assert found.seconds == [seconds(moment, BERLIN) for moment in kept]
    assert read_dates_and_times(days, times, BERLIN, f"{day} {clock}").seconds == found.seconds


def test_times_of_day_in_digits_and_as_shares_of_a_day() -> None:
    day = seconds(datetime(2026, 3, 2))
    for times in (["080101", "235959"], [80101, 235959]):
        assert reads_of_day(times)
        found = read_dates_and_times(["2026-03-02"] * 2, times, UTC, None)
        assert found.seconds == [day + 8 * 3600 + 61, day + 86399]
    assert read_dates_and_times([46083, 46083.0], [0.25, 0.5], UTC, None).seconds == [day + 21600, day + 43200]
    assert read_dates_and_times(["2026-03-02"], ["0801"], UTC, None).seconds == [day + 8 * 3600 + 60]
    assert read_dates_and_times([date(2026, 3, 2)], [time(8, 1, 1)], UTC, None).seconds == [day + 8 * 3600 + 61]
    assert not reads_of_day([80101, 80102])  # or seconds since midnight
    assert not reads_of_day([1, 2, 3])
    assert not reads_of_day([1772439091])


def test_half_of_a_time_is_unknown() -> None:
    found = read_dates_and_times(["2026-03-02", "", None, "x"], ["", "08:01", None, "08:01"], UTC, None)
    assert all(math.isnan(one) for one in found.seconds)
    assert sorted(found.problems) == [0, 1, 3]


# --- a format of one's own ---


def test_a_format_says_what_the_column_cannot() -> None:
    assert read("03/02/2026 08:01 PM", form="%m/%d/%Y %I:%M %p") == [seconds(datetime(2026, 3, 2, 20, 1))]
    assert read("03/02/2026 08:01", form="%d/%m/%Y %H:%M") == [seconds(datetime(2026, 2, 3, 8, 1))]
    assert read(2026030208.0, form="%Y%m%d%H") == [seconds(datetime(2026, 3, 2, 8))]
    assert read("2019", 5e7, form="seconds") == [2019, 5e7]
    assert read(12_500, 1772439091123, form="milliseconds") == [12.5, 1772439091.123]
    assert why("noon", form="%H:%M") == "is not written as %H:%M"
    assert why("08:01", form="%H:%M") == "lies before 1990"
    assert "no number of milliseconds" in why("noon", form="milliseconds")


@MANY
@given(
    st.lists(
        st.one_of(
            st.text(alphabet="0123456789-/.:_ ,+TZapmehMarchfri'", max_size=30),
            st.floats(),
            st.integers(),
            st.datetimes(),
            st.dates(),
            st.times(),
            st.timedeltas(),
            st.decimals(),
            st.none(),
            st.booleans(),
            st.binary(max_size=5),
            st.text(max_size=80),
        ),
        max_size=8,
    ),
    st.sampled_from([None, "seconds", "nanoseconds", "excel", "%Y-%m-%d", "%d/%m/%y %H:%M"]),
    st.sampled_from(["time", "date"]),
)
@example([1.797e308], None, "time")  # a hundred times as much is infinite
def test_nothing_breaks_it(values: list[object], form: str | None, column: str) -> None:
    earliest, latest = datetime(1990, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    for found in (
        read_times(values, BERLIN, form=form, column=column),
        read_dates_and_times(values, values[::-1], BERLIN, form),
    ):
        assert len(found.seconds) == len(values)
        for place, moment in enumerate(found.seconds):
            assert math.isnan(moment) or 0 <= moment < 1e8 or earliest <= moment < latest
            assert math.isnan(moment) or place not in found.problems
    reads_of_day(values)


# --- what must not pass in silence ---


@pytest.mark.parametrize("stray", [0, 9999, 2020.5, "2020.5", 12])
def test_one_slip_does_not_make_years_seconds(stray: object) -> None:
    years = [2019, 2020, 2021, 2022, 2022, 2023, 2024]
    assert read(*years, stray) == [None] * 8
    assert read(*years, stray, column="date") == [None] * 8
    assert read(*[2025] * 20, stray, stray) == [None] * 22


def test_one_zero_costs_one_date_of_a_spreadsheet() -> None:
    days = [46083, 46083, 46083.5, 46084, 46085, 46085, 46086]
    expected = [seconds(datetime(1899, 12, 30)) + day * 86_400 for day in days]
    assert read(*days, 0, column="date") == [*expected, None]
    assert read(*days, 0) == [None] * 8  # or seconds


def test_a_year_and_month_is_no_time() -> None:
    assert "is a year and a month to some" in why(*[202600 + month for month in range(1, 9)])
    assert why(202601, 202602, column="date") == "is a year and a month, which say no day"
    assert read(202601, 202699, 202700, 202750) == [202601, 202699, 202700, 202750]


def test_a_time_to_come_is_unknown_unless_it_was_said() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    assert read(str(now), str(now + timedelta(days=6))) == [now.timestamp(), now.timestamp() + 6 * 86_400]
    assert why("2062-03-02 08:00:00") == "lies in the future, 2062"
    assert why(2603990800) == "lies in the future, 2052"  # no date and time without its century
    assert "would be of 1990 as Unix nanoseconds" in why(639_080_358_901_230_000)  # .NET's ticks of 2026
    assert read("2062-03-02", form="%Y-%m-%d") == [seconds(datetime(2062, 3, 2))]


def test_an_hour_that_the_clocks_skip_is_no_time() -> None:
    found = read_times(["2026-03-29 02:30", "2026-03-29 03:30"], BERLIN)
    assert found.seconds[1] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC).timestamp()
    assert found.problems[0].why == "is an hour that the change of the clocks skips"
    assert list(read_times(["2026-03-29 02:30"], BERLIN, form="%Y-%m-%d %H:%M").problems) == [0]
    assert list(read_dates_and_times(["2026-03-29"], ["02:30"], BERLIN, None).problems) == [0]


@pytest.mark.parametrize("value", ["2026-03-02", "20260302", date(2026, 3, 2), "2 March 2026", "2026/03/02"])
def test_midnight_is_said_where_the_time_of_day_is_not_told(value: object) -> None:
    assert read_times([value], UTC).readings[0].startswith("dates, at midnight (")
    assert "midnight" not in read_times(["2026-03-02 00:00"], UTC).readings[0]
    assert read_times(["03/25/2026"], UTC).readings[0].startswith("dates with the month first, at midnight (")
    assert "midnight" not in read_dates_and_times(["2026-03-02"], ["08:01"], UTC, None).readings[0]


def test_digits_that_lost_their_zero_may_be_seconds() -> None:
    day = seconds(datetime(2026, 3, 2))
    for clock, form, expected in (
        ([80100, 80107], "%Y-%m-%d %H%M%S", [28_860, 28_867]),
        ([10101, 235], "%Y-%m-%d %H%M%S", [3661, 155]),
        ([801, 101], "%Y-%m-%d %H%M", [28_860, 3660]),
    ):
        assert may_be_of_day(clock)
        unsure = read_dates_and_times(["2026-03-02"] * 2, clock, UTC, None).problems
        assert "is a time of day to some and seconds to others" in unsure[0].why
        found = read_dates_and_times(["2026-03-02"] * 2, clock, UTC, form)
        assert found.seconds == [day + since for since in expected]
    assert not may_be_of_day([80100, 80161])
    assert not may_be_of_day([1, 2, 3])
    assert not may_be_of_day([0.5, 12.5])
    assert not may_be_of_day([80100, 235959])  # which is no doubt: see above


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("260302", "260303"), "is a date to some"),
        ((260302, 251130), "is a date to some"),
        (("02032026", "13032026"), "is a date to some"),
        ((2032026, 3022026), "is a date to some"),
        (("080101", "153059"), "is a time of day to some"),
        (("0801", "1530"), "is a time of day to some"),
        ((101530, 101545, 235959), "is a time of day to some"),
        (("1503010801", "1503010802"), "%y%m%d%H%M or seconds"),
        ((1712020020,), "%y%m%d%H%M or seconds"),  # 2024-04-02 01:07 to Unix, 2017-12-02 00:20 to a reader
    ],
)
def test_short_dates_and_times_of_day_in_digits_are_no_seconds(values: tuple[object, ...], reason: str) -> None:
    assert reason in why(*values)
    assert read(*values, form="seconds") == [float(str(value)) for value in values]


@pytest.mark.parametrize(
    "values",
    [
        (0, 100, 130, 145, 200),
        (90_061, 90_099, 90_120),
        (0.5, 1.5, 2.5),
        (260_302, 260_399, 260_461),
        (1_709_121_060, 1_709_121_070),
    ],
)
def test_seconds_that_are_no_dates_stay_seconds(values: tuple[float, ...]) -> None:
    assert read(*values) == list(values)
