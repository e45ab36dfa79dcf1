"""A similarity in words: the numbers are those of the calibration, rounded, and nothing is promised beyond it."""

from __future__ import annotations

import dataclasses

import pytest

from reid_core.evaluation.calibration import Calibration
from reid_core.evaluation.meaning import calibration_for, meaning, one_in

_RATES = (0.9, 0.1, 1 / 800, 1 / 96_000)
SIMILARITIES = (0.2, 0.4, 0.6, 0.8)


@pytest.fixture
def calibration() -> Calibration:
    """Made by hand: rates at four similarities, each interval from half to twice."""
    table = {"similarity": SIMILARITIES, "evidence": (-2.0, -1.0, 0.0, 1.0, 2.0)}
    for name, rates in (("fmr", _RATES), ("fnmr", _RATES[::-1])):
        table |= {name: rates, f"{name}_low": tuple(rate / 2 for rate in rates)}
        table |= {f"{name}_high": tuple(min(1.0, 2 * rate) for rate in rates)}
    return Calibration("abc", ("site", "yard"), "site", 100, 2_000_000, 5_000, (), table)


@pytest.mark.parametrize(
    ("similarity", "alike", "chance", "short"),
    [
        (0.1, "Most pairs of different people look", "about 2,400 by chance among the 2,400 crops here", "most"),
        (0.4, "1 in 10 pairs of different people looks", "about 240 by chance among the 2,400 crops here", "1 in 10"),
        (0.6, "1 in 800 pairs of different people looks", "about 3 by chance among the 2,400 crops here", "1 in 800"),
        (0.8, "1 in 96,000 pairs of different people looks", "one by chance in 40 searches like this", "1 in 96,000"),
        (
            0.9,
            "Fewer than 1 in 48,000 pairs of different people look",
            "at most one by chance in 20 searches like this",
            "under 1 in 48,000",
        ),
    ],
)
def test_sentences(calibration: Calibration, similarity: float, alike: str, chance: str, short: str) -> None:
    said = meaning(similarity, calibration, 2_400)
    assert (said.sentence, said.short) == (f"{alike} this alike: {chance}.", short)


def test_a_rate_that_rests_on_a_few_pairs_is_said_as_a_bound_only(calibration: Calibration) -> None:
    """Two points, between which the rate falls from 1 in 100,000 to nothing that was seen."""
    table: dict[str, tuple[float, ...]]
    table = {name: (values[0], values[-1]) for name, values in calibration.table.items()}
    table |= {"similarity": (0.6, 0.8), "evidence": (-1.0, 0.0, 1.0), "fmr": (1e-5, 0.0)}
    table |= {"fmr_low": (1e-6, 0.0), "fmr_high": (4e-5, 2e-5)}
    rare = dataclasses.replace(calibration, table=table)
    assert meaning(0.6, rare, 2_400).short == "under 1 in 25,000"
    assert meaning(0.799, rare, 2_400).short == "under 1 in 50,000"
    assert rare.false_matches(0.7).value == pytest.approx(5e-6)
    assert meaning(0.85, rare, 2_400).sentence == (
        "Fewer than 1 in 50,000 pairs of different people look this alike: "
        "at most one by chance in 21 searches like this."
    )


def test_the_expected_number_is_the_rate_times_the_crops(calibration: Calibration) -> None:
    said = meaning(0.6, calibration, 4_000)
    assert (said.expected.value, said.expected.low, said.expected.high) == pytest.approx((5, 2.5, 10))
    assert said.false_matches.value == pytest.approx(1 / 800)
    assert said.misses.value == pytest.approx(0.1)


def test_an_empty_gallery_has_no_chance_hits(calibration: Calibration) -> None:
    assert meaning(0.6, calibration, 0).sentence.endswith("none by chance here.")


def test_rates_are_rounded_to_two_figures() -> None:
    assert [one_in(rate) for rate in (0.4, 0.011, 1 / 8_461, 1.0)] == ["1 in 2", "1 in 91", "1 in 8,500", "1 in 1"]


def test_a_calibration_holds_for_its_model_and_its_galleries_only(calibration: Calibration) -> None:
    kept = {"site": calibration.to_dict()}

    def reason(kept: dict | None, model: str = "abc", gallery: str = "yard") -> str:
        found, why = calibration_for(kept, model=model, name="osnet", gallery=gallery)
        assert (found is None) == bool(why)
        return why

    assert reason(kept) == ""
    assert reason(None).startswith("Model osnet has no calibration, so a similarity means nothing by itself")
    assert "calibrated for site and yard, and other cameras give other rates" in reason(kept, gallery="street")
    assert "that of other weights" in reason(kept, model="def")
    assert "cannot be read" in reason({"site": {"model": "abc"}})
    assert "`reid calibrate street --model osnet`" in reason(kept, gallery="street")


def test_of_two_kinds_the_one_that_names_the_gallery_is_taken(calibration: Calibration) -> None:
    other = dataclasses.replace(calibration, galleries=("street",), kind="street", people=7)
    kept = {"site": calibration.to_dict(), "street": other.to_dict()}
    assert calibration_for(kept, model="abc", name="m", gallery="street")[0] == other
    assert calibration_for(kept, model="abc", name="m", gallery="site")[0] == calibration


def test_the_nearest_of_several_photos_has_as_many_chances_to_be_alike(calibration: Calibration) -> None:
    """At 0.6 one photo is this much like 1 in 800; of 4 photos one is like at most 4 in 800, or 12 of 2,400 crops."""
    said = meaning(0.6, calibration, 2_400, photos=4)
    assert said.sentence == (
        "At most 1 in 200 crops of other people looks this much like one of 4 photos: "
        "about 12 by chance among the 2,400 crops here."
    )
    assert said.short == "1 in 200"
    assert said.false_matches.value == pytest.approx(4 / 800)
    assert meaning(0.1, calibration, 2_400, photos=4).false_matches.high == 1
