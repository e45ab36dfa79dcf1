"""The form for a new run without a browser: every value, what is wrong with it, and the start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.shared.session import key_of
from pages.components.training import new_run
from pages.components.training.state import TrainingState, in_form
from reid_core.embedder.network import check_backbone
from reid_core.training import recipe
from reid_core.training.recipe import get_recipe, recipe_values
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.runs import launching, network_names
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.imports.import_page import words
from tests.pages.training.test_runs import add_run, labels

PAGE = str(Path(__file__).parents[3] / "pages" / "training.py")
Open = Callable[..., AppTest]


@pytest.fixture
def open_form(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Gives `open_form(copy="name of a run")`: the form on a gallery of four people to train on."""
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'train', look = id * 1234567890123")
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    network_names.keep(tiny_workspace, ["tf_efficientnet_b0", *new_run.BACKBONES], ["gluon_resnet50_v1b"])

    def opened(copy: str = "", view: str = "New run") -> AppTest:
        st.cache_data.clear()
        page = AppTest.from_file(PAGE, default_timeout=30)
        page.session_state[key_of(TrainingState)] = TrainingState(view=view, copy=copy or None)
        page.run()
        assert not page.exception
        return page

    return opened


def field(page: AppTest, label: str) -> Any:
    return next(one for one in (*page.text_input, *page.selectbox) if one.label == label)


def start(page: AppTest) -> Any:
    return next(button for button in page.button if button.label == "Start training")


def test_every_value_of_a_recipe_is_in_the_form_once() -> None:
    shown = [name for group in (recipe.OPEN, *recipe.GROUPS) for name in new_run.names_of(group)]
    assert sorted(shown) == sorted(value.name for value in recipe_values())
    assert set(new_run._WHEN) <= set(shown)


def test_every_network_that_is_offered_is_there() -> None:
    for name in new_run.BACKBONES:
        check_backbone(name)


def test_the_first_gallery_that_can_be_trained_on_is_proposed(open_form: Open, tiny_workspace: Workspace) -> None:
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("INSERT INTO gallery (key, name, created) VALUES (0, 'a-first', '2026-01-01')")
    assert tiny_workspace.catalogue.galleries()[0].name == "a-first"
    assert field(open_form(), "Gallery").value == TINY_GALLERY


def test_the_form_says_who_is_trained_on_and_what_it_would_cost(open_form: Open) -> None:
    page = open_form()
    shown = words(page)
    assert "Trains on" in shown
    assert "Measure the speed" in labels(page)
    assert "Every value as in reference" in shown
    assert not start(page).disabled


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Batch size", "many", "it must be a whole number"),
        ("Epochs", "0", "use 1 or more"),
        ("Learning rate", "fast", "it must be a number"),
        ("Loss", "arcfase", "arcface"),
        ("Height", "100000", "cannot be above 2048"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_start_waits(
    open_form: Open, label: str, value: str, said: str
) -> None:
    page = open_form()
    field(page, label).set_value(value).run()
    assert said in words(page)
    assert "This cannot be trained yet" in words(page)
    assert start(page).disabled
    right = {"Learning rate": "5e-4", "Loss": "triplet"}.get(label, "32")
    field(page, label).set_value(right).run()
    assert said not in words(page)
    assert not page.exception


def test_an_unknown_network_is_said_with_the_nearest_names(open_form: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "first", backbone="resnt18")
    page = open_form(copy="first")
    assert "Nearest names: resnet18" in words(page)
    assert start(page).disabled
    field(page, "Backbone").set_value("resnet50").run()
    assert "Nearest names" not in words(page)
    assert not start(page).disabled


def test_values_that_do_not_go_together_and_people_who_are_too_few_are_said(open_form: Open) -> None:
    page = open_form()
    field(page, "Batches").set_value("pk").run()
    field(page, "Batch size").set_value("18").run()
    assert "a batch holds at least 2 people" in words(page)
    field(page, "Batch size").set_value("64").run()
    assert "but there are" in words(page)
    assert "Use batch size" in words(page)  # a field here, no option
    assert start(page).disabled


def test_only_values_that_say_something_are_shown(open_form: Open) -> None:
    page = open_form()
    shown = {one.label for one in (*page.text_input, *page.selectbox)}
    assert "Margin" in shown
    assert not {"Circle margin", "Temperature", "Momentum", "Crops per person"} & shown
    field(page, "Loss").set_value("circle").run()
    field(page, "Optimiser").set_value("sgd").run()
    shown = {one.label for one in (*page.text_input, *page.selectbox)}
    assert {"Circle margin", "Momentum"} <= shown
    assert "Margin" not in shown


def test_another_recipe_fills_every_field(open_form: Open) -> None:
    page = open_form()
    field(page, "Epochs").set_value("77").run()
    assert "epochs<b>77" in words(page)
    group: Any = next(group for group in page.get("button_group") if (group.key or "").startswith("trn-recipe-"))
    group.set_value("strong").run()
    assert field(page, "Margin").value == "0.5"
    assert field(page, "Epochs").value == str(get_recipe("strong").epochs)


def test_a_copy_of_a_run_has_its_values_and_a_name_of_its_own(open_form: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "first", learning_rate=3e-4, batch_size=24)
    page = open_form(copy="first")
    assert field(page, "Batch size").value == "24"
    assert field(page, "Learning rate").value == "0.0003"
    assert field(page, "Name of the run").value == "first-2"
    assert "Copy of first" in words(page)


def test_a_taken_name_is_said_before_anything_starts(open_form: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "first")
    page = open_form()
    field(page, "Name of the run").set_value("first").run()
    assert "There is a run first already" in words(page)
    assert start(page).disabled


def test_the_start_gives_the_trainer_what_stands_in_the_form(
    open_form: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, int]] = []

    def start_run(workspace: Workspace, gallery: str, recipe: Any, name: str, *, allow_leakage: bool) -> Path:
        asked.append((gallery, name, recipe.epochs))
        assert not allow_leakage
        return tiny_workspace.path / "jobs" / "gone"

    monkeypatch.setattr(launching, "start_run", start_run)
    page = open_form()
    field(page, "Epochs").set_value("9").run()
    start(page).click().run()
    assert asked == [(TINY_GALLERY, f"{TINY_GALLERY}-reference", 9)]


def test_a_job_that_failed_says_why_and_the_form_keeps_what_was_typed(
    open_form: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_workspace.path / "jobs" / "20260101T000000-train"

    def start_run(*given: Any, **named: Any) -> Path:
        return folder

    failed = jobs.Job(folder, "Train", "", jobs.Progress("failed", message="There is no backbone. Use --backbone x."))
    monkeypatch.setattr(launching, "start_run", start_run)
    monkeypatch.setattr(jobs, "find", lambda folder: failed)
    page = open_form()
    field(page, "Epochs").set_value("9").run()
    start(page).click().run()
    page.run()
    assert "There is no backbone. Use backbone x." in words(page)
    assert field(page, "Epochs").value == "9"


def test_while_a_run_starts_only_that_is_said(
    open_form: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_run(*given: Any, **named: Any) -> Path:
        return tiny_workspace.path / "jobs" / "soon"

    monkeypatch.setattr(launching, "start_run", start_run)
    monkeypatch.setattr(jobs, "find", lambda folder: jobs.Job(folder, "Train", "", jobs.Progress("running")))
    page = open_form()
    start(page).click().run()
    assert f"Starting {TINY_GALLERY}-reference" in words(page)
    assert "Start training" not in labels(page)


def test_a_click_on_the_form_that_another_has_replaced_starts_nothing(
    open_form: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_run(*given: Any, **named: Any) -> Path:
        raise AssertionError("it was started")

    monkeypatch.setattr(launching, "start_run", start_run)
    page = open_form()
    group: Any = next(group for group in page.get("button_group") if (group.key or "").startswith("trn-recipe-"))
    group.set_value("strong")  # both reach the server at once: the old form is still on the screen
    start(page).click().run()
    assert not page.exception
    assert field(page, "Epochs").value == str(get_recipe("strong").epochs)


def test_without_a_list_of_networks_one_is_asked_for_once_and_no_name_is_refused(
    open_form: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, *given: asked.append(list(arguments)))
    monkeypatch.setattr(network_names, "_kept", lambda workspace: None)
    add_run(tiny_workspace, "first", backbone="a_new_one")
    page = open_form(copy="first")
    page.run()
    assert asked == [["backbones", "--keep", "--json"]]
    assert not start(page).disabled


def test_leaking_pictures_are_said_and_must_be_allowed(open_form: Open, tiny_workspace: Workspace) -> None:
    with connect(tiny_workspace.catalogue.path) as database:
        who = database.execute("SELECT MAX(identity) FROM crop").fetchone()[0]
        database.execute("UPDATE crop SET split = 'gallery' WHERE identity = ?", (who,))
        database.execute("UPDATE crop SET look = 77, seq = seq + 1000 WHERE path LIKE '%-0.png'")
    page = open_form()
    assert "Pictures leak" in words(page)
    assert start(page).disabled
    next(box for box in page.checkbox if box.label.startswith("Train all the same")).check().run()
    assert not start(page).disabled
    page = open_form(view="Data")
    assert "This spoils training" in words(page)
    assert "crop=" in words(page)


def test_options_are_called_by_their_fields_and_commands_stay_to_be_copied() -> None:
    said = in_form("Give --batch-size 8 or `--crops-per-person 2`, or `reid import people --gallery drawn`.")
    assert said == "Give batch size 8 or `crops per person 2`, or `reid import people --gallery drawn`."


def test_the_pages_of_training_import_no_torch() -> None:
    modules = ["run_view", "run_list", "new_run", "training_data", "promote", "predictions"]
    code = "import sys\n" + "".join(f"import pages.components.training.{name}\n" for name in modules)
    code += "assert not {'torch', 'timm', 'umap'} & set(sys.modules), 'heavy'"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(PAGE).parents[1])
    assert done.returncode == 0, done.stderr[-2000:]
