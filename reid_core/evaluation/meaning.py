"""What one similarity in one search means, in a sentence: the only place where a similarity is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reid_core.errors import ReidError
from reid_core.evaluation.calibration import Calibration, Rate

LOOSE = (
    3  # times a rate that its interval may reach up to: above, it rests on two or three pairs, and only that is said
)


@dataclass(frozen=True)
class Meaning:
    """`sentence` for people, `short` for under a picture, and the numbers in them.

    `false_matches` is the share of pairs of different people from different cameras that are this similar or more (of
    other people, that are so to one of several photos), and
    `expected` how many crops among those searched would be so by chance, both with 95 % intervals. `misses` is the
    share of pairs of one person that are less similar.
    """

    sentence: str
    short: str
    false_matches: Rate
    expected: Rate
    misses: Rate
    searched: int


def meaning(similarity: float, calibration: Calibration, searched: int, photos: int = 1) -> Meaning:
    """Of a similarity to one of `searched` crops of a gallery for which the calibration holds.

    "1 in 800 pairs of different people looks this alike: about 3 by chance among the 2,400 crops here." The expectation
    takes all crops for other people's, which a few are not. A crop's similarity to the nearest of several `photos` has
    as many chances to be high: its rate is at most the sum of theirs, which is what is said.
    """
    rate = calibration.false_matches(similarity)
    if photos > 1:
        rate = Rate(*(min(1.0, photos * share) for share in (rate.value, rate.low, rate.high)))
    pairs = "pairs of different people" if photos == 1 else "crops of other people"
    alike = "this alike" if photos == 1 else f"this much like one of {photos} photos"
    most = "" if photos == 1 else "at most "
    expected = Rate(rate.value * searched, rate.low * searched, rate.high * searched)
    if rate.value >= 0.5:
        short = "most"
        sentence = f"Most {pairs} look {alike}: {_by_chance(expected.value, searched)}."
    elif rate.high <= LOOSE * rate.value:
        short = one_in(rate.value)
        sentence = f"{most}{short} {pairs} looks {alike}: {_by_chance(expected.value, searched)}."
        sentence = sentence[0].upper() + sentence[1:]
    else:
        short = f"under {one_in(rate.high)}"
        chance = _by_chance(expected.high, searched).removeprefix("about ")
        sentence = f"Fewer than {one_in(rate.high)} {pairs} look {alike}: at most {chance}."
    return Meaning(sentence, short, rate, expected, calibration.false_non_matches(similarity), searched)


def calibration_for(
    kept: dict[str, Any] | None, *, model: str, name: str, gallery: str
) -> tuple[Calibration | None, str]:
    """Of the calibrations in a model's card the one that holds for the gallery, or None and the reason in a sentence.

    `kept` is `ModelCard.calibration`, `model` and `name` are the model's id and name.
    """
    only_order = "so a similarity means nothing by itself: only the order does."
    how = f"`reid calibrate {gallery} --model {name}` measures one on labelled people."
    found = []
    for values in (kept or {}).values():
        try:
            found.append(Calibration.from_dict(values))
        except ReidError:
            return None, f"The calibration of model {name} cannot be read, {only_order} {how}"
    if not found:
        return None, f"Model {name} has no calibration, {only_order} {how}"
    ours = [one for one in found if one.model == model]
    if not ours:
        return None, f"The calibration of model {name} is that of other weights, {only_order} {how}"
    for one in reversed(ours):
        if gallery in one.galleries:
            return one, ""
    measured = " and ".join(sorted({other for one in ours for other in one.galleries}))
    return None, (f"Model {name} was calibrated for {measured}, and other cameras give other rates, {only_order} {how}")


def one_in(rate: float) -> str:
    """ "1 in 800", to two significant digits. The rate is above 0."""
    return f"1 in {_rounded(1 / rate):,}"


def _by_chance(expected: float, searched: int) -> str:
    if expected >= 0.75:
        return f"about {_rounded(expected):,} by chance among the {searched:,} crops here"
    if expected <= 0:
        return "none by chance here"
    return f"one by chance in {_rounded(1 / expected):,} searches like this"


def _rounded(value: float) -> int:
    """To two significant digits."""
    return round(float(f"{value:.2g}"))
