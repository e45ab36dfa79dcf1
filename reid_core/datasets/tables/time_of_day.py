"""Times of day in a column of their own: as text, as a share of the day, or as digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from reid_core.datasets.tables.time_values import (
    DAY,
    SAY,
    Told,
    read_value,
    time_of_day,
)

OF_DAY = f"is a time of day to some and seconds to others: {SAY} '%Y-%m-%d %H%M%S', with the date as it is"
OF_DAY_SHORT = OF_DAY.replace("%H%M%S", "%H%M")


def why_unsure(times: Iterable[object]) -> str:
    """Why numbers that may be digits of a time of day are not read so; "" where there is no doubt."""
    told = [one for one in map(read_value, {key_of(value): value for value in times}.values()) if not one.is_empty]
    numbers = [one.number for one in told if one.number is not None]
    if len(numbers) < len(told) or not numbers or max(numbers) < 100 or numbers_of_day(told) is not None:
        return ""
    if all(_digits_of_day(number * 100) is not None for number in numbers):
        return OF_DAY_SHORT
    return OF_DAY if all(_digits_of_day(number) is not None for number in numbers) else ""


def clock_of(times: Sequence[object]) -> Callable[[object], float | None]:
    """Seconds since midnight of a cell of this column; None where it tells none."""
    told = [read_value(value) for value in {key_of(value): value for value in times}.values()]
    of_number = numbers_of_day([one for one in told if one.number is not None])

    def read(value: object) -> float | None:
        number = read_value(value).number
        return time_of_day(value) if number is None else of_number(number) if of_number else None

    return read


def numbers_of_day(told: list[Told]) -> Callable[[float], float | None] | None:
    """How numbers tell the time of day: as a share of the day, or as digits. None where they may be something else."""
    numbers = [one.number for one in told if one.number is not None]
    if not numbers:
        return None
    if all(0 <= number < 1 for number in numbers) and any(numbers):
        return lambda number: round(number * DAY * 1000) / 1000 if 0 <= number < 1 else None
    written = [one.digits for one in told]
    if all(len(text) == 4 for text in written) and any(text[0] == "0" for text in written):
        return lambda number: _digits_of_day(number * 100)
    are_all_times = all(_digits_of_day(number) is not None for number in numbers)
    settles = max(numbers) >= DAY or any(len(text) == 6 and text[0] == "0" for text in written)
    return _digits_of_day if are_all_times and settles else None


def _digits_of_day(number: float) -> float | None:
    """Seconds since midnight of 80101 (08:01:01)."""
    if not 0 <= number < 240_000 or number != int(number):
        return None
    minutes, second = divmod(int(number), 100)
    hour, minute = divmod(minutes, 100)
    return float(hour * 3600 + minute * 60 + second) if minute < 60 and second < 60 else None


def key_of(value: object) -> tuple[type, object]:
    """The same for cells that are read alike; 1, 1.0 and True are not, and a NaN equals itself."""
    return (type(value), str(value) if isinstance(value, float | Decimal) else value)
