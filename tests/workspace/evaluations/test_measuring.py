"""Evaluations of a workspace's galleries: what is read, kept, and removed by a deletion."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reid_core.embedder.card import ModelCard
from reid_core.errors import ReidError
from reid_core.evaluation.crops import labels_of
from reid_core.evaluation.metrics import average_precision
from reid_core.evaluation.model_comparison import compare_all
from reid_core.evaluation.ranking.protocols import multi_query
from reid_core.evaluation.ranking.ranking import match_ranks
from reid_core.evaluation.report import Evaluation, Protocol
from reid_core.retrieval.expansion import augment_gallery, expand_queries
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.evaluations.groups import read_groups
from reid_core.workspace.evaluations.kept_reports import keep_report, kept_reports, stamp
from reid_core.workspace.evaluations.measuring import evaluate_model, read_sides
from reid_core.workspace.evaluations.provenance import zero_shot
from reid_core.workspace.exports.evaluation import to_csv
from reid_core.workspace.exports.formats import write_reports
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.workspace import ModelEntry, Workspace
from tests.conftest import TINY_CROPS_EACH, TINY_GALLERY, TINY_MODEL, TINY_PEOPLE


@pytest.fixture
def workspace(tiny_workspace: Workspace) -> Workspace:
    """The first crop of each person in each camera asks."""
    change(tiny_workspace, "UPDATE crop SET split = 'query' WHERE id % 2 = 1")
    return tiny_workspace


@pytest.fixture
def model(workspace: Workspace) -> ModelEntry:
    return next(entry for entry in workspace.models() if entry.name == TINY_MODEL)


def change(workspace: Workspace, statement: str) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute(statement)


def test_both_sides_are_read_with_what_is_known_of_each_crop(workspace: Workspace, model: ModelEntry) -> None:
    change(workspace, "UPDATE crop SET identity = NULL WHERE id = 2")
    change(workspace, "UPDATE crop SET identity = 'junk' WHERE id = 4")
    change(workspace, "UPDATE crop SET tracklet = NULL WHERE id = 6")
    sides = read_sides(workspace, TINY_GALLERY, model.id)
    assert (sides.left_out, sides.unlabelled, sides.junk) == (0, 1, 1)
    assert sides.queries.ids.tolist() == list(range(1, 24, 2))
    assert sides.gallery.ids.tolist() == list(range(6, 25, 2))
    assert set(sides.queries.columns["height"]) == {64.0}
    lengths = dict(zip(sides.gallery.ids.tolist(), sides.gallery.columns["tracklet length"], strict=True))
    assert TINY_CROPS_EACH == 2
    assert lengths[8] == "2 to 4 crops"
    assert lengths[6] is None
    assert sides.queries.columns["tracklet length"][0] == "1 crop"  # the other one of its tracklet has no label


def test_a_gallery_without_labels_says_so(workspace: Workspace, model: ModelEntry) -> None:
    change(workspace, "UPDATE crop SET identity = NULL")
    with pytest.raises(ReidError, match="0 query and 0 gallery crops, and 24 crops without a label"):
        evaluate_model(workspace, TINY_GALLERY, model)


def test_vectors_that_are_not_finite_are_named(workspace: Workspace, model: ModelEntry) -> None:
    broken = np.full(16, np.nan, np.float16).tobytes().hex()
    change(workspace, f"UPDATE vector SET float16 = x'{broken}' WHERE crop = 5")
    with pytest.raises(ReidError, match=r"1 crop.*\(crop 5\)"):
        evaluate_model(workspace, TINY_GALLERY, model)


def test_the_protocol_is_followed(workspace: Workspace, model: ModelEntry) -> None:
    sides = read_sides(workspace, TINY_GALLERY, model.id)
    asked = Protocol(multi_query=True, expansion=2, augmentation=1, alpha=1.0)
    queries = multi_query(sides.queries, sides.gallery)
    gallery = augment_gallery(sides.gallery.features, 1, alpha=1.0)
    mixed = expand_queries(queries.features, gallery, 2, alpha=1.0)
    expected = average_precision(match_ranks(mixed, gallery, *labels_of(queries, sides.gallery)))
    report = evaluate_model(workspace, TINY_GALLERY, model, asked)
    assert report.per_query.average_precision == pytest.approx(expected)
    assert report.protocol == asked
    reranked = evaluate_model(workspace, TINY_GALLERY, model, Protocol(rerank=True))
    assert reranked.verification is None


def test_a_report_is_kept_until_labels_change(workspace: Workspace, model: ModelEntry) -> None:
    first = evaluate_model(workspace, TINY_GALLERY, model)
    (kept,) = kept_reports(workspace, TINY_GALLERY)
    assert (kept.report, kept.fresh) == (first, True)
    evaluate_model(workspace, TINY_GALLERY, model, Protocol(same_camera=True))
    evaluate_model(workspace, TINY_GALLERY, model)
    assert len(kept_reports(workspace, TINY_GALLERY)) == 2
    relabel(workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({2})), "camera", "roof")
    assert [kept.fresh for kept in kept_reports(workspace, TINY_GALLERY)] == [False, False]
    assert kept_reports(workspace, "other") == []


def test_what_cannot_be_read_is_left_out(workspace: Workspace, model: ModelEntry) -> None:
    evaluate_model(workspace, TINY_GALLERY, model)
    (file,) = (workspace.path / "evaluations").iterdir()
    for text in ("", "{", '{"stamp": {}, "report": {}}', "[]"):
        file.write_text(text)
        assert kept_reports(workspace, TINY_GALLERY) == []


def test_a_deletion_removes_reports_of_its_gallery(workspace: Workspace, model: ModelEntry) -> None:
    evaluate_model(workspace, TINY_GALLERY, model)
    folder = workspace.path / "evaluations"
    other = folder / f"other@{model.id}@00000000.json"
    other.write_text("{}")
    delete(workspace, TINY_GALLERY, Selection(identities=frozenset({TINY_PEOPLE[0]})), "retention")
    assert list(folder.iterdir()) == [other]


def test_what_was_deleted_meanwhile_does_not_come_back_in_a_report(workspace: Workspace, model: ModelEntry) -> None:
    measured = stamp(workspace, TINY_GALLERY, model.id)
    report = evaluate_model(workspace, TINY_GALLERY, model)
    delete(workspace, TINY_GALLERY, Selection(identities=frozenset({TINY_PEOPLE[0]})), "retention")
    with pytest.raises(ReidError, match="deleted while"):
        keep_report(workspace, report, measured)
    assert kept_reports(workspace, TINY_GALLERY) == []


def test_groups_come_from_a_table_and_are_not_kept(workspace: Workspace, model: ModelEntry, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("identity,coat,age\n1,dark,30\n2,dark,40\n3,light,\n4,,50\n")
    groups = read_groups(file)
    report = evaluate_model(workspace, TINY_GALLERY, model, by=["coat", "age"], groups=groups)
    values = [(one.column, one.value, one.people) for one in report.slices if one.column in ("coat", "age")]
    assert values == [
        ("coat", "dark", 2),
        ("coat", "light", 1),
        ("coat", "unknown", 1),
        ("age", "up to 30", 1),
        ("age", "30 to 40", 1),
        ("age", "above 40", 1),
        ("age", "unknown", 1),
    ]
    assert kept_reports(workspace, TINY_GALLERY) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,coat\n1,dark\n", "column 'identity' or 'path'"),
        ("identity\n1\n", "columns of groups"),
        ("identity,coat\n1,dark\n1,light\n", "names identity '1' twice"),
        ("identity,coat\n9,dark\n", "names no identity of this gallery; its first is '9'"),
        ("", "cannot be read"),
    ],
)
def test_a_table_that_makes_no_groups(
    workspace: Workspace, model: ModelEntry, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "groups.csv"
    file.write_text(text)
    with pytest.raises(ReidError, match=said):
        evaluate_model(workspace, TINY_GALLERY, model, by=["coat"], groups=read_groups(file))


@pytest.mark.parametrize(
    ("trained_on", "format", "known", "why"),
    [
        ("not stated", "Market-1501", None, "does not state"),
        ("MSMT17", "Market-1501", True, "Zero-shot by its card"),
        ("Market1501 and MSMT17", "Market-1501", False, "Market-1501"),
        ("CUHK03, detected", "CUHK03 labeled", False, "CUHK03"),
        ("a table of crops", "table", True, "Zero-shot by its card"),
        ("gallery tiny (table)", "table", False, "gallery tiny"),
        ("gallery tiny-2 (table)", "table", True, "Zero-shot by its card"),
    ],
)
def test_whether_a_model_is_zero_shot(
    workspace: Workspace, model: ModelEntry, trained_on: str, format: str, known: bool | None, why: str
) -> None:
    change(workspace, f"UPDATE source SET format = '{format}'")
    card: ModelCard = dataclasses.replace(model.card, trained_on=trained_on)
    found = zero_shot(workspace, TINY_GALLERY, dataclasses.replace(model, card=card))
    assert found[0] is known
    assert why in found[1]


def test_reports_are_written_and_logged(workspace: Workspace, model: ModelEntry, tmp_path: Path) -> None:
    evaluation = compare_all([evaluate_model(workspace, TINY_GALLERY, model)])
    files = [tmp_path / "out.json", tmp_path / "out.csv"]
    write_reports(workspace, evaluation, files, "for the board")
    assert Evaluation.from_dict(json.loads(files[0].read_text())) == evaluation
    (row,) = csv.DictReader(io.StringIO(files[1].read_text()))
    assert float(row["mAP"]) == evaluation.reports[0].figures["mAP"].value
    assert row["gallery"] == TINY_GALLERY
    lines = [line for line in workspace.catalogue.audit() if line["action"] == "export"]
    assert [line["purpose"] for line in lines] == ["for the board"] * 2
    assert pd.read_csv(io.StringIO(to_csv(evaluation))).shape[0] == 1


@pytest.mark.parametrize(
    ("file", "said"),
    [("out.txt", "must end with"), ("nowhere/out.csv", "no folder"), ("WORKSPACE/out.csv", "deletion")],
)
def test_where_a_report_cannot_be_written(workspace: Workspace, tmp_path: Path, file: str, said: str) -> None:
    path = workspace.path / "out.csv" if file.startswith("WORKSPACE") else tmp_path / file
    with pytest.raises(ReidError, match=said):
        write_reports(workspace, Evaluation(()), [path])
