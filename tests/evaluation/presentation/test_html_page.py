"""The report that is one file: it shows what the evaluation holds, asks for nothing, and names nobody."""

from __future__ import annotations

import dataclasses
import html
import re
from functools import lru_cache
from html.parser import HTMLParser

import numpy as np
import pytest

from reid_core.evaluation import report as report_module
from reid_core.evaluation.calibration.calibration import calibrate
from reid_core.evaluation.calibration.check import check_calibration
from reid_core.evaluation.comparison import Difference
from reid_core.evaluation.crops import Crops
from reid_core.evaluation.evaluate import evaluate
from reid_core.evaluation.model_comparison import compare_all
from reid_core.evaluation.presentation import html_tables
from reid_core.evaluation.presentation.html_page import html_report
from reid_core.evaluation.report import Evaluation, EvaluationReport, Protocol
from reid_core.evaluation.report_parts import CameraPair, Estimate
from reid_core.html_policy import META
from tests.evaluation.simulated_people import draw

EVIL = "<script>alert('x')</script>"


@lru_cache
def report(name: str = "one", gallery: str = "site", blur: float = 0.0) -> EvaluationReport:
    """40 people asked for in four cameras; `blur` makes a worse model of it."""
    random = np.random.default_rng(1)
    features, labels = draw(random, 40)
    features = features + blur * random.normal(size=features.shape).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    identity = np.array([f"secret-{person}" for person in labels.identity], dtype=object)
    camera = np.array([f"cam {camera}" for camera in labels.camera], dtype=object)
    crops = Crops(np.arange(len(labels)) + 70_000, features.astype(np.float32), identity, camera)
    asked = np.arange(len(labels)) % 2 == 0
    tested = report_module.Tested(
        f"id-{name}", name, f"{name} data", True, "As its card says.", gallery, "2026-11-25T10:00:00Z",
        int(asked.sum()), int((~asked).sum()), 40, 4,
    )  # fmt: skip
    return evaluate(crops.take(asked), crops.take(~asked), tested, Protocol())


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return compare_all([report("one"), report("two", blur=0.5), report("one", "yard")])


def test_it_is_well_formed_and_needs_nothing_else(evaluation: Evaluation) -> None:
    page = html_report(evaluation, made="today")
    tags = Tags(page)
    assert tags.open == []
    assert not tags.seen & {"script", "img", "link", "iframe", "object", "form"}
    assert set(re.findall(r"https?://[^\"\s<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in page
    assert page.index(META) < page.index("<title>")  # the policy of exported pages, before anything that people typed


def test_it_shows_the_figures_and_which_model_is_better(evaluation: Evaluation) -> None:
    page = html_report(evaluation)
    for one in evaluation.reports:
        assert f"{100 * one.figures['mAP'].value:.1f} <small>" in page
    difference = evaluation.differences[0].mAP
    assert difference.difference < 0
    assert f"−{-100 * difference.difference:.1f} <small>−{-100 * difference.low:.1f} to −" in page
    assert page.count("<h2>") == 3  # across, and each gallery
    assert "zero-shot" in page
    for note in report().notes:
        assert html.escape(note) in page


def test_other_ways_to_ask_are_told_in_words() -> None:
    one = report()
    assert one.open_set is not None
    assert one.single_shot is not None
    said = html_tables.other_ways([(one, 0)])
    assert "Open set, one: 20 people taken out of the gallery for this" in said
    assert f"in the gallery, one: Rank-1 {100 * one.single_shot.cmc[0]:.1f} %" in said
    there = dataclasses.replace(one.open_set, simulated=False, absent_people=1, points=())
    said = html_tables.other_ways([(dataclasses.replace(one, open_set=there, single_shot=None), 0)])
    assert "Open set, one: 1 person not in the gallery" in said
    assert "too few searches for absent people to tell" in said


def test_it_names_no_person_and_no_crop(evaluation: Evaluation) -> None:
    page = html_report(evaluation)
    assert "secret" not in page
    assert not re.search(r"\b70\d{3}\b", page)


def test_names_cannot_break_out_of_it() -> None:
    one = report()
    tested = dataclasses.replace(one.tested, name=EVIL, gallery=EVIL, trained_on=EVIL, why=EVIL)
    evil = dataclasses.replace(one, tested=tested, notes=(EVIL,))
    page = html_report(
        Evaluation((evil, dataclasses.replace(report("two"), tested=dataclasses.replace(tested, model="2"))))
    )
    assert "script" not in Tags(page).seen
    assert "&lt;script&gt;" in page


def test_a_calibration_is_shown_with_its_check() -> None:
    found = calibrate(*draw(np.random.default_rng(3), 120), model="id-one", galleries=("site",), kind="site")
    check = check_calibration(found, *draw(np.random.default_rng(4), 60))
    values = dataclasses.replace(found, check=check.to_dict()).to_dict()
    page = html_report(Evaluation((report(),)), calibrations={"id-one": values})
    assert Tags(page).open == []
    one = check.thresholds[0]
    assert one.measured.describe() in page
    assert "Probabilities at even odds" in page
    assert "too few people to say" in page
    assert "too narrow" not in page
    assert "Only 40 people: below 70 these intervals are too narrow" in html_tables.calibration(
        {**values, "people": 40}
    )


def test_a_model_that_was_not_measured_on_a_gallery_says_so(evaluation: Evaluation) -> None:
    assert html_tables.across(evaluation).count("not measured") == 1


def test_the_weakest_pair_of_cameras_has_most_colour() -> None:
    pairs = [CameraPair("1", "2", 9, 0.9, 0.9, 0.001), CameraPair("2", "1", 9, 0.3, 0.4, 0.004)]
    shares = [int(share) for share in re.findall(r"#c2571a (\d+)%", html_tables.camera_matrix(pairs, "mAP"))]
    assert shares == [0, 34]
    shares = [int(share) for share in re.findall(r"#c2571a (\d+)%", html_tables.camera_matrix(pairs, "fmr"))]
    assert shares == [0, 34]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.2, "b is better than a by 15.0 points of mAP"),
        (-0.2, -0.1, "b is worse than a by 15.0 points of mAP"),
        (-0.1, 0.2, "These people do not tell b and a apart"),
    ],
)
def test_a_verdict_is_only_given_where_the_interval_leaves_out_nothing(low: float, high: float, words: str) -> None:
    middle = 0.15 if low > 0 else -0.15
    assert html_tables.verdict("a", "b", Difference(0.5, 0.5 + middle, middle, low, high, 0.0)) == words


def test_estimates_in_words() -> None:
    assert html_tables.estimate(Estimate(0.5239, 0.4849, 0.5631)) == "52.4 <small>48.5 to 56.3</small>"
    assert html_tables.estimate(Estimate(0.5239)) == "52.4"
    assert html_tables.estimate(Estimate(0.00123, 0.0006, 0.002), small=True) == "0.12 <small>0.06 to 0.2</small>"
    assert html_tables.estimate(None) == "<small>–</small>"


def test_cautions_stand_under_the_figures_and_are_escaped() -> None:
    careful = dataclasses.replace(report("one"), cautions=(f"Beware {EVIL}.", "Said of both."))
    other = dataclasses.replace(report("two", blur=0.5), cautions=("Said of both.",))
    page = html_report(compare_all([careful, other]))
    place = page.index("Said of both.")
    assert page.count("Said of both.") == 1
    assert page.index("</table>") < place < page.index("<h3>")
    assert f"one: Beware {html.escape(EVIL)}." in page
    assert EVIL not in page
