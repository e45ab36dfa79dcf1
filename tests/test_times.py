"""Times as people write them, in seconds since 1970 or since the start of a recording."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.times import format_time, parse_time, said_time, whole_length

MANY = settings(deadline=None)


def test_format_time_of_recordings_and_of_clocks() -> None:
    assert format_time(float("nan")) is None
    assert format_time(0.0) == "0:00:00.000"
    assert format_time(18.04) == "0:00:18.040"
    assert format_time(3725.5) == "1:02:05.500"
    assert format_time(59.9996) == "0:01:00.000"
    assert format_time(1_000_000_000) == "2001-09-09T01:46:40Z"  # the well-known billennium


def test_parse_time_of_numbers_dates_and_nothing() -> None:
    assert parse_time(" 12.5 ") == 12.5
    assert parse_time(7) == 7.0
    assert parse_time("2001-09-09T01:46:40Z") == 1e9
    assert parse_time("2001-09-09 03:46:40+02:00") == 1e9
    assert parse_time("2001-09-09T01:46:40") == 1e9
    assert parse_time(pd.Timestamp("2001-09-09T01:46:40")) == 1e9
    assert parse_time(date(2001, 9, 9)) == 1e9 - 6400
    for nothing in (None, "", "  ", float("nan"), np.float64("nan"), pd.NaT, pd.NA):
        assert math.isnan(parse_time(nothing))


def test_times_without_a_zone_are_in_the_one_that_is_given() -> None:
    zone = timezone(timedelta(hours=2))
    for naive in (
        "2001-09-09T03:46:40",
        "20010909_034640",
        datetime(2001, 9, 9, 3, 46, 40),
        pd.Timestamp(2001, 9, 9, 3, 46, 40),
    ):
        assert parse_time(naive, zone) == 1e9
    for told in ("2001-09-09T01:46:40Z", 1e9, "1e9", datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)):
        assert parse_time(told, zone) == 1e9


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    # London's clocks went back from 2:00 to 1:00, from UTC+1 to UTC, on 25 October 2026.
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    assert parse_time("2026-10-25T01:30:00", ZoneInfo("Europe/London")) == first


@pytest.mark.parametrize(
    "value", ["1_000", "noon", "inf", "nan", -1, "1960-01-01", 1_700_000_000_000, "31/12/2024", [1]]
)
def test_what_is_not_a_time_raises_value_error(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(value)


@MANY
@given(st.datetimes(min_value=datetime(1974, 1, 1), max_value=datetime(9999, 12, 31)))
def test_clock_times_come_back_to_the_second(moment: datetime) -> None:
    # To the millisecond: of distant years a float of seconds holds no more, and would round up to the next second.
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    seconds = parse_time(moment)
    expected = (moment.replace(microsecond=0) - datetime(1970, 1, 1)) // timedelta(seconds=1)
    text = format_time(seconds)
    assert text == moment.replace(microsecond=0).isoformat() + "Z"
    assert parse_time(text) == expected
    assert datetime.fromtimestamp(expected, UTC).replace(tzinfo=None) == moment.replace(microsecond=0)


@MANY
@given(st.integers(0, 90_000_000_000))
def test_times_since_the_start_are_written_to_the_millisecond(milliseconds: int) -> None:
    text = format_time(milliseconds / 1000)
    assert text is not None
    hours, minutes, seconds = text.split(":")
    assert len(minutes) == 2
    assert len(seconds) == 6
    assert int(hours) * 3_600_000 + int(minutes) * 60_000 + int(seconds.replace(".", "")) == milliseconds


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("02.03.2026 08:11:30", "2026-03-02T08:11:30Z"),
        ("2.3.2026, 8:05", "2026-03-02T08:05:00Z"),
        ("31.12.2026", "2026-12-31T00:00:00Z"),
    ],
)
def test_dates_with_dots_have_the_day_first(text: str, iso: str) -> None:
    assert format_time(parse_time(text)) == iso


def test_a_date_with_dots_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="month"):
        parse_time("12.31.2026")


@pytest.mark.parametrize("text", ["20260302", "1772409600000", "1772409600000000", "1772409600000000000"])
def test_dates_in_digits_and_finer_unix_times_that_are_typed(text: str) -> None:
    assert parse_time(text) == datetime(2026, 3, 2, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["2019", "1999", "2099"])
def test_a_year_that_is_typed_is_not_taken_for_seconds(text: str) -> None:
    with pytest.raises(ValueError, match=f"may be a year or seconds: write {text}-01-01, or {text}.0 for seconds"):
        parse_time(text)
    assert parse_time(f"{text}.0") == float(text)
    assert parse_time(float(text)) == float(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (90.0, "0:01:30"),
        (89.9, "0:01:30"),
        (89.96, "0:01:30"),
        (0.5, "0:00:01"),
        (3599.7, "1:00:00"),
        (89.4, "0:01:29"),
    ],
)
def test_a_length_is_rounded_so_that_the_last_frame_and_the_file_say_the_same(seconds: float, said: str) -> None:
    assert whole_length(seconds) == said


def test_a_length_that_is_not_known_is_none() -> None:
    assert whole_length(float("nan")) is None


def test_a_time_in_a_sentence_says_its_zone_and_has_no_letter_within() -> None:
    assert said_time(1_772_439_090.0) == "2026-03-02 08:11:30 UTC"
    assert said_time(2681.5) == "0:44:41"
    assert said_time(float("nan")) == ""
