"""Runs as processes that a page starts, finds again, stops and goes on with."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.training.crops.samplers import concerns
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, read_curve
from reid_core.workspace import jobs
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.runs import launching, speeds
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended

TINY = Recipe(
    backbone="test_efficientnet", weights="none", height=64, width=32, batch_size=8, epochs=400, validation=0.2
)


@pytest.fixture
def site(tmp_path: Path) -> Workspace:
    write_site(tmp_path / "site", SiteConfig(identities=10, cameras=2, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace", TESTER)
    import_dataset(workspace, read_dataset(tmp_path / "site", train_share=1.0), "site", stop=StopRequest())
    return workspace


def wait_for(what: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


def test_a_run_is_started_stopped_gone_on_with_and_lost_when_killed(site: Workspace) -> None:
    folder = launching.start_run(site, "site", TINY, "mine")
    run = Run(site.runs_folder / "mine")
    with pytest.raises(ReidError, match="mine"):
        launching.start_run(site, "site", TINY, "mine")
    wait_for(lambda: bool(read_curve(run.steps)))  # the first step is made: one stopped before it has no checkpoint
    assert run.state().status == "running"
    job = launching.job_of(site, "mine")
    assert job is not None
    assert job.folder == folder
    assert launching.running_job(site, "mine") is not None
    with pytest.raises(ReidError, match="running"):
        launching.resume(site, "mine")
    launching.stop(site, "mine")
    wait_for(lambda: run.state().status == "stopped")
    done = run.state().step
    assert run.checkpoint.is_file()
    wait_for(lambda: launching.running_job(site, "mine") is None)

    launching.resume(site, "mine")
    wait_for(lambda: run.state().status == "running")
    import psutil

    psutil.Process(run.state().process).kill()
    wait_for(lambda: run.state().status == "lost")
    assert run.state().step >= done


def test_what_the_trainer_refuses_is_the_jobs_word_and_leaves_no_run(site: Workspace) -> None:
    folder = launching.start_run(site, "site", TINY.replace(backbone="tf_eficientnet_b0"), "mine")

    def status() -> str:
        job = jobs.find(folder)
        return job.progress.status if job else ""

    wait_for(lambda: status() == "failed")
    job = jobs.find(folder)
    assert job is not None
    assert "tf_efficientnet_b0" in job.progress.message
    assert site.runs() == []


def test_names_that_cannot_be_and_people_who_are_not_there_are_sentences(site: Workspace) -> None:
    with pytest.raises(ReidError, match="cannot name a run"):
        launching.start_run(site, "site", TINY, "a/b")
    divided = launching.division(site, "site", TINY)
    assert divided.people + divided.validation_people == 10
    assert divided.crops + divided.validation_crops == len(site.catalogue.crops("site"))
    with pytest.raises(ReidError, match="but there are"):
        concerns(TINY.replace(batches="pk", batch_size=64, loss="triplet"), divided.of_crop)
    assert concerns(TINY.replace(loss="triplet"), divided.of_crop)


def test_the_time_of_a_run_is_told_by_a_probe_of_the_same_steps(
    site: Workspace, run_command: Callable[..., Ended]
) -> None:
    recipe = TINY.replace(epochs=3)
    assert speeds.estimate(site, "site", recipe) is None
    options = [f"--{name.replace('_', '-')}={getattr(recipe, name)}" for name in vars(recipe) if name != "seed"]
    found = run_command(site.path, "probe", "site", "--seconds", "0.5", *options, "--json").json()
    guess = speeds.estimate(site, "site", recipe)
    assert guess is not None
    divided = launching.division(site, "site", recipe)
    assert guess.steps == 3 * (divided.crops // 8)
    expected = (
        guess.steps * 8 / found["images_per_second"] + 3 * divided.validation_crops / found["evaluated_per_second"]
    )
    assert guess.seconds == pytest.approx(expected + found["start_seconds"], rel=1e-6)
    assert "measured on this machine" in guess.source
    assert speeds.estimate(site, "site", recipe.replace(learning_rate=0.5)) is not None
    assert speeds.estimate(site, "site", recipe.replace(width=48)) is None
    assert list(site.runs_folder.glob("*")) == []


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (89, "89 s"), (600, "10 min"), (3 * 3600, "3.0 h"), (60 * 3600, "2.5 days")]
)
def test_times_are_said_as_one_says_them(seconds: float, said: str) -> None:
    assert speeds.duration(seconds) == said
