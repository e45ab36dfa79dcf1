"""What a model is: the card beside its weights, which says what its vectors depend on, and what else is known of it."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reid_core.embedder.preprocessing import INTERPOLATIONS, Preprocessing
from reid_core.errors import Damaged, NotThere, ReidError
from reid_core.files import write_atomically
from reid_core.json_text import depth, nearest_known, read_json

__all__ = ["CARD_NAME", "INTERPOLATIONS", "LARGEST_VECTOR", "MOST_CARD_BYTES", "ModelCard", "Preprocessing"]

CARD_NAME = "card.json"
MOST_CARD_BYTES = 2**22  # a calibration takes 15 kB, and there is one for each kind of gallery
DEEPEST = 20  # lists and objects in each other
LARGEST_VECTOR = 65_536  # numbers
LONGEST = {"name": 200, "trained_on": 20_000, "terms": 20_000}  # characters


@dataclass(frozen=True)
class ModelCard:
    """The model's description, kept as `card.json` in its folder.

    `architecture` builds the network (`backbone`, `pooling`, `projection`) and is empty for a third-party file.
    `terms` says what the weights may be used for. `calibration` holds what was measured of
    similarities, by kind of gallery (`evaluation.calibration`), and is None before: then results show ranks only. Like
    metrics it is no part of the model's id, so a model that is calibrated keeps its vectors; each names the id that it
    is of.
    """

    name: str
    embedding_size: int
    preprocessing: Preprocessing
    architecture: dict[str, Any] = field(default_factory=dict)
    trained_on: str = "not stated"
    terms: str = "not stated"
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] | None = None

    def identity(self) -> bytes:
        """The part of the card that decides the vectors, as canonical JSON; hashed into the model's id."""
        decisive = {
            "architecture": self.architecture,
            "embedding_size": self.embedding_size,
            "preprocessing": self.preprocessing.to_dict(),
        }
        return json.dumps(decisive, sort_keys=True).encode()

    def write(self, folder: Path) -> None:
        values = {**dataclasses.asdict(self), "preprocessing": self.preprocessing.to_dict()}
        spread = json.dumps(values, indent=2, ensure_ascii=False)
        # A calibration has hundreds of numbers: each row of them on one line. No text in JSON holds a line break.
        text = re.sub(r"\[\n([\s\d.eE+,-]+)\]", lambda row: f"[{' '.join(row[1].split())}]", spread) + "\n"
        write_atomically(folder / CARD_NAME, lambda file: file.write(text.encode()))

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """The card in `folder`. Raises ReidError when it is missing, damaged, or has keys that are not known."""
        try:
            return read_card(folder / CARD_NAME)
        except FileNotFoundError as error:
            raise NotThere(f"{folder} is not a model: it has no {CARD_NAME}.") from error
        except OSError as error:
            raise Damaged(f"The model card {folder / CARD_NAME} cannot be read ({error.strerror}).") from error
        except (ValueError, ReidError) as error:
            raise Damaged(
                f"The model card {folder / CARD_NAME} cannot be used ({str(error).rstrip('.')}). "
                "Restore it, or train or add the model again."
            ) from error


def read_card(file: Path) -> ModelCard:
    """The card in a file. Raises OSError, or ValueError or ReidError that say in a few words what is wrong with it."""
    with file.open("rb") as opened:
        content = opened.read(MOST_CARD_BYTES + 1)
    if len(content) > MOST_CARD_BYTES:
        raise ValueError(f"it is larger than a card may be, {MOST_CARD_BYTES:,} bytes")
    return _card_of(read_json(content))


def _card_of(values: Any) -> ModelCard:
    if not isinstance(values, dict):
        raise ValueError("it is no table of values")
    if depth(values, DEEPEST) > DEEPEST:
        raise ValueError("it is nested too deep")
    known = dataclasses.fields(ModelCard)
    nearest_known(values, [one.name for one in known], "model card")
    for name in ("name", "embedding_size", "preprocessing"):
        if name not in values:
            raise ValueError(f"it has no {name!r}")
    for name, kind, words in (
        *((name, str, "text") for name in ("name", "trained_on", "terms")),
        *((name, dict, "a table of values") for name in ("architecture", "recipe", "metrics", "calibration")),
        ("embedding_size", int, "a whole number"),
    ):
        found = values.get(name)
        right = isinstance(found, kind) and not isinstance(found, bool)
        if name in values and not right and not (name == "calibration" and found is None):
            raise ValueError(f"its {name!r} is not {words}")
    for name, most in LONGEST.items():
        if len(values.get(name, "")) > most:
            raise ValueError(f"its {name!r} has more than {most:,} characters")
    if not values["name"].strip():
        raise ValueError("its 'name' is empty")
    if not values["name"].isprintable():  # it stands in messages, in a terminal too
        raise ValueError("its 'name' has a line break or another character that cannot be printed")
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it has a character that is none (half of a pair)") from None
    if not 1 <= values["embedding_size"] <= LARGEST_VECTOR:
        raise ValueError(f"its 'embedding_size' is not a number of 1 to {LARGEST_VECTOR:,}")
    if not all(isinstance(one, dict) and _names_galleries(one) for one in (values.get("calibration") or {}).values()):
        raise ValueError("its 'calibration' is not that of similarities, by kind of gallery")
    return ModelCard(**{**values, "preprocessing": Preprocessing.from_dict(values["preprocessing"])})


def _names_galleries(calibration: dict[str, Any]) -> bool:
    names = calibration.get("galleries", [])
    return isinstance(names, list) and all(isinstance(name, str) for name in names)
