"""Coverage in words: no data differs from nobody, and no sentence claims more than is known."""

from __future__ import annotations

import json

import pytest

from reid_core.retrieval.filters import Filter
from reid_core.workspace.search.coverage.coverage import CameraCoverage, Coverage, Imported, Undated, Unfinished
from reid_core.workspace.search.coverage.saying import definitions, line_of, sentence, stretches, warnings
from reid_core.workspace.search.coverage.values import values
from reid_core.workspace.search.coverage.words import between, filter_words, hour_words, length
from tests.workspace.catalogue.filmed import START

HOUR = 3600.0


def gate(**given: object) -> CameraCoverage:
    values: dict[str, object] = {"has_recordings": True, "recordings": 1, "seen": ((START, START + HOUR),)}
    return CameraCoverage(camera="gate", **(values | given))  # type: ignore[arg-type]


def test_a_search_says_cameras_video_time_and_what_is_missing() -> None:
    hall = CameraCoverage(
        camera="2", has_recordings=True, recordings=2, seen=((START, START + 2000.9),),
        gaps=((START + 2000.9, START + 2042.0),), missing=((START + 2880, START + HOUR),), damaged_frames=120,
        waiting=((START + 2042, START + 2880),),
    )  # fmt: skip
    found = Coverage(where=Filter(), cameras=(hall, gate()), left_out=("3",))
    assert sentence(found) == (
        "Searched 2 of 3 cameras: 1 h 33 min of video in all between 07:00 and 08:00 on 2 March 2026 (UTC); "
        "12 min without a recording, 13 min 58 s not analysed yet, 1 gap (42 s), 120 damaged frames."
    )
    assert warnings(found) == ["Not searched: camera 3."]
    assert line_of(found, hall) == ("camera 2", "33 min 20 s", "12 min", "13 min 58 s", "1 (42 s)", "120 frames")
    assert [line[1:] for line in stretches(found)][1] == (
        "2026-03-02 07:34:02 to 07:48:00", "13 min 58 s", "not analysed yet",
    )  # fmt: skip


def test_nothing_missing_is_said_too() -> None:
    found = Coverage(where=Filter(), cameras=(gate(),))
    assert sentence(found).endswith("on 2 March 2026 (UTC); without a gap.")
    assert warnings(found) == []


def test_no_data_is_not_nobody() -> None:
    where = Filter(after=START - 2 * HOUR, before=START - HOUR)
    empty = gate(seen=(), missing=((START - 2 * HOUR, START - HOUR),))
    assert sentence(Coverage(where=where, cameras=(empty,))) == (
        "No data: there is no readable recording and no crop from gate between 05:00 and 06:00 on 2 March 2026 "
        "(UTC). An empty answer says nothing about the person."
    )
    there = CameraCoverage(camera="hall", has_recordings=True, seen=((START - HOUR - 60, START - HOUR),))
    both = Coverage(where=where, cameras=(empty, there))
    assert sentence(both).startswith("Searched 2 cameras: 1 min of video in all")
    assert "No data from gate for this time." in warnings(both)


def test_imported_crops_claim_no_video() -> None:
    hours = ((START, START + HOUR), (START + 2 * HOUR, START + 2 * HOUR + 1))
    crops = Imported(crops=145, first=START, last=START + 2 * HOUR, hours=hours, empty_hours=(8,))
    one = CameraCoverage(camera="1", imported=crops)
    found = Coverage(where=Filter(), cameras=(one,))
    assert sentence(found) == (
        "Searched 1 camera: 145 crops between 07:00 and 09:00 on 2 March 2026 (UTC). How much was filmed is not "
        "known: a person may have passed without a crop."
    )
    assert line_of(found, one)[1:3] == ("145 crops, none from 08:00 to 09:00 (UTC)", "not known")


def test_what_weakens_not_found_is_said_with_numbers() -> None:
    undated = Undated(recordings=2, seen=4800.0, crops=300)
    unfinished = (
        Unfinished(name="g", analysed=761.0, seconds=900.0),
        Unfinished(name="h", analysed=5, seconds=float("nan")),
    )
    one = gate(undated=undated, unfinished=unfinished, ignored=4, ignored_crops=9)
    where = Filter(before=START + HOUR, cameras=frozenset({"gate"}), upper=frozenset({"red"}))
    found = Coverage(
        where=where, cameras=(one,), untimed=312, unplaced=1,
        tracklets_without_crops=7, not_embedded=5, without_direction=1,
    )  # fmt: skip
    assert warnings(found) == [
        "Recording g is analysed up to 0:12:41 of 0:15:00.",
        "Recording h is analysed up to 0:00:05; its length is not known yet.",
        "2 recordings (1 h 20 min, 300 crops) have no known start: the filter by time leaves them out.",
        "12 crops have no date: the filter by time leaves them out.",
        "1 crop has no camera: the filter by camera leaves it out.",
        '4 tracklets (9 crops) lie in zones to ignore and are not searched: "Also from zones to ignore" (under "Any '
        'walk", or --ignored) adds them.',
        "7 tracklets have no crop: somebody was seen, and no search can find them.",
        "5 crops of the gallery cannot be found: they are not embedded yet.",
        "1 crop cannot be found by this model: it gives it no usable vector (for example a black picture).",
        "Other filters also leave out crops: upper clothing: red.",
    ]


def test_undated_recordings_are_searched_where_no_time_is_asked_for() -> None:
    one = gate(seen=(), undated=Undated(recordings=1, seen=60.0, crops=2))
    everything = Coverage(where=Filter(), cameras=(one,))
    assert sentence(everything) == "Searched 1 camera: 1 min of video; without a gap."
    assert line_of(everything, one)[1:3] == ("1 min of unknown date", "not known")
    assert sentence(Coverage(where=Filter(after=START), cameras=(one,))).startswith("No data")


@pytest.mark.parametrize(
    ("seconds", "down", "up"),
    [(0.0, "0 s", "0 s"), (0.4, "0 s", "1 s"), (59.96, "59 s", "1 min"), (725.0, "12 min 5 s", "12 min 5 s"),
     (3600.0, "1 h", "1 h"), (20_401.0, "5 h 40 min", "5 h 41 min"), (0.1 + 0.2 + 59.7, "1 min", "1 min")],
)  # fmt: skip
def test_lengths_are_rounded_to_the_careful_side(seconds: float, down: str, up: str) -> None:
    assert (length(seconds), length(seconds, up=True)) == (down, up)


def test_times_hours_and_filters_in_words() -> None:
    assert between((START, START + 86_400)) == "between 07:00 on 2 March 2026 and 07:00 on 3 March 2026 (UTC)"
    assert between((1.0, 2681.0)) == "between 0:00:01 and 0:44:41 of undated recordings"
    assert between((1.0, START)) == ""
    assert hour_words([23, 0, 7, 8]) == "07:00 to 09:00 and 23:00 to 01:00"
    where = Filter(cameras=frozenset({"1"}), after=START, hours=frozenset({7}), identity_known=False, min_height=60)
    assert filter_words(where) == (
        "cameras: 1; people without a name; from 2026-03-02T07:00:00Z; 07:00 to 08:00 (UTC); min height: 60"
    )
    assert filter_words(Filter()) == "none"


def test_plain_values_are_json_and_have_every_stretch() -> None:
    one = gate(
        missing=((START + HOUR, START + 2 * HOUR),),
        unfinished=(Unfinished(name="g", analysed=1, seconds=float("nan")),),
    )
    told = json.loads(json.dumps(values(Coverage(where=Filter(), cameras=(one,))), allow_nan=False))
    assert told["sentence"] == sentence(Coverage(where=Filter(), cameras=(one,)))
    assert told["seconds_without_recording"] == HOUR
    assert told["cameras"][0]["missing"] == [["2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"]]
    assert told["cameras"][0]["unfinished"][0]["seconds"] is None


def test_what_is_ignored_is_told_by_camera_and_in_all() -> None:
    hall = CameraCoverage(camera="hall", has_recordings=True, ignored=1)
    found = Coverage(where=Filter(), cameras=(gate(ignored=2, ignored_crops=5), hall))
    told = values(found)
    names = ("tracklets_in_zones_to_ignore_left_out", "crops_in_zones_to_ignore_left_out")
    assert [[one[name] for name in names] for one in (told, *told["cameras"])] == [[3, 5], [2, 5], [1, 0]]
    (alone,) = warnings(Coverage(where=Filter(), cameras=(hall, gate())))[-1:]
    assert alone.startswith("1 tracklet lies in zones to ignore and is not searched: ")


def test_words_are_explained_only_where_they_are_used() -> None:
    def said(*cameras: CameraCoverage) -> str:
        return " ".join(definitions(Coverage(where=Filter(), cameras=cameras)))

    assert said(gate()) == "Searched: video in which people were looked for."
    assert "Damage is counted over whole recordings" in said(gate(damaged_frames=1))
    assert "A packet is a piece" in said(gate(damaged_packets=2))
    assert "A packet is a piece" not in said(gate(damaged_frames=1))
    assert "No recording: time that" in said(gate(missing=((START + HOUR, START + 2 * HOUR),)))
    assert "Gap: time within" in said(gate(gaps=((START, START + 1),)))
    assert "Totals add up all cameras." in said(gate(), CameraCoverage(camera="2"))
    crops = Imported(crops=1, first=START, last=START)
    assert said(CameraCoverage(camera="1", imported=crops)).startswith("Imported crops do not tell")
