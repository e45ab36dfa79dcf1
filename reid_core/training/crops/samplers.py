"""Which crops make up each batch of an epoch: any, or K crops of each of P people (Hermans et al., 2017).

Everything is drawn from (seed, epoch), so each process of a training, and a run that goes on, finds the same batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.training.loss_text import PAIR_LOSSES, parse_losses
from reid_core.training.recipe import Recipe

Rows = npt.NDArray[np.int64]


def epoch_batches(
    recipe: Recipe, people: Rows, cameras: Rows, *, epoch: int, together: Sequence[tuple[int, int]] = ()
) -> list[Rows]:
    """Rows of the crops in each batch; `people` and `cameras` are (N,) codes, one per crop.

    `together` are pairs of people who are drawn into the same batches, where those are drawn by people.
    """
    if recipe.batches == "random":
        return random_batches(len(people), recipe.batch_size, epoch=epoch, seed=recipe.seed)
    if recipe.batches == "pk":
        cameras = np.zeros_like(cameras)
    return people_batches(
        people, cameras, batch_size=recipe.batch_size, each=recipe.crops_per_person, epoch=epoch, seed=recipe.seed,
        together=together,
    )  # fmt: skip


def count_batches(recipe: Recipe, *, crops: int, people: int) -> int:
    """How many batches `epoch_batches` gives."""
    filled = max(1, crops // recipe.batch_size)
    if recipe.batches == "random":
        return filled
    return max(-(-people // (recipe.batch_size // recipe.crops_per_person)), filled)


def random_batches(crops: int, batch_size: int, *, epoch: int, seed: int) -> list[Rows]:
    """All crops in a random order, in whole batches; the few left over are other ones in each epoch."""
    order = np.random.default_rng((seed, epoch)).permutation(crops)
    if crops <= batch_size:
        return [order]
    return [order[start : start + batch_size] for start in range(0, crops - batch_size + 1, batch_size)]


def people_batches(
    people: Rows, cameras: Rows, *, batch_size: int, each: int, epoch: int, seed: int,
    together: Sequence[tuple[int, int]] = (),
) -> list[Rows]:  # fmt: skip
    """Batches of batch_size / each different people with `each` crops, person after person.

    An epoch is as long as the crops would fill batches, and longer where it takes more to see every person. A person's
    crops are spread over as many cameras as the person has, those of a camera take turns, and where there are fewer
    than `each` they are repeated. Of `together`, a person who is drawn brings a partner along where a place is free:
    that of a person who is in no pair. Where everybody in the batch is in one, a person may be there without a partner.
    """
    random = np.random.default_rng((seed, epoch))
    crops: dict[int, dict[int, Callable[[int], list[int]]]] = {}
    for person in np.unique(people):
        own = np.flatnonzero(people == person)
        crops[int(person)] = {
            int(camera): _endless(own[cameras[own] == camera].tolist(), random) for camera in np.unique(cameras[own])
        }
    sizes = Counter(zip(people.tolist(), cameras.tolist(), strict=True))
    per_batch = batch_size // each
    count = max(-(-len(crops) // per_batch), len(people) // batch_size)
    next_people = _endless(list(crops), random)
    partners: dict[int, set[int]] = {}
    for one, other in [*together, *((other, one) for one, other in together)]:
        partners.setdefault(one, set()).add(other)
    batches = []
    for _ in range(count):
        rows: list[int] = []
        for person in _with_partners(next_people(per_batch), partners, random):
            order = random.permutation(list(crops[person])).tolist()
            shares = _shares([sizes[person, camera] for camera in order], each)
            for camera, share in zip(order, shares, strict=True):
                rows += crops[person][camera](share)
        batches.append(np.array(rows, dtype=np.int64))
    return batches


def _with_partners(drawn: list[int], partners: Mapping[int, set[int]], random: np.random.Generator) -> list[int]:
    drawn = list(drawn)
    for person in list(drawn):
        if person in partners and not partners[person] & set(drawn):
            free = [place for place, other in enumerate(drawn) if other not in partners]
            if not free:
                break
            drawn[int(random.choice(free))] = int(random.choice(sorted(partners[person])))
    return drawn


def _endless(items: Sequence[int], random: np.random.Generator) -> Callable[[int], list[int]]:
    """A function that gives the next so many of endlessly many shuffles, different ones where there are enough."""
    waiting: list[int] = []

    def take(count: int) -> list[int]:
        rounds, rest = divmod(count, len(items))
        taken = [item for _ in range(rounds) for item in random.permutation(items).tolist()]
        if len(set(waiting)) < rest:
            waiting.extend(random.permutation(items).tolist())
        for item in list(dict.fromkeys(waiting))[:rest]:
            waiting.remove(item)
            taken.append(item)
        return taken

    return take


def _shares(sizes: Sequence[int], total: int) -> list[int]:
    """How many to take from groups of these sizes, in turn: none twice while another has one left."""
    shares = [0] * len(sizes)
    while sum(shares) < total:
        open_groups = [group for group, size in enumerate(sizes) if shares[group] < size] or range(len(sizes))
        for group in list(open_groups)[: total - sum(shares)]:
            shares[group] += 1
    return shares


def concerns(recipe: Recipe, people: Rows) -> list[str]:
    """What somebody should know of these crops before training on them so.

    Raises ReidError where it cannot work: batches of more people or crops than there are, pairs where there are none.
    """
    _, counts = np.unique(people, return_counts=True)
    pairs = sorted(PAIR_LOSSES.keys() & parse_losses(recipe.loss))
    alone = int((counts == 1).sum())
    if pairs and alone == len(counts):
        raise ReidError(
            f"Each of the {plural(len(counts), 'identity')} to train on has a single crop, and {pairs[0]} compares "
            "crops of one person. Give more crops of each, or use --loss arcface --batches random."
        )
    said = []
    if alone and pairs:
        said.append(f"{plural(alone, 'identity')} of {len(counts)} with a single crop teach {pairs[0]} nothing.")
    if recipe.batches == "random":
        if pairs:
            said.append(
                f"Random batches hold few pairs for {pairs[0]}; --batches pk draws crops of one person together."
            )
        return said
    each, per_batch = recipe.crops_per_person, recipe.batch_size // recipe.crops_per_person
    if per_batch > len(counts):
        raise ReidError(
            f"A batch of {recipe.batch_size} is {per_batch} people with {each} crops each, but there are "
            f"{len(counts)} to train on. Use --batch-size {len(counts) * each} or less."
        )
    if each > counts.max():
        raise ReidError(
            f"crops_per_person is {each}, but nobody has more than {plural(int(counts.max()), 'crop')}. "
            f"Use --crops-per-person {max(2, int(counts.max()))} or less."
        )
    if few := int((counts < each).sum()):
        said.append(f"{plural(few, 'identity')} of {len(counts)} with fewer than {each} crops: theirs are repeated.")
    return said
