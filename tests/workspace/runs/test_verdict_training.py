"""`reid train --with-verdicts`: confirmed crops train under their person's label, rejected ones beside her."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.training.crops.data import divide
from reid_core.training.recipe import Recipe
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, NOT, Seen
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.runs import verdict_effect, verdict_file
from reid_core.workspace.runs.training import create_run, train_run
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.runs.verdict_file import VerdictLabels
from reid_core.workspace.runs.verdict_labels import labels_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended, signed

TINY = {
    "backbone": "test_efficientnet", "weights": "none", "height": "64", "width": "32", "epochs": "1", "batches": "pk",
    "batch_size": "8", "crops_per_person": "2", "validation": "0.2",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Ten drawn people of four crops each, all for training, and a case."""
    write_site(tmp_path / "site", SiteConfig(identities=10, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace", TESTER)
    import_dataset(workspace, read_dataset(tmp_path / "site", train_share=1.0), "site", stop=StopRequest())
    cases.create(workspace, "case", "test")
    return workspace


def people(workspace: Workspace) -> dict[str, list[int]]:
    crops = workspace.catalogue.crops("site")
    return {str(name): rows["id"].tolist() for name, rows in crops.dropna(subset=["identity"]).groupby("identity")}


def set_column(workspace: Workspace, crops: list[int], column: str, value: str | None) -> None:
    with workspace.catalogue.transaction() as database:
        database.executemany(f"UPDATE crop SET {column} = ? WHERE id = ?", [(value, crop) for crop in crops])


def judge(workspace: Workspace, verdict: str, *crops: int, who: str = "ann") -> None:
    verdicts.give(signed(workspace, who), "case", verdict, [Seen(crop) for crop in crops], crops_only=True)


def test_a_confirmed_crop_without_a_label_takes_that_of_the_person_and_a_rejected_one_gets_its_own(
    workspace: Workspace,
) -> None:
    (first, (a, b, *_)), (second, (c, d, *_)) = list(people(workspace).items())[:2]
    set_column(workspace, [b, d], "identity", None)
    set_column(workspace, [d], "tracklet", None)
    judge(workspace, MATCH, a, b)
    judge(workspace, NOT, c, d)
    found = labels_of(workspace, "site")
    alone = f"not {first}: crop {d}"
    assert found.labels == {b: first, d: alone}
    assert set(found.pairs) == {(first, second), (first, alone)}
    data, _ = training_data(workspace, "site", found)
    assert workspace.catalogue.crops_of([b])["identity"].tolist() == [None]
    table = data.records.table.assign(id=workspace.catalogue.crops("site")["id"].to_numpy()).set_index("id")
    assert (table.loc[b, "identity"], table.loc[d, "identity"], table.loc[c, "identity"]) == (first, alone, second)


def test_a_rejected_crop_that_had_her_label_loses_it(workspace: Workspace) -> None:
    name, (a, b, c, *_) = next(iter(people(workspace).items()))
    judge(workspace, MATCH, a, b)
    judge(workspace, NOT, c)
    found = labels_of(workspace, "site")
    assert set(found.labels) == {c}
    assert found.labels[c] != name
    assert found.pairs == ((name, found.labels[c]),)


def test_nobody_who_is_kept_for_testing_is_trained_on(workspace: Workspace) -> None:
    (_, hers), (_, others), *_ = people(workspace).items()
    set_column(workspace, hers, "split", "gallery")
    judge(workspace, MATCH, hers[0])
    judge(workspace, NOT, others[0])
    with pytest.raises(ReidError, match="2 crops left out: their person is kept for testing"):
        labels_of(workspace, "site")


def test_conflicts_and_people_of_several_labels_are_left_out_and_counted(workspace: Workspace) -> None:
    (_, hers), (_, others), (_, third), *_ = people(workspace).items()
    judge(workspace, MATCH, hers[0], others[0])
    judge(workspace, MATCH, third[0])
    judge(workspace, NOT, third[0], who="ben")
    with pytest.raises(ReidError, match="1 crop left out: two analysts contradict each other; 2 crops left out"):
        labels_of(workspace, "site")


def test_cases_do_not_overwrite_one_another(workspace: Workspace) -> None:
    """A crop that one confirms and the other rejects, one that both reject, and one that both confirm as theirs."""
    (first, hers), (second, others), (_, more), *_ = people(workspace).items()
    cases.create(workspace, "other case", "test")

    def judge_there(verdict: str, *crops: int) -> None:
        verdicts.give(signed(workspace, "ann"), "other case", verdict, [Seen(crop) for crop in crops], crops_only=True)

    unlabelled = [hers[1], hers[2], more[1]]
    set_column(workspace, unlabelled, "identity", None)
    set_column(workspace, unlabelled, "tracklet", None)
    judge(workspace, MATCH, hers[0], hers[1], hers[2])
    judge(workspace, NOT, more[1], others[1])
    judge_there(MATCH, others[0], others[1], hers[2])
    judge_there(NOT, hers[1], more[1])
    found = labels_of(workspace, "site")
    alone = f"not {first}: crop {more[1]}"
    assert found.labels == {hers[1]: first, more[1]: alone}
    assert set(found.pairs) == {(first, second), (second, first), (first, alone), (second, alone)}
    assert found.left_out == {"two cases contradict each other": 1}  # crop hers[2] is of both


def test_a_run_forgets_the_names_of_people_who_are_deleted(workspace: Workspace) -> None:
    (first, hers), (second, others), (_, more), *_ = people(workspace).items()
    set_column(workspace, [more[0]], "identity", None)
    set_column(workspace, [more[0]], "tracklet", None)
    judge(workspace, MATCH, *hers)
    judge(workspace, NOT, others[0], more[0])
    run = create_run(workspace, "site", "reference", TINY, "run", with_verdicts=True)
    assert set(labels_of(workspace, "site").pairs) == {(first, second), (first, f"not {first}: crop {more[0]}")}
    delete(workspace, "site", Selection(ids=frozenset(others)), "test")
    left = verdict_file.read(run.folder)
    assert left is not None
    assert left.pairs == ((first, f"not {first}: crop {more[0]}"),)
    delete(workspace, "site", Selection(ids=frozenset(hers)), "test")
    left = verdict_file.read(run.folder)
    assert left is not None
    assert (left.labels, left.pairs) == ({}, ())


def test_a_run_learns_from_verdicts_and_says_what_they_changed(workspace: Workspace) -> None:
    (_, hers), (_, others), *_ = people(workspace).items()
    set_column(workspace, hers[1:], "identity", None)
    judge(workspace, MATCH, *hers)
    judge(workspace, NOT, *others[:2])
    run = create_run(workspace, "site", "reference", TINY, "run", with_verdicts=True)
    kept = verdict_file.read(run.folder)
    assert kept == labels_of(workspace, "site")
    verdicts.undo(signed(workspace, "ann"), "case")  # a run that goes on learns what it began with
    said: list[str] = []
    train_run(workspace, run, stop=StopRequest(), on_step=lambda *given: None, say=said.append)
    assert "Verdicts: 3 crops trained under a label from a verdict; 1 pair of identities drawn together." in said
    assert run.state().data.endswith("with verdicts")
    embedder = Embedder(run.model)
    change = verdict_effect.measure(workspace, kept, embedder, None)
    assert change is not None
    assert change.pairs == len(hers) * 2
    delete(workspace, "site", Selection(ids=frozenset({hers[1]})), "test")
    left = verdict_file.read(run.folder)
    assert left is not None
    assert hers[1] in verdict_file.crops_in(kept)
    assert hers[1] not in verdict_file.crops_in(left)


def test_pairs_are_of_people_and_survive_the_division(workspace: Workspace) -> None:
    (first, hers), (second, others), *_ = people(workspace).items()
    judge(workspace, MATCH, *hers)
    judge(workspace, NOT, others[0])
    data, _ = training_data(workspace, "site", labels_of(workspace, "site"))
    assert divide(data, Recipe(validation=0.1)).together == ((first, second),)


def test_disorder_counts_pairs_in_which_the_rejected_crop_comes_first() -> None:
    """By hand: confirmed 1 and 2 are 0.8 alike; rejected 3 is 0.6 from 1 and 0.96 from 2, rejected 4 is 0 and 0.6."""
    vectors = {1: [1, 0, 0], 2: [0.8, 0.6, 0], 3: [0.6, 0.8, 0], 4: [0, 1, 0]}
    labels = VerdictLabels(confirmed={9: (1, 2)}, rejected={9: (3, 4)})
    found = verdict_effect.disorder(labels, {crop: np.array(v, np.float32) for crop, v in vectors.items()})
    assert found == (4, 0.5)


def test_the_command_prints_what_the_verdicts_changed(workspace: Workspace, run_command: Callable[..., Ended]) -> None:
    (_, hers), (_, others), *_ = people(workspace).items()
    judge(workspace, MATCH, *hers)
    judge(workspace, NOT, *others)
    options = [text for name, value in TINY.items() for text in (f"--{name.replace('_', '-')}", value)]
    ended = run_command(workspace.path, "train", "site", "--with-verdicts", *options, "--json")
    assert ended.code == 0, ended.err
    changed = ended.json()["verdicts"]
    assert changed["pairs"] == len(hers) * len(others)
    assert 0 <= changed["after"] <= 1
    assert "the rejected one comes first" in (workspace.runs()[0].folder / "log.txt").read_text()
