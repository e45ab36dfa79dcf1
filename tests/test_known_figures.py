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
from reid_core.embedder.model import add_onnx
from reid_core.signals import StopRequest
from reid_core.workspace.evaluating import evaluate_gallery
from reid_core.workspace.importing import import_dataset
from reid_core.workspace.indexing import embed_gallery
from reid_core.workspace.workspace import Workspace

MEASURING = Path(os.environ.get("REID_MEASURING", Path(__file__).resolve().parents[2] / "shared"))
SPLIT = MEASURING / "data" / "market1501-split.zip"
OSNET = MEASURING / "models" / "osnet_x0_25_msmt17.onnx"


@pytest.mark.skipif(not SPLIT.is_file(), reason=f"{SPLIT.name} is not on this machine")
@pytest.mark.skipif(not OSNET.is_file(), reason=f"{OSNET.name} is not on this machine")
def test_a_published_embedder_reaches_its_figures_on_a_split_of_market_1501(tmp_path: Path) -> None:
    dataset = read_dataset(SPLIT)
    assert dataset.describe() == (
        "Market-1501: 10,679 train, 663 query, 1,594 gallery crops, 751 identities, 6 cameras"
    )
    workspace = Workspace(tmp_path / "workspace")
    tested = dataclasses.replace(dataset, records=dataset.records.of_split("query", "gallery"))
    import_dataset(workspace, tested, "market", stop=StopRequest())
    add_onnx(OSNET, workspace.models_folder / "osnet", ModelCard("osnet", 0, Preprocessing(256, 128)))
    embedder = Embedder(workspace.find_model("osnet"), "cpu")
    embed_gallery(workspace, "market", embedder, stop=StopRequest())
    metrics = evaluate_gallery(workspace, "market", embedder.id)
    assert 100 * metrics.mAP == pytest.approx(52.5, abs=1.0)
    assert 100 * metrics.rank1 == pytest.approx(70.2, abs=1.0)
