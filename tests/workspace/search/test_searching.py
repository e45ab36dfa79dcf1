from __future__ import annotations

import dataclasses
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from reid_core.colours import CLEAR
from reid_core.datasets import read_dataset
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import BEST_FIRST, SHIPPED_MODELS
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.retrieval.filters import Filter
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.vectors import add_vectors, read_changes
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.models.choosing import choose_model
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Answer, Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_FIRST_TIME, TINY_GALLERY, TINY_MODEL, png_bytes, tiny_picture
from tests.support.gallery_metrics import metrics_of

NEW_PHOTO = png_bytes(tiny_picture(2, 77))  # person "2", in a picture that the gallery does not hold


@pytest.fixture
def ask(tiny_workspace: Workspace):
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id)

    def ask(photo: bytes = NEW_PHOTO, **values: object) -> Answer:
        return search(tiny_workspace, index, embedder, Question((Example(photo),), **values))  # type: ignore[arg-type]

    return ask


def own_photo(workspace: Workspace) -> tuple[bytes, dict]:
    row = workspace.catalogue.crops(TINY_GALLERY).iloc[7].to_dict()
    return (Path(row["source"]) / row["path"]).read_bytes(), row


def test_the_same_person_comes_first(ask) -> None:
    answer = ask(top=6)
    assert [hit["identity"] for hit in answer.hits()] == ["2"] * 6
    assert [hit["rank"] for hit in answer.hits()] == [1, 2, 3, 4, 5, 6]
    similarities = [hit["similarity"] for hit in answer.hits()]
    assert similarities == sorted(similarities, reverse=True)
    assert answer.searched == 24


def test_a_photo_that_is_in_the_gallery_is_said_and_is_no_hit(ask, tiny_workspace: Workspace) -> None:
    photo, row = own_photo(tiny_workspace)
    answer = ask(photo, top=24, same_camera=True)
    assert answer.own["path"].tolist() == [row["path"]]
    assert row["path"] not in [hit["path"] for hit in answer.hits()]
    assert len(answer.hits()) == 23


def test_the_photos_own_camera_is_left_out_when_known_unless_asked_for(ask, tiny_workspace: Workspace) -> None:
    photo, row = own_photo(tiny_workspace)
    assert {hit["camera"] for hit in ask(photo, top=24).hits()} == {"entrance", "hall", "stairs"} - {row["camera"]}
    assert {hit["camera"] for hit in ask(camera="hall", top=24).hits()} == {"entrance", "stairs"}
    assert len(ask(camera="hall", same_camera=True, top=24).hits()) == 24


def test_filters_by_camera_identity_and_time(ask) -> None:
    assert {h["camera"] for h in ask(where=Filter(cameras=frozenset({"hall"}))).hits()} == {"hall"}
    assert {h["identity"] for h in ask(where=Filter(identities=frozenset({"1", "4"}))).hits()} == {"1", "4"}
    late = ask(where=Filter(after=TINY_FIRST_TIME + 230), top=24).hits()
    assert [hit["time"] for hit in late] == ["2026-01-01T00:03:50Z"]
    assert ask(where=Filter(before=TINY_FIRST_TIME - 1)).hits() == []


def test_reranking_keeps_the_same_people_in_front(ask) -> None:
    assert {hit["identity"] for hit in ask(top=6, rerank=True).hits()} == {"2"}


def test_an_unknown_camera_names_the_known_ones(ask) -> None:
    for question in ({"where": Filter(cameras=frozenset({"roof"}))}, {"camera": "roof"}):
        with pytest.raises(ReidError, match="no camera 'roof'. It has: entrance, hall, stairs"):
            ask(**question)


def test_a_photo_that_cannot_be_read_says_why(ask) -> None:
    for photo in (b"", b"text", NEW_PHOTO[:100]):
        with pytest.raises(BadImage):
            ask(photo)


def test_each_search_is_in_the_audit_log_with_its_purpose(ask, tiny_workspace: Workspace) -> None:
    ask(purpose="case 12")
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["action"], line["purpose"], line["gallery"], line["hits"]) == ("search", "case 12", TINY_GALLERY, 20)


def test_vectors_of_two_models_are_never_compared(tiny_workspace: Workspace) -> None:
    first = tiny_workspace.find_model("stripes")
    other = tiny_workspace.models_folder / "other"
    shutil.copytree(first, other)
    card = dataclasses.replace(ModelCard.read(other), preprocessing=Preprocessing(64, 32), name="other")
    card.write(other)
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, Embedder(first).id)
    with pytest.raises(ReidError, match=Embedder(first).id) as raised:
        search(tiny_workspace, index, Embedder(other), Question((Example(NEW_PHOTO),)))
    assert Embedder(other).id in str(raised.value)


def test_the_model_that_embedded_the_gallery_answers_when_none_is_named(tiny_workspace: Workspace) -> None:
    assert choose_model(tiny_workspace, TINY_GALLERY, None).card.name == "stripes"
    assert choose_model(tiny_workspace, TINY_GALLERY, "stripes").card.name == "stripes"
    shutil.rmtree(tiny_workspace.models_folder / "stripes")
    with pytest.raises(ReidError, match="no longer here"):
        choose_model(tiny_workspace, TINY_GALLERY, None)


def test_a_gallery_that_nobody_chose_a_model_for_is_embedded_by_the_best_shipped_one(
    tiny_workspace: Workspace, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_dataset(tiny_workspace, read_dataset(tiny_dataset), "new", stop=StopRequest())
    assert choose_model(tiny_workspace, "new", None, to_embed=True).card.name == BEST_FIRST[0]
    assert choose_model(tiny_workspace, TINY_GALLERY, None, to_embed=True).card.name == TINY_MODEL
    with pytest.raises(ReidError, match="not indexed yet"):
        choose_model(tiny_workspace, "new", None)
    copied = tiny_workspace.models_folder / BEST_FIRST[1]  # as a calibration leaves one
    shutil.copytree(SHIPPED_MODELS / BEST_FIRST[1], copied)
    monkeypatch.setattr("reid_core.workspace.workspace.SHIPPED_MODELS", tmp_path)
    assert tiny_workspace.best_model() == copied


def test_a_gallery_that_cannot_answer_says_what_to_do(tiny_workspace: Workspace, tiny_dataset: Path) -> None:
    tiny_workspace.catalogue.add_gallery("empty")
    with pytest.raises(ReidError, match="reid import"):
        choose_model(tiny_workspace, "empty", None)
    with pytest.raises(ReidError, match="There are: stripes"):
        choose_model(tiny_workspace, TINY_GALLERY, "stipes")


def test_evaluation_agrees_with_the_plain_definition(tiny_workspace: Workspace) -> None:
    """The first crop of each person in each camera asks; AP by sorting, in plain Python."""
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'query' WHERE id % 2 = 1")
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    metrics = metrics_of(tiny_workspace, TINY_GALLERY, embedder.id)

    (changes,) = read_changes(tiny_workspace.catalogue, TINY_GALLERY, embedder.id, -1)
    vectors, columns = changes.vectors, changes.columns
    precisions = []
    for query in np.flatnonzero(columns.split == "query"):
        ranked = sorted(
            np.flatnonzero(columns.split == "gallery"), key=lambda row: -float(vectors[row] @ vectors[query])
        )
        same = [columns.identity[row] == columns.identity[query] for row in ranked]
        kept = [
            match
            for match, row in zip(same, ranked, strict=True)
            if not match or columns.camera[row] != columns.camera[query]
        ]
        hits = np.cumsum(kept)
        precisions.append(np.mean([hits[place] / (place + 1) for place, match in enumerate(kept) if match]))
    assert metrics.mAP == pytest.approx(np.mean(precisions))
    assert (metrics.queries, metrics.gallery) == (12, 12)


def test_a_gallery_without_queries_cannot_be_evaluated(tiny_workspace: Workspace) -> None:
    model = Embedder(tiny_workspace.find_model("stripes")).id
    with pytest.raises(ReidError, match="0 query and 24 gallery"):
        metrics_of(tiny_workspace, TINY_GALLERY, model)


def test_figures_of_a_part_of_the_gallery_are_given_only_when_asked_for(tiny_workspace: Workspace) -> None:
    model = Embedder(tiny_workspace.find_model("stripes")).id
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'query' WHERE id % 2 = 1")
        database.execute("DELETE FROM vector WHERE crop IN (2, 4)")
    with pytest.raises(ReidError, match="2 of the 24 crops"):
        metrics_of(tiny_workspace, TINY_GALLERY, model)
    assert metrics_of(tiny_workspace, TINY_GALLERY, model, allow_missing=True).gallery == 10


def test_junk_and_unknown_people_do_not_change_reranked_figures(tiny_workspace: Workspace) -> None:
    model = Embedder(tiny_workspace.find_model("stripes")).id
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'query' WHERE id % 2 = 1")
        database.execute("UPDATE crop SET identity = 'junk' WHERE id = 2")
        database.execute("UPDATE crop SET identity = NULL WHERE id = 4")
    marked = metrics_of(tiny_workspace, TINY_GALLERY, model, rerank=True)
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop IN (2, 4)")
    assert metrics_of(tiny_workspace, TINY_GALLERY, model, rerank=True, allow_missing=True) == marked


def test_the_model_that_embedded_most_of_the_gallery_is_the_choice(tiny_workspace: Workspace) -> None:
    """An evaluation embeds a part with another model; a search must not become a search of that part."""
    catalogue = tiny_workspace.catalogue
    catalogue.add_model("later", "later", 2)
    add_vectors(catalogue, "later", [1, 2, 3], np.ones((3, 2), np.float32))
    assert [name for _, name, _ in catalogue.gallery(TINY_GALLERY).models] == ["later", "stripes"]
    assert choose_model(tiny_workspace, TINY_GALLERY, None).card.name == "stripes"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Filter(splits=frozenset({"qurey"})), "no split 'qurey'"),
        (Filter(identities=frozenset({"9"})), "no identity '9'"),
    ],
)
def test_a_filter_that_names_what_is_not_there_is_refused(ask, where: Filter, said: str) -> None:
    with pytest.raises(ReidError, match=said):
        ask(where=where)


# --- several examples, groups ---


@pytest.fixture
def ask_with(tiny_workspace: Workspace):
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id)

    def ask_with(*examples: Example, **values: object) -> Answer:
        return search(tiny_workspace, index, embedder, Question(examples, **values))  # type: ignore[arg-type]

    return ask_with


def photo_of(person: int, variant: int = 77) -> Example:
    return Example(png_bytes(tiny_picture(person, variant)))


def test_two_photos_of_two_people_find_both(ask_with) -> None:
    answer = ask_with(photo_of(2), photo_of(3), top=12)
    assert {hit["identity"] for hit in answer.hits()} == {"2", "3"}
    assert min(hit["similarity"] for hit in answer.hits()) > 0.99  # each to the photo that shows the same person


def test_one_photo_given_again_has_no_chance_of_its_own(ask_with) -> None:
    assert ask_with(photo_of(2), photo_of(2)).photos == 1
    assert ask_with(photo_of(2), photo_of(3), photo_of(2)).photos == 2
    assert ask_with(photo_of(2), dataclasses.replace(photo_of(3), negative=True)).photos == 1


def test_a_counterexample_pushes_its_person_back(ask_with) -> None:
    def places(*examples: Example) -> list[int]:
        hits = ask_with(photo_of(2), photo_of(3), *examples, top=24).hits()
        return [hit["rank"] for hit in hits if hit["identity"] == "3"]

    negative = dataclasses.replace(photo_of(3, 78), negative=True)
    assert sum(places(negative)) > sum(places())


def test_only_counterexamples_are_no_question(ask_with) -> None:
    with pytest.raises(ReidError, match="nothing to search for"):
        ask_with(dataclasses.replace(photo_of(2), negative=True))


def test_a_crop_searches_like_its_own_picture(ask_with, tiny_workspace: Workspace) -> None:
    photo, row = own_photo(tiny_workspace)
    by_crop, by_photo = ask_with(Example(crop=int(row["id"])), top=20), ask_with(Example(photo), top=20)
    assert [hit["id"] for hit in by_crop.hits()] == [hit["id"] for hit in by_photo.hits()]
    assert (by_crop.own["id"].tolist(), by_crop.camera) == ([row["id"]], row["camera"])
    assert int(row["id"]) not in [hit["id"] for hit in by_crop.hits()]
    with pytest.raises(ReidError, match="Crop 999 is gone"):
        ask_with(Example(crop=999))


def test_groups_fill_the_list_and_keep_their_strips(ask_with) -> None:
    """The gallery has four people in three cameras, a tracklet of two crops each."""
    answer = ask_with(photo_of(2), top=5, group="tracklet")
    groups = answer.groups()
    assert {group.label for group in groups[:3]} == {"2-entrance", "2-hall", "2-stairs"}
    assert [len(group.hits) for group in groups] == [2] * 5
    assert len(ask_with(photo_of(2), top=50, group="identity").groups()) == 4
    assert [len(group.hits) for group in ask_with(photo_of(2), top=1, group="identity").groups()] == [6]


def test_colours_of_clothing_filter_what_an_import_measured(ask_with, tiny_workspace: Workspace) -> None:
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    wanted = crops["upper"].iloc[0]
    clear = crops[(crops["upper"] == wanted) & (crops["upper_share"] >= CLEAR)]
    hits = ask_with(photo_of(2), top=24, where=Filter(upper=frozenset({wanted}))).hits()
    assert {hit["id"] for hit in hits} == set(clear["id"])
    unclear = crops[crops["upper_share"] < CLEAR]
    also = ask_with(photo_of(2), top=24, where=Filter(upper=frozenset({wanted}), unclear_colours=True)).hits()
    assert {hit["id"] for hit in also} == {*clear["id"], *unclear["id"]}


def test_crops_that_could_be_a_hit_are_counted(ask) -> None:
    """What a similarity means is about the crops that were compared, not about those that were left out."""
    assert [ask().compared, ask().searched] == [24, 24]
    assert ask(where=Filter(cameras=frozenset({"hall"}))).compared == 8
    assert ask(camera="hall").compared == 16
