"""Trackers: a run's curves copied, while it trains, to where people look at them beside other work.

TensorBoard (event files in the run's folder) and MLflow (a database beside the runs), both on this machine. The CSV
files of the run stay the truth: a tracker never stops a training, and what a tracker missed can be made again.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from reid_core.errors import ReidError
from reid_core.training.recipe_file import to_yaml
from reid_core.training.run import Curve, Run, RunState, read_curve

MLFLOW_DATABASE = "mlflow.sqlite"  # in the folder of all runs
_SECONDS_BETWEEN_WRITES = 1.0
_MOST_AT_ONCE = 500  # MLflow takes 1,000 values in one call
_Logged = tuple[int, dict[str, float]]


class Tracker(Protocol):
    """Takes named values of a step, steps in ascending order."""

    def log(self, step: int, values: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


def check_trackers(names: Sequence[str]) -> None:
    """Raises ReidError for a tracker that nobody knows, or whose package is not installed."""
    for name in names:
        if name not in TRACKERS:
            raise ReidError(f"There is no tracker {name!r}. There are: {', '.join(TRACKERS)}.")
        if importlib.util.find_spec(name) is None:
            raise ReidError(f"{name} is not installed. Run: pip install 'retrace-reid[{name}]'")


def open_trackers(
    run: Run, state: RunState, *, step: int, steps_per_epoch: int, say: Callable[[str], None]
) -> list[Tracker]:
    """The run's trackers, for what comes after `step`; one that cannot be opened is said, and left out.

    The run's CSV files are to hold what was trained up to `step`.
    """
    kept = sorted(
        (as_logged(row, steps_per_epoch) for file in (run.steps, run.epochs) for row in read_curve(file)),
        key=lambda logged: logged[0],
    )
    opened: list[Tracker] = []
    for name in state.trackers:
        try:
            check_trackers([name])
            opened.append(_Guarded(name, TRACKERS[name](run, state, step, kept), say))
        except Exception as error:  # a tracker's own kinds, of which there are many
            say(_problem(name, error))
    return opened


def as_logged(row: Mapping[str, float], steps_per_epoch: int) -> _Logged:
    """A row of `steps.csv` or `epochs.csv` as its step and the values to log: "step/loss", "epoch/validation_mAP"."""
    of = "step" if "step" in row else "epoch"
    step = int(row[of]) * (1 if of == "step" else steps_per_epoch)
    values = {f"{of}/{name}": value for name, value in row.items() if name not in ("step", "epoch")}
    return step, {name: value for name, value in values.items() if math.isfinite(value)}


class TrackedCurve:
    """A curve whose rows go to trackers too."""

    def __init__(self, curve: Curve, trackers: Sequence[Tracker], steps_per_epoch: int) -> None:
        self.curve, self.trackers, self.steps_per_epoch = curve, trackers, steps_per_epoch

    def append(self, row: dict[str, float]) -> None:
        self.curve.append(row)
        for tracker in self.trackers:
            tracker.log(*as_logged(row, self.steps_per_epoch))


class _Guarded:
    """A tracker that is given up at its first failure, which is said once."""

    def __init__(self, name: str, tracker: Tracker, say: Callable[[str], None]) -> None:
        self.name, self.tracker, self.say = name, tracker, say
        self.failed = False

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._try(lambda: self.tracker.log(step, values))

    def close(self) -> None:
        self._try(self.tracker.close)

    def _try(self, action: Callable[[], None]) -> None:
        if self.failed:
            return
        try:
            action()
        except Exception as error:
            self.failed = True
            self.say(_problem(self.name, error))


def _problem(name: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return f"Nothing more is logged to {name}: {reason.rstrip('.')}. The training goes on; its own curves are complete."


class _TensorBoard:
    """Event files in `<run>/tensorboard`. Steps after the checkpoint are taken back by the format's own means."""

    def __init__(self, run: Run, state: RunState, step: int, kept: Iterable[_Logged]) -> None:
        from torch.utils.tensorboard import SummaryWriter  # it needs the package tensorboard

        folder = run.folder / "tensorboard"
        there = folder.is_dir() and any(folder.iterdir())
        purge = step + 1 if there else None
        self._writer = SummaryWriter(str(folder), purge_step=purge, flush_secs=10)
        if not there:
            recipe = "\n".join(f"    {line}" for line in to_yaml(state.recipe).splitlines())  # Markdown's code
            self._writer.add_text("recipe", recipe, 0)
            for logged in kept:
                self.log(*logged)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _MLflow:
    """A run in the database beside the runs, in the experiment named as the gallery; `<run>/mlflow.txt` holds its id.

    What MLflow has it keeps for good, so of each value only steps after the last one that it has are logged: those
    trained again after a crash are the same as before, and what it missed is made good from the run's curves.
    """

    def __init__(self, run: Run, state: RunState, step: int, kept: Iterable[_Logged]) -> None:
        # Its usage reporting is on unless this is set before it is imported.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        import mlflow
        from mlflow.entities import Param

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        runs = run.folder.parent.absolute()
        address = f"sqlite:///{runs / MLFLOW_DATABASE}"
        self._client: Any = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
        self._run, self._state = run, state
        self._waiting: list[Any] = []
        self._written = 0.0
        self._last: dict[str, int] = {}
        self._id = self._found() or self._new(runs.as_uri())
        values = {**dataclasses.asdict(state.recipe), "gallery": state.gallery, "data": state.data}
        if state.fold:
            values["fold"] = "{} of {}".format(*state.fold)
        parameters = [Param(name, str(value)) for name, value in values.items()]
        self._client.log_batch(self._id, params=parameters, synchronous=True)
        for logged in kept:
            self.log(*logged)

    def _found(self) -> str | None:
        from mlflow.exceptions import MlflowException

        file = self._run.folder / "mlflow.txt"
        if not file.is_file():
            return None
        found = file.read_text(encoding="utf-8").strip()
        try:
            self._client.update_run(found, status="RUNNING")
        except MlflowException:  # it was deleted, or the database was
            return None
        return found

    def _new(self, artifacts: str) -> str:
        experiment = self._client.get_experiment_by_name(self._state.gallery)
        number = (
            experiment.experiment_id
            if experiment
            else self._client.create_experiment(self._state.gallery, artifact_location=artifacts)
        )
        made: str = self._client.create_run(number, run_name=self._state.name).info.run_id
        (self._run.folder / "mlflow.txt").write_text(made + "\n", encoding="utf-8")
        return made

    def log(self, step: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        for name, value in values.items():
            if name not in self._last:
                history = self._client.get_metric_history(self._id, name)
                self._last[name] = max((metric.step for metric in history), default=-1)
            if step > self._last[name]:
                self._last[name] = step
                self._waiting.append(Metric(name, value, now, step))
        if len(self._waiting) > _MOST_AT_ONCE or time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self._write()

    def _write(self) -> None:
        self._client.log_batch(self._id, metrics=self._waiting, synchronous=True)
        self._waiting, self._written = [], time.monotonic()

    def close(self) -> None:
        self._write()
        ended = {"finished": "FINISHED", "stopped": "KILLED"}.get(self._run.state().status, "FAILED")
        self._client.set_terminated(self._id, ended)


TRACKERS: dict[str, Callable[[Run, RunState, int, Iterable[_Logged]], Tracker]] = {
    "tensorboard": _TensorBoard,
    "mlflow": _MLflow,
}
