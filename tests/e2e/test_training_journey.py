"""An engineer's day: look at the crops, start a run, watch it, stop it, go on, compare, let it serve."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.training.recipe import Recipe
from reid_core.training.recipe_file import to_yaml
from reid_core.training.run import Run
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_MODEL
from tests.e2e.conftest import SLOW, OpenPage, Serve

JOB = 120_000
TINY = Recipe(
    backbone="test_efficientnet",
    weights="none",
    height=64,
    width=32,
    batch_size=8,
    epochs=60,
    validation=0.3,
    loss="arcface + triplet",
    batches="pk",
    crops_per_person=2,
)


@pytest.fixture
def site(tmp_path: Path, tiny_model: Path) -> Workspace:
    """Sixteen drawn people, half of them to train on, embedded by an embedder of a few numbers."""
    write_site(tmp_path / "site", SiteConfig(identities=16, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace", TESTER)
    shutil.copytree(tiny_model, workspace.models_folder / TINY_MODEL)
    import_dataset(workspace, read_dataset(tmp_path / "site"), "site", stop=StopRequest())
    embed_gallery(workspace, "site", Embedder(workspace.find_model(TINY_MODEL), "cpu"), stop=StopRequest())
    return workspace


def start(page: Any, recipe: Path, name: str) -> None:
    """From the form: the recipe of a file, under a name."""
    page.get_by_text("From a recipe file").click(timeout=SLOW)
    page.locator(".st-key-trn-new input[type=file]").set_input_files(recipe)
    page.get_by_text(f"From {recipe.name}", exact=False).first.wait_for(timeout=SLOW)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=SLOW)  # the button of the old form is gone
    field = page.get_by_role("textbox", name="Name of the run")
    field.fill(name)
    field.press("Enter")
    page.get_by_role("button", name="Start training").click(timeout=SLOW)
    page.get_by_text(f"Starting {name}").wait_for(timeout=SLOW)
    page.get_by_role("heading", name=name).wait_for(timeout=JOB)


@pytest.mark.browser
def test_start_watch_stop_resume_compare_and_promote(
    serve: Serve, open_page: OpenPage, site: Workspace, tmp_path: Path
) -> None:
    for name, recipe in (("long", TINY), ("short", TINY.replace(epochs=2, learning_rate=3e-4))):
        (tmp_path / f"{name}.yaml").write_text(to_yaml(recipe))
    page = open_page(serve(site.path))
    page.get_by_role("link", name="Training").first.click(timeout=SLOW)
    page.get_by_text("No run yet").wait_for(timeout=SLOW)

    page.get_by_role("radio", name="Data").click()
    page.get_by_text("People to train on whom two cameras both see").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Train on this gallery").click()
    page.get_by_text("Trains on").wait_for(timeout=SLOW)

    start(page, tmp_path / "long.yaml", "first")
    page.locator(".curves canvas").first.wait_for(timeout=JOB)
    page.locator(".tr-row").first.wait_for(timeout=JOB)  # predictions of an epoch come while it runs
    page.get_by_role("button", name="Stop and keep the best").click(timeout=SLOW)
    page.get_by_role("button", name="Resume").wait_for(timeout=JOB)
    assert Run(site.runs_folder / "first").state().status == "stopped"
    stopped_at = Run(site.runs_folder / "first").state().step

    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop and keep the best").wait_for(timeout=JOB)
    psutil.Process(Run(site.runs_folder / "first").state().process).kill()  # the machine takes it away
    page.get_by_text("The run is lost").wait_for(timeout=JOB)
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop and keep the best").wait_for(timeout=JOB)
    page.wait_for_function(
        "step => Number(/step ([\\d,]+) of/.exec(document.body.innerText)?.[1].replaceAll(',', '')) > step",
        arg=stopped_at + 1,
        timeout=JOB,
    )
    page.get_by_role("button", name="Stop and keep the best").click(timeout=SLOW)
    page.get_by_role("button", name="Resume").wait_for(timeout=JOB)
    assert Run(site.runs_folder / "first").state().step > stopped_at

    page.get_by_role("radio", name="New run").click()
    start(page, tmp_path / "short.yaml", "second")
    page.get_by_text("Finished", exact=True).first.wait_for(timeout=JOB)

    page.get_by_role("button", name="All runs").click()
    page.get_by_text("2 of 2 runs").wait_for(timeout=SLOW)
    page.locator(".runs tbody tr").nth(1).wait_for(timeout=SLOW)
    assert page.locator(".runs tbody tr").count() == 2
    page.locator(".tr-compare", has_text="learning rate").locator("td", has_text="0.0003").wait_for(timeout=SLOW)

    page.locator(".runs .open", has_text="first").click()
    page.get_by_role("heading", name="first").wait_for(timeout=SLOW)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=SLOW)
    page.get_by_role("radio", name="Promote").click(timeout=SLOW)
    page.get_by_role("button", name=f"Compare with {TINY_MODEL}").click(timeout=JOB)
    page.get_by_role("button", name="Compare again").wait_for(timeout=JOB)
    page.locator(".tr-gate .interval").nth(1).wait_for(timeout=SLOW)
    assert page.locator(".tr-gate .interval").count() == 2
    serve_it = page.get_by_role("button", name="Serve site by this model")
    if serve_it.is_disabled():  # so few people seldom tell two models apart
        reason = page.get_by_role("textbox", name=re.compile("Why shall it serve"))
        reason.fill("a test")
        reason.press("Enter")
    page.locator("button:enabled", has_text="Serve site by this model").click(timeout=SLOW)
    page.get_by_text("It serves site").wait_for(timeout=JOB)
    assert site.catalogue.gallery("site").models[-1][1] == "first"
    page.get_by_role("button", name=f"Take {TINY_MODEL} back").wait_for(timeout=SLOW)
    assert page.errors == []


@pytest.mark.browser
def test_two_runs_at_once_do_not_disturb_each_other_and_outlive_their_page(
    serve: Serve, open_page: OpenPage, site: Workspace, tmp_path: Path
) -> None:
    recipe = TINY.replace(epochs=3)
    (tmp_path / "mine.yaml").write_text(to_yaml(recipe))
    address = serve(site.path)
    for name in ("one", "two"):
        page = open_page(f"{address}/training?view=new-run")
        start(page, tmp_path / "mine.yaml", name)
        page.context.close()
    page = open_page(f"{address}/training")
    page.locator(".runs tbody tr.finished").nth(1).wait_for(timeout=JOB)
    states = [Run(site.runs_folder / name).state() for name in ("one", "two")]
    assert states[0].best == states[1].best  # the same recipe and seed
    assert states[0].process != states[1].process
    steps = [(site.runs_folder / name / "steps.csv").read_text() for name in ("one", "two")]
    assert [line.split(",")[2] for line in steps[0].splitlines()] == [
        line.split(",")[2] for line in steps[1].splitlines()
    ]
