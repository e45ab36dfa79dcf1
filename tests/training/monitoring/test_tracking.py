"""Trackers get what the run's own curves hold, once, and never stop a training."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import socket
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.training import loop
from reid_core.training.crops.data import TrainingData
from reid_core.training.loop import Progress, train
from reid_core.training.monitoring import tracking
from reid_core.training.run import Run, RunState, read_curve
from tests.training.conftest import new_run

Values = dict[str, list[tuple[int, float]]]


class Killed(BaseException):
    pass


def tracked_run(folder: Path, *names: str) -> tuple[Run, RunState]:
    run, state = new_run(folder)
    state = dataclasses.replace(state, trackers=names)
    run.write_state(state)
    return run, run.state()


def from_csv(run: Run) -> Values:
    """The curves by name, an epoch at its last step."""
    values: Values = defaultdict(list)
    steps = read_curve(run.steps)
    last = {row["epoch"]: row["step"] for row in steps}
    for row in steps:
        for name in row.keys() - {"step", "epoch"}:
            values[f"step/{name}"].append((int(row["step"]), row[name]))
    for row in read_curve(run.epochs):
        for name in row.keys() - {"epoch"}:
            values[f"epoch/{name}"].append((int(last[row["epoch"]]), row[name]))
    return values


def from_tensorboard(run: Run) -> Values:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run.folder / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def from_mlflow(run: Run) -> Values:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{run.folder.parent / tracking.MLFLOW_DATABASE}")
    number = (run.folder / "mlflow.txt").read_text().strip()
    names = client.get_run(number).data.metrics
    return {name: [(point.step, point.value) for point in client.get_metric_history(number, name)] for name in names}


READERS = {"tensorboard": from_tensorboard, "mlflow": from_mlflow}


def assert_same(found: Values, expected: Values) -> None:
    assert found.keys() == expected.keys()
    for name, points in expected.items():
        assert [step for step, _ in found[name]] == [step for step, _ in points], name
        if name != "step/images_per_second":  # of a step that was trained again, another
            assert [value for _, value in found[name]] == pytest.approx([value for _, value in points], rel=1e-6), name


@pytest.mark.parametrize("name", READERS)
def test_a_killed_and_resumed_run_is_tracked_as_one_that_never_was(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pytest.importorskip(name)
    calls = []
    monkeypatch.setattr(socket.socket, "connect", lambda *given: calls.append(given))
    run, state = tracked_run(tmp_path / "run", name)

    def die(progress: Progress) -> None:
        if progress.step == progress.steps - 1:
            raise Killed

    with pytest.raises(Killed):  # the last checkpoint is that of the epoch before
        train(run, state, data, stop=StopRequest(), on_step=die)
    assert len(READERS[name](run)["step/loss"]) == len(read_curve(run.steps)) > 3
    ended = train(run, run.state(), data, stop=StopRequest())
    assert_same(READERS[name](run), from_csv(run))
    assert ended.trackers == run.state().trackers == (name,)
    assert calls == []


def test_mlflow_knows_the_recipe_and_how_the_run_ended(data: TrainingData, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    run, state = tracked_run(tmp_path / "run", "mlflow")
    stop = StopRequest()

    def request(progress: Progress) -> None:
        stop.requested = progress.step == 2

    def kept() -> tuple[str, Mapping[str, str]]:
        client = mlflow.MlflowClient(f"sqlite:///{tmp_path / tracking.MLFLOW_DATABASE}")
        (experiment,) = [one for one in client.search_experiments() if one.name == state.gallery]
        (found,) = client.search_runs([experiment.experiment_id])
        return found.info.status, found.data.params

    train(run, state, data, stop=stop, on_step=request)
    assert kept()[0] == "KILLED"
    train(run, run.state(), data, stop=StopRequest())
    status, parameters = kept()
    assert status == "FINISHED"
    assert parameters["backbone"] == "test_efficientnet"
    assert float(parameters["learning_rate"]) == state.recipe.learning_rate
    assert {field.name for field in dataclasses.fields(state.recipe)} <= set(parameters)


def test_what_mlflow_missed_is_made_good_when_the_run_goes_on(data: TrainingData, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    run, state = tracked_run(tmp_path / "run")
    stop = StopRequest()

    def request(progress: Progress) -> None:
        stop.requested = progress.step == 4

    train(run, state, data, stop=stop, on_step=request)
    train(run, dataclasses.replace(run.state(), trackers=("mlflow",)), data, stop=StopRequest())
    assert_same(from_mlflow(run), from_csv(run))


def test_a_tracker_that_fails_is_said_once_and_the_run_ends_as_without_it(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = []

    class Failing:
        def __init__(self, *given: object) -> None:
            pass

        def log(self, step: int, values: Mapping[str, float]) -> None:
            logged.append(step)
            if step == 2:
                raise OSError("no space left")

        def close(self) -> None:
            raise AssertionError("closed after it was given up")

    monkeypatch.setitem(tracking.TRACKERS, "tensorboard", Failing)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    run, state = tracked_run(tmp_path / "run", "tensorboard")
    notes: list[str] = []
    ended = train(run, state, data, stop=StopRequest(), on_note=notes.append)
    assert ended.status == "finished"
    assert logged == [1, 2]
    assert [note for note in notes if "tensorboard" in note] == notes
    assert len(notes) == 1
    assert "no space left" in notes[0]
    assert "no space left" in (run.folder / "log.txt").read_text()


def test_a_package_that_is_missing_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ReidError, match=r"pip install 'retrace-reid\[mlflow\]'"):
        tracking.check_trackers(["mlflow"])
    with pytest.raises(ReidError, match="There are: tensorboard, mlflow"):
        tracking.check_trackers(["wandb"])


def test_without_trackers_nothing_of_them_is_imported_or_written(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "open_trackers", lambda *given, **named: pytest.fail("trackers were opened"))
    run, state = tracked_run(tmp_path / "run")
    train(run, state, data, stop=StopRequest())
    assert not (run.folder / "tensorboard").exists()
    assert not (tmp_path / tracking.MLFLOW_DATABASE).exists()


def test_a_run_from_before_there_were_trackers_and_folds_is_read(tmp_path: Path) -> None:
    run, state = tracked_run(tmp_path / "run")
    values = json.loads((run.folder / "run.json").read_text())
    del values["trackers"], values["fold"]
    (run.folder / "run.json").write_text(json.dumps(values))
    assert run.state() == state
    assert (run.state().trackers, run.state().fold) == ((), None)


@pytest.mark.parametrize(
    ("row", "step", "values"),
    [
        ({"step": 7.0, "epoch": 2.0, "loss": 0.5}, 7, {"step/loss": 0.5}),
        ({"epoch": 2.0, "loss": 0.5, "validation_mAP": float("nan")}, 10, {"epoch/loss": 0.5}),
    ],
)
def test_an_epoch_is_logged_at_its_last_step(row: dict[str, float], step: int, values: dict[str, float]) -> None:
    assert tracking.as_logged(row, steps_per_epoch=5) == (step, values)
