"""How large a filmed site is, and what happens there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reid_core.datasets.synthetic.site import LONGEST_WAY, SHORTEST_WAY
from reid_core.errors import ReidError

WARDROBES = ("familiar", "new")


@dataclass(frozen=True)
class FilmConfig:
    """A site to film. Two sites of one seed have the same cameras, and the same people as a site of drawn crops.

    `wardrobe` "familiar" dresses people as `make_person` does; the shipped model `synthetic` was trained on those of
    seed 1. "new" dresses people whom no training ever saw, in other colours. `transit` is the shortest and the longest
    way between two neighbouring cameras, seconds. `returns` says after how many seconds somebody comes back to the
    camera that they left: one person for each that fits into the recording. `still` people never move.
    """

    cameras: int = 4
    people: int = 40
    seconds: float = 90.0
    rate: int = 10  # frames per second
    size: tuple[int, int] = (640, 360)  # width and height, even, as wide as 16 to 9
    seed: int = 0
    start: float = datetime(2026, 3, 2, 8, 30, tzinfo=UTC).timestamp()
    transit: tuple[float, float] = (SHORTEST_WAY, LONGEST_WAY)
    returns: tuple[float, ...] = (5.0, 60.0, 600.0)
    still: int = 1
    groups: float = 0.25  # the share of walkers who have company
    wrong_clock: tuple[int, float] | None = None  # a camera's number, and how many seconds its clock is ahead
    wardrobe: str = "familiar"

    def __post_init__(self) -> None:
        width, height = self.size
        wrong = self.wrong_clock[0] if self.wrong_clock else 1
        for fits, name, advice in (
            (self.cameras >= 1, "cameras", "at least 1"),
            (self.people >= 1, "people", "at least 1"),
            (self.seconds >= 1, "seconds", "at least 1"),
            (1 <= self.rate <= 60, "rate", "1 to 60 frames per second"),
            (width % 2 == height % 2 == 0 and min(width, height) >= 90, "size", "two even numbers from 90 on"),
            (abs(width * 9 - height * 16) <= 32, "size", "a width and a height that are as 16 to 9"),
            (self.seed >= 0, "seed", "0 or a positive whole number"),
            (0 < self.transit[0] <= self.transit[1], "transit", "the shorter time first, above 0 seconds"),
            (all(gap > 0 for gap in self.returns), "returns", "seconds above 0"),
            (0 <= self.still <= self.people, "still", "0 to as many as there are people"),
            (0 <= self.groups <= 1, "groups", "a share from 0 to 1"),
            (1 <= wrong <= self.cameras, "wrong_clock", "the number of a camera of this site"),
            (self.wardrobe in WARDROBES, "wardrobe", " or ".join(WARDROBES)),
        ):
            if not fits:
                raise ReidError(f"{name} of a filmed site is {getattr(self, name)}: use {advice}.")

    @property
    def frames(self) -> int:
        """Frames of each recording."""
        return round(self.seconds * self.rate)


# Four cameras of the demo's site, whose people and places are those of its crops. The clock of one is ahead.
DEMO_RECORDINGS = FilmConfig(
    cameras=4,
    people=40,
    seconds=75.0,
    rate=12,
    size=(960, 540),
    seed=0,
    transit=(6.0, 20.0),
    wrong_clock=(3, 37.0),
)
