"""What one similarity in one search means, in words: the only place where a similarity is put into words.

The model: the crops of strangers (people other than the one searched for) are as likely to be this similar as the pairs
of different people that the calibration was measured on. The expected number of strangers' crops that are this similar
is then the rate of false matches, times the crops that were compared, times the photos, each of which has its own
chance. All crops are counted as strangers', which a few are not, and a crop that is like two photos counts twice: the
number said is an upper bound in both. An expectation needs no independence. Strangers come in tracklets and look-alikes
crowd together, so a search that finds one often finds several: the share of searches that find any is at most the
expected number (Markov's inequality), and the words "once in 40 searches" promise no more than that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import Calibration, Rate
from reid_core.records import listed

LOOSE = (
    3  # times a rate that its interval may reach up to: above, it rests on two or three pairs, and only that is said
)
# Strangers as similar as the best hit that one search is to expect, from which on the person may not be there. By
# Markov's inequality at most one in ten searches for somebody who is not there finds a stranger beyond it. Measured on
# Market-1501 (150 people, six cameras): it is said in 95 % of the searches for people who were taken out of the
# gallery, and in 18 % of those for people who are there. `tests/benchmarks/absent.py` measures it.
WITHIN_CHANCE = 0.1


@dataclass(frozen=True)
class Meaning:
    """`caption` for under a picture, `often` its core for a table's cell, `sentence` with what it was counted on, and
    the numbers in them.

    `expected` is how many strangers' crops are this similar or more among those that a search compares, with a 95 %
    interval. `within_chance` says that a stranger is expected to be this similar in one of ten searches or more: the
    hit is no sign that the person is there. It is None where the calibration rests on too few pairs to tell for so many
    crops and photos: its interval reaches from below that to above.
    """

    caption: str
    often: str
    sentence: str
    expected: Rate
    within_chance: bool | None


def meaning(
    similarity: float, calibration: Calibration, compared: int, photos: int = 1, *, filtered: bool = False
) -> Meaning:
    """What a similarity to one of `compared` crops says, of a gallery for which the calibration holds.

    "A stranger this similar is expected in every second search of this gallery." At most two digits are said. Where
    the rate rests on two or three pairs, or on none, only what the interval's upper end allows is said: "less than once
    in 1,600 searches", and above one a search that it is not known. With several `photos` a similarity is that to the
    nearest, and each photo adds its chance.
    `filtered` says that not the whole gallery was compared.

    A stranger is at least as similar as 0.5 in one of 1,000 pairs here, and 500 crops are compared:

    >>> rates = {"fmr": (1e-2, 1e-3), "fmr_low": (8e-3, 8e-4), "fmr_high": (1.2e-2, 1.2e-3)}
    >>> measured = Calibration("model", ("door",), "crops", 300, 10**6, 5_000, (), {"similarity": (0.4, 0.5), **rates})
    >>> meaning(0.5, measured, compared=500).caption
    'a stranger this similar is expected in every second search of this gallery'
    """
    rate = calibration.false_matches(similarity)
    expected = Rate(*(photos * share * compared for share in (rate.value, rate.low, rate.high)))
    known = rate.value > 0 and rate.high <= LOOSE * rate.value
    often = _often(expected.value) if known else _at_most(expected.high)
    where = "of these crops" if filtered else "of this gallery"
    caption = f"a stranger this similar is expected {often} {where}"
    if not known and expected.high > 1:
        caption = f"how rare a stranger this similar is, is not known: {_per_search(expected.high)} {where}"
    counted_on = _counted_on(rate, calibration, compared, photos, known=known)
    return Meaning(
        caption,
        often,
        f"{caption[0].upper()}{caption[1:]}{';' if ':' in caption else ':'} {counted_on}.",
        expected,
        _within_chance(expected, known=known),
    )


def _within_chance(expected: Rate, *, known: bool) -> bool | None:
    if known:
        return expected.value >= WITHIN_CHANCE
    if expected.high < WITHIN_CHANCE:
        return False
    return True if expected.low >= WITHIN_CHANCE else None


def absent(similarities: list[float], calibration: Calibration | None, compared: int, photos: int = 1) -> bool:
    """Whether even the most similar of these hits is known to be within chance: the person may not be there.

    False without a calibration, without hits, and where the calibration cannot tell. A re-ranked list, or one that
    verdicts moved, may leave out the crop that is most similar; then what it shows is judged.
    """
    if calibration is None or not similarities:
        return False
    return meaning(max(similarities), calibration, compared, photos).within_chance is True


def calibration_for(
    kept: dict[str, Any] | None, *, model: str, name: str, gallery: str
) -> tuple[Calibration | None, str]:
    """Of the calibrations in a model's card the one that holds for the gallery, or None and the reason in a sentence.

    `kept` is `ModelCard.calibration`, `model` and `name` are the model's id and name. The reason does not say how to
    measure a calibration: a page has a button for it, and the command line has `command_for`.
    """
    only_order = "so a similarity means nothing by itself: only the order does."
    found = []
    for values in (kept or {}).values():
        try:
            found.append(Calibration.from_dict(values))
        except ReidError:
            return None, f"The calibration of model {name} cannot be read, {only_order}"
    if not found:
        return None, f"Model {name} has no calibration, {only_order}"
    ours = [one for one in found if one.model == model]
    if not ours:
        return None, f"The calibration of model {name} is that of other weights, {only_order}"
    for one in reversed(ours):
        if gallery in one.galleries:
            return one, ""
    measured = listed(sorted({other for one in ours for other in one.galleries}))
    return None, f"Model {name} was calibrated for {measured}, and other cameras give other rates, {only_order}"


def command_for(gallery: str, name: str) -> str:
    """How the command line measures a calibration, as a sentence."""
    return f"`reid calibrate {gallery} --model {name}` measures one on labelled people."


def one_in(rate: float) -> str:
    """To two significant digits. The rate is above 0.

    >>> one_in(0.00125)
    '1 in 800'
    """
    return f"1 in {_rounded(1 / rate):,}"


def _often(expected: float) -> str:
    """ "in every second search", "once in 40 searches", "about 12 times in every search"."""
    if expected <= 0:
        return "in no search"
    if expected >= 1.5:
        return f"about {_times(_rounded(expected))} in every search"
    searches = _rounded(1 / expected)
    if searches < 4:
        return f"in every {('', 'second ', 'third ')[searches - 1]}search"
    return f"once in {searches:,} searches"


def _at_most(expected: float) -> str:
    """The same of an upper bound, rounded so that it stays one: "less than once in 1,600 searches"."""
    if expected > 1:
        return f"how rare is not known: {_per_search(expected)}"
    if expected <= 0:
        return "in no search"
    searches = _rounded_down(1 / expected)
    return "on average at most once a search" if searches == 1 else f"less than once in {searches:,} searches"


def _per_search(expected: float) -> str:
    return f"at most {_rounded_up(expected):,} per search"


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number:,} times"


def _counted_on(rate: Rate, calibration: Calibration, compared: int, photos: int, *, known: bool) -> str:
    across = "" if calibration.same_camera or calibration.caution else " from different cameras"
    pairs = f"pairs of different people{across}"
    if not known and rate.high <= 0:
        share = f"none of the {pairs} was this similar"
    elif rate.value >= 0.5:
        share = f"most {pairs} are this similar"
    elif known:
        share = f"{one_in(rate.value)} {pairs} is this similar"
    else:
        share = f"fewer than 1 in {_rounded_down(1 / rate.high):,} {pairs} are this similar"
    crops = f"{compared:,} crop{'s' * (compared != 1)} {'was' if compared == 1 else 'were'} compared"
    with_photos = "" if photos == 1 else f" with {photos} photos, each with its own chance"
    caution = " (not all cameras were known when this was measured)" if calibration.caution else ""
    return f"{share}{caution}, and {crops}{with_photos}"


def _rounded(value: float) -> int:
    """To two significant digits."""
    return round(float(f"{value:.2g}"))


def _rounded_down(value: float) -> int:
    """To two significant digits, never above."""
    step = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return step * math.floor(value / step + 1e-9)


def _rounded_up(value: float) -> int:
    step = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return step * math.ceil(value / step - 1e-9)
