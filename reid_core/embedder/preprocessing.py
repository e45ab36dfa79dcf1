"""From a picture to what a network takes: the one definition, kept on the model's card."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_core.errors import ReidError
from reid_core.json_text import nearest_known

INTERPOLATIONS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
COLOURS = ("rgb", "bgr")
LAYOUTS = ("nchw", "nhwc")
INPUT_TYPES = ("float", "uint8")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and std of red, green, blue
AS_BYTES = ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255))  # mean and std with which 0..255 goes in as it is
SMALLEST, LARGEST = 1e-6, 1e6  # of what is a number that can be meant
Three = tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """Picture to network input: resize to `height` × `width`, then `(rgb / 255 - mean) / std` per channel, then the
    channels in the order of `colours`, and the axes in that of `layout`.

    `mean` and `std` are of red, green and blue, in this order whatever `colours` says. A network whose `input_type` is
    "uint8" takes the bytes as they are, so its mean is 0 and its std 1/255. What `input_type` calls "float" may be of
    16, 32 or 64 bits in the file.
    """

    height: int = 256
    width: int = 128
    mean: Three = IMAGENET[0]
    std: Three = IMAGENET[1]
    interpolation: str = "bilinear"
    colours: str = "rgb"
    layout: str = "nchw"
    input_type: str = "float"

    def __post_init__(self) -> None:
        size = f"{_short(self.height)}x{_short(self.width)}"
        if not all(isinstance(side, int) and not isinstance(side, bool) for side in (self.height, self.width)):
            raise ReidError(f"An input size of {size} is not usable; sides are whole pixels.")
        if not (16 <= self.height <= 2048 and 16 <= self.width <= 2048):
            raise ReidError(f"An input size of {size} is not usable; sides are 16 to 2048 pixels.")
        _check_three(self.mean, "Mean", least=-LARGEST)
        _check_three(self.std, "Std", least=SMALLEST)
        for name, known in (
            ("interpolation", tuple(INTERPOLATIONS)),
            ("colours", COLOURS),
            ("layout", LAYOUTS),
            ("input_type", INPUT_TYPES),
        ):
            if getattr(self, name) not in known:
                words = name.replace("_", " ").capitalize()
                raise ReidError(f"{words} {_short(getattr(self, name))} is not known; use {' or '.join(known)}.")
        if self.input_type == "uint8" and (self.mean, self.std) != AS_BYTES:
            raise ReidError(
                "A network that takes bytes normalises them inside: its mean is 0,0,0 and its std 1/255. "
                "Leave --mean and --std out."
            )

    @classmethod
    def from_dict(cls, values: Any) -> Preprocessing:
        """Of a card's plain values. Raises ReidError for values that are not those of a preprocessing."""
        if not isinstance(values, dict):
            raise ReidError("its preprocessing is no table of values")
        nearest_known(values, [field.name for field in dataclasses.fields(cls)], "preprocessing")
        threes = {name: _as_tuple(values[name], name) for name in ("mean", "std") if name in values}
        return cls(**{**values, **threes})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a card. What was added after the first cards is left out where it is as it always was, so
        that those keep their ids, and an older program reads new ones."""
        values = dataclasses.asdict(self)
        for name in ("colours", "layout", "input_type"):
            if values[name] == getattr(Preprocessing, name):
                del values[name]
        return values

    def resize(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """The picture as (height, width, 3) RGB bytes; Pillow filters when it shrinks, so nothing aliases."""
        size = (self.width, self.height)
        if image.size != size:
            image = image.resize(size, INTERPOLATIONS[self.interpolation], reducing_gap=2.0)
        return np.asarray(image)

    def scale_and_shift(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(3,) numbers each, of red, green, blue: network input is bytes * scale - shift."""
        scale = np.float32(1) / (np.float32(255) * np.asarray(self.std, np.float32))
        shift = np.asarray(self.mean, np.float32) / np.asarray(self.std, np.float32)
        return scale, shift.astype(np.float32)

    def normalise(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """(B, height, width, 3) RGB bytes to network input: (B, 3, height, width), or as `layout` says, in float32,
        or bytes where `input_type` says so."""
        if self.input_type == "uint8":
            numbers: npt.NDArray[Any] = pixels
        else:
            scale, shift = self.scale_and_shift()
            numbers = (pixels * scale - shift).astype(np.float32, copy=False)
        if self.colours == "bgr":
            numbers = numbers[..., ::-1]
        return np.ascontiguousarray(numbers if self.layout == "nhwc" else numbers.transpose(0, 3, 1, 2))

    def describe(self) -> str:
        """ "size 256x128, mean 0.485,0.456,0.406, std 0.229,0.224,0.225"; and what is not as usual."""
        parts = [f"size {self.height}x{self.width}"]
        if self.input_type == "uint8":
            parts.append("bytes as they are")
        elif (self.mean, self.std) == AS_BYTES:
            parts.append("pixels of 0 to 255 as they are")
        else:
            parts += [f"mean {as_option(self.mean)}", f"std {as_option(self.std)}"]
        if self.interpolation != "bilinear":
            parts.append(self.interpolation)
        if self.colours == "bgr":
            parts.append("colours in the order blue, green, red")
        if self.layout == "nhwc":
            parts.append("colours last (NHWC)")
        return ", ".join(parts)


def as_option(three: Three) -> str:
    """ "0.485,0.456,0.406", as `--mean` takes it."""
    return ",".join(f"{value:.6g}" for value in three)


def _check_three(values: Any, name: str, least: float) -> None:
    if not isinstance(values, tuple) or len(values) != 3:
        raise ReidError(f"{name} is three numbers (of red, green, blue), not {_short(values)}.")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise ReidError(f"{name} {_short(values)} is not three numbers; give those of training.")
    if not all(least <= value <= LARGEST for value in values):  # nan and inf, too
        above = ", each above 0" if name == "Std" else ""
        raise ReidError(f"{name} {_short(values)} is not three usable numbers{above}; give those of training.")


def _as_tuple(values: Any, name: str) -> Three:
    if not isinstance(values, list | tuple):
        raise ReidError(f"{name.capitalize()} is three numbers (of red, green, blue), not {_short(values)}.")
    return tuple(values)  # checked where it is used


def _short(value: object) -> str:
    """A value in a message: of whatever size and kind it is, in 60 characters at most."""
    if isinstance(value, int) and abs(value) >= 10**18:
        return "a number of many digits"
    if isinstance(value, list | tuple) and len(value) <= 4:
        return f"({', '.join(_short(item) for item in value)})"[:120]
    text = repr(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}…"
