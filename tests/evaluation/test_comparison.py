from __future__ import annotations

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.evaluation.comparison import paired_differences


def slow(identities: list[str], present: np.ndarray, candidate: np.ndarray, samples: int) -> tuple[float, float]:
    """People drawn one by one, their queries put together, means taken: what the sums stand for."""
    random = np.random.default_rng(99)
    people = sorted(set(identities))
    rows = {person: [row for row, who in enumerate(identities) if who == person] for person in people}
    found = []
    for _ in range(samples):
        chosen = [row for person in random.choice(people, len(people)) for row in rows[str(person)]]
        found.append(candidate[chosen].mean() - present[chosen].mean())
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def simulated(random: np.random.Generator, people: int, gain: float) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Queries whose person decides most of how well they do; the candidate is better by `gain` on average."""
    identities, present, candidate = [], [], []
    for person in range(people):
        level, own_gain = random.uniform(0.3, 0.8), random.normal(gain, 0.1)
        for _ in range(random.integers(1, 7)):
            identities.append(str(person))
            present.append(level + random.normal(0, 0.05))
            candidate.append(present[-1] + own_gain + random.normal(0, 0.05))
    return identities, np.array(present), np.array(candidate)


def test_means_and_difference_are_those_of_the_queries() -> None:
    (found,) = paired_differences(["a", "a", "b"], [0.2, 0.4, 0.9], [0.5, 0.7, 0.9])
    assert found.present == pytest.approx(0.5)
    assert found.candidate == pytest.approx(0.7)
    assert found.difference == pytest.approx(0.2)
    # Drawn are a twice (gain 0.3), b twice (0) or each once (0.2): the interval holds all, and never a loss.
    assert found.low == pytest.approx(0.0)
    assert found.high == pytest.approx(0.3)
    assert found.worse == 0.0


def test_the_interval_is_that_of_drawing_people_one_by_one() -> None:
    identities, present, candidate = simulated(np.random.default_rng(0), 60, 0.02)
    (found,) = paired_differences(identities, present, candidate, samples=8000)
    low, high = slow(identities, present, candidate, 4000)
    assert found.low == pytest.approx(low, abs=0.003)
    assert found.high == pytest.approx(high, abs=0.003)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for seed in range(300):
        (found,) = paired_differences(*simulated(random, 50, 0.03), samples=400, seed=seed)
        covered += found.low <= 0.03 <= found.high
    assert 0.90 <= covered / 300 <= 0.985


def test_drawing_queries_instead_of_people_would_be_too_sure() -> None:
    identities, present, candidate = simulated(np.random.default_rng(2), 40, 0.0)
    by_people = paired_differences(identities, present, candidate)[0]
    by_query = paired_differences([str(row) for row in range(len(identities))], present, candidate)[0]
    assert by_people.high - by_people.low > 1.2 * (by_query.high - by_query.low)


def test_a_model_beside_itself_differs_by_nothing() -> None:
    values = np.random.default_rng(0).random(30)
    (found,) = paired_differences(np.repeat(np.arange(10), 3), values, values)
    assert (found.difference, found.low, found.high, found.worse) == (0.0, 0.0, 0.0, 0.0)


def test_several_figures_are_compared_on_the_same_draws() -> None:
    identities, present, candidate = simulated(np.random.default_rng(3), 30, 0.05)
    both = paired_differences(identities, np.stack([present, 2 * present]), np.stack([candidate, 2 * candidate]))
    assert both[1].low == pytest.approx(2 * both[0].low)
    assert both == paired_differences(
        identities, np.stack([present, 2 * present]), np.stack([candidate, 2 * candidate])
    )


@pytest.mark.parametrize("identities", [[], ["a"], ["a", "a", "a"]])
def test_one_person_tells_nothing_of_others(identities: list[str]) -> None:
    with pytest.raises(ReidError, match="from 2 on"):
        paired_differences(identities, np.zeros(len(identities)), np.zeros(len(identities)))
