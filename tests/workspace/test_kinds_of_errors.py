"""What is not there, what is damaged and what a rule refuses are told apart, wherever somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reid_core.datasets import read_dataset
from reid_core.embedder.card import CARD_NAME
from reid_core.errors import Damaged, DiskFull, NotThere, Refused, ReidError
from reid_core.records import make_records
from reid_core.sources import open_source
from reid_core.training.monitoring.predictions import read_predictions
from reid_core.training.run import STATE_NAME, Run
from reid_core.workspace.cases import cases
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.maps.files import read_info
from reid_core.workspace.runs.overview import forget_run, run_summaries
from reid_core.workspace.search import saved_searches
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL, Ended


def test_each_kind_is_an_error_for_the_user_and_has_a_name() -> None:
    kinds = {kind: kind.kind for kind in (ReidError, NotThere, Damaged, Refused, DiskFull)}
    assert all(issubclass(kind, ReidError) for kind in kinds)
    assert list(kinds.values()) == ["other", "not there", "damaged", "refused", "disk full"]


def test_what_was_named_and_does_not_exist_is_not_there(tiny_workspace: Workspace) -> None:
    case = cases.create(tiny_workspace, "Gate 4", "asked")
    asked: list[Callable[[], object]] = [
        lambda: tiny_workspace.catalogue.gallery("nowhere"),
        lambda: tiny_workspace.find_model("nobody"),
        lambda: Run(tiny_workspace.runs_folder / "none").state(),
        lambda: forget_run(tiny_workspace, "none"),
        lambda: read_predictions(Run(tiny_workspace.runs_folder / "none"), 1),
        lambda: cases.find(tiny_workspace, "Gate 5"),
        lambda: saved_searches.find(tiny_workspace, case.name, "none"),
        lambda: holds.release(tiny_workspace, "none"),
        lambda: read_info(tiny_workspace.path / "maps" / "none"),
        lambda: read_dataset(tiny_workspace.path / "nowhere"),
        lambda: open_source(tiny_workspace.path).read("nowhere.jpg"),
        lambda: deletion.delete(tiny_workspace, TINY_GALLERY, Selection(identities=frozenset({"nobody"})), "asked"),
    ]
    for ask in asked:
        with pytest.raises(NotThere):
            ask()


def test_what_cannot_be_read_is_damaged(tiny_workspace: Workspace) -> None:
    run = Run(tiny_workspace.runs_folder / "mine")
    run.folder.mkdir(parents=True)
    (run.folder / STATE_NAME).write_text("{")
    card = tiny_workspace.models_folder / TINY_MODEL / CARD_NAME
    card.write_text("{")
    made = tiny_workspace.path / "map"
    made.write_bytes(b"no map")
    for ask in (run.state, lambda: read_info(made)):
        with pytest.raises(Damaged):
            ask()
    from reid_core.embedder.model import model_id

    with pytest.raises(Damaged):
        model_id(card.parent)
    assert [one.trouble != "" for one in run_summaries(tiny_workspace)] == [True]
    forget_run(tiny_workspace, "mine")  # a damaged one may go
    assert not run.folder.exists()


def test_what_a_rule_forbids_is_refused(tiny_workspace: Workspace) -> None:
    holds.hold(tiny_workspace, TINY_GALLERY, Selection(), "case-12")
    with pytest.raises(Refused, match="case-12"):
        deletion.delete(tiny_workspace, TINY_GALLERY, Selection(), "asked")
    with pytest.raises(Refused, match="one side"):
        make_records(path=["a.jpg", "b.jpg"], identity=["1", "1"], split=["train", "query"])
    with pytest.raises(Refused, match="leads out"):
        make_records(path=["../a.jpg"], identity=["1"])


def test_a_command_in_json_says_which_kind_it_was(tiny_workspace: Workspace, run_command: Callable[..., Ended]) -> None:
    ended = run_command(tiny_workspace.path, "index", "nowhere", "--json")
    assert ended.code == 1
    assert ended.json()["kind"] == "not there"
    assert "no gallery 'nowhere'" in ended.json()["error"]
