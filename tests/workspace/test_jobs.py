from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from reid_core.datasets.synthetic import SiteConfig
from reid_core.signals import StopRequest
from reid_core.workspace import jobs
from reid_core.workspace.imports import demo
from reid_core.workspace.job_reporter import Reporter
from reid_core.workspace.jobs import Progress
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER


def wait_for(folder: Path, *statuses: str, seconds: float = 60) -> Progress:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        progress = jobs.read(folder)
        if progress and progress.status in statuses:
            return progress
        time.sleep(0.05)
    raise AssertionError(f"{jobs.read(folder)} never became {statuses}; log: {(folder / 'log.txt').read_text()}")


def test_no_folder_is_no_job(tmp_path: Path) -> None:
    assert jobs.read(tmp_path / "nothing") is None


def test_a_job_runs_detached_and_says_when_it_has_finished(tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "list"
    jobs.start(folder, ["list"], tmp_path / "workspace")
    process = json.loads((folder / "job.json").read_text())["process"]
    assert os.getsid(process) == process  # a session of its own: signals to the server do not reach it
    assert wait_for(folder, "finished").status == "finished"
    assert "gallery" in (folder / "log.txt").read_text()


def test_a_job_that_fails_keeps_its_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / "index"
    jobs.start(folder, ["index", "nobody"], tmp_path / "workspace")
    assert "no gallery 'nobody'" in wait_for(folder, "failed").message
    assert "nobody" in (folder / "log.txt").read_text()


def test_a_job_can_be_stopped_and_a_killed_one_is_lost(tmp_path: Path) -> None:
    for number, (end, said) in enumerate(((jobs.stop, "stopped"), (_kill, "lost"))):
        folder = tmp_path / f"job-{number}"
        jobs.start(folder, ["demo"], tmp_path / f"workspace-{number}")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (jobs.read(folder) or Progress()).done:
            time.sleep(0.05)
        end(folder)
        assert wait_for(folder, said).status == said


def _kill(folder: Path) -> None:
    process = json.loads((folder / "job.json").read_text())["process"]
    os.kill(process, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(process)] if psutil.pid_exists(process) else [], timeout=1)


def test_a_reporter_without_a_job_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(jobs.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    Reporter().progress("Drawing", 1, 2)
    assert not list(tmp_path.iterdir())


def test_time_left_follows_from_the_speed_of_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(jobs.VARIABLE, str(tmp_path))
    clock = iter([100.0, 110.0, 120.0])
    monkeypatch.setattr("reid_core.workspace.job_reporter.time.monotonic", lambda: next(clock))
    reporter = Reporter()
    for done in (0, 20, 40):  # two a second
        reporter.progress("Drawing", done, 100)
    assert json.loads((tmp_path / "progress.json").read_text())["seconds_left"] == 30.0


def test_the_demo_is_built_once_and_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SITE", SiteConfig(identities=3, cameras=2, crops_per_visit=(1, 2)))
    stages: list[str] = []

    @contextmanager
    def bar(stage: str) -> Iterator[object]:
        stages.append(stage)
        yield lambda done, total: None

    workspace = Workspace(tmp_path / "workspace", TESTER)
    stop = StopRequest()
    stop.requested = True
    assert not demo.build_demo(workspace, stop=stop, bar=bar, videos=False)  # type: ignore[arg-type]
    assert demo.build_demo(workspace, stop=StopRequest(), bar=bar, videos=False)  # type: ignore[arg-type]
    info = workspace.catalogue.gallery(demo.GALLERY)
    assert info.identities == 3
    assert info.models[0][2] == info.crops
    assert stages[-4:] == ["Drawing people", "Importing", "Embedding", "Adding recordings"]


def test_a_job_tells_what_it_did_in_each_of_its_runs(tmp_path: Path, tiny_dataset: Path) -> None:
    workspace = tmp_path / "workspace"
    command = ["import", str(tiny_dataset), "--gallery=door", "--column=camera="]
    folder = jobs.start_new(workspace, "import", "Import it", command)
    wait_for(folder, "finished")
    jobs.start(folder, command, workspace, "Import it")
    wait_for(folder, "finished")
    first, second = jobs.results(folder)
    assert (first["gallery"], first["added"], first["already"], first["left_out"]) == ("door", 24, 0, 0)
    assert (second["added"], second["already"]) == (0, 24)
    assert set(first["flaws"]) > {"blurred", "small", "alike"}
    (job,) = jobs.all_jobs(workspace)
    assert (job.title, list(job.arguments), job.progress.status) == ("Import it", command, "finished")
    assert job.ended >= job.started[:10]
    assert Workspace(workspace, TESTER).catalogue.gallery("door").cameras == 0


def test_a_folder_that_is_no_job_tells_nothing(tmp_path: Path) -> None:
    assert jobs.find(tmp_path / "nothing") is None
    assert jobs.results(tmp_path / "nothing") == []


class Clock:
    """Stands still until it is set. The clock of the wall is `off` the other: it was set, or the machine slept."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.off = 0.0

    def time(self) -> float:
        return self.seconds + self.off

    def monotonic(self) -> float:
        return self.seconds - 1_799_990_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("reid_core.workspace.jobs.time", found)
    monkeypatch.setattr("reid_core.workspace.job_reporter.time", found)
    return found


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a job whose process, this one, is there; what this process reports goes into it."""
    own = psutil.Process()
    content = {"process": own.pid, "process_started": own.create_time(), "started": "2027-01-15T08:00:00+00:00"}
    (tmp_path / "job.json").write_text(json.dumps(content))
    monkeypatch.setenv(jobs.VARIABLE, str(tmp_path))
    return tmp_path


def no_progress(folder: Path) -> str:
    progress = jobs.read(folder)
    assert progress is not None
    return progress.no_progress


def test_a_job_whose_figures_stand_still_for_minutes_says_so(running: Path, clock: Clock) -> None:
    reporter = Reporter()
    reporter.progress("Evaluating", 2, 50)
    assert no_progress(running) == ""
    clock.seconds += 119
    assert no_progress(running) == ""
    clock.seconds += 121 + 59  # 299 s
    assert no_progress(running) == "no progress for 4 minutes"
    clock.seconds += 2 * 3600
    assert no_progress(running) == "no progress for 2 hours"


def test_a_figure_that_is_only_repeated_is_no_progress(running: Path, clock: Clock) -> None:
    reporter = Reporter()
    for _ in range(50):
        reporter.progress("Evaluating", 2, 50)
        clock.seconds += 10
    assert no_progress(running) == "no progress for 8 minutes"  # 500 s
    reporter.progress("Evaluating", 3, 50)
    assert no_progress(running) == ""
    clock.seconds += 180
    reporter.progress("Writing", 3, 50)  # another stage
    assert no_progress(running) == ""


def test_a_job_that_has_said_nothing_yet_counts_from_its_start(running: Path, clock: Clock) -> None:
    clock.seconds = 1_800_000_000.0  # 2027-01-15T08:00:00Z, when it was started
    assert no_progress(running) == ""
    clock.seconds += 185
    assert no_progress(running) == "no progress for 3 minutes"


def test_a_job_that_has_ended_makes_no_progress_and_says_nothing_of_it(running: Path, clock: Clock) -> None:
    reporter = Reporter()
    reporter.progress("Evaluating", 2, 50)
    reporter.end("failed", "It broke.")
    clock.seconds += 600
    assert no_progress(running) == ""
    content = json.loads((running / "job.json").read_text())
    (running / "job.json").write_text(json.dumps({**content, "process_started": 1.0}))
    reporter.progress("Evaluating", 2, 50)
    clock.seconds += 600
    assert no_progress(running) == ""  # lost, which says it better


def test_progress_that_an_older_program_wrote_is_read(running: Path, clock: Clock) -> None:
    old = {"status": "running", "stage": "Embedding", "done": 3, "total": 9, "seconds_left": 4.0, "message": ""}
    (running / "progress.json").write_text(json.dumps(old))
    os.utime(running / "progress.json", (clock.seconds, clock.seconds))  # all that it says of when
    progress = jobs.read(running)
    assert progress is not None
    assert (progress.stage, progress.done, progress.no_progress) == ("Embedding", 3, "")
    clock.seconds += 240
    assert no_progress(running) == "no progress for 4 minutes"


@pytest.mark.parametrize("off", [8 * 3600.0, -8 * 3600.0])
def test_neither_sleep_nor_a_clock_that_is_set_changes_how_long_nothing_was_done(
    running: Path, clock: Clock, off: float
) -> None:
    Reporter().progress("Embedding", 2, 50)
    clock.seconds += 100
    clock.off = off
    assert no_progress(running) == ""
    clock.seconds += 100
    assert no_progress(running) == "no progress for 3 minutes"


def test_after_another_start_of_the_machine_the_clock_of_the_wall_counts(running: Path, clock: Clock) -> None:
    Reporter().progress("Embedding", 2, 50)
    content = json.loads((running / "progress.json").read_text())
    (running / "progress.json").write_text(json.dumps({**content, "boot": "another", "ticks": 5e9}))
    clock.seconds += 300
    assert no_progress(running) == "no progress for 5 minutes"


def test_a_stage_of_few_steps_is_given_ten_minutes(running: Path, clock: Clock) -> None:
    Reporter().progress("Evaluating", 2, 5)
    clock.seconds += 599
    assert no_progress(running) == ""
    clock.seconds += 1
    assert no_progress(running) == "no progress for 10 minutes"
