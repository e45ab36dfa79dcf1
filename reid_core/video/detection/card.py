"""What a detector is: the card beside its network, which says how pictures go in and what its scores mean."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reid_core.errors import Damaged, NotThere, ReidError, shown
from reid_core.files import write_atomically
from reid_core.json_text import checked, depth, nearest_known, read_json

CARD_NAME = "card.json"
MOST_CARD_BYTES = 2**20
DEEPEST = 12  # lists and objects in each other
LONGEST = {"name": 200, "format": 200, "source": 4_000, "licence": 4_000, "data": 4_000}  # characters
SMALLEST_SIDE, LARGEST_SIDE = 64, 2048  # pixels of a network's input
MOST_TILES = 8  # rows or columns
LARGEST_CLASS = 100_000
COLOURS = ("rgb", "bgr")
FITS = ("inside", "stretched")
Three = tuple[float, float, float]
Tiles = tuple[int, int]


@dataclass(frozen=True)
class Input:
    """How a picture becomes the network's input: scaled to `width` × `height` px, then `(byte - mean) / std`.

    Scaled `inside`, the picture keeps its shape, lies at the top left, and the rest has the value `pad` in each colour;
    `stretched`, it fills the input. `mean` and `std` are of red, green and blue as bytes (0 to 255), whatever the order
    of `colours` in which the network takes them. A network that `reshapes` takes other sizes, too: of an upright
    picture it takes the lying input stood on end.
    """

    width: int
    height: int
    colours: str = "rgb"
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    fit: str = "inside"
    pad: int = 0
    reshapes: bool = False

    def __post_init__(self) -> None:
        _check(checked(self))

    @classmethod
    def from_dict(cls, values: Any) -> Input:
        """Of a card's plain values. Raises ValueError, TypeError or ReidError for values that are no input."""
        if not isinstance(values, dict):
            raise ValueError("its 'input' is no table of values")
        nearest_known(values, [one.name for one in dataclasses.fields(cls)], "detector's input")
        for name in ("width", "height"):
            if name not in values:
                raise ValueError(f"its input has no {name!r}")
        threes = {name: _as_tuple(values[name], name) for name in ("mean", "std") if name in values}
        return cls(**{**values, **threes})

    def describe(self) -> str:
        """ "416x416 px, scaled inside, blue first"."""
        parts = [f"{self.width}x{self.height} px", "scaled inside" if self.fit == "inside" else "stretched"]
        return ", ".join([*parts, *(["blue first"] if self.colours == "bgr" else [])])


@dataclass(frozen=True)
class DetectorCard:
    """The detector's description, kept as `card.json` in its folder.

    `format` is a row of `formats.FORMATS`: how boxes are read from what the network gives; `person` is the number that
    people have among its classes. Scores of two detectors are on different scales, so each card has its own thresholds:
    below `detect` a box is dropped, from `match` on it is the first choice for a person who is being followed, and
    from `track` on it may begin a tracklet. Of two boxes that overlap by more than `nms` (intersection over union) the
    lower one goes; 1 keeps both, for networks that give each person one box. `tiles` are rows and columns in which a
    lying picture is looked at besides the whole, for small people (of an upright one columns and rows); (1, 1) is the
    whole alone. Where a box is `halved` pixels high in the input or higher, people of that height are looked for in the
    picture at half its size, too, as a network may be blind to some heights; 0 is never.

    `source`, `licence` and `data` (what it was trained on) are for people to read, as are `figures`, what was measured.
    """

    name: str
    format: str
    input: Input
    person: int = 0
    detect: float = 0.3
    match: float = 0.4
    track: float = 0.5
    nms: float = 0.6
    tiles: Tiles = (1, 1)
    halved: int = 0
    source: str = "not stated"
    licence: str = "not stated"
    data: str = "not stated"
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked(self)
        if not 0 < self.detect <= self.match <= self.track <= 1:
            raise ValueError("its thresholds are not 0 < 'detect' ≤ 'match' ≤ 'track' ≤ 1")
        if not 0 < self.nms <= 1:
            raise ValueError("its 'nms' is not an overlap above 0 and up to 1")
        if not 0 <= self.person <= LARGEST_CLASS:
            raise ValueError("its 'person' is no number of a class")
        whole = all(isinstance(one, int) and not isinstance(one, bool) for one in self.tiles)
        if len(self.tiles) != 2 or not whole or not all(1 <= one <= MOST_TILES for one in self.tiles):
            raise ValueError(f"its 'tiles' are not two whole numbers of 1 to {MOST_TILES}")
        if self.halved and not (self.input.reshapes and SMALLEST_SIDE <= self.halved <= LARGEST_SIDE):
            raise ValueError("its 'halved' is neither 0 nor pixels of an input that 'reshapes'")
        for name, most in LONGEST.items():
            if len(getattr(self, name)) > most:
                raise ValueError(f"its {name!r} has more than {most:,} characters")
        if not self.name.strip() or not self.name.isprintable():  # it stands in messages, in a terminal too
            raise ValueError("its 'name' is empty or has a character that cannot be printed")

    def identity(self) -> bytes:
        """The part of the card that decides which boxes are found, as canonical JSON; hashed into the detector's id."""
        values = dataclasses.asdict(self)
        for name in ("name", "source", "licence", "data", "figures", "match", "track"):
            del values[name]
        if not self.halved:  # detectors that were added before there was such a thing keep their ids
            del values["halved"]
        return json.dumps(values, sort_keys=True).encode()

    def write(self, folder: Path) -> None:
        text = json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_atomically(folder / CARD_NAME, lambda file: file.write(text.encode()))

    @classmethod
    def read(cls, folder: Path) -> DetectorCard:
        """The card in `folder`. Raises ReidError when it is missing, damaged, or has keys that are not known."""
        file = folder / CARD_NAME
        try:
            with file.open("rb") as opened:
                content = opened.read(MOST_CARD_BYTES + 1)
            if len(content) > MOST_CARD_BYTES:
                raise ValueError(f"it is larger than a card may be, {MOST_CARD_BYTES:,} bytes")
            return _card_of(read_json(content))
        except FileNotFoundError as error:
            raise NotThere(f"{folder} is not a detector: it has no {CARD_NAME}.") from error
        except OSError as error:
            raise Damaged(f"The detector's card {file} cannot be read ({error.strerror}).") from error
        except (ValueError, TypeError, ReidError) as error:
            raise Damaged(
                f"The detector's card {file} cannot be used ({str(error).rstrip('.')}). Restore it, or add the "
                "detector again."
            ) from error


def _card_of(values: Any) -> DetectorCard:
    if not isinstance(values, dict):
        raise ValueError("it is no table of values")
    if depth(values, DEEPEST) > DEEPEST:
        raise ValueError("it is nested too deep")
    nearest_known(values, [one.name for one in dataclasses.fields(DetectorCard)], "detector's card")
    for name in ("name", "format", "input"):
        if name not in values:
            raise ValueError(f"it has no {name!r}")
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it has a character that is none (half of a pair)") from None
    if not isinstance(values.get("figures", {}), dict):
        raise ValueError("its 'figures' is not a table of values")
    tiles = values.get("tiles", [1, 1])
    if not isinstance(tiles, list):
        raise ValueError("its 'tiles' are not two whole numbers")
    return DetectorCard(**{**values, "tiles": tuple(tiles), "input": Input.from_dict(values["input"])})


def _check(made: Input) -> None:
    for name in ("width", "height"):
        if not SMALLEST_SIDE <= getattr(made, name) <= LARGEST_SIDE:
            raise ValueError(f"the {name} of its input is not {SMALLEST_SIDE} to {LARGEST_SIDE} pixels")
    for name, known in (("colours", COLOURS), ("fit", FITS)):
        if getattr(made, name) not in known:
            raise ValueError(f"the {name!r} of its input is {shown(getattr(made, name))}, not {' or '.join(known)}")
    for name, least in (("mean", -1e6), ("std", 1e-6)):
        three = getattr(made, name)
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in three)
        if len(three) != 3 or not numbers or not all(least <= value <= 1e6 for value in three):  # not nan and inf, too
            raise ValueError(f"the {name!r} of its input is not three usable numbers")
    if not 0 <= made.pad <= 255:
        raise ValueError("the 'pad' of its input is not 0 to 255")


def _as_tuple(values: Any, name: str) -> Three:
    if not isinstance(values, list | tuple):
        raise ValueError(f"the {name!r} of its input is not three numbers")
    return tuple(values)  # checked where it is used
