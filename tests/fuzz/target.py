"""What is tried: a target knows how to make one odd input of a random generator and to give it to the product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from reid_core.errors import MOST_OF_A_MESSAGE, ReidError

Attempt = Callable[[Random, Path], None]


@dataclass(frozen=True)
class Target:
    """`prepare` makes, once, what all inputs need in the folder that it is given, and returns what tries one.

    The attempt gets its random generator and an empty folder, in which it leaves the input. It may end with one of
    `answers`, whose message is short: that is how the product says no. Everything else that is raised is a find.
    """

    name: str
    prepare: Callable[[Path], Attempt]
    answers: tuple[type[BaseException], ...] = (ReidError,)


class LongMessage(AssertionError):
    """An answer that prints what it was given without a limit."""


def try_one(target: Target, attempt: Attempt, seed: int, number: int, folder: Path) -> None:
    """Make input `number` of that seed in the empty folder and give it to the product. Raises what is a find."""
    try:
        attempt(Random(f"{target.name} {seed} {number}"), folder)
    except target.answers as answer:
        if len(str(answer)) > 2 * MOST_OF_A_MESSAGE:
            raise LongMessage(f"{len(str(answer)):,} characters: {str(answer)[:200]}") from answer
