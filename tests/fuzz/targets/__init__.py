"""Every target by its name. Each module is imported when one of its targets is tried: some take seconds."""

from __future__ import annotations

import importlib

from tests.fuzz.target import Target

NAMES = {
    **dict.fromkeys(("names", "times", "labels", "patterns"), "names"),
    **dict.fromkeys(("recipes", "recipe-options", "selections"), "recipes"),
    "pictures": "pictures",
    "folders": "readers",
    "scenes": "scenes",
    **dict.fromkeys(("zips", "tars", "mats", "protocols", "uploads"), "archives"),
    **dict.fromkeys(("tables", "parquets"), "tables"),
    **dict.fromkeys(("cards", "model-zips"), "models"),
    **dict.fromkeys(("filters", "commands"), "commands"),
    "addresses": "pages",
}


def load(name: str) -> Target:
    found: dict[str, Target] = {
        target.name: target for target in importlib.import_module(f"tests.fuzz.targets.{NAMES[name]}").TARGETS
    }
    return found[name]
