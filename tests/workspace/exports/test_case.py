"""A case taken away: as a table, as JSON, and as a page that needs nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.html_policy import META
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, NOT, Seen
from reid_core.workspace.catalogue.recordings import Progress, finish, keep
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.exports.case import LEAD, NO_CALIBRATION, CaseReport, collect, rows, to_csv, to_json
from reid_core.workspace.exports.case_page import to_html
from reid_core.workspace.models.calibration import keep_calibration
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Answer, Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, formulas_in, png_bytes, signed, tiny_picture
from tests.workspace.catalogue.filmed import cut, film, filmed, walk

CASE = "<b>Gate & 4</b>"
PHOTO = png_bytes(tiny_picture(2, 77))


@pytest.fixture
def answer(tiny_workspace: Workspace) -> Answer:
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id)
    cases.create(tiny_workspace, CASE, "a lost bag", notes='He said: "blue coat" <script>alert(1)</script>')
    question = Question((Example(PHOTO, name="seen.png"), Example(crop=13, negative=True)), 6, case=CASE)
    answer = search(tiny_workspace, index, embedder, question)
    saved_searches.save(tiny_workspace, CASE, "first", answer, TINY_GALLERY, "stripes")
    first, second = (hit["id"] for hit in answer.hits()[:2])
    verdicts.give(
        signed(tiny_workspace, "ann"), CASE, MATCH, [Seen(first, 0.98, 1)], note="=HYPERLINK(1)", crops_only=True
    )
    verdicts.give(signed(tiny_workspace, "ann"), CASE, NOT, [Seen(second, 0.97, 2)], crops_only=True)
    verdicts.give(signed(tiny_workspace, "ben"), CASE, MATCH, [Seen(second, 0.97, 2)], crops_only=True)
    return answer


def case_of(workspace: Workspace) -> CaseReport:
    return collect(workspace, CASE)


def test_the_table_has_every_judged_crop_and_every_hit(tiny_workspace: Workspace, answer: Answer) -> None:
    table = list(csv.DictReader(io.StringIO(to_csv(case_of(tiny_workspace)))))
    judged, hits = [[row for row in table if row["kind"] == kind] for kind in ("verdict", "hit")]
    assert [(row["decision"], row["verdicts"]) for row in judged] == [
        ("match", "ann: match"), ("conflict", "ann: not; ben: match"),
    ]  # fmt: skip
    assert judged[0]["note"] == "'=HYPERLINK(1)"  # a spreadsheet would run it
    assert (len(hits), hits[0]["rank"], hits[0]["gallery"]) == (6, "1", TINY_GALLERY)
    assert {row["gallery"] for row in judged} == {TINY_GALLERY}
    assert judged[0]["crop"] not in [row["crop"] for row in hits]


def test_the_table_says_where_a_crop_was_cut(tiny_workspace: Workspace, answer: Answer) -> None:
    recording = film(tiny_workspace, TINY_GALLERY, name="gate.mp4")
    (crop, _) = keep(
        tiny_workspace.catalogue, recording.key, [walk("w")], [cut("w", 11.04), cut(None, 12, box_left=float("nan"))],
        Progress(analysed=20, frames=9),
    )  # fmt: skip
    assert crop is not None
    verdicts.give(tiny_workspace, CASE, MATCH, [Seen(crop, 0.9, 1), Seen(crop + 1, 0.9, 1)], crops_only=True)
    where = {
        row["crop"]: (row["recording"], row["moment"], row["frame"], row["box"])
        for row in rows(case_of(tiny_workspace))
    }
    assert where[crop] == ("gate.mp4", "0:00:11.040", None, "100,380,50,120")
    assert where[crop + 1] == ("gate.mp4", "0:00:12.000", None, None)
    assert where[answer.hits()[0]["id"]] == (None, None, None, None)


@pytest.mark.parametrize("note", ["seen;=HYPERLINK(1)", "seen\t=HYPERLINK(1)", "seen\r=HYPERLINK(1)"])
def test_no_part_of_a_note_is_a_cell_of_its_own(tiny_workspace: Workspace, answer: Answer, note: str) -> None:
    verdicts.give(
        signed(tiny_workspace, "ann"), CASE, MATCH, [Seen(answer.hits()[2]["id"], 0.9, 3)], note=note, crops_only=True
    )
    assert formulas_in(to_csv(case_of(tiny_workspace))) == []


def test_json_holds_the_whole_log_the_parameters_and_the_models_card(tiny_workspace: Workspace, answer: Answer) -> None:
    values = json.loads(to_json(case_of(tiny_workspace)))
    assert [line["verdict"] for line in values["verdict_log"]] == ["match", "not", "match"]
    (kept,) = values["searches"]
    assert kept["examples"] == [
        {"photo": "seen.png", "crop": None, "negative": False}, {"photo": None, "crop": 13, "negative": True},
    ]  # fmt: skip
    assert kept["parameters"]["top"] == 6
    assert values["models"][kept["model"]]["terms"] == "Free for any use"
    assert values["reading"] == LEAD


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_its_pictures_and_fetches_and_runs_nothing(tiny_workspace: Workspace, answer: Answer) -> None:
    page = to_html(tiny_workspace, case_of(tiny_workspace))
    seen = _Seen()
    seen.feed(page)
    assert "script" not in seen.tags
    assert page.index(META) < page.index("<style>")
    assert len(seen.sources) == 2 + 2 + 6  # judged, examples, hits
    assert all(source.startswith("data:image/jpeg;base64,") for source in seen.sources)
    assert not re.search(r"https?://|url\(|@import", page)
    assert "<script>alert(1)</script>" in seen.text
    for said in (LEAD, NO_CALIBRATION, CASE, "Conflict between analysts, 1", "ann: match", "Free for any use"):
        assert said in seen.text


def test_the_log_of_the_page_is_one_row_for_each_crop_that_was_looked_at(tiny_workspace: Workspace) -> None:
    cases.create(tiny_workspace, CASE, "test")
    verdicts.give(signed(tiny_workspace, "ann"), CASE, MATCH, [Seen(3, 0.98, 1)])
    verdicts.undo(signed(tiny_workspace, "ann"), CASE)
    page = to_html(tiny_workspace, case_of(tiny_workspace))
    log = page[page.index("Log of verdicts") : page.index("<h2>Models")]
    rows = [re.sub("<[^>]+>", "|", row) for row in log.split("<tr>")[2:]]
    assert [row.count("3 and 1 more of its tracklet: 4") for row in rows] == [1, 1]
    assert "|match|" in rows[0]
    assert "|undo of line 1|" in rows[1]
    assert "|1||0.980|" in rows[0]


def test_a_row_of_the_log_stays_when_the_crop_that_was_looked_at_is_deleted(tiny_workspace: Workspace) -> None:
    cases.create(tiny_workspace, CASE, "test")
    verdicts.give(signed(tiny_workspace, "ann"), CASE, MATCH, [Seen(3, 0.98, 1)])
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({3})), "test")
    page = to_html(tiny_workspace, case_of(tiny_workspace))
    log = page[page.index("Log of verdicts") : page.index("<h2>Models")]
    assert "<td>match</td><td>4</td>" in log


def test_a_meaning_of_similarities_is_said_where_there_is_one(tiny_workspace: Workspace, answer: Answer) -> None:
    folder = tiny_workspace.find_model("stripes")
    columns = dict.fromkeys(("fmr", "fmr_low", "fmr_high", "fnmr", "fnmr_low", "fnmr_high"), (0.1,))
    table = {"similarity": (0.0,), "evidence": (-1.0, 1.0), **columns, "fmr_high": (0.25,)}
    found = Calibration(model_id(folder), (TINY_GALLERY,), TINY_GALLERY, 50, 40_000, 300, (), table)
    keep_calibration(tiny_workspace, folder, found)
    page = to_html(tiny_workspace, case_of(tiny_workspace))
    # 24 crops but the counterexample and the confirmed one: of the 22 at most a quarter, rounded up.
    known = "How rare a stranger this similar is, is not known: at most 6 per search of this gallery; "
    said = f"{known}fewer than 1 in 4 pairs "
    own = "This was not measured for the photo's own camera, where strangers look more alike."  # it is not known
    assert page.count(said) == 6
    assert page.count("and 22 crops were compared.") == 6
    assert "The calibration is too small to tell for this many crops and photos." in page
    told = {(row["compared"], row["photos"], row["caution"]) for row in rows(case_of(tiny_workspace)) if row["rank"]}
    assert (22, 1, "The calibration is too small to tell for this many crops and photos.") in told
    assert {row["meaning"] for row in rows(case_of(tiny_workspace)) if row["kind"] == "hit"} == {
        f"{said}of different people from different cameras are this similar, and 22 crops were compared. {own}"
    }
    assert NO_CALIBRATION not in page


def test_a_search_that_cannot_be_run_is_reported_with_its_reason(tiny_workspace: Workspace, answer: Answer) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM vector")
    case = case_of(tiny_workspace)
    assert "no vectors of model stripes" in to_html(tiny_workspace, case)
    assert [row["kind"] for row in csv.DictReader(io.StringIO(to_csv(case)))] == ["verdict", "verdict"]


def test_who_took_what_is_in_the_log(tiny_workspace: Workspace, answer: Answer) -> None:
    case_of(tiny_workspace)
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["action"], line["purpose"], line["verdicts"]) == ("export investigation", "a lost bag", 2)


def test_each_search_says_what_it_looked_at_in_the_same_words_everywhere(
    tiny_workspace: Workspace, answer: Answer
) -> None:
    recording = film(tiny_workspace, TINY_GALLERY, name="gate.mp4")
    state = Progress(analysed=90.0, frames=9, state=b"in view", problems={"gaps": [[10.0, 20.0]], "damaged_frames": 7})
    keep(tiny_workspace.catalogue, recording.key, [walk("w")], [], state)
    case = case_of(tiny_workspace)
    video = "1 min 20 s of video in all and 24 imported crops"
    missing = "30 s not analysed yet, 1 gap (10 s), 7 damaged frames."
    told = json.loads(to_json(case))["searches"][0]
    assert video in told["coverage"]["sentence"]
    assert told["coverage"]["sentence"].endswith(missing)
    assert told["parameters"]["where"]["cameras"] is None  # what it was searched with
    (gate,) = [one for one in told["coverage"]["cameras"] if one["camera"] == "gate"]
    assert gate["gaps"] == [["2026-03-02T07:00:10Z", "2026-03-02T07:00:20Z"]]
    (row,) = [row for row in csv.DictReader(io.StringIO(to_csv(case))) if row["kind"] == "search"]
    page = to_html(tiny_workspace, case)
    for sentence in (told["coverage"]["sentence"], *told["coverage"]["warnings"]):
        assert sentence in row["coverage"]
        assert sentence in page
    assert "1 tracklet has no crop" in row["coverage"]
    assert f"Searched, as of {case.at}" in page
    assert "gate: 2026-03-02 07:01:30 to 07:02:00, 30 s, not analysed yet" in page
    assert "<dt>Filters</dt><dd>none</dd>" in page


def test_a_case_without_a_saved_search_says_what_the_galleries_of_its_verdicts_hold(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "filmed", TESTER)
    row = filmed(workspace, name="gate")
    finish(workspace.catalogue, row.key, Progress(analysed=120.0, frames=600, problems={"gaps": [[10.0, 20.0]]}))
    filmed(workspace, gallery="yard", name="yard", camera="yard")
    cases.create(workspace, CASE, "a lost bag")
    verdicts.give(workspace, CASE, MATCH, [Seen(1, 0.9, 1)])
    case = collect(workspace, CASE)
    said = "Analysed: 1 camera, 1 min 50 s of video in all between 07:00 and 07:02 on 2 March 2026 (UTC); 1 gap (10 s)."
    told = json.loads(to_json(case))["galleries"]
    assert list(told) == ["town"], "nothing of the other gallery was judged"
    assert told["town"]["cameras"][0]["gaps"] == [["2026-03-02T07:00:10Z", "2026-03-02T07:00:20Z"]]
    (line,) = [line for line in csv.DictReader(io.StringIO(to_csv(case))) if line["kind"] == "gallery"]
    assert line["gallery"] == "town"
    assert line["coverage"].startswith(said)
    assert said in to_html(workspace, case)
