"""What is selected on the map, and what is done with it."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pages.components.map import state
from pages.components.map.selection import csv_of, table_of
from pages.components.shared.session import ANALYST
from reid_core.workspace.cases.cases import create, every
from reid_core.workspace.cases.verdicts import Seen, give, log_of, standing
from reid_core.workspace.deletion.holds import holds
from reid_core.workspace.galleries.withheld import withheld
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, formulas_in, signed
from tests.pages.map.map_page import around, data_of, draw, keys_of, labels_of, mapped, press, select, type_in, words_on
from tests.pages.search_page import OpenPage, desk_of


def test_a_region_selects_the_crops_in_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = draw(open_page(tiny_workspace.path), around(made.points, list(range(24))))
    assert len(data_of(page, "gal-grid")["cards"]) == 24
    page = select(open_page(tiny_workspace.path), made, [2, 9, 16])
    assert sorted(card["id"] for card in data_of(page, "gal-grid")["cards"]) == [2, 9, 16]
    assert "3 crops · 3 people" in words_on(page)


def test_groups_that_were_isolated_narrow_a_region(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = draw(open_page(tiny_workspace.path), around(made.points, list(range(24))), isolated=[1])
    crops = [card["id"] for card in data_of(page, "gal-grid")["cards"]]
    assert labels_of(tiny_workspace, *crops) == ["2"] * 6


def test_lines_go_from_the_photo_to_its_hits_on_the_map_by_who_they_are(tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    row = {int(crop): place for place, crop in enumerate(made.ids)}
    answer: Any = SimpleNamespace(
        hits=lambda: [{"id": crop, "similarity": like} for crop, like in ((5, 0.9), (999, 0.8), (9, 0.5))]
    )
    photo: Any = SimpleNamespace(identity="1", crop=2)
    lines = state.lines_of(tiny_workspace, made, photo, answer)
    assert lines is not None
    assert (lines.row, lines.place) == (row[2], None)
    assert lines.hits == ((row[5], 0.9, True), (row[9], 0.5, False))
    upload: Any = SimpleNamespace(identity=None, crop=None)
    lines = state.lines_of(tiny_workspace, made, upload, answer)
    assert lines is not None
    assert lines.row is None
    assert [same for _, _, same in lines.hits] == [None, None]
    # Amid its hits, nearer to the one that is more alike.
    ends = made.points[[row[5], row[9]]]
    assert lines.place is not None
    from_first, from_second = (float(np.linalg.norm(np.array(lines.place) - end)) for end in ends)
    assert from_first + from_second == pytest.approx(float(np.linalg.norm(ends[0] - ends[1])), rel=1e-4)
    assert from_first < from_second
    nowhere: Any = SimpleNamespace(hits=lambda: [{"id": 999, "similarity": 0.9}])
    assert state.lines_of(tiny_workspace, made, photo, nowhere) is None


def test_letting_go_ends_the_selection(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = select(open_page(tiny_workspace.path), made, [2, 9])
    page = draw(page, None, edit=2)
    assert not data_of(page, "gal-grid")
    assert "map-acts" not in " ".join(keys_of(page))
    assert "Take the lasso" in words_on(page)


def test_a_region_with_nobody_in_it_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    mapped(tiny_workspace)
    page = draw(open_page(tiny_workspace.path), [[90, 90], [91, 90], [91, 91]])
    assert "There is no crop in that region" in words_on(page)


def test_crops_are_labelled_as_one_person_after_a_preview_and_put_back(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [1, 2, 9]), "map-do-label")
    assert "1 of person 2 → person 1." in words_on(page)
    assert list(made.ids[data_of(page)["marks"]]) == [9]  # of the three, the one that would change is ringed
    page = type_in(page, "label", "zoe")
    assert "2 of person 1, 1 of person 2 → zoe." in words_on(page)
    assert list(made.ids[data_of(page)["marks"]]) == [1, 2, 9]
    page = press(page, "map-apply")
    assert labels_of(tiny_workspace, 1, 2, 9) == ["zoe"] * 3
    assert data_of(page)["colour"]["names"][:4] == ["person 3", "person 4", "person 2", "person 1"]
    page = press(page, "gal-undo")
    assert labels_of(tiny_workspace, 1, 2, 9) == ["1", "1", "2"]
    assert data_of(page)["colour"]["counts"] == [6, 6, 6, 6]


def test_people_are_merged_with_their_crops_outside_of_the_region(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [1, 2, 9]), "map-do-merge")
    assert "6 of person 2 → person 1." in words_on(page)
    assert len(data_of(page)["marks"]) == 12
    press(page, "map-apply")
    assert labels_of(tiny_workspace, *range(1, 13)) == ["1"] * 12


def test_part_of_a_person_is_split_off_under_a_free_label(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [1, 2]), "map-do-split")
    assert "2 crops of person 1 → 1-2." in words_on(page)
    assert "4 crops of person 1 stay." in words_on(page)
    press(page, "map-apply")
    assert labels_of(tiny_workspace, 1, 2, 3) == ["1-2", "1-2", "1"]


def test_crops_become_junk_and_come_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = press(press(select(open_page(tiny_workspace.path), made, [4]), "map-do-junk"), "map-apply")
    assert labels_of(tiny_workspace, 4) == ["junk"]
    press(page, "gal-undo")
    assert labels_of(tiny_workspace, 4) == ["1"]


def test_crops_are_held(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-hold")
    page = press(page, "map-apply")
    assert "Give the hold a name first" in words_on(page)
    press(type_in(page, "hold", "case-17"), "map-apply")
    assert holds(tiny_workspace) == {"case-17": 2}


def decisions_of(workspace: Workspace, case: str) -> dict[int, str]:
    return {crop: one.decision for crop, one in standing(workspace, case).items()}


def test_crops_are_added_to_a_case_and_taken_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    create(tiny_workspace, "Gate 4", "a lost child")
    give(tiny_workspace, "Gate 4", "match", [Seen(9)])
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path, state={ANALYST: "ann"}), made, [2, 9, 16]), "map-do-case")
    assert "4 crops → Match in Gate 4. Already so: 2 crops." in words_on(page)
    assert "The verdict is also on 3 crops of the same tracklets." in words_on(page)
    assert "They are labelled as 3 people, and a case is about one." in words_on(page)
    assert list(made.ids[data_of(page)["marks"]]) == [2, 9, 16]
    page = press(page, "map-apply")
    assert decisions_of(tiny_workspace, "Gate 4") == dict.fromkeys((1, 2, 9, 10, 15, 16), "match")
    given = log_of(tiny_workspace, "Gate 4")[2:]
    assert {line.crop: line.follows for line in given} == {2: None, 9: None, 16: None, 1: 2, 10: 9, 15: 16}
    assert len({line.act for line in given}) == 1
    last = given[-1]
    assert (last.similarity, last.rank, last.model, last.note) == (None, None, "", "Selected on the map")
    assert "6 crops in Gate 4: Match." in words_on(page)
    page = press(page, "map-case-undo")
    assert decisions_of(tiny_workspace, "Gate 4") == {9: "match", 10: "match"}
    assert "map-case-undo" not in keys_of(page)


def test_what_was_given_elsewhere_since_is_not_taken_back_on_the_map(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    create(tiny_workspace, "Gate 4", "a lost child")
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path, state={ANALYST: "ann"}), made, [2]), "map-do-case")
    page = press(page, "map-apply")
    give(signed(tiny_workspace, "ann"), "Gate 4", "not", [Seen(9)])  # in another tab
    press(page, "map-case-undo")
    assert decisions_of(tiny_workspace, "Gate 4") == {1: "match", 2: "match", 9: "not", 10: "not"}


def test_a_case_is_begun_on_the_map_with_a_purpose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-case")
    assert page.button(key="map-apply").disabled
    page = page.text_input(key="analyst").input(" ann ").run()
    assert not page.button(key="map-apply").disabled
    page.text_input(key="map-case-name").input("Gate 4").run()
    page = press(page, "map-apply")
    assert "Say what the case is for" in words_on(page)
    page.text_input(key="map-case-purpose").input("a lost child").run()
    page = press(page, "map-apply")
    assert decisions_of(tiny_workspace, "Gate 4") == dict.fromkeys((3, 4, 5, 6), "match")
    assert desk_of(page).case == "Gate 4"
    assert {line.who for line in log_of(tiny_workspace, "Gate 4")} == {"ann"}
    assert every(tiny_workspace)[0].who == "ann"
    assert "Already so: 4 crops." in words_on(page)  # the form is that of the new one


def test_crops_are_kept_out_of_training_and_let_in_again(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = press(select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-train")
    page = press(page, "map-apply")
    assert withheld(tiny_workspace.catalogue, range(1, 25)) == {4, 5}
    assert "2 crops kept out of training." in words_on(page)
    assert [card.get("badge") for card in data_of(page, "gal-grid")["cards"]] == ["not trained on"] * 2
    page = page.selectbox(key="map-colour").set_value("training").run()
    colour = data_of(page)["colour"]
    assert dict(zip(colour["names"], colour["counts"], strict=True))["kept out"] == 2
    page = press(press(page, "map-do-train"), "map-restore")
    assert withheld(tiny_workspace.catalogue, range(1, 25)) == set()


def test_a_search_is_made_from_what_is_selected(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = mapped(tiny_workspace)
    handed: list[list[int]] = []
    monkeypatch.setattr("pages.components.shared.address.hand_to_search", lambda gallery, crops: handed.append(crops))
    press(select(open_page(tiny_workspace.path), made, [3, 4]), "map-search")
    page = draw(open_page(tiny_workspace.path), around(made.points, list(range(24))))
    press(page, "map-search")
    assert handed[0] == [3, 4]
    assert len(handed[1]) == 10
    assert {handed[1][0], handed[1][-1]} == {1, 24}


def test_a_selection_is_taken_out_as_a_table_and_the_log_says_so(tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    table = pd.read_csv(io.BytesIO(table_of(tiny_workspace, TINY_GALLERY, made, np.array([2, 9]))))
    assert list(table["id"]) == [2, 9]
    assert np.allclose(table[["x", "y"]], made.points[[1, 8]])
    assert tiny_workspace.catalogue.audit(1)[0]["action"] == "export"


def test_text_that_a_spreadsheet_would_run_is_quoted() -> None:
    written = csv_of(pd.DataFrame({"identity": ["=1+1", "anna"], "x": [-1.5, 2.0]})).decode()
    assert "'\t'=1" in csv_of(pd.DataFrame({"identity": ["\t=1"]})).decode()
    assert written.splitlines()[1:] == ["'=1+1,-1.5", "anna,2.0"]
    assert formulas_in(csv_of(pd.DataFrame({"identity": ["a;=1", "a\r=1"]})).decode()) == []
