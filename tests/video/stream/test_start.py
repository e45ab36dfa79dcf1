"""When a recording began is proposed with what all sources say, and never guessed in silence.

Seconds are by `date -u -d … +%s`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reid_core.errors import ReidError
from reid_core.video.stream.facts import Facts
from reid_core.video.stream.start import StartProposals, proposals, stated_start

BERLIN = ZoneInfo("Europe/Berlin")
EIGHT_IN_BERLIN = 1772434800.0  # 2026-03-02T07:00:00Z
NOW = 1796000000.0  # 2026-11-30
FACTS = Facts(
    container="mov", codec="h264", width=96, height=64, coded_width=96, coded_height=64, rotation=0,
    pixel_aspect=Fraction(1), interlaced=False, stated_rate=25.0, duration=600.0, created=None, stream=0, streams=(),
)  # fmt: skip


def propose(tmp_path: Path, name: str, *, mtime: float = EIGHT_IN_BERLIN + 600, created: float | None = None, **how):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (mtime, mtime))
    return proposals(path, replace(FACTS, created=created), now=NOW, **how)


def told(found: StartProposals) -> list[tuple[str, float]]:
    return [(one.source, one.seconds) for one in found.proposals]


def test_all_sources_are_given_the_stated_start_first(tmp_path: Path) -> None:
    found = propose(
        tmp_path,
        "gate_20260302_080100.mp4",
        created=EIGHT_IN_BERLIN + 3600,
        stated="2026-03-02T08:00+01:00",
        zone=BERLIN,
    )
    assert told(found) == [
        ("stated", EIGHT_IN_BERLIN),
        ("name", EIGHT_IN_BERLIN + 60),
        ("container", EIGHT_IN_BERLIN + 3600),
        ("file", EIGHT_IN_BERLIN),
    ]
    assert found.chosen is not None
    assert found.chosen.source == "stated"
    said = found.sentences()
    assert said[0] == "Start: 2026-03-02T07:00:00Z, from what you stated."
    assert said[1] == "From the file's name: 2026-03-02T07:01:00Z, 1 min later."
    assert "1 h later, whole hours: one of them may be in another time zone" in said[2]
    assert "the same" in said[3]


def test_without_a_stated_start_the_name_is_trusted_before_the_container(tmp_path: Path) -> None:
    found = propose(tmp_path, "gate_20260302_080000.mp4", created=1.3e9, zone=BERLIN)
    assert [source for source, _ in told(found)] == ["name", "container", "file"]
    assert "5467 d 23 h earlier" in found.sentences()[1]


@pytest.mark.parametrize("unset", [3600.0, 946684805.0])
def test_a_clock_that_was_never_set_is_not_used(tmp_path: Path, unset: float) -> None:
    found = propose(tmp_path, "street.mp4", created=unset)
    assert [source for source, _ in told(found)] == ["file"]
    assert "never set" in found.notes[0]


def test_a_name_without_a_zone_is_not_used_until_there_is_one(tmp_path: Path) -> None:
    found = propose(tmp_path, "gate_20260302_080000.mp4")
    assert [source for source, _ in told(found)] == ["file"]
    assert "without a time zone" in found.notes[0]
    assert "2026-03-02 08:00:00" in found.notes[0]
    assert found.notes[0] in found.sentences()


@pytest.mark.parametrize("name", ["gate_20260302_080000+0100.mp4", "gate_20260302T070000Z.mp4", "1772434800.mp4"])
def test_a_name_that_holds_its_zone_needs_no_other(tmp_path: Path, name: str) -> None:
    assert told(propose(tmp_path, name))[0] == ("name", EIGHT_IN_BERLIN)


def test_a_date_may_stand_in_the_folder_s_name(tmp_path: Path) -> None:
    assert told(propose(tmp_path, "cam3/2026-03-02/08-00-00.mp4", zone=BERLIN))[0] == ("name", EIGHT_IN_BERLIN)


def test_of_two_times_in_a_name_the_first_is_the_start_where_the_duration_fits(tmp_path: Path) -> None:
    fits = propose(tmp_path, "ch1_20260302080000_20260302081000.dav", zone=BERLIN)
    assert told(fits)[0] == ("name", EIGHT_IN_BERLIN)
    other = propose(tmp_path, "ch1_20260302080000_20260302120000.dav", zone=BERLIN)
    assert [source for source, _ in told(other)] == ["file"]
    assert "several times" in other.notes[0]


def test_a_name_in_the_doubled_hour_is_not_used_and_the_reason_is_said(tmp_path: Path) -> None:
    found = propose(tmp_path, "gate_20251026_023000.mp4", zone=BERLIN)
    assert [source for source, _ in told(found)] == ["file"]
    assert "happens twice or never in Europe/Berlin" in found.notes[0]


def test_a_proposal_in_the_future_is_not_used(tmp_path: Path) -> None:
    found = propose(tmp_path, "gate_20300302_080000.mp4", zone=BERLIN, created=NOW + 1e6)
    assert [source for source, _ in told(found)] == ["file"]
    assert len([note for note in found.notes if "in the future" in note]) == 2


def test_without_a_duration_the_file_s_time_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "street.264"
    path.touch()
    found = proposals(path, replace(FACTS, duration=None), now=NOW)
    assert found.chosen is None
    assert found.sentences() == ["Nothing says when this was filmed. State its start."]


def test_a_stated_start_in_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="lies in the future"):
        propose(tmp_path, "street.mp4", stated="2036-03-02T08:00+01:00")


def test_a_stated_start_without_a_zone_is_refused_or_takes_the_camera_s(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"no time zone. Add it \(2026-03-02T08:00\+01:00"):
        propose(tmp_path, "street.mp4", stated="2026-03-02T08:00")
    assert told(propose(tmp_path, "street.mp4", stated="2026-03-02T08:00", zone=BERLIN))[0][1] == EIGHT_IN_BERLIN


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02", "20260302", "08:00", "2026-13-02T08:00Z", "", "9" * 500])
def test_what_is_no_start_is_refused(text: str) -> None:
    with pytest.raises(ReidError, match="is not a start. Write date, time and zone"):
        stated_start(text, BERLIN, NOW)


def test_a_year_before_recordings_is_refused() -> None:
    with pytest.raises(ReidError, match="Check the year"):
        stated_start("0026-03-02T08:00Z", None, NOW)


def test_the_hour_that_happens_twice_is_refused_with_both_choices() -> None:
    with pytest.raises(ReidError) as caught:
        stated_start("2026-10-25T02:30", BERLIN, NOW)
    assert str(caught.value) == (
        "2026-10-25T02:30 happens twice in Europe/Berlin, because the clocks change."
        " Write 2026-10-25T02:30+01:00 or 2026-10-25T02:30+02:00."
    )
    assert stated_start("2026-10-25T02:30+02:00", BERLIN, NOW) == 1792888200.0
    assert stated_start("2026-10-25T02:30+01:00", BERLIN, NOW) == 1792891800.0


def test_the_hour_that_never_happens_is_refused_with_both_choices() -> None:
    with pytest.raises(ReidError) as caught:
        stated_start("2026-03-29T02:30", BERLIN, NOW)
    assert "never happens in Europe/Berlin" in str(caught.value)
    assert "2026-03-29T01:30+01:00 or 2026-03-29T03:30+02:00" in str(caught.value)


@pytest.mark.parametrize(("wall", "seconds"), [("2026-03-29T01:59", 1774745940), ("2026-03-29T03:00", 1774746000)])
def test_around_a_change_of_the_clocks_times_are_one_minute_apart(wall: str, seconds: float) -> None:
    assert stated_start(wall, BERLIN, NOW) == seconds
