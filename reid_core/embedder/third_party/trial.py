"""A network tried on drawn pictures before it is taken: what is no embedder, or finds all pictures alike, is refused.

How alike the vectors of six quite different pictures are, as the smallest of their fifteen similarities: 0.17 to 0.42
for trained embedders (the shipped ones, OSNet, two of Intel's), at most 0.99 for 16 untrained networks of timm, and
0.998 or more for a network that gets its pictures on the wrong scale, by which all become one grey. (OSNet so: 0.986;
what another usual scale would mend is looked for from `SUSPECT` on.)
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from reid_core.embedder.preprocessing import AS_BYTES, IMAGENET, Preprocessing, Three, as_option
from reid_core.embedder.runtime import Pixels, Runner, Vectors, length_depends, openvino_runner
from reid_core.errors import ReidError

SAME = 0.999  # cosine from which two vectors are of one picture: rounding is far nearer to 1
SUSPECT = 0.98  # smallest similarity from which a network may get its pictures on a wrong scale
COLLAPSED = 0.998  # from which no search could tell people apart
THE_SAME = 1 - 5e-9  # two unit vectors are 0.0001 apart: a hundred times what rounding does
MENDED = 0.9  # to which another scale must bring it down to be proposed
HUGE = 1e15  # length of a vector, and one over it, whose square float32 still holds
SCALES = (
    ("--range 255, when the network normalises inside", AS_BYTES),
    (f"--mean {as_option(IMAGENET[0])} --std {as_option(IMAGENET[1])}", IMAGENET),
    ("--mean 0.5,0.5,0.5 --std 0.5,0.5,0.5", ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))),
    ("--mean 0,0,0 --std 1,1,1", ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))),
)  # that networks are trained with
CLASSES = {
    1000: "ImageNet has classes",
    751: "Market-1501 has people to train on",
    702: "DukeMTMC-reID has people to train on",
    767: "CUHK03 has people to train on",
    1041: "MSMT17 has people to train on",
}
Colour = tuple[int, int, int]
_SKIN, _GREY = (214, 170, 140), (120, 120, 120)
_PEOPLE = (  # shirt, trousers and what is behind them
    ((200, 30, 40), (30, 40, 120), _GREY),
    ((240, 240, 240), (15, 15, 15), (70, 90, 60)),
    ((30, 120, 60), (220, 200, 80), (190, 200, 220)),
)


class Tried(TypedDict):
    """`size`, the D of the network's vectors, and a `warning`, which may be ""."""

    size: int
    warning: str


def try_network(file: Path, preprocessing: Preprocessing, called: str = "", trained_so: bool = False) -> Tried:
    """Run the network as it will be run. Raises ReidError when it is no embedder.

    `trained_so` says that it is known to have been trained with this preprocessing, as what we export is: then no other
    scale is looked for.

    Six pictures are run together, in another order and one by one: each must get the same vector every time, and
    quite different pictures different ones.
    """
    name = called or str(file)
    run = openvino_runner(file, preprocessing, called, workers=1)
    pictures = drawn_pictures(preprocessing)
    together = run(pictures)
    size = together.shape[1]
    turned = np.roll(run(np.roll(pictures, 1, axis=0)), -1, axis=0)
    alone = [run(picture[None]) for picture in pictures]
    if any(vectors.shape[1] != size for vectors in (turned, *alone)):
        raise length_depends(name)
    _refuse_answers(together, name)
    units = [_unit_length(vectors, name) for vectors in (together, turned, np.concatenate(alone))]
    if min((units[0] * other).sum(axis=1).min() for other in units[1:]) < SAME:
        raise ReidError(
            f"{name} gives a picture another vector when it runs together with others than alone, or in another place "
            "of the batch. Export it in evaluation mode, with a batch axis of any length."
        )
    warnings = [_alike(file, preprocessing, name, _least_similarity(units[0]), trained_so)]
    if size in CLASSES and not trained_so:
        warnings.append(
            f"{name} gives vectors of {size:,} numbers, as many as {CLASSES[size]}: is that the answer of its "
            "classifier? The embedding is what goes into that layer."
        )
    return {"size": size, "warning": " ".join(filter(None, warnings))}


def _refuse_answers(vectors: Vectors, name: str) -> None:
    """Raises ReidError for one number, and for probabilities: a classifier's answers, which tell no two apart."""
    if vectors.shape[1] == 1:
        raise ReidError(f"{name} gives one number for each picture; an embedding has many. Export the layer before it.")
    if (vectors >= 0).all() and np.allclose(vectors.sum(axis=1), 1, atol=1e-3):
        raise ReidError(
            f"{name} gives probabilities, which are 1 in sum: the answer of a classifier, and no embedding. Export the "
            "network without its classifier, up to the layer before."
        )


def drawn_pictures(preprocessing: Preprocessing) -> Pixels:
    """Three pictures of 4 × 4 colours and three of drawn people, (6, height, width, 3): unlike noise or grey, two of
    them differ for any network that sees."""
    blocks = [_coloured_blocks(preprocessing, seed) for seed in (1, 2, 3)]
    return np.stack([*blocks, *(_drawn_person(preprocessing, *colours) for colours in _PEOPLE)])


def _alike(file: Path, preprocessing: Preprocessing, name: str, least: float, trained_so: bool) -> str:
    """ "", or a warning; raises ReidError where the vectors are so alike that it is no use."""
    if least < SUSPECT:
        return ""
    found = f"{name} gives six quite different pictures vectors whose similarities are {_down(least)} or more"
    if least > THE_SAME:
        found = f"{name} gives every picture the same vector (similarities of {_down(least)} or more)"
    better = [words for words, scale in SCALES if not trained_so and _mends(file, preprocessing, scale)]
    if better:
        raise ReidError(
            f"{found}, with mean {as_option(preprocessing.mean)} and std {as_option(preprocessing.std)}. Its pictures "
            f"must go in on the scale that it was trained on; it tells them apart with {'; or with '.join(better)}."
        )
    if least >= COLLAPSED:
        raise ReidError(
            f"{found}: no search could tell people apart. Check --mean and --std (--range 255 for a network that "
            "normalises inside); if they are right, it was never trained, or its training collapsed."
        )
    check = "" if trained_so else " Check --mean and --std."
    return f"{found}, as an untrained network does: its similarities will all be high.{check}"


def _mends(file: Path, preprocessing: Preprocessing, scale: tuple[Three, Three]) -> bool:
    mean, std = scale
    if preprocessing.input_type != "float" or (preprocessing.mean, preprocessing.std) == scale:
        return False
    other = dataclasses.replace(preprocessing, mean=mean, std=std)
    try:
        return _least_similarity(_run_units(openvino_runner(file, other, "", workers=1), other)) < MENDED
    except ReidError:  # it gives no numbers so
        return False


def _run_units(run: Runner, preprocessing: Preprocessing) -> npt.NDArray[np.float64]:
    return _unit_length(run(drawn_pictures(preprocessing)), "it")


def _least_similarity(units: npt.NDArray[np.float64]) -> float:
    return float((units @ units.T).min())


def _down(share: float) -> str:
    """ "0.9986", not rounded up to 1."""
    return f"{np.floor(share * 1e5) / 1e5:.5f}"


def _unit_length(vectors: Vectors, name: str) -> npt.NDArray[np.float64]:
    if not np.isfinite(vectors).all():
        raise ReidError(f"{name} gives numbers that are not finite. Check --mean and --std, or export it again.")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not lengths.all():
        raise ReidError(f"{name} gives vectors without a direction, all zeros. Export it again.")
    if lengths.max() > HUGE or lengths.min() < 1 / HUGE:
        extreme = lengths.max() if lengths.max() > HUGE else lengths.min()
        raise ReidError(
            f"{name} gives vectors of length {extreme:.1e}, which cannot be compared. Check --mean and --std, or "
            "export it with its last normalisation."
        )
    return vectors / lengths


def _coloured_blocks(preprocessing: Preprocessing, seed: int) -> Pixels:
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    rows = np.arange(preprocessing.height) * 4 // preprocessing.height
    columns = np.arange(preprocessing.width) * 4 // preprocessing.width
    return colours[rows][:, columns]


def _drawn_person(preprocessing: Preprocessing, shirt: Colour, trousers: Colour, behind: Colour) -> Pixels:
    height, width = preprocessing.height, preprocessing.width
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = behind
    for top, bottom, left, right, colour in (
        (0.05, 0.18, 0.38, 0.62, _SKIN),
        (0.18, 0.55, 0.25, 0.75, shirt),
        (0.55, 0.92, 0.30, 0.70, trousers),
    ):
        picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = colour
    return picture
