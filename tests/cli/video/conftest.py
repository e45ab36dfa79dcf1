"""`reid video` with a detector that knows the colours of drawn figures, and without a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended, open_with_model
from tests.support.walkers import SECONDS, WALKERS, ColourDetector, filmed

Reid = Callable[..., Ended]


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two walks, of which the name says camera and start."""
    return filmed(tmp_path_factory.mktemp("films") / "gate_2026-03-02T08-30-00Z.mp4", WALKERS, SECONDS)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> ColourDetector:
    """In place of the shipped one."""
    colours = ColourDetector()
    monkeypatch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: colours)
    return colours


@pytest.fixture
def workspace(tmp_path: Path, tiny_model: Path) -> Workspace:
    return open_with_model(tmp_path / "workspace", tiny_model)


@pytest.fixture
def reid(workspace: Workspace, run_command: Callable[..., Ended], detector: ColourDetector) -> Reid:
    return partial(run_command, workspace.path)


@pytest.fixture
def video(reid: Reid) -> Reid:
    """`video(PATH, …)`: into gallery "town", embedded by the tiny model."""
    return lambda path, *options: reid("video", path, "--gallery", "town", "--index-with", "stripes", *options)
