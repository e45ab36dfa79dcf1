"""How many pure tracklets are wrongly split, and how many of two people are split, by each model at hand.

Tracklets are those of Market-1501's split: crops of one person in one camera and sequence, less than ten seconds apart.
Mixtures go on with another person of the same camera and sequence. What is split is learnt from all of them with one
mixture in twenty tracklets, without labels.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import BEST_FIRST, SHIPPED_MODELS
from reid_core.embedder.third_party.adding import add_network
from reid_core.video.best_crops import MOST_CANDIDATES
from reid_core.video.purity import Purity
from tests.benchmarks.video.tracking import SHARED

SPLIT = SHARED / "data" / "market1501-split.zip"
OSNET = SHARED / "models" / "osnet_x0_25_msmt17.onnx"
WALK = 250  # frames of 25 a second: a longer gap ends a tracklet
MIXTURES = 1_500
NAME = re.compile(r"(\d{4})_c(\d)s(\d)_(\d{6})_\d\d\.jpg$")
Vectors = NDArray[np.float32]
Place = tuple[str, str]  # camera, sequence


def run() -> None:
    if not SPLIT.is_file():
        print(f"Purity: left out, since {SPLIT.name} is not on this machine")
        return
    print("Purity, 150 people of Market-1501 kept out of training: pure tracklets wrongly split, mixed ones caught")
    with tempfile.TemporaryDirectory() as folder:
        models = {name: SHIPPED_MODELS / name for name in BEST_FIRST}
        if OSNET.is_file():
            add_network(OSNET, Path(folder) / "osnet", ModelCard("osnet", 0, Preprocessing(256, 128)))
            models["osnet"] = Path(folder) / "osnet"
        for name, path in models.items():
            _measure(name, _tracklets(Embedder(path, "cpu")))


def _measure(name: str, pure: dict[Place, list[tuple[str, Vectors]]]) -> None:
    random = np.random.default_rng(0)
    everything = [vectors for some in pure.values() for _, vectors in some]
    swapped = [_mixture(pure, random, back=False) for _ in range(MIXTURES)]
    returned = [_mixture(pure, random, back=True) for _ in range(MIXTURES // 3)]
    for share in (0.0, 0.05, 0.2):
        learnt = everything + swapped[: round(share * len(everything))]
        purity = Purity()
        for place in random.permutation(len(learnt)):
            purity.learn(learnt[place], 0, 1)
        wrong, caught, both = (
            np.mean([len(purity.split(each)) > 1 for each in some]) for some in (everything, swapped, returned)
        )
        print(
            f"  {name:<10} {share:4.0%} mixed: wrong {wrong:.1%} of {len(everything)}, caught {caught:.1%}, there and"
            f" back {both:.1%}",
            flush=True,
        )


def _mixture(pure: dict[Place, list[tuple[str, Vectors]]], random: np.random.Generator, back: bool) -> Vectors:
    """One person, then another; with `back`, then the first again."""
    places = [place for place, some in pure.items() if len({person for person, _ in some}) > 1]
    while True:
        some = pure[places[random.integers(len(places))]]
        (person, one), (another, other) = (some[row] for row in random.choice(len(some), 2, replace=False))
        if person == another or (back and min(len(one), len(other)) < 2):
            continue
        other = other[: MOST_CANDIDATES - min(len(one), 4)]
        if back:
            return np.concatenate([one[:1], other[:4], one[1:4]])
        return np.concatenate([one[: random.integers(1, min(len(one), 4) + 1)], other])


def _tracklets(embedder: Embedder) -> dict[Place, list[tuple[str, Vectors]]]:
    """By camera and sequence the person and unit vectors of each walk with two crops or more."""
    with zipfile.ZipFile(SPLIT) as archive:
        names = [name for name in archive.namelist() if "/query/" in f"/{name}" or "bounding_box_test/" in name]
        walks: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
        for name in names:
            if (match := NAME.search(name)) and match[1] != "0000":
                walks[match[2], match[3], match[1]].append((int(match[4]), name))
        result: dict[Place, list[tuple[str, Vectors]]] = defaultdict(list)
        for (camera, sequence, person), crops in walks.items():
            crops.sort()
            times = np.array([time for time, _ in crops])
            for part in np.split(np.arange(len(crops)), np.flatnonzero(np.diff(times) > WALK) + 1):
                chosen = part[np.unique(np.linspace(0, len(part) - 1, MOST_CANDIDATES).round().astype(int))]
                if len(chosen) > 1:
                    pictures = [Image.open(io.BytesIO(archive.read(crops[row][1]))).convert("RGB") for row in chosen]
                    vectors = embedder.embed_pixels([embedder.prepare(picture) for picture in pictures])
                    vectors = vectors.astype(np.float32) / np.linalg.norm(vectors, axis=1, keepdims=True)
                    result[camera, sequence].append((person, vectors))
    return result


if __name__ == "__main__":
    run()
