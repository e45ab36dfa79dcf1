"""The kept names of networks: what `reid backbones --keep` leaves, and what is said of a name by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.embedder.network import check_backbone
from reid_core.errors import ReidError
from reid_core.workspace import jobs
from reid_core.workspace.runs import network_names
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER


@pytest.fixture
def listed(tmp_path: Path, run_command: Callable[..., Any]) -> Workspace:
    assert run_command(tmp_path, "backbones", "resnet18", "--keep", "--json").json()["backbones"]
    return Workspace(tmp_path, TESTER)


@pytest.mark.parametrize("name", ["resnet18", "tf_efficientnet_b0_ns", "resnet18.a1_in1k", "gluon_resnet50_v1b"])
def test_what_timm_takes_is_known(listed: Workspace, name: str) -> None:
    check_backbone(name)
    network_names.check(listed, name)


@pytest.mark.parametrize("name", ["resnt18", "RESNET18", "nonsense", ""])
def test_what_timm_does_not_take_is_said_in_the_same_words(listed: Workspace, name: str) -> None:
    with pytest.raises(ReidError) as of_timm:
        check_backbone(name)
    with pytest.raises(ReidError) as here:
        network_names.check(listed, name)
    assert str(here.value) == str(of_timm.value)


def test_a_list_of_another_timm_counts_as_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, TESTER)
    network_names.keep(workspace, ["resnet18"], [])
    with pytest.raises(ReidError, match="Nearest names: resnet18"):
        network_names.check(workspace, "resnet1")
    file = tmp_path / network_names.FOLDER / network_names.FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), "timm": "0.0.1"}))
    network_names.check(workspace, "resnet1")


def test_it_is_asked_for_once_even_where_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(jobs, "start", lambda folder, *given: asked.append(folder))
    for _ in range(2):
        network_names.list_in_background(Workspace(tmp_path, TESTER))
    assert asked == [tmp_path / network_names.FOLDER]
