"""The models that come with the program: small, described, calibrated, and the same in both files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.card import ModelCard
from reid_core.embedder.exchange import parity
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import BEST_FIRST, SHIPPED_MODELS, load_network, model_id
from reid_core.training.recipe import get_recipe

MOST_BYTES = 16_000_000
MOST_WEIGHTS = 6_000_000


@pytest.fixture(params=BEST_FIRST)
def shipped(request: pytest.FixtureRequest) -> Path:
    folder: Path = SHIPPED_MODELS / request.param
    return folder


def test_it_is_small(shipped: Path) -> None:
    assert sum(file.stat().st_size for file in shipped.iterdir()) < MOST_BYTES
    assert sum(weight.numel() for weight in load_network(shipped).parameters()) <= MOST_WEIGHTS


def test_its_id_is_the_one_that_galleries_were_embedded_under(shipped: Path) -> None:
    assert model_id(shipped) == {"market": "c9b06ef030f98d7a", "synthetic": "0438cda95008ee89"}[shipped.name]


def test_its_card_says_what_it_is_and_what_it_may_be_used_for(shipped: Path) -> None:
    card = Embedder(shipped, "cpu").card
    assert card.name == shipped.name
    assert "not stated" not in (card.terms, card.trained_on)
    assert card.recipe["seed"] == 0
    assert card.calibration
    assert {one["model"] for one in card.calibration.values()} == {model_id(shipped)}


def test_the_recipe_strong_is_what_made_the_model_of_real_people() -> None:
    made = dict(ModelCard.read(SHIPPED_MODELS / "market").recipe)
    del made["start"]
    assert made == dataclasses.asdict(get_recipe("strong").replace(validation=0.0))


def test_both_files_give_the_same_vectors(shipped: Path) -> None:
    found = parity(shipped)
    assert found is not None
    assert found.cosine > 0.9999


def test_it_finds_drawn_people_in_other_cameras(shipped: Path, tmp_path: Path) -> None:
    write_site(tmp_path, SiteConfig(identities=12, cameras=2, crops_per_visit=(2, 3)))
    records = read_dataset(tmp_path, format="table", train_share=0.0).records.table
    embedder = Embedder(shipped, "cpu")
    vectors = embedder.embed([Image.open(tmp_path / path) for path in records["path"]])
    similarities = vectors @ vectors.T
    people, cameras = records["identity"].to_numpy(), records["camera"].to_numpy()
    similarities[cameras[:, None] == cameras] = -1
    found = people[similarities.argmax(axis=1)] == people
    assert found.mean() > 0.5  # by chance 1 in 12
