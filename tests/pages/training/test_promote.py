"""From a run to the model that a gallery is searched by, without a browser: compared, put in place, taken back."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.evaluation.comparison import Difference
from reid_core.signals import StopRequest
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.audit import ServeModel
from reid_core.workspace.models import promotion
from reid_core.workspace.models.promotion import Compared
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL
from tests.pages.imports.import_page import words
from tests.pages.training.test_runs import PAGE, add_run, labels

Open = Callable[[], AppTest]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The jobs that the page started, of which none runs."""
    started: list[list[str]] = []

    def start_new(workspace: Path, word: str, title: str, arguments: Sequence[str]) -> Path:
        started.append(list(arguments))
        return workspace / "jobs" / "none"

    monkeypatch.setattr(jobs, "start_new", start_new)
    return started


@pytest.fixture
def open_promote(tiny_workspace: Workspace, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> Open:
    """A finished run whose model differs from the one that serves by a hair of its card."""
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    run = add_run(tiny_workspace, "new")
    shutil.copytree(tiny_workspace.models_folder / TINY_MODEL, run.model)
    card = json.loads((run.model / "card.json").read_text())
    card["preprocessing"]["std"] = [0.25, 0.25, 0.2500001]
    (run.model / "card.json").write_text(json.dumps({**card, "name": "new"}))

    def opened() -> AppTest:
        st.cache_data.clear()
        page = AppTest.from_file(PAGE, default_timeout=30)
        page.query_params["run"] = "new"
        page.run()
        section: Any = next(one for one in page.get("button_group") if one.key == "trn-section")
        section.set_value("Promote").run()
        assert not page.exception
        return page

    return opened


def ids(workspace: Workspace) -> tuple[str, str]:
    return model_id(workspace.models_folder / TINY_MODEL), model_id(workspace.runs_folder / "new" / "model")


def serve(workspace: Workspace, id: str) -> None:
    workspace.catalogue.keep_serving(TINY_GALLERY, id)


def keep(workspace: Workspace, low: float, high: float) -> None:
    """Keep a comparison of the two as if it had been measured on what is held out now."""
    present, candidate = ids(workspace)
    one = Difference(0.5, 0.6, (low + high) / 2, low, high, 0.0)
    crops = promotion._held_out_crops(workspace, TINY_GALLERY)
    at = "2026-11-23T10:00:00+00:00"
    found = Compared(
        TINY_GALLERY, (present, TINY_MODEL), (candidate, "new"), one, one, 9, 12, crops, at, ["It saw <9> people."]
    )
    file = promotion._file(workspace, TINY_GALLERY, candidate, present)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(dataclasses.asdict(found)))


def button(page: AppTest, key: str) -> Any:
    return next(one for one in page.button if one.key == key)


def test_a_model_is_compared_before_it_may_serve(
    open_promote: Open, tiny_workspace: Workspace, asked: list[list[str]]
) -> None:
    serve(tiny_workspace, ids(tiny_workspace)[0])
    page = open_promote()
    assert f"Serve {TINY_GALLERY} by this model" not in labels(page)
    button(page, "trn-prom-compare").click().run()
    assert asked == [["compare", TINY_GALLERY, "--model", "new"]]


def test_a_better_model_serves_without_another_word(
    open_promote: Open, tiny_workspace: Workspace, asked: list[list[str]]
) -> None:
    serve(tiny_workspace, ids(tiny_workspace)[0])
    keep(tiny_workspace, 0.05, 0.15)
    page = open_promote()
    assert "new is better than" in words(page)
    assert "It saw &lt;9&gt; people." in words(page)
    button(page, "trn-prom-serve").click().run()
    assert asked == [["promote", TINY_GALLERY, "--model", "new"]]


@pytest.mark.parametrize(
    ("low", "high", "said"), [(-0.1, 0.1, "do not tell new and"), (-0.2, -0.1, "new is worse than")]
)
def test_a_model_that_was_not_found_better_needs_a_reason(
    open_promote: Open, tiny_workspace: Workspace, asked: list[list[str]], low: float, high: float, said: str
) -> None:
    serve(tiny_workspace, ids(tiny_workspace)[0])
    keep(tiny_workspace, low, high)
    page = open_promote()
    assert said in words(page)
    assert button(page, "trn-prom-serve").disabled
    next(one for one in page.text_input if one.key == "trn-prom-why").set_value("  It is smaller.").run()
    button(page, "trn-prom-serve").click().run()
    assert asked == [["promote", TINY_GALLERY, "--model", "new", "--even-so", "It is smaller."]]


def test_what_serves_says_so_and_the_former_model_can_be_taken_back(
    open_promote: Open, tiny_workspace: Workspace, asked: list[list[str]]
) -> None:
    former, new = ids(tiny_workspace)
    embedder = Embedder(tiny_workspace.runs_folder / "new" / "model", "cpu")
    embed_gallery(tiny_workspace, TINY_GALLERY, embedder, stop=StopRequest())
    tiny_workspace.catalogue.serve(
        ServeModel(purpose="a test", gallery=TINY_GALLERY, model=new, name="new", former=former)
    )
    page = open_promote()
    assert "It serves" in words(page)
    button(page, "trn-prom-back").click().run()
    assert asked[0][:4] == ["promote", TINY_GALLERY, "--model", TINY_MODEL]


def test_a_run_without_a_model_says_when_there_will_be_one(open_promote: Open, tiny_workspace: Workspace) -> None:
    shutil.rmtree(tiny_workspace.runs_folder / "new" / "model")
    assert "There is no model yet" in words(open_promote())


@pytest.mark.parametrize("status", ["failed", "lost", "stopped"])
def test_a_job_that_did_not_end_well_says_that_nothing_was_changed(
    open_promote: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    serve(tiny_workspace, ids(tiny_workspace)[0])
    words_of_job = ("promote", TINY_GALLERY, "--model", "new")
    job = jobs.Job(tiny_workspace.path / "jobs" / "one", "Serve", "", jobs.Progress(status), words_of_job)
    monkeypatch.setattr(jobs, "all_jobs", lambda workspace: [job])
    page = open_promote()
    assert "Nothing was changed" in words(page)
    assert "trn-prom-compare" in [one.key for one in page.button]
