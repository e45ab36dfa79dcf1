"""Figures that were measured elsewhere, on real crops that are not part of this project.

They check reader, preprocessing and ranking together. Skipped where the data is not there.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from reid_core.datasets import read_dataset
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.third_party.adding import add_network
from reid_core.signals import StopRequest
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.support.gallery_metrics import metrics_of

MEASURING = Path(os.environ.get("REID_MEASURING", Path(__file__).resolve().parents[2] / "shared"))
SPLIT = MEASURING / "data" / "market1501-split.zip"
OSNET = MEASURING / "models" / "osnet_x0_25_msmt17.onnx"


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The 150 people of the split who are kept for testing."""
    if not SPLIT.is_file():
        pytest.skip(f"{SPLIT.name} is not on this machine")
    dataset = read_dataset(SPLIT)
    assert dataset.describe() == (
        "Market-1501: 10,679 train, 663 query, 1,594 gallery crops, 751 identities, 6 cameras"
    )
    workspace = Workspace(tmp_path_factory.mktemp("known") / "workspace", TESTER)
    records = dataset.records.of_split("query", "gallery")
    import_dataset(workspace, dataclasses.replace(dataset, records=records), "market", stop=StopRequest())
    return workspace


def figures(workspace: Workspace, model: str) -> tuple[float, float]:
    """mAP and Rank-1, in percent."""
    embedder = Embedder(workspace.find_model(model), "cpu")
    embed_gallery(workspace, "market", embedder, stop=StopRequest())
    metrics = metrics_of(workspace, "market", embedder.id)
    return 100 * metrics.mAP, 100 * metrics.rank1


@pytest.mark.skipif(not OSNET.is_file(), reason=f"{OSNET.name} is not on this machine")
def test_a_published_embedder_reaches_its_figures_on_a_split_of_market_1501(tested: Workspace) -> None:
    add_network(OSNET, tested.models_folder / "osnet", ModelCard("osnet", 0, Preprocessing(256, 128)))
    assert figures(tested, "osnet") == pytest.approx((52.5, 70.2), abs=1.0)


@pytest.mark.parametrize(("model", "mAP", "rank1"), [("market", 88, 93), ("synthetic", 30, 50)])
def test_the_shipped_models_are_as_good_as_was_measured(
    tested: Workspace, model: str, mAP: float, rank1: float
) -> None:
    found = figures(tested, model)
    assert found[0] >= mAP
    assert found[1] >= rank1
