"""A similarity in words: the numbers are those of the calibration, rounded, and nothing is promised beyond it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reid_core.evaluation.calibration.calibration import Calibration, calibrate
from reid_core.evaluation.calibration.meaning import absent, calibration_for, command_for, meaning, one_in
from tests.evaluation.simulated_people import draw

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
    ("similarity", "compared", "often"),
    [
        (0.1, 2_400, "about 2,400 times in every search"),
        (0.4, 2_400, "about 240 times in every search"),
        (0.6, 2_400, "about 3 times in every search"),  # 2,400 / 800
        (0.6, 1_200, "about twice in every search"),  # 1.5
        (0.6, 1_190, "in every search"),
        (0.6, 800, "in every search"),
        (0.6, 400, "in every second search"),
        (0.6, 267, "in every third search"),
        (0.6, 200, "once in 4 searches"),
        (0.8, 2_400, "once in 40 searches"),  # 96,000 / 2,400
        (0.8, 97, "once in 990 searches"),  # 989.7
        (0.9, 2_400, "less than once in 20 searches"),  # beyond the table: at most 2 / 96,000
        (0.9, 29, "less than once in 1,600 searches"),  # 1,655: rounded up it would promise too much
        (0.9, 48_000, "on average at most once a search"),
        (0.6, 0, "in no search"),
    ],
)
def test_how_often_a_stranger_is_this_similar(
    calibration: Calibration, similarity: float, compared: int, often: str
) -> None:
    said = meaning(similarity, calibration, compared)
    assert said.often == often
    assert said.caption == f"a stranger this similar is expected {often} of this gallery"
    assert said.sentence.startswith(f"A stranger this similar is expected {often} of this gallery: ")


@pytest.mark.parametrize(
    ("similarity", "basis"),
    [
        (0.1, "most pairs of different people from different cameras are this similar"),
        (0.6, "1 in 800 pairs of different people from different cameras is this similar"),
        (0.9, "fewer than 1 in 48,000 pairs of different people from different cameras are this similar"),
    ],
)
def test_in_full_it_says_what_it_was_counted_on(calibration: Calibration, similarity: float, basis: str) -> None:
    assert meaning(similarity, calibration, 2_400).sentence.endswith(f": {basis}, and 2,400 crops were compared.")
    one_camera = dataclasses.replace(calibration, same_camera=True)
    assert "from different cameras" not in meaning(similarity, one_camera, 2_400).sentence


def test_a_rate_that_rests_on_a_few_pairs_is_said_as_a_bound_only(calibration: Calibration) -> None:
    """Two points, between which the rate falls from 1 in 100,000 to nothing that was seen."""
    table: dict[str, tuple[float, ...]]
    table = {name: (values[0], values[-1]) for name, values in calibration.table.items()}
    table |= {"similarity": (0.6, 0.8), "evidence": (-1.0, 0.0, 1.0), "fmr": (1e-5, 0.0)}
    table |= {"fmr_low": (1e-6, 0.0), "fmr_high": (4e-5, 2e-5)}
    rare = dataclasses.replace(calibration, table=table)
    assert meaning(0.6, rare, 2_500).often == "less than once in 10 searches"
    assert meaning(0.799, rare, 2_500).often == "less than once in 19 searches"  # 4e-5 falls to 2.01e-5
    assert rare.false_matches(0.7).value == pytest.approx(5e-6)
    assert meaning(0.85, rare, 2_500).often == "less than once in 20 searches"


def test_the_expected_number_is_the_rate_times_the_crops(calibration: Calibration) -> None:
    said = meaning(0.6, calibration, 4_000)
    assert (said.expected.value, said.expected.low, said.expected.high) == pytest.approx((5, 2.5, 10))


def test_a_hit_is_within_chance_from_one_stranger_in_ten_searches_on(calibration: Calibration) -> None:
    assert meaning(0.8, calibration, 9_700).within_chance  # once in 9.9 searches
    assert not meaning(0.8, calibration, 9_500).within_chance  # once in 10.1
    assert meaning(0.9, calibration, 4_900).within_chance is None  # less than once in 9.8: beyond it nothing is known
    assert meaning(0.9, calibration, 4_700).within_chance is False  # less than once in 10.2
    assert absent([0.3, 0.8, 0.6], calibration, 9_700)
    assert not absent([0.3, 0.8, 0.6], calibration, 9_500)
    assert not absent([0.3], None, 9_500)
    assert not absent([], calibration, 9_500)


@pytest.mark.parametrize(("compared", "photos"), [(13_000, 2), (100_000, 1)])
def test_a_calibration_that_is_too_small_for_a_search_gives_no_word_of_absence(
    calibration: Calibration, compared: int, photos: int
) -> None:
    """Of a present person at similarity 1, which no stranger was seen to have."""
    assert meaning(1.0, calibration, compared, photos).within_chance is None
    assert not absent([1.0, 0.8], calibration, compared, photos)


def test_an_unknown_rate_above_one_a_search_is_said_to_be_unknown(calibration: Calibration) -> None:
    said = meaning(0.9, calibration, 98_400)  # 2.05
    assert said.often == "how rare is not known: at most 3 per search"
    assert said.caption == "how rare a stranger this similar is, is not known: at most 3 per search of this gallery"


def test_without_cameras_it_says_nothing_of_pairs_across_them(calibration: Calibration) -> None:
    said = meaning(0.6, dataclasses.replace(calibration, caution="No crop says its camera."), 2_400).sentence
    assert "from different cameras" not in said
    assert "is this similar (not all cameras were known when this was measured), and 2,400 crops" in said


def test_of_a_part_of_the_gallery_it_is_said_of_that_part(calibration: Calibration) -> None:
    said = meaning(0.8, calibration, 2_400, filtered=True)
    assert said.caption == "a stranger this similar is expected once in 40 searches of these crops"


@pytest.mark.parametrize("photos", [1, 3])
def test_searches_for_other_people_bear_out_what_is_said(photos: int) -> None:
    """Calibrated on some people, searched for others: the strangers that a search finds, by the whole matrix."""
    random = np.random.default_rng(5)
    found = calibrate(*draw(random, 300), model="m", galleries=("g",), kind="g")
    features, labels = draw(random, 600, most_crops=8)
    strangers, warned, searches = [], 0, 0
    for person in range(1, 301):
        own = np.flatnonzero(labels.identity == person)
        asked = own[labels.camera[own] == labels.camera[own[0]]][:photos]
        if len(asked) < photos:
            continue
        there = (labels.camera != labels.camera[own[0]]) & (labels.identity != person)  # the person is not there
        similarities = (features[there] @ features[asked].T).max(axis=1)
        searches += 1
        warned += absent(similarities.tolist(), found, int(there.sum()), photos)
        for similarity in (0.8, 0.85):
            said = meaning(similarity, found, int(there.sum()), photos).expected.value
            strangers.append((similarity, said, int((similarities >= similarity).sum())))
    assert searches > 20
    for similarity in (0.8, 0.85):
        expected, counted = (np.array([one[place] for one in strangers if one[0] == similarity]) for place in (1, 2))
        assert counted.mean() <= 1.5 * expected.mean()  # an upper bound, as exact as some hundred searches tell
        assert (counted > 0).mean() <= 1.5 * expected.mean()
        if photos == 1:
            assert counted.mean() >= 0.4 * expected.mean()
    assert warned / searches > 0.85


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
    more = {str(n): dataclasses.replace(calibration, galleries=(f"g{n}",)).to_dict() for n in range(12)}
    assert "calibrated for g0, g1, g10, g11, g2 and 7 more, and other" in reason(more, gallery="street")
    assert "that of other weights" in reason(kept, model="def")
    assert "cannot be read" in reason({"site": {"model": "abc"}})
    assert "reid calibrate" not in reason(kept, gallery="street")  # a page has a button
    assert command_for("street", "osnet").startswith("`reid calibrate street --model osnet` ")


def test_of_two_kinds_the_one_that_names_the_gallery_is_taken(calibration: Calibration) -> None:
    other = dataclasses.replace(calibration, galleries=("street",), kind="street", people=7)
    kept = {"site": calibration.to_dict(), "street": other.to_dict()}
    assert calibration_for(kept, model="abc", name="m", gallery="street")[0] == other
    assert calibration_for(kept, model="abc", name="m", gallery="site")[0] == calibration


def test_each_of_several_photos_adds_its_chance(calibration: Calibration) -> None:
    """At 0.6 one photo is this much like 1 in 800; one of 4 photos like at most 4 in 800, or 12 of 2,400 crops."""
    said = meaning(0.6, calibration, 2_400, photos=4)
    assert said.sentence == (
        "A stranger this similar is expected about 12 times in every search of this gallery: 1 in 800 pairs of "
        "different people from different cameras is this similar, and 2,400 crops were compared with 4 photos, each "
        "with its own chance."
    )
    assert said.expected.value == pytest.approx(12)
