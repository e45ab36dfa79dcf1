"""Cases hold searches and verdicts, reopen as they were, and go for good with all that they hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.retrieval.filters import Filter
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, MATCH, NOT, Seen
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors, vectors_of
from reid_core.workspace.deletion.deletion import delete as delete_crops
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.search import saved_searches
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Answer, Example, Question, answer_query, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, png_bytes, tiny_picture

PHOTO = png_bytes(tiny_picture(2, 77))  # person "2", in a picture that the gallery does not hold
CASE = "Bag at gate 4"


@pytest.fixture
def index(tiny_workspace: Workspace) -> GalleryIndex:
    cases.create(tiny_workspace, CASE, "test")
    return GalleryIndex(tiny_workspace, TINY_GALLERY, Embedder(tiny_workspace.find_model("stripes")).id)


def ask(workspace: Workspace, index: GalleryIndex, *examples: Example, **values: object) -> Answer:
    values = {"case": CASE, "top": 24, "same_camera": True, **values}
    question = Question(examples or (Example(PHOTO, name="seen.png"),), **values)  # type: ignore[arg-type]
    return search(workspace, index, Embedder(workspace.find_model("stripes")), question)


def ids_of(answer: Answer) -> list[int]:
    return [hit["id"] for hit in answer.hits()]


def test_a_rejected_crop_is_never_suggested_again_and_a_confirmed_one_becomes_part_of_the_query(
    tiny_workspace: Workspace, index: GalleryIndex
) -> None:
    before = ask(tiny_workspace, index)
    first, second, last = ids_of(before)[0], ids_of(before)[1], ids_of(before)[-1]
    verdicts.give(tiny_workspace, CASE, MATCH, [Seen(first, 0.9, 1)], model=index.model, crops_only=True)
    verdicts.give(tiny_workspace, CASE, NOT, [Seen(last, 0.1, 24)], note="taller", crops_only=True)
    verdicts.give(tiny_workspace, CASE, CANNOT_TELL, [Seen(second)], crops_only=True)
    after = answer_query(tiny_workspace, index, before.query)
    assert set(ids_of(before)) - set(ids_of(after)) == {first, last}
    assert ids_of(ask(tiny_workspace, index)) == ids_of(after)
    assert {crop: one.decision for crop, one in after.standing.items()} == {
        first: MATCH, last: NOT, second: CANNOT_TELL,
    }  # fmt: skip
    assert len(ids_of(ask(tiny_workspace, index, case=None))) == 24


def test_a_saved_search_reopens_as_it_was_and_finds_what_is_new(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    where = Filter(cameras=frozenset({"hall", "stairs"}), hours=frozenset({0}), unclear_colours=True)
    answer = ask(tiny_workspace, index, Example(PHOTO, name="seen.png"), Example(crop=1, negative=True), where=where)
    saved_searches.save(tiny_workspace, CASE, "first look", answer, TINY_GALLERY, "stripes")
    kept = saved_searches.find(Workspace(tiny_workspace.path, TESTER), CASE, "first look")
    assert kept.parameters == answer.query.question
    again = saved_searches.run(tiny_workspace, index, kept)
    assert ids_of(again) == ids_of(answer)
    assert np.array_equal(again.results.similarities, answer.results.similarities, equal_nan=True)
    kept = saved_searches.find(tiny_workspace, CASE, "first look")
    assert saved_searches.count_new(tiny_workspace, kept) == 0
    assert ids_of(saved_searches.run(tiny_workspace, index, kept, new_only=True)) == []


def test_a_saved_search_whose_gallery_or_model_is_gone_says_so(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    saved = saved_searches.save(
        tiny_workspace, CASE, "a", ask(tiny_workspace, index), TINY_GALLERY, "stripes"
    )  # fmt: skip
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM vector")
    assert "no vectors of model stripes" in (saved_searches.trouble(tiny_workspace, saved) or "")
    with pytest.raises(ReidError, match="no vectors of model stripes"):
        saved_searches.run(tiny_workspace, index, saved)
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE gallery SET name = 'other'")
    assert "is gone" in (saved_searches.trouble(tiny_workspace, saved) or "")


def test_nothing_of_a_deleted_case_is_left_in_any_file(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    answer = ask(tiny_workspace, index)
    saved_searches.save(tiny_workspace, CASE, "zebra crossing", answer, TINY_GALLERY, "stripes")
    verdicts.give(tiny_workspace, CASE, NOT, [Seen(ids_of(answer)[0])], note="limps on the left", model=index.model)
    traces = [CASE.encode(), b"zebra crossing", b"limps on the left", PHOTO[60:90]]
    assert all(any(trace in file.read_bytes() for file in files(tiny_workspace)) for trace in traces)
    cases.delete(tiny_workspace, CASE, "case closed")
    assert not any(trace in file.read_bytes() for file in files(tiny_workspace) for trace in traces)
    assert cases.every(tiny_workspace) == []


def files(workspace: Workspace) -> list[Path]:
    return [file for file in workspace.path.glob("catalogue.sqlite*") if file.is_file() and "-shm" not in file.name]


def test_an_unknown_name_names_those_that_there_are(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    with pytest.raises(ReidError, match=f"There are: {CASE}"):
        cases.find(tiny_workspace, "nothing")
    with pytest.raises(ReidError, match="already"):
        cases.create(tiny_workspace, CASE, "again")
    shutil.rmtree(tiny_workspace.models_folder)
    assert cases.find(tiny_workspace, CASE).describe() == "0 searches, 0 photos, 0 verdicts"


def test_deleting_a_person_takes_her_photo_and_her_name_out_of_every_search(
    tiny_workspace: Workspace, index: GalleryIndex
) -> None:
    row = tiny_workspace.catalogue.crops(TINY_GALLERY).iloc[0]
    own = (Path(row["source"]) / row["path"]).read_bytes()
    where = Filter(identities=frozenset({"1", "2"}))
    answer = ask(tiny_workspace, index, Example(PHOTO), Example(own), Example(crop=3, negative=True), where=where)
    saved_searches.save(tiny_workspace, CASE, "by photo", answer, TINY_GALLERY, "stripes")
    with tiny_workspace.catalogue.transaction() as database:  # as if the photo had come before its crop was imported
        database.execute(
            "INSERT INTO photo VALUES (?, 1, 'own.png', ?)", (bytes.fromhex(row["sha256"]), own)
        )  # fmt: skip
        database.execute(
            "UPDATE example SET crop = NULL, photo = ? WHERE place = 1", (bytes.fromhex(row["sha256"]),)
        )  # fmt: skip
    delete_crops(tiny_workspace, TINY_GALLERY, Selection(identities=frozenset({"1"})), "asked to")
    kept = saved_searches.find(tiny_workspace, CASE, "by photo").parameters
    assert kept.examples == (Example(PHOTO),)
    assert kept.where.identities == frozenset({"2"})
    assert not any(own[60:90] in file.read_bytes() for file in files(tiny_workspace))


def test_a_search_that_is_run_again_writes_no_name_of_a_deleted_person_into_the_log(
    tiny_workspace: Workspace, index: GalleryIndex
) -> None:
    anna = Selection(identities=frozenset({"anna smith"}))
    relabel(tiny_workspace.catalogue, TINY_GALLERY, Selection(identities=frozenset({"1"})), "identity", "anna smith")
    purposes = {"by photo": "where was Anna_Smith at noon", "other": "where was Annabel Smithson at noon"}
    for name, purpose in purposes.items():
        answer = ask(tiny_workspace, index, Example(PHOTO), purpose=purpose)
        saved_searches.save(tiny_workspace, CASE, name, answer, TINY_GALLERY, "stripes")
    delete_crops(tiny_workspace, TINY_GALLERY, anna, "asked to")
    for saved in saved_searches.every(tiny_workspace, CASE):
        saved_searches.run(tiny_workspace, index, saved)
    assert not any(b"anna_smith" in file.read_bytes().lower() for file in files(tiny_workspace))
    assert saved_searches.find(tiny_workspace, CASE, "other").parameters.purpose == purposes["other"]


def test_a_search_whose_last_example_was_deleted_says_so(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    answer = ask(tiny_workspace, index, Example(crop=5))
    saved = saved_searches.save(tiny_workspace, CASE, "by crop", answer, TINY_GALLERY, "stripes")
    assert saved_searches.trouble(tiny_workspace, saved) is None
    delete_crops(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({5})), "asked to")
    left = saved_searches.find(tiny_workspace, CASE, "by crop")
    assert "has been deleted" in (saved_searches.trouble(tiny_workspace, left) or "")


def test_a_search_from_confirmed_crops_alone_runs_again(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    verdicts.give(tiny_workspace, CASE, MATCH, [Seen(3), Seen(5)], crops_only=True)  # of "1", hall and stairs
    question = Question((), case=CASE, top=24)
    answer = search(tiny_workspace, index, Embedder(tiny_workspace.find_model("stripes")), question)
    assert answer.photos == 2  # a similarity is that to the nearer of the two
    saved = saved_searches.save(tiny_workspace, CASE, "confirmed", answer, TINY_GALLERY, "stripes")
    assert saved_searches.trouble(tiny_workspace, saved) is None
    again = saved_searches.run(tiny_workspace, index, saved)
    assert ids_of(again) == ids_of(answer)
    assert set(ids_of(again)[:4]) == {1, 2, 4, 6}  # what is left of person "1"
    assert saved_searches.count_new(tiny_workspace, saved) == 0
    verdicts.undo(tiny_workspace, CASE)
    assert "is confirmed no longer" in (saved_searches.trouble(tiny_workspace, saved) or "")
    with pytest.raises(ReidError, match="Confirm a crop"):
        saved_searches.run(tiny_workspace, index, saved)


def test_a_photo_goes_with_the_last_search_that_used_it(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    answer = ask(tiny_workspace, index)
    first, second = (
        saved_searches.save(tiny_workspace, CASE, name, answer, TINY_GALLERY, "stripes") for name in "ab"
    )  # fmt: skip
    sha256 = answer.query.sha256s[0]
    saved_searches.forget(tiny_workspace, first)
    assert saved_searches.photo(tiny_workspace, CASE, sha256) == PHOTO
    saved_searches.forget(tiny_workspace, second)
    assert saved_searches.photo(tiny_workspace, CASE, sha256) is None
    assert not any(PHOTO[60:90] in file.read_bytes() for file in files(tiny_workspace))


def test_crops_embedded_after_a_search_are_new_to_it(tiny_workspace: Workspace, index: GalleryIndex) -> None:
    _, vectors = vectors_of(tiny_workspace.catalogue, index.model, range(1, 25))
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM vector WHERE crop IN (8, 9)")
    fresh = GalleryIndex(tiny_workspace, TINY_GALLERY, index.model)
    saved = saved_searches.save(tiny_workspace, CASE, "a", ask(tiny_workspace, fresh), TINY_GALLERY, "stripes")
    add_vectors(tiny_workspace.catalogue, index.model, [8, 9], vectors[7:9])
    assert saved_searches.count_new(tiny_workspace, saved) == 2
    assert set(ids_of(saved_searches.run(tiny_workspace, fresh, saved, new_only=True))) == {8, 9}
    assert saved_searches.count_new(tiny_workspace, saved_searches.find(tiny_workspace, CASE, "a")) == 0
