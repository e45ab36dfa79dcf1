"""Events of the log: each is stored under names that do not change, and reads back as a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.actor import SIGNED, Actor
from reid_core.workspace.catalogue.audit import (
    EVENTS,
    BeginCase,
    Calibrate,
    DeleteCase,
    DeleteCrops,
    DeleteSearch,
    DismissDoubts,
    Export,
    ExportCase,
    ExportHits,
    GiveVerdict,
    Hold,
    LetTrain,
    MovePersonalFields,
    RecallDoubts,
    Relabel,
    Release,
    SaveSearch,
    Search,
    ServeModel,
    UndoRelabel,
    Withhold,
)
from reid_core.workspace.catalogue.audit_base import Event
from reid_core.workspace.catalogue.audit_recordings import (
    AddRecording,
    BlurRecording,
    ChangeZone,
    ExportClip,
    ExportTracklets,
    MendClock,
    RemoveFile,
    SetStart,
)
from reid_core.workspace.catalogue.audit_sentences import actor_of, purpose_of, read_event, sentence_of, title_of
from reid_core.workspace.catalogue.catalogue import Catalogue
from tests.conftest import TESTER

HASH = "ab" * 32
EXAMPLES: list[tuple[Event, str, str]] = [
    (
        Search(
            gallery="g", hits=2, model="m1", top=20, rerank=True, photos=(HASH, "cd" * 32), identities=("7",), case=3
        ),
        "search", "Searched gallery g in case 3 by model m1 with 2 photos (abababababab…, cdcdcdcdcdcd…) among crops "
        "labelled 7, re-ranked: 2 hits.",
    ),
    (
        Search(gallery="g", hits=1, model="m1", search=4, case=3, new_only=True),
        "search", "Ran saved search 4 again in gallery g in case 3 by model m1 among new crops: 1 hit.",
    ),
    (
        SaveSearch(case=3, search=4, gallery="g", model="m1"),
        "save search", "Saved search 4 of gallery g by model m1 in case 3.",
    ),
    (
        GiveVerdict(case=3, verdict="match", act=9, analyst="ann", model="m1", crops=(12, 13, 14), looked_at=1),
        "verdict", "Decided “match” on crop 12 and 2 others of its tracklet, in case 3 (decision 9).",
    ),
    (
        GiveVerdict(case=3, verdict="not", act=10, analyst="ann", crops=(1, 2, 3, 4, 5, 6, 7)),
        "verdict", "Decided “not” on 7 crops (1, 2, 3, 4, 5, …) in case 3 (decision 10).",
    ),
    (
        GiveVerdict(case=1, verdict="not", act=1, analyst="ann", crops=tuple(range(1, 31)), looked_at=12),
        "verdict", "Decided “not” on 12 crops (1, 2, 3, 4, 5, …) and 18 others of their tracklets, in case 1 "
        "(decision 1).",
    ),
    (
        GiveVerdict(case=1, verdict="not", act=1, analyst="ann", crops=(1, 2, 3), looked_at=0),
        "verdict", "Decided “not” on 3 crops of a tracklet in case 1 (decision 1).",
    ),
    (
        GiveVerdict(case=1, verdict="not", act=1, analyst="ann", crops=(1, 2), looked_at=-5),
        "verdict", "Decided “not” on 2 crops of a tracklet in case 1 (decision 1).",
    ),
    (
        GiveVerdict(case=1, verdict="not", act=1, analyst="ann", crops=(1,), looked_at=9),
        "verdict", "Decided “not” on crop 1 in case 1 (decision 1).",
    ),
    (
        GiveVerdict(case=3, verdict="undo", act=11, analyst="ann", crops=(12,), undoes=9),
        "verdict", "Took back decision 9 on crop 12 in case 3.",
    ),
    (BeginCase(case=3), "investigation", "Began case 3."),
    (ExportCase(case=3, verdicts=1), "export investigation", "Exported case 3 with verdicts on 1 crop."),
    (Export(gallery="g", crops=1_200, format="csv"), "export", "Exported 1,200 crops of gallery g as CSV."),
    (
        Export(gallery="g", what="evaluation", kind="html", models="a, b"),
        "export", "Exported an evaluation of a, b on gallery g as HTML.",
    ),
    (ExportHits(gallery="g", hits=3), "export hits", "Exported 3 hits of gallery g."),
    (
        ServeModel(gallery="g", model="m2", name="new", former="m1", even_so="it is faster"),
        "serve",
        "Made model new (m2) serve gallery g in place of m1, though it was not shown to be better: it is faster.",
    ),
    (
        Calibrate(gallery="g", model="m1", people=70, also=("h",)),
        "calibrate", "Calibrated model m1 on 70 people of gallery g, for h too.",
    ),
    (Relabel(gallery="g", column="camera", crops=2), "relabel", "Changed the camera of 2 crops in gallery g."),
    (UndoRelabel(gallery="g", column="time", crops=2), "undo", "Undid a change of the time of 2 crops in gallery g."),
    (Withhold(gallery="g", crops=2), "withhold from training", "Kept 2 crops of gallery g out of training."),
    (LetTrain(gallery="g", crops=1), "let train again", "Let 1 crop of gallery g into training again."),
    (DismissDoubts(gallery="g", doubts=2), "dismiss doubts", "Dismissed 2 suggestions about labels in gallery g."),
    (
        RecallDoubts(gallery="g", doubts=1),
        "recall doubts", "Recalled 1 dismissed suggestion about labels in gallery g.",
    ),
    (Hold(purpose="case-17", gallery="g", crops=2), "hold", "Held 2 crops of gallery g: no deletion takes them."),
    (Release(purpose="case-17", crops=2), "release", "Released 2 crops from a hold."),
    (
        DeleteCrops(purpose="request 17", gallery="g", crops=5, held=2, receipt=8, ids_sha256=HASH, log_lines=3),
        "delete", "Deleted 5 crops of gallery g, but for 2 that are held, with the personal fields of 3 lines of this "
        "log (receipt 8).",
    ),
    (
        DeleteSearch(purpose="over", case=3, search=4, receipt=9, log_lines=0),
        "delete search", "Deleted saved search 4 in case 3 (receipt 9).",
    ),
    (
        DeleteCase(purpose="over", case=3, deleted="1 search, 1 photo, 2 verdicts", receipt=9, log_lines=1),
        "delete investigation", "Deleted case 3, which held 1 search, 1 photo, 2 verdicts, with the personal fields of "
        "1 line of this log (receipt 9).",
    ),
    (
        MovePersonalFields(lines=7),
        "move personal fields", "Moved the personal fields of 7 lines of this log out of the lines.",
    ),
    (
        AddRecording(
            gallery="g", recording=4, detector="nanodet", camera="gate", start="2026-03-02T07:00:00Z",
            start_source="name", path="/film/gate.mp4", sha256=HASH,
        ),
        "add recording", "Added recording 4 of camera gate to gallery g from /film/gate.mp4 (SHA-256 abababababab…): "
        "it begins 2026-03-02T07:00:00Z by its name; detector nanodet.",
    ),
    (
        AddRecording(gallery="g", recording=4, detector="nanodet"),
        "add recording", "Added recording 4 to gallery g: it begins at an unknown time; detector nanodet.",
    ),
    (
        MendClock(gallery="g", camera="gate", by=37.0, recordings=2, crops=31, before=0.0, after=37.0),
        "mend clock", "Corrected the clock of camera gate in gallery g by +37 s, from +0 s to +37 s: 2 recordings with "
        "31 crops.",
    ),
    (
        MendClock(gallery="g", camera="gate", recording=4, by=-1.5, recordings=1, crops=1),
        "mend clock", "Corrected the clock of recording 4 in gallery g by -1.5 s: 1 recording with 1 crop.",
    ),
    (
        DeleteCrops(purpose="request 17", gallery="g", crops=5, receipt=8, recordings=2),
        "delete",
        "Deleted 5 crops of gallery g (receipt 8). The files of 2 recordings may still show the deleted people.",
    ),
    (
        BlurRecording(gallery="g", recording=4, stretches=2, seconds=12.04),
        "blur recording", "Made a blurred copy of recording 4 in gallery g: 12.0 s in 2 stretches are unrecognisable.",
    ),
    (
        RemoveFile(gallery="g", recording=4, bytes=12_345_678, path="/film/gate.mp4"),
        "remove file", "Deleted the file of recording 4 in gallery g, /film/gate.mp4, from the disk (12.3 MB).",
    ),
    (
        RemoveFile(gallery="g", recording=4, bytes=12_345_678),
        "remove file", "Deleted the file of recording 4 in gallery g from the disk (12.3 MB).",
    ),
    (
        SetStart(gallery="g", recording=4, before="2026-03-02T07:00:00Z", after="2026-03-02T08:00:00Z", crops=3),
        "set start", "Changed the start of recording 4 in gallery g from 2026-03-02T07:00:00Z to 2026-03-02T08:00:00Z: "
        "3 crops.",
    ),
    (
        SetStart(gallery="g", recording=4, after="2026-03-02T08:00:00Z", crops=3),
        "set start", "Changed the start of recording 4 in gallery g, which was unknown, to 2026-03-02T08:00:00Z: 3 "
        "crops.",
    ),
    (
        SetStart(gallery="g", recording=4, before="2026-03-02T08:00:00Z", after="", crops=3),
        "set start", "Changed the start of recording 4 in gallery g from 2026-03-02T08:00:00Z to unknown: 3 crops.",
    ),
    (
        ChangeZone(gallery="g", camera="gate", zone="window", ignored=True, tracklets=2),
        "change zone", "Drew the zone to ignore window of camera gate in gallery g: 2 tracklets changed.",
    ),
    (
        ChangeZone(gallery="g", camera="gate", zone="bench", ignored=False, tracklets=1, removed=True),
        "change zone", "Removed the zone bench of camera gate in gallery g: 1 tracklet changed.",
    ),
    (
        ExportTracklets(gallery="g", tracklets=1200),
        "export tracklets", "Exported a table of 1,200 tracklets of gallery g.",
    ),
    (
        ExportClip(gallery="g", recording=4, start=9.4, end=28.0),
        "export clip", "Exported a clip of gallery g: seconds 9 to 28 of recording 4.",
    ),
]  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "catalogue.sqlite", TESTER)


@pytest.mark.parametrize(("event", "action", "sentence"), EXAMPLES)
def test_each_event_is_read_back_as_it_was_and_reads_as_a_sentence(
    catalogue: Catalogue, event: Event, action: str, sentence: str
) -> None:
    catalogue.log(event)
    (line,) = catalogue.audit()
    assert line["action"] == action
    assert read_event(line) == event
    assert sentence_of(line) == sentence


def test_every_event_has_an_example_here() -> None:
    assert {action for _, action, _ in EXAMPLES} == set(EVENTS)


def test_cases_are_stored_under_the_word_of_old_lines(catalogue: Catalogue) -> None:
    catalogue.log(BeginCase(case=3))
    (line,) = catalogue.audit()
    assert line["investigation"] == 3
    assert "case" not in line


def test_who_signed_on_a_page_is_not_taken_for_the_operating_systems_user(catalogue: Catalogue) -> None:
    catalogue.log(BeginCase(case=1))
    catalogue.actor = Actor("ann", SIGNED)
    catalogue.log(BeginCase(case=2))
    signed, own = catalogue.audit()
    assert (signed["who"], signed["known"], actor_of(signed)) == ("ann", SIGNED, "ann (signed on the page)")
    assert (own["who"], actor_of(own)) == (TESTER.name, TESTER.name)
    assert "known" not in own, "as in all lines of older versions"


LINE = {"at": "2026-11-01T00:00:00Z", "who": "ann", "purpose": ""}


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"action": "search", "gallery": "g", "photo": HASH, "hits": 20}, "Searched gallery g: 20 hits."),
        (
            {"action": "verdict", "investigation": 1, "verdict": "not", "act": 2, "analyst": "ann", "model": ""},
            "Decided “not” in case 1 (decision 2).",
        ),
        (
            {"action": "search", "gallery": "g", "hits": 3, "personal": "deleted"},
            "Searched gallery g: 3 hits. Its personal fields were deleted.",
        ),
        ({"action": "search", "personal": "altered"}, "Search. Its personal fields were altered."),
        (
            {"action": "watch camera", "gallery": "g", "alerts": 1200, "photos": [HASH, "x"], "loud": True, "no": None},
            "Watch camera: gallery g, alerts 1,200, photos abababababab…, x, loud yes.",
        ),
        ({"action": "search", "gallery": {"a": [1, 2]}, "hits": "many"}, "Search: gallery a 1, 2, hits many."),
        ({"action": "delete", "gallery": "g", "crops": [1, {"b": False}]}, "Delete: gallery g, crops 1."),
        ({"action": "delete", "gallery": "g", "crops": float("inf")}, "Delete: gallery g."),
        ({"action": "delete", "gallery": "g", "crops": True}, "Delete: gallery g, crops yes."),
        ({"action": "follow", "investigation": 1, "why": "It is so."}, "Follow: case 1, why It is so."),
        ({"action": "export investigation", "investigation": 1}, "Export case: case 1."),
        ({"action": "delete", "gallery": "g", "personal": "handed out"}, "Delete: gallery g."),
        ({"action": "wipe\x1b[2J", "gallery": "a\nb\u202e"}, "Wipe�[2j: gallery a b�."),
        ({"action": "hold", "gallery": "\x1b", "crops": 1}, "Held 1 crop of gallery �: no deletion takes them."),
        (
            {"action": "serve", "gallery": "g", "model": "m", "even_so": "It is faster."},
            "Made model m serve gallery g, though it was not shown to be better: It is faster.",
        ),
    ],
)  # fmt: skip
def test_old_unknown_and_forged_lines_read_as_words_and_never_as_values(details: dict[str, Any], sentence: str) -> None:
    assert sentence_of({**LINE, **details}) == sentence


def test_names_and_purposes_of_forged_lines_are_plain_text() -> None:
    assert actor_of({**LINE, "known": {"a": 1}}) == "ann"
    assert actor_of({**LINE, "who": "ann\x1b", "known": "a\x07"}) == "ann� (a�)"
    assert actor_of({**LINE, "who": " "}) == "no name"
    assert purpose_of({**LINE, "purpose": "one\ntwo\x00"}) == "one two�"


def test_kinds_of_lines_have_titles() -> None:
    assert (title_of("let train again"), title_of("watch camera")) == ("Crops let into training again", "Watch camera")


def test_lines_say_what_they_said_to_older_programs(catalogue: Catalogue) -> None:
    """The stored text of a search, as every version wrote it."""
    catalogue.log(Search(purpose="why", gallery="g", hits=2, model="m", top=20, rerank=False, photos=(HASH,)))
    with catalogue.transaction() as database:
        details = database.execute("SELECT details FROM audit").fetchone()[0]
        fields = database.execute("SELECT fields FROM audit_fields").fetchone()[0]
    assert json.loads(details) == {"gallery": "g", "hits": 2, "model": "m", "rerank": False, "top": 20}
    assert json.loads(fields) == {"photos": [HASH], "purpose": "why"}
