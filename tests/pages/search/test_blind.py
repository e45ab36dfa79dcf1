"""Blind mode: what would lead the eye is not even sent to the browser before the analyst's own verdict."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from reid_core.embedder.model import model_id
from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.workspace.cases import verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, MATCH, NOT, Seen
from reid_core.workspace.models.calibration import keep_calibration
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace
from tests.conftest import signed
from tests.pages.search_page import (
    CASE,
    OpenPage,
    answer_of,
    cards_of,
    crops_in,
    data_of,
    decisions,
    do,
    fronts,
    groups_of,
    sent_by,
    words_of,
)


@pytest.fixture
def calibrated(case: Workspace) -> Workspace:
    folder = case.find_model("stripes")
    columns = dict.fromkeys(("fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high"), (0.1,))
    table = {"similarity": (0.0,), "evidence": (-1.0, 1.0), **columns}
    keep_calibration(case, folder, Calibration(model_id(folder), ("tiny",), "tiny", 50, 40_000, 300, (), table))
    return case


def blind_page(open_page: OpenPage, workspace: Workspace) -> AppTest:
    page = open_page(workspace.path, crop="1", investigation="1", analyst="ann")
    return page.toggle(key="blind").set_value(True).run()


def secrets_of(page: AppTest, crops: set[int] | None = None) -> dict[str, set[str]]:
    """Everything that may not be seen of these crops, by crop; of all hits where none are given."""
    answer: Answer = answer_of(page)
    found: dict[str, set[str]] = {}
    for hit, row in zip(answer.results.row(0), answer.crops.to_dict("records"), strict=True):
        if crops is None or hit.id in crops:
            found[f"crop {hit.id}"] = {
                str(row["path"]), f"{row['camera']}.{row['tracklet']}", f'"{row["tracklet"]}"', f"{hit.similarity:.3f}",
            }  # fmt: skip
    return found


def told(page: AppTest, crops: set[int] | None = None) -> list[str]:
    """Which of them were sent all the same."""
    sent = sent_by(page)
    return [f"{crop}: {value}" for crop, values in secrets_of(page, crops).items() for value in values if value in sent]


def test_before_blind_is_on_everything_is_told(open_page: OpenPage, calibrated: Workspace) -> None:
    """The test's own test: it would see what is sent."""
    page = open_page(calibrated.path, crop="1", investigation="1", analyst="ann")
    assert told(page)
    assert all(f"person {number}" in sent_by(page) for number in "1234")
    assert "stranger this similar" in sent_by(page)
    page = do(page, "answers", "opened", group=fronts(page)[0], crop=fronts(page)[0])
    assert any(".png" in line for line in told(page))


def test_the_list_tells_nothing(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    sent = sent_by(page)
    assert told(page) == []
    assert not [name for name in "1234" if f"person {name}" in sent]
    for word in ("stranger", "may not be", "First hit", "similarity 0"):
        assert word not in sent
    groups = groups_of(page)
    for group in groups:
        assert set(group) <= {
            "id", "picture", "title", "strip", "note", "lines", "more", "verdict", "conflict", "current", "copy",
        }  # fmt: skip
        assert (group["note"], group["verdict"], group["conflict"], group["copy"]) == ("", None, False, False)
    assert {hit["share"] for hit in data_of(page, "timeline")["hits"]} == {1.0}
    times = [hit["time"] for hit in data_of(page, "timeline")["hits"]]
    assert times == sorted(times)  # in the order of the answer they would tell the ranks
    for strip in (group["strip"] for group in groups):
        assert [crop["id"] for crop in strip] == sorted(crop["id"] for crop in strip)  # the crops follow in time


def test_the_comparison_tells_nothing(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    front = fronts(page)[2]
    page = do(page, "answers", "opened", group=front, crop=front)
    shown = data_of(page, "compare")
    assert told(page) == []
    assert shown["facts"] == []
    assert {name for hit in shown["hits"] for name, _ in hit["facts"]} <= {
        "Camera",
        "Time",
        "Size",
        "Quality",
        "Clothes",
    }
    assert (shown["agreement"], shown["leave"], shown["overlay"]) == (False, False, None)
    assert "stranger" not in json.dumps(shown)
    page = do(page, "compare", "agreement", photo=shown["photos"][0]["id"], crop=front)  # of an older drawing
    assert data_of(page, "compare")["overlay"] is None


def test_after_the_verdict_its_hit_is_told_and_no_other(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    judged = groups_of(page)[0]
    others = {crop for group in groups_of(page)[1:] for crop in crops_in(group)}
    page = do(page, "answers", "judged", group=judged["id"], verdict=CANNOT_TELL)
    shown = next(group for group in groups_of(page) if group["id"] == judged["id"])
    assert shown["note"].startswith("person ")
    assert shown["meaning"].startswith("a stranger this similar is expected")
    assert {"rank", "similarity", "share"} <= set(shown)
    assert told(page, others) == []
    page = do(page, "answers", "undone")
    assert told(page, others) == []
    hidden = next(group for group in groups_of(page) if group["id"] == judged["id"])
    assert "rank" not in hidden


def test_what_others_decided_is_told_after_ones_own_verdict(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    first, second = groups_of(page)[:2]
    verdicts.give(signed(calibrated, "bo"), CASE, CANNOT_TELL, [Seen(crop) for crop in crops_in(first)])
    for who, verdict in (("bo", MATCH), ("cy", NOT)):
        verdicts.give(signed(calibrated, who), CASE, verdict, [Seen(crop) for crop in crops_in(second)])
    page = blind_page(open_page, calibrated)
    seen = {group["id"]: group for group in groups_of(page)}
    assert (seen[first["id"]]["verdict"], seen[second["id"]]["conflict"]) == (None, False)
    assert told(page) == []
    page = do(page, "answers", "opened", group=second["id"], crop=second["id"])
    assert data_of(page, "compare")["conflict"] == ""
    assert not [hit for hit in data_of(page, "timeline")["hits"] if hit["verdict"]]
    page = do(page, "compare", "judged", group=second["id"], crop=second["id"], verdict=CANNOT_TELL)
    page = do(page, "compare", "moved", to=second["id"])
    assert "bo: match, cy: not" in data_of(page, "compare")["conflict"]


def test_people_are_no_way_to_gather_hits_and_nothing_is_exported(open_page: OpenPage, calibrated: Workspace) -> None:
    page = open_page(calibrated.path, crop="1", investigation="1", analyst="ann")
    page.selectbox(key="view").select("People").run()
    assert len(groups_of(page)) == 4
    page.toggle(key="blind").set_value(True).run()
    assert page.selectbox(key="view").options == ["By tracklet", "By camera", "By crop"]
    assert len(groups_of(page)) == 8
    assert "An export names people, files, ranks and similarities" in words_of(page)
    assert not list(page.get("download_button"))
    assert told(page) == []


def test_a_verdict_on_what_was_shown_keeps_what_was_seen(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    front = fronts(page)[0]
    page = do(page, "answers", "judged", group=front, verdict=CANNOT_TELL)
    page = do(page, "answers", "judged", group=front, verdict=NOT)  # rank and similarity are shown by now
    log = [(line.verdict, line.rank is None) for line in verdicts.log_of(calibrated, CASE) if line.crop == front]
    assert log == [(CANNOT_TELL, True), (NOT, False)]


def other_than_one(told: list[str]) -> list[str]:
    """Without similarities of 1, which a crop that may be told has, too."""
    return [one for one in told if not one.endswith(": 1.000")]


def test_a_verdict_on_one_crop_of_a_camera_tells_nothing_of_the_others(
    open_page: OpenPage, calibrated: Workspace
) -> None:
    page = blind_page(open_page, calibrated)
    page.selectbox(key="view").select("Cameras").run()
    group = max(groups_of(page), key=lambda one: len(crops_in(one)))
    page = do(page, "answers", "judged", group=group["id"], verdict=CANNOT_TELL)
    judged = set(decisions(calibrated))
    others = {hit.id for hit in answer_of(page).results.row(0)} - judged
    assert 0 < len(judged) < len(crops_in(group))
    assert other_than_one(told(page, others)) == []
    people = calibrated.catalogue.crops_of(sorted(others))["identity"]
    mine = set(calibrated.catalogue.crops_of(sorted(judged))["identity"])
    sent = json.dumps(groups_of(page))
    assert not [name for name in set(people) - mine if f"person {name}" in sent]
    for crop in (min(others & crops_in(group)), group["id"]):
        page = do(page, "answers", "opened", group=group["id"], crop=crop)
        assert other_than_one(told(page, others)) == []
        shown = data_of(page, "compare")
        assert (shown["agreement"], shown["leave"]) == (False, False)
        assert "Gap to the next" not in dict(shown["facts"])
        named = {hit["id"] for hit in shown["hits"] if "Identity" in dict(hit["facts"])}
        assert named <= judged
    assert page.query_params.get("open") in (None, str(group["id"]), [str(group["id"])])  # which is judged


def test_after_a_verdict_the_next_crop_of_the_same_camera_is_shown(open_page: OpenPage, calibrated: Workspace) -> None:
    page = blind_page(open_page, calibrated)
    page.selectbox(key="view").select("Cameras").run()
    front = groups_of(page)[0]
    page = do(page, "answers", "opened", group=front["id"], crop=front["id"])
    assert "open" not in page.query_params  # it would name a hidden crop
    page = do(page, "compare", "judged", group=front["id"], crop=front["id"], verdict=CANNOT_TELL)
    assert data_of(page, "compare")["crop"] not in decisions(calibrated)


def test_what_others_decided_neither_moves_the_list_nor_is_counted(open_page: OpenPage, calibrated: Workspace) -> None:
    before = fronts(blind_page(open_page, calibrated))
    verdicts.give(signed(calibrated, "bo"), CASE, MATCH, [Seen(before[0])])
    verdicts.give(signed(calibrated, "bo"), CASE, NOT, [Seen(before[1])])
    page = blind_page(open_page, calibrated)
    assert fronts(page) == before
    assert "2 matches" not in words_of(page)
    assert "Confirmed crops" not in sent_by(page)
    page = do(page, "answers", "opened", group=before[2], crop=before[2])
    assert len(data_of(page, "compare")["photos"]) == 1
    page.toggle(key="blind").set_value(False).run()
    assert before[0] not in fronts(page)
    assert "2 matches, 2 not" in words_of(page)


def test_filters_by_person_are_suspended(open_page: OpenPage, calibrated: Workspace) -> None:
    page = open_page(calibrated.path, crop="1", investigation="1", analyst="ann", people="3", who="named")
    assert len(fronts(page)) == 2
    page.toggle(key="blind").set_value(True).run()
    assert len(fronts(page)) == 8
    page.toggle(key="blind").set_value(False).run()
    assert len(fronts(page)) == 2


def test_the_examples_of_the_demo_name_nobody(
    open_page: OpenPage, calibrated: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are crops of the gallery: one of them may be a hit."""
    monkeypatch.setattr("pages.components.search.photo.DEMO", "tiny")
    page = open_page(calibrated.path, crop="1", investigation="1", analyst="ann")
    assert any("person" in card["title"] for card in cards_of(page, "examples"))
    page.toggle(key="blind").set_value(True).run()
    assert cards_of(page, "examples")
    assert not [card["title"] for card in cards_of(page, "examples") if "person" in card["title"]]
