"""Photos of scenes on the Search page without a browser: who is found in them, and who is searched for."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.components.search.scenes import people
from reid_core.errors import Damaged, NotThere
from reid_core.images import decode
from reid_core.video.detection.detector import SHIPPED, SHIPPED_DETECTORS, Detector, load_detector
from reid_core.video.detection.scene import drawn_people, drawn_scene
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.scene_photos import Choice, Found, Seen, SeveralPeople, taken_from
from reid_core.workspace.workspace import Workspace
from tests.conftest import png_bytes
from tests.pages.search_page import CASE, OpenPage, answer_of, data_of, desk_of, do, groups_of, noise, upload, words_of

WIDTH, HEIGHT = 450, 260  # pixels of the drawn scene
ONE_PERSON = "One person was found in one.png."


@cache
def three() -> bytes:
    """The drawn street with three people."""
    return png_bytes(Image.fromarray(drawn_scene()))


@cache
def one() -> bytes:
    """The left of it, with the first of them."""
    return png_bytes(Image.fromarray(drawn_scene()[:, :200]).resize((400, 520)).crop((0, 160, 400, 520)))


@cache
def nobody() -> bytes:
    """A strip of it above their heads."""
    return png_bytes(Image.fromarray(drawn_scene()[:90]))


def names_of(page: AppTest) -> list[tuple[str, str]]:
    return [(photo["name"], photo["role"]) for photo in data_of(page, "tray").get("photos", [])]


def drop(page: AppTest, **files: bytes) -> AppTest:
    """Drop photos of these names at once, each a PNG."""
    return page.file_uploader[0].set_value([(f"{name}.png", data, "image/png") for name, data in files.items()]).run()


def overlap(box: list[float], true: np.ndarray) -> float:
    """Intersection over union of a box in shares and one in pixels (left, top, right, bottom)."""
    left, top, width, height = (share * side for share, side in zip(box, (WIDTH, HEIGHT) * 2, strict=True))
    across = min(left + width, true[2]) - max(left, true[0])
    down = min(top + height, true[3]) - max(top, true[1])
    common = max(0.0, across) * max(0.0, down)
    return float(common / (width * height + (true[2] - true[0]) * (true[3] - true[1]) - common))


def test_the_one_person_of_a_scene_is_searched_for_at_once_and_the_tray_says_so(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "one.png", one())
    [photo] = data_of(page, "tray")["photos"]
    assert photo["name"] == "one.png, person 1"
    assert photo["lines"][-1] == ONE_PERSON
    assert groups_of(page)
    assert not data_of(page, "stage")


def test_the_page_cuts_out_the_pixels_that_the_command_line_cuts_out(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "one.png", one())
    [photo] = desk_of(page).photos or ()
    taken = taken_from(one(), "one.png", Choice(), lambda tiles: shipped())
    assert np.array_equal(np.asarray(decode(photo.data)), np.asarray(decode(taken.photo)))
    [example] = answer_of(page).query.question.examples
    assert (example.photo, example.name) == (photo.data, "one.png, person 1")


def shipped() -> Detector:
    return load_detector(SHIPPED_DETECTORS / SHIPPED)


def test_from_the_cut_one_press_leads_to_the_stage_with_that_box_or_to_the_whole_photo(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "one.png", one())
    [photo] = data_of(page, "tray")["photos"]
    page = do(page, "tray", "edited", id=photo["id"])
    stage = data_of(page, "stage")
    [[number, box, _]] = stage["people"]
    assert stage["begin"] == {"turn": 0, "picks": [[box, number]]}
    page = do(page, "stage", "cancelled")
    page = do(page, "tray", "whole", id=photo["id"])
    [whole] = data_of(page, "tray")["photos"]
    assert (whole["name"], whole["lines"][1]) == ("one.png", "400 × 360 px")
    assert whole["hint"].startswith("This looks like a whole scene")
    assert not whole["whole"]
    assert groups_of(page)


def test_several_people_are_offered_from_left_to_right_and_nothing_is_searched_for(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "street.png", three())
    stage = data_of(page, "stage")
    assert [number for number, _, _ in stage["people"]] == [1, 2, 3]
    true = sorted(drawn_people(), key=lambda box: box[0])
    assert min(overlap(box, there) for (_, box, _), there in zip(stage["people"], true, strict=True)) > 0.6
    assert stage["said"] == "3 people were found."
    assert stage["begin"]["picks"] == []
    assert not groups_of(page)
    with pytest.raises(SeveralPeople, match="street.png shows 3 people"):  # the same rule
        taken_from(three(), "street.png", Choice(), lambda tiles: shipped())


def test_the_first_that_is_chosen_is_searched_for_and_the_others_are_set_aside(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "street.png", three())
    boxes = {number: box for number, box, _ in data_of(page, "stage")["people"]}
    drawn = [0.5, 0, 0.25, 0.5]
    page = do(page, "stage", "done", turn=0, boxes=[boxes[3], boxes[1], drawn], people=[3, 1, 0])
    assert names_of(page) == [
        ("street.png, person 3", "positive"), ("street.png, person 1", "aside"), ("street.png, box 3", "aside"),
    ]  # fmt: skip
    assert groups_of(page)
    page = do(page, "tray", "edited", id=data_of(page, "tray")["photos"][1]["id"])
    assert data_of(page, "stage")["begin"]["picks"] == [[boxes[1], 1]]
    page = do(page, "stage", "done", turn=0, boxes=[boxes[2]], people=[2])
    assert names_of(page)[1] == ("street.png, person 2", "aside")


def test_where_nobody_is_found_the_stage_says_so_and_the_whole_photo_can_be_searched_with(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "empty.png", nobody())
    stage = data_of(page, "stage")
    assert (stage["said"], stage["people"], stage["scene"]) == ("Nobody was found in this photo.", [], True)
    page = do(page, "stage", "done", turn=0, boxes=[], people=[])
    assert names_of(page) == [("empty.png", "positive")]
    assert groups_of(page)


@pytest.mark.parametrize(
    "error", [NotThere("There is no detector 'nanodet'."), Damaged("The detector has no model.onnx. Restore it.")]
)
def test_without_a_detector_boxes_are_drawn_by_hand_and_the_stage_says_why(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def lacking(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("reid_core.workspace.models.detectors.find_detector", lacking)
    page = upload(open_page(tiny_workspace.path), "one.png", one())
    stage = data_of(page, "stage")
    assert stage["said"] == f"People were not looked for. {error}"
    assert stage["people"] == []
    page = do(page, "stage", "done", turn=0, boxes=[[0.2, 0.1, 0.3, 0.8]])
    assert names_of(page) == [("one.png, box 1", "positive")]
    assert groups_of(page)


def test_a_crop_is_searched_with_and_no_detector_is_asked_for(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*arguments: object) -> None:
        raise AssertionError("a detector was looked for")

    monkeypatch.setattr("reid_core.workspace.models.detectors.find_detector", wrong)
    page = upload(open_page(tiny_workspace.path), "crop.png", noise(1, 128, 64))
    assert names_of(page) == [("crop.png", "positive")]
    assert groups_of(page)


def test_of_photos_dropped_together_those_that_need_a_word_are_staged_one_after_the_other(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = drop(open_page(tiny_workspace.path), one=one(), street=three(), crop=noise(1, 128, 64), empty=nobody())
    assert names_of(page) == [("one.png, person 1", "positive"), ("crop.png", "positive")]
    assert "street.png · 450 × 260 px · 1 of 2" in words_of(page)
    assert data_of(page, "stage")["more"] is True
    boxes = {number: box for number, box, _ in data_of(page, "stage")["people"]}
    staging = data_of(page, "stage")["staging"]
    page = do(page, "stage", "done", staging=staging, turn=0, boxes=[boxes[2]], people=[2])
    assert "empty.png · 450 × 90 px · 2 of 2" in words_of(page)
    page = do(page, "stage", "done", staging=staging, turn=0, boxes=[], people=[])  # the key was pressed twice
    assert "empty.png · 450 × 90 px · 2 of 2" in words_of(page)
    page = do(page, "stage", "cancelled", staging=data_of(page, "stage")["staging"])
    assert names_of(page) == [
        ("one.png, person 1", "positive"), ("crop.png", "positive"), ("street.png, person 2", "positive"),
    ]  # fmt: skip
    assert groups_of(page)


def test_cropping_another_photo_does_not_lose_the_one_on_the_stage(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = drop(open_page(tiny_workspace.path), one=one(), street=three())
    page = do(page, "tray", "edited", id=data_of(page, "tray")["photos"][0]["id"])
    assert data_of(page, "stage")["name"] == "one.png"
    page = do(page, "stage", "cancelled")
    assert data_of(page, "stage")["name"] == "street.png"


def test_a_new_photo_takes_the_place_of_a_scene_that_is_still_on_the_stage(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "street.png", three())
    page = upload(page, "crop.png", noise(1, 128, 64))
    assert not data_of(page, "stage")
    assert names_of(page) == [("crop.png", "positive")]


def test_boxes_are_of_the_photo_as_it_is_seen_and_people_are_looked_for_again_when_it_is_turned(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    upright = Image.fromarray(drawn_scene())
    lying, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # stored on its side: whoever shows it turns it by 90 degrees clockwise
    upright.rotate(90, expand=True).save(lying, "PNG", exif=exif)
    page = upload(open_page(tiny_workspace.path), "phone.png", lying.getvalue())
    found = data_of(page, "stage")["people"]
    assert len(found) == 3
    assert (data_of(page, "stage")["width"], data_of(page, "stage")["height"]) == (WIDTH, HEIGHT)
    page = upload(page, "lying.png", png_bytes(upright.rotate(180)))
    page = do(page, "stage", "turned", turn=180)
    again = data_of(page, "stage")
    assert again["people_turn"] == 180
    assert [number for number, _, _ in again["people"]] == [1, 2, 3]
    pairs = zip(found, again["people"], strict=True)
    assert max(abs(a - b) for (_, one, _), (_, other, _) in pairs for a, b in zip(one, other, strict=True)) < 0.01


def test_one_person_of_whom_the_detector_is_not_sure_is_offered_and_not_taken(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsure = Seen("one", (Found(1, (30, 40, 60, 150), 0.2),), sure=False, whole=False)
    monkeypatch.setattr(people, "_seen", lambda *arguments: unsure)
    page = upload(open_page(tiny_workspace.path), "dusk.png", three())
    stage = data_of(page, "stage")
    assert stage["said"] == "The detector is not sure. A person may be in 1 place."
    assert stage["people"] == [[1, [30 / 450, 40 / 260, 60 / 450, 150 / 260], 0.2]]
    assert not groups_of(page)


def test_a_case_keeps_the_person_and_not_the_scene(open_page: OpenPage, case: Workspace) -> None:
    page = upload(open_page(case.path, investigation="1", analyst="ann"), "one.png", one())
    [photo] = desk_of(page).photos or ()
    found = groups_of(page)
    page.text_input(key="save-name").set_value("At the station")
    page.button(key="save").click().run()
    [search] = saved_searches.every(case, CASE)
    assert [example.photo for example in search.parameters.examples] == [photo.data]
    page = open_page(case.path, gallery="tiny", saved="1")
    [again] = data_of(page, "tray")["photos"]
    assert (again["name"], again["whole"]) == ("one.png, person 1", False)
    assert [group["id"] for group in groups_of(page)] == [group["id"] for group in found]
    assert not data_of(page, "stage")
