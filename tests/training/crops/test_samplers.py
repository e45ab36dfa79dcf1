from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.training.crops.data import batch_items
from reid_core.training.crops.samplers import concerns, epoch_batches
from reid_core.training.recipe import Recipe


@st.composite
def cases(draw: st.DrawFn) -> tuple[Recipe, np.ndarray, np.ndarray, int]:
    each, people_of_batch = draw(st.integers(2, 5)), draw(st.integers(2, 4))
    sizes = draw(st.lists(st.integers(1, 9), min_size=people_of_batch, max_size=12))
    people = np.repeat(np.arange(len(sizes)), sizes)
    cameras = np.array(draw(st.lists(st.integers(-1, 3), min_size=len(people), max_size=len(people))))
    shuffled = np.random.default_rng(0).permutation(len(people))
    recipe = Recipe(
        batches=draw(st.sampled_from(["pk", "pk-camera"])),
        batch_size=each * people_of_batch,
        crops_per_person=each,
        seed=draw(st.integers(0, 5)),
    )
    return recipe, people[shuffled], cameras, draw(st.integers(0, 3))


@given(case=cases())
def test_pk_batches_hold_p_people_with_k_crops_each_and_an_epoch_sees_everybody(
    case: tuple[Recipe, np.ndarray, np.ndarray, int],
) -> None:
    recipe, people, cameras, epoch = case
    each = recipe.crops_per_person
    batches = epoch_batches(recipe, people, cameras, epoch=epoch)
    for batch in batches:
        groups = batch.reshape(-1, each)
        owners = [set(people[group].tolist()) for group in groups]
        assert all(len(owner) == 1 for owner in owners)
        assert len(set.union(*owners)) == recipe.batch_size // each
        for group in groups:
            crops = int((people == people[group[0]]).sum())
            uses = Counter(group.tolist())
            assert len(uses) == min(each, crops)
            assert max(uses.values()) - min(uses.values()) <= 1 or recipe.batches == "pk-camera"
            if recipe.batches == "pk-camera":
                there = len(set(cameras[people == people[group[0]]].tolist()))
                assert len(set(cameras[group].tolist())) == min(each, there)
    assert {int(person) for batch in batches for person in people[batch]} == set(people.tolist())
    assert len(batches) >= len(people) // recipe.batch_size
    again = epoch_batches(recipe, people, cameras, epoch=epoch)
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))


def test_over_a_long_epoch_a_persons_crops_take_turns() -> None:
    people = np.repeat(np.arange(5), 12)
    recipe = Recipe(batches="pk", batch_size=4, crops_per_person=2)
    uses = Counter(int(row) for batch in epoch_batches(recipe, people, people, epoch=0) for row in batch)
    assert max(uses.values()) <= 2
    assert len(uses) > 50  # 15 batches of 4: 60 places for 60 crops


def test_a_crop_that_comes_again_in_an_epoch_is_augmented_anew() -> None:
    assert batch_items([np.array([7, 7, 3]), np.array([3, 7, 1])], 4) == [
        [(4, 7, 0), (4, 7, 1), (4, 3, 0)],
        [(4, 3, 1), (4, 7, 2), (4, 1, 0)],
    ]


PK = Recipe(batches="pk", batch_size=8, crops_per_person=4, loss="triplet")


@pytest.mark.parametrize(
    ("recipe", "sizes", "said"),
    [
        (PK, [4], "--batch-size 4"),
        (PK, [3, 2, 3], "--crops-per-person 3"),
        (PK, [1, 1, 1], "single crop"),
        (Recipe(loss="supcon"), [1, 1], "single crop"),
    ],
)
def test_what_cannot_be_drawn_says_what_could(recipe: Recipe, sizes: list[int], said: str) -> None:
    with pytest.raises(ReidError, match=said):
        concerns(recipe, np.repeat(np.arange(len(sizes)), sizes))


def test_people_with_few_crops_are_counted_aloud() -> None:
    single, few = concerns(PK, np.array([0, 1, 1, 2, 2, 2, 2]))
    assert "1 identity of 3 with a single crop" in single
    assert "2 identities of 3 with fewer than 4 crops" in few
    assert concerns(Recipe(), np.array([0, 1])) == []


@pytest.mark.parametrize(("size", "each"), [(10, 4), (4, 4)])
def test_a_batch_must_hold_whole_people(size: int, each: int) -> None:
    with pytest.raises(ReidError, match="at least 2 people"):
        Recipe(batches="pk", batch_size=size, crops_per_person=each)


def test_people_who_were_told_apart_are_drawn_into_the_same_batches() -> None:
    people = np.repeat(np.arange(40), 4)
    recipe = Recipe(batches="pk", batch_size=16, crops_per_person=4)
    pairs = [(3, 17), (3, 25), (30, 8)]
    seen, batches = set(), epoch_batches(recipe, people, people, epoch=1, together=pairs)
    for batch in batches:
        drawn = [people[row] for row in batch[::4]]
        assert len(set(drawn)) == 4
        for one, other in pairs:
            partners = {b if a == one else a for a, b in pairs if one in (a, b)}
            assert one not in drawn or partners & set(drawn)
            partners = {b if a == other else a for a, b in pairs if other in (a, b)}
            assert other not in drawn or partners & set(drawn)
        seen |= set(drawn)
    assert {3, 30, 8} <= seen
    plain = epoch_batches(recipe, people, people, epoch=1)
    empty = epoch_batches(recipe, people, people, epoch=1, together=[])
    assert all(np.array_equal(one, other) for one, other in zip(plain, empty, strict=True))
