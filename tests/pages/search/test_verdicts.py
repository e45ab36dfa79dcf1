"""Verdicts, and the comparison that leads to them, on the Search page without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pages.components.search import blind
from pages.components.search import verdicts as deciding
from pages.components.search.state import Desk
from pages.components.shared.session import ANALYST
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, CONFLICT, MATCH, NOT, Seen, Verdict
from reid_core.workspace.workspace import Workspace
from tests.conftest import signed
from tests.pages.search_page import (
    CASE,
    OpenPage,
    answer_of,
    begin,
    crops_in,
    data_of,
    decisions,
    do,
    fronts,
    groups_of,
    words_of,
)

# --- verdicts ---


def test_the_first_verdict_asks_for_a_case_and_is_kept_in_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    first = groups_of(page)[0]
    page = do(page, "answers", "judged", group=first["id"], verdict=MATCH)
    assert cases.every(tiny_workspace) == []
    assert "Verdicts belong to a case" in words_of(page)
    page = begin(page, CASE, "Missing since Monday")
    assert cases.find(tiny_workspace, CASE).purpose == "Missing since Monday"
    assert decisions(tiny_workspace) == dict.fromkeys(crops_in(first), MATCH)
    assert page.query_params["investigation"] in ("1", ["1"])


def test_nobody_decides_without_a_name(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1")
    first = groups_of(page)[0]
    page = do(page, "answers", "judged", group=first["id"], verdict=MATCH)
    assert decisions(case) == {}
    page = page.text_input(key="analyst").set_value(" bo ").run()
    assert decisions(case) == dict.fromkeys(crops_in(first), MATCH)
    assert {line.who for line in verdicts.log_of(case, CASE)} == {"bo"}
    assert "Your decisions and searches are signed bo" in words_of(page)
    assert data_of(page, "answers")["focus"].startswith(f"{first['id']} ")


def test_two_analysts_on_one_server_contradict_each_other_and_take_back_only_their_own(
    open_page: OpenPage, case: Workspace
) -> None:
    ann, bo = (open_page(case.path, crop="1", investigation="1", analyst=name) for name in ("ann", "bo"))
    first = groups_of(ann)[0]
    ann = do(ann, "answers", "judged", group=first["id"], verdict=MATCH)
    assert first["id"] not in fronts(ann)
    bo = do(bo, "answers", "judged", group=first["id"], verdict=NOT)
    assert decisions(case) == dict.fromkeys(crops_in(first), CONFLICT)
    ann.run()
    assert [group["conflict"] for group in groups_of(ann) if group["id"] == first["id"]] == [True]  # hers, too
    for _ in range(2):  # the second finds nothing of his
        bo = do(bo, "answers", "undone")
    assert decisions(case) == dict.fromkeys(crops_in(first), MATCH)
    assert "nothing of bo to take back" in data_of(bo, "answers")["said"]


def test_a_case_needs_a_purpose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page = do(page, "answers", "judged", group=groups_of(page)[0]["id"], verdict=MATCH)
    page = begin(page, CASE, " ")
    assert "Say what the case is for" in words_of(page)
    assert cases.every(tiny_workspace) == []


def test_a_verdict_is_about_the_whole_tracklet_and_keeps_what_was_seen(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    first, second = groups_of(page)[:2]
    page = do(page, "answers", "judged", group=second["id"], verdict=NOT)
    assert decisions(case) == dict.fromkeys(crops_in(second), NOT)
    log = {verdict.crop: verdict for verdict in verdicts.log_of(case, CASE)}
    looked_at = log.pop(second["id"])
    assert (looked_at.rank, looked_at.follows) == (2, None)
    assert looked_at.similarity == pytest.approx(float(second["similarity"]), abs=5e-4)
    assert {(one.rank, one.similarity, one.follows) for one in log.values()} == {(None, None, second["id"])}
    assert {one.act for one in log.values()} == {looked_at.act}
    assert first["id"] in fronts(page)


def test_what_was_confirmed_and_rejected_leaves_the_list_and_moves_it(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    judged = groups_of(page)[:2]
    page = do(page, "answers", "judged", group=judged[0]["id"], verdict=MATCH)
    page = do(page, "answers", "judged", group=judged[1]["id"], verdict=NOT)
    assert not {group["id"] for group in judged} & set(fronts(page))
    assert len(groups_of(page)) == 6
    assert "2 matches, 2 not, 0 cannot tell" in words_of(page)
    assert {card["id"] for card in data_of(page, "confirmed")["cards"]} == crops_in(judged[0])


def test_cannot_tell_stays_in_the_list_and_says_so(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    before = fronts(page)
    page = do(page, "answers", "judged", group=before[2], verdict=CANNOT_TELL)
    assert fronts(page) == before
    assert [group["verdict"] for group in groups_of(page)][:4] == [None, None, CANNOT_TELL, None]


def test_a_verdict_is_taken_back(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    before = fronts(page)
    page = do(page, "answers", "judged", group=before[0], verdict=NOT)
    page = do(page, "answers", "undone")
    assert fronts(page) == before
    assert decisions(case) == {}
    assert [line.verdict for line in verdicts.log_of(case, CASE)] == [NOT, NOT, "undo", "undo"]


def test_an_event_that_is_told_twice_counts_once(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    page = do(page, "answers", "judged", group=fronts(page)[0], verdict=NOT)
    page.session_state["answers"] = {"did": [{"n": 1, "what": "judged", "group": fronts(page)[0], "verdict": NOT}]}
    page.run()
    assert len(verdicts.log_of(case, CASE)) == 2  # one verdict on a tracklet of two crops


def test_between_a_verdict_and_the_note_that_it_was_taken_up_no_key_can_end_the_run(
    open_page: OpenPage, case: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    answer, front = answer_of(page), fronts(page)[0]
    kept: list[object] = []
    give, undo = verdicts.give, verdicts.undo

    class SessionState(dict[str, object]):
        """Each access to the real one is where Streamlit may end a run."""

        def get(self, key: str, default: object = None) -> object:
            assert not kept, "the session was read after something was kept"
            return super().get(key, default)

        __getitem__ = __setitem__ = __contains__ = None  # type: ignore[assignment]

    session = SessionState({ANALYST: "ann"})
    monkeypatch.setattr(deciding, "state", session)
    monkeypatch.setattr(blind, "state", session)
    monkeypatch.setattr("streamlit.session_state", session)
    monkeypatch.setattr(deciding, "kept_answer", lambda: answer)

    def keeping(kind: Callable[..., list[Verdict]]) -> Callable[..., list[Verdict]]:
        def called(*given: Any, **how: Any) -> list[Verdict]:
            lines = kind(*given, **how)
            kept.extend(lines)
            return lines

        return called

    monkeypatch.setattr("streamlit.session_state", session)
    monkeypatch.setattr(verdicts, "give", keeping(give))
    monkeypatch.setattr(verdicts, "undo", keeping(undo))
    table = Desk(pair=(front, front), case=CASE)
    deciding.judge(case, NOT, [front], "", table)
    assert (table.turn, table.go_on, len(kept)) == (1, True, 2)
    kept.clear()
    deciding.take_back(case, table)
    assert (table.turn, table.go_on) == (2, False)
    assert decisions(case) == {}


def test_none_of_these_rejects_what_is_shown_and_goes_on_with_others(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    assert data_of(page, "answers")["none"] == "None of these 8"
    page = do(page, "answers", "judged", group=fronts(page)[0], verdict=CANNOT_TELL)
    assert data_of(page, "answers")["none"] == "None of these 7"
    left = fronts(page)[0]
    page = do(page, "answers", "none")
    assert fronts(page) == [left]
    assert sorted(decisions(case).values()) == [CANNOT_TELL] * 2 + [NOT] * 14
    page = do(page, "answers", "undone")
    assert len(fronts(page)) == 8


def test_opposite_verdicts_are_both_kept_and_shown_as_a_conflict(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    first = groups_of(page)[0]
    verdicts.give(signed(case, "ann"), CASE, MATCH, [Seen(crop) for crop in crops_in(first)])
    verdicts.give(signed(case, "bo"), CASE, NOT, [Seen(crop) for crop in crops_in(first)])
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    shown = next(group for group in groups_of(page) if group["id"] == first["id"])
    assert shown["conflict"] is True
    assert shown["verdict"] is None
    page = do(page, "answers", "opened", group=first["id"], crop=first["id"])
    assert "ann: match, bo: not" in data_of(page, "compare")["conflict"]
    assert set(decisions(case).values()) == {CONFLICT}


def test_a_verdict_on_a_crop_that_was_deleted_meanwhile_is_a_sentence(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    page = do(page, "answers", "judged", group=9_999, verdict=NOT)
    assert "Crop 9999 is gone" in words_of(page)
    assert decisions(case) == {}


# --- the comparison ---


def test_after_a_verdict_the_best_without_one_is_compared(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    before = groups_of(page)
    page = do(page, "answers", "opened", group=before[1]["id"], crop=before[1]["id"])
    shown = data_of(page, "compare")
    assert shown["pair"] == before[1]["id"]
    assert {crop["id"] for crop in shown["hits"]} == crops_in(before[1])
    assert dict(shown["facts"])["Rank"] == "2"
    assert shown["photos"][0]["picture"].startswith("/pictures/1/")
    page = do(page, "compare", "judged", group=before[1]["id"], crop=before[1]["id"], verdict=MATCH, note="the bag")
    assert data_of(page, "compare")["pair"] == fronts(page)[0]
    assert [photo["lines"][0] for photo in data_of(page, "compare")["photos"]] == ["Photo", "Confirmed", "Confirmed"]
    assert {line.note for line in verdicts.log_of(case, CASE)} == {"the bag"}
    page = do(page, "compare", "closed")
    assert data_of(page, "compare") == {}
    assert data_of(page, "answers")["focus"].split()[0] == str(fronts(page)[0])


def test_one_walks_through_the_list_and_searches_from_a_hit(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    order = fronts(page)
    page = do(page, "answers", "opened", group=order[0], crop=order[0])
    assert data_of(page, "compare")["order"] == order
    page = do(page, "compare", "moved", to=order[3])
    assert data_of(page, "compare")["pair"] == order[3]
    page = do(page, "compare", "searched", crop=order[3])
    assert page.query_params["crop"] in (str(order[3]), [str(order[3])])
    assert data_of(page, "compare") == {}


def test_blind_mode_hides_similarity_and_rank_until_the_verdict(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    ranked = fronts(page)
    page.toggle(key="blind").set_value(True).run()
    groups = groups_of(page)
    assert sorted(fronts(page)) == sorted(ranked) != fronts(page) != ranked
    assert all("rank" not in group and "similarity" not in group and "share" not in group for group in groups)
    assert not any("similarity" in group["title"] for group in groups)
    page = do(page, "answers", "opened", group=groups[0]["id"], crop=groups[0]["id"])
    shown = data_of(page, "compare")
    assert shown["facts"] == []
    assert "similarity" not in json.dumps(shown).lower()
    assert shown["order"] == fronts(page)  # neither which comes next tells the rank
    page = do(page, "compare", "judged", group=groups[0]["id"], crop=groups[0]["id"], verdict=CANNOT_TELL)
    assert f"rank {ranked.index(groups[0]['id']) + 1}, similarity " in data_of(page, "compare")["said"]
    assert data_of(page, "compare")["pair"] == groups[1]["id"]
    judged = next(group for group in groups_of(page) if group["id"] == groups[0]["id"])
    assert judged["rank"] == ranked.index(groups[0]["id"]) + 1
    assert {(line.rank, line.similarity) for line in verdicts.log_of(case, CASE)} == {(None, None)}


def test_where_photo_and_hit_agree_is_laid_over_both(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    front = fronts(page)[0]
    page = do(page, "answers", "opened", group=front, crop=front)
    photo = data_of(page, "compare")["photos"][0]["id"]
    assert data_of(page, "compare")["overlay"] is None
    page = do(page, "compare", "agreement", photo=photo, crop=front)
    overlay = data_of(page, "compare")["overlay"]
    assert (overlay["photo"], overlay["crop"]) == (photo, front)
    assert overlay["over_photo"] != overlay["over_crop"]
    assert overlay["over_photo"].startswith("/photos/")
