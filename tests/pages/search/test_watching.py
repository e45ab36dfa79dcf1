"""Which hits have a clip to be watched, and the walks of a case one after the other."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.watching.confirmed import walks_of
from reid_core.workspace.cases import verdicts
from reid_core.workspace.cases.verdicts import MATCH, Seen
from reid_core.workspace.workspace import Workspace
from tests.conftest import signed
from tests.pages.search_page import CASE, OpenPage, crops_in, data_of, do, groups_of
from tests.support.filmed_crops import put_in_recording

HALL = (3, 4, 9, 10, 15, 16, 21, 22)  # two crops of each person
STAIRS = (5, 6)


@pytest.fixture
def recorded(case: Workspace) -> Workspace:
    put_in_recording(case, "tiny", HALL)
    return case


def films(page: AppTest) -> dict[int, bool]:
    return {hit["id"]: hit["film"] for hit in data_of(page, "compare")["hits"]}


def compare(page: AppTest, crops: set[int]) -> AppTest:
    group: dict[str, Any] = next(group for group in groups_of(page) if crops_in(group) == crops)
    return do(page, "answers", "opened", group=group["id"], crop=group["id"])


def test_a_hit_that_was_cut_from_a_recording_can_be_watched_and_no_other(
    open_page: OpenPage, recorded: Workspace
) -> None:
    page = open_page(recorded.path, crop="1")
    page = compare(page, {3, 4})
    assert films(page) == {3: True, 4: True}
    assert data_of(page, "compare")["steps"] is True
    page = do(page, "compare", "closed")
    assert films(compare(page, {5, 6})) == {5: False, 6: False}


def test_in_blind_mode_a_clip_is_offered_after_the_verdict_alone(open_page: OpenPage, recorded: Workspace) -> None:
    page = open_page(recorded.path, crop="1", investigation="1", analyst="ann")
    page.toggle(key="blind").set_value(True).run()
    page = compare(page, {3, 4})
    assert films(page) == {3: False, 4: False}
    assert "hall.mp4" not in json.dumps(data_of(page, "compare"))
    verdicts.give(signed(recorded, "ann"), CASE, MATCH, [Seen(3)], crops_only=True)
    page = page.run()
    assert films(page)[4] is False
    assert films(page)[3] is True
    assert data_of(page, "compare")["steps"] is False  # the tracklets before and after may be of hits not judged yet


def test_what_a_case_has_confirmed_is_watched_in_the_order_of_time_one_crop_a_walk(
    open_page: OpenPage, recorded: Workspace
) -> None:
    with sqlite3.connect(recorded.catalogue.path) as database:
        database.execute("UPDATE crop SET time = time - 3600 WHERE id IN (15, 16)")
    verdicts.give(signed(recorded, "ann"), CASE, MATCH, [Seen(3), Seen(5), Seen(15), Seen(21)])
    assert walks_of(recorded, [22, 21, 6, 5, 4, 3, 16, 15]) == [15, 3, 21]
    page = open_page(recorded.path, crop="1", investigation="1", analyst="ann")
    (button,) = [button for button in page.button if button.key == "watch-confirmed"]
    assert button.label == "Watch 3 confirmed walks"
    page = button.click().run()
    shown = data_of(page, "confirmed-film")
    assert (shown["crops"], shown["crop"], shown["open"]) == ([15, 3, 21], 15, True)


def test_where_nothing_confirmed_was_filmed_there_is_nothing_to_watch(open_page: OpenPage, recorded: Workspace) -> None:
    verdicts.give(signed(recorded, "ann"), CASE, MATCH, [Seen(5)])
    page = open_page(recorded.path, crop="1", investigation="1", analyst="ann")
    assert "watch-confirmed" not in {button.key for button in page.button}
