from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch

from reid_core.errors import ReidError
from reid_core.training.loss_text import LOSSES, parse_losses
from reid_core.training.losses import create_loss
from reid_core.training.monitoring.triplets import triplet_statistics
from reid_core.training.recipe import Recipe

LABELS = [0, 0, 0, 1, 1, 2, 2, 3]  # the last person is alone


def embeddings(seed: int = 0, crops: int = 8) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(crops, 5)).astype(np.float32))


def unit(vectors: torch.Tensor) -> list[list[float]]:
    return [[value / math.hypot(*row) for value in row] for row in vectors.tolist()]


def hardest(vectors: torch.Tensor, labels: list[int]) -> list[tuple[float, float]]:
    """Distance to the farthest positive and to the nearest negative of each crop that has both."""
    rows = unit(vectors)
    pairs = []
    for anchor, label in enumerate(labels):
        positives = [
            math.dist(rows[anchor], rows[o]) for o, other in enumerate(labels) if other == label and o != anchor
        ]
        negatives = [math.dist(rows[anchor], rows[o]) for o, other in enumerate(labels) if other != label]
        if positives and negatives:
            pairs.append((max(positives), min(negatives)))
    return pairs


def loss_of(recipe: Recipe, vectors: torch.Tensor, labels: list[int]) -> dict[str, float]:
    parts = create_loss(recipe, classes=4, embedding_size=5)(vectors, torch.tensor(labels))
    return {name: float(value) for name, value in parts.items()}


def test_triplet_is_the_mean_over_the_hardest_triplets() -> None:
    pairs = hardest(embeddings(), LABELS)
    hinge = [max(0.0, positive - negative + 0.3) for positive, negative in pairs]
    soft = [math.log1p(math.exp(positive - negative)) for positive, negative in pairs]
    found = loss_of(Recipe(loss="triplet + soft-triplet", triplet_margin=0.3), embeddings(), LABELS)
    assert found == pytest.approx({"triplet": np.mean(hinge), "soft-triplet": np.mean(soft)}, rel=1e-4)


def test_supcon_and_circle_follow_their_formulas() -> None:
    rows = unit(embeddings())
    contrast, circles = [], []
    for anchor, label in enumerate(LABELS):
        cosines = {o: sum(a * b for a, b in zip(rows[anchor], rows[o], strict=True)) for o in range(8) if o != anchor}
        positives = [cosine for o, cosine in cosines.items() if LABELS[o] == label]
        negatives = [cosine for o, cosine in cosines.items() if LABELS[o] != label]
        if not positives:
            continue
        total = math.log(sum(math.exp(cosine / 0.2) for cosine in cosines.values()))
        contrast.append(-np.mean([cosine / 0.2 - total for cosine in positives]))
        away = sum(math.exp(-8 * max(0, 1.25 - c) * (c - 0.75)) for c in positives)
        near = sum(math.exp(8 * max(0, c + 0.25) * (c - 0.25)) for c in negatives)
        circles.append(math.log1p(away * near))
    recipe = Recipe(loss="supcon + circle", temperature=0.2, circle_margin=0.25, circle_scale=8)
    expected = {"supcon": np.mean(contrast), "circle": np.mean(circles)}
    assert loss_of(recipe, embeddings(), LABELS) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["arcface", "cosface"])
def test_margins_are_taken_from_the_angle_or_the_cosine_of_the_right_person(name: str) -> None:
    loss = create_loss(Recipe(loss=name, margin=0.2, cosface_margin=0.3, scale=9), classes=4, embedding_size=5)
    directions = unit(next(loss.parameters()).detach().T)
    expected = []
    for row, label in zip(unit(embeddings()), LABELS, strict=True):
        cosines = [sum(a * b for a, b in zip(row, other, strict=True)) for other in directions]
        cosines[label] = math.cos(math.acos(cosines[label]) + 0.2) if name == "arcface" else cosines[label] - 0.3
        total = math.log(sum(math.exp(9 * cosine) for cosine in cosines))
        expected.append(total - 9 * cosines[label])
    assert float(loss(embeddings(), torch.tensor(LABELS))[name].detach()) == pytest.approx(np.mean(expected), rel=1e-4)


def test_a_sum_weighs_its_parts() -> None:
    alone = loss_of(Recipe(loss="triplet"), embeddings(), LABELS)["triplet"]
    assert loss_of(Recipe(loss="supcon + 0.25 triplet"), embeddings(), LABELS)["triplet"] == pytest.approx(alone / 4)


def test_memory_compares_with_earlier_batches_too_and_goes_on_from_a_checkpoint() -> None:
    recipe = Recipe(loss="triplet", memory=16, batch_size=8)
    loss = create_loss(recipe, classes=4, embedding_size=5)
    labels = torch.tensor(LABELS)
    loss(embeddings(1), labels)
    kept = io.BytesIO()
    torch.save(loss.state_dict(), kept)
    found = float(loss(embeddings(2), labels)["triplet"])
    both = torch.cat([embeddings(1), embeddings(2)])
    pairs = hardest(both, LABELS + LABELS)[-8:]  # with memory the one who was alone has an earlier crop
    assert found == pytest.approx(np.mean([max(0.0, p - n + 0.3) for p, n in pairs]), rel=1e-4)

    again = create_loss(recipe, classes=4, embedding_size=5)
    kept.seek(0)
    again.load_state_dict(torch.load(kept, weights_only=True))
    for seed in (2, 3, 4):  # past the end of the queue
        expected = float(loss(embeddings(seed), labels)["triplet"]) if seed > 2 else found
        assert float(again(embeddings(seed), labels)["triplet"]) == expected


def test_pair_losses_without_a_pair_are_nothing_and_can_be_learned_from() -> None:
    vectors = embeddings(crops=4).requires_grad_()
    recipe = Recipe(loss="triplet + soft-triplet + circle + supcon")
    parts = create_loss(recipe, classes=4, embedding_size=5)(vectors, torch.arange(4))
    sum(parts.values(), torch.zeros(())).backward()
    assert {name: float(value.detach()) for name, value in parts.items()} == dict.fromkeys(parts, 0.0)


def test_triplet_statistics_are_those_of_plain_loops() -> None:
    pairs = hardest(embeddings(), LABELS)
    found = triplet_statistics(embeddings(), torch.tensor(LABELS), 0.1)
    assert found == pytest.approx(
        {
            "hardest_positive": np.mean([positive for positive, _ in pairs]),
            "hardest_negative": np.mean([negative for _, negative in pairs]),
            "active_triplets": np.mean([positive - negative + 0.1 > 0 for positive, negative in pairs]),
        },
        rel=1e-5,
    )
    assert math.isnan(triplet_statistics(embeddings(), torch.arange(8), 0.1)["active_triplets"])


def test_sums_of_losses_are_read_from_text() -> None:
    assert parse_losses("arcface") == {"arcface": 1.0}
    assert parse_losses(" ArcFace + 0.5 triplet ") == {"arcface": 1.0, "triplet": 0.5}
    assert parse_losses("1e-2*circle+2soft-triplet") == {"circle": 0.01, "soft-triplet": 2.0}
    assert parse_losses("1e+2 supcon") == {"supcon": 100.0}
    assert set(parse_losses(" + ".join(LOSSES))) == set(LOSSES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arcfase", "Did you mean arcface"),
        ("arcface + tripplet", "Did you mean triplet"),
        ("arcface triplet", "cannot be read"),
        ("arcface +", "cannot be read"),
        ("", "cannot be read"),
        ("-1 arcface", "cannot be read"),
        ("0 arcface", "above 0"),
        ("1e999 arcface", "above 0"),
        ("arcface + 2 arcface", "twice"),
    ],
)
def test_a_sum_that_cannot_be_read_names_the_nearest(text: str, said: str) -> None:
    with pytest.raises(ReidError, match=said):
        Recipe(loss=text)
