from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from reid_core.errors import ReidError
from reid_core.training import distributed
from reid_core.training.crops.data import TrainingData
from reid_core.training.distributed import Team, own_share
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, read_curve
from tests.training.conftest import RECIPE, new_run

ROOT = Path(__file__).parents[2]
SHARED = dataclasses.replace(
    RECIPE,
    backbone="test_vit",
    optimiser="sgd",  # which a gradient of another size leads elsewhere, as it does not AdamW
    learning_rate=0.02,
    loss="arcface + 0.5 triplet + 0.1 supcon",
    memory=16,
    batches="pk",
    crops_per_person=2,
    averaging=0.9,
    frozen_steps=2,
    accumulation=2,
)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def torchrun(folder: Path, pictures: Path, stop_at: int = 0, **options: object) -> subprocess.Popen[str]:
    words = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "torch.distributed.run", *words, str(Path(__file__).with_name("two_processes.py"))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, str(folder), str(pictures), str(stop_at)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        said, _ = process.communicate(timeout=200)
        assert process.returncode == 0, said


def losses(run: Run) -> list[float]:
    return [value for row in read_curve(run.steps) for name, value in row.items() if "loss" in name]


@pytest.fixture(scope="module")
def pictures(data: TrainingData) -> Path:
    data.records.table.to_parquet(data.crops[0][0] / "crops.parquet")
    return data.crops[0][0]


def started(folder: Path, recipe: Recipe = SHARED) -> Run:
    return new_run(folder, recipe)[0]


@pytest.fixture(scope="module")
def alone(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = started(tmp_path_factory.mktemp("one") / "one")
    finish(torchrun(run.folder, pictures, nproc_per_node=1, master_port=free_port()))
    return run


def test_two_processes_give_the_losses_and_weights_of_one(alone: Run, pictures: Path, tmp_path: Path) -> None:
    both = started(tmp_path / "two")
    finish(torchrun(both.folder, pictures, nproc_per_node=2, master_port=free_port()))
    assert len(losses(both)) > 10
    assert losses(both) == pytest.approx(losses(alone), rel=1e-4, abs=5e-5)
    one, two = (torch.load(run.checkpoint, weights_only=True) for run in (alone, both))
    for name, weight in one["network"].items():
        torch.testing.assert_close(two["network"][name], weight, rtol=1e-2, atol=2e-4, msg=name)
    assert "by 2 processes" in (both.folder / "log.txt").read_text()


def test_two_machines_of_one_process_each_are_two_processes(alone: Run, pictures: Path, tmp_path: Path) -> None:
    both, port = started(tmp_path / "nodes"), free_port()
    options: dict[str, Any] = {"nnodes": 2, "nproc_per_node": 1, "master_addr": "127.0.0.1", "master_port": port}
    finish(*(torchrun(both.folder, pictures, node_rank=rank, **options) for rank in (0, 1)))
    assert losses(both) == pytest.approx(losses(alone), rel=1e-4, abs=5e-5)


def test_two_processes_that_were_stopped_go_on_bit_for_bit(pictures: Path, tmp_path: Path) -> None:
    whole, parts = started(tmp_path / "whole"), started(tmp_path / "parts")
    finish(torchrun(whole.folder, pictures, nproc_per_node=2, master_port=free_port()))
    for stop_at in (3, 0):
        finish(torchrun(parts.folder, pictures, stop_at, nproc_per_node=2, master_port=free_port()))
    one, two = (torch.load(run.checkpoint, weights_only=True) for run in (whole, parts))
    assert one["step"] == two["step"] > 3
    for name, weight in one["network"].items():
        assert torch.equal(two["network"][name], weight), name
    assert losses(whole) == losses(parts)


def test_each_process_takes_its_slice_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = []
    for rank in range(3):
        monkeypatch.setattr(distributed, "team", lambda rank=rank: Team(rank, 3))
        slices.append(own_share([10, 11, 12, 13, 14, 15]))
    assert slices == [[10, 11], [12, 13], [14, 15]]
    with pytest.raises(ReidError, match="--batch-size 6"):
        own_share([1, 2, 3, 4, 5, 6, 7, 8])
