"""What tests of the Search page share: how it is opened, read and told what was done."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.components.search.state import Desk
from pages.components.shared.session import key_of
from reid_core.workspace.cases import verdicts
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

APP = Path(__file__).parents[2] / "app.py"
CASE = "Case 17"  # the case of the fixture `case`
OpenPage = Callable[..., AppTest]


def desk_of(page: AppTest) -> Desk:
    """The state of the Search page in the page's session."""
    found: Desk = page.session_state[key_of(Desk)]
    return found


def answer_of(page: AppTest) -> Answer:
    """The answer that the page shows."""
    answered = desk_of(page).answered
    assert answered is not None
    return answered.answer


def words_of(page: AppTest) -> str:
    """All that is written on the page by our own markup."""
    return "\n".join(element.proto.body for element in page.get("html"))


def sent_by(page: AppTest) -> str:
    """All that the page's last run sent to the browser."""

    def walk(block: Any) -> list[str]:
        own = str(getattr(block, "proto", "")).replace('\\"', '"')
        return [own, *(text for child in getattr(block, "children", {}).values() for text in walk(child))]

    return "\n".join(walk(page._tree))


def data_of(page: AppTest, key: str) -> dict[str, Any]:
    """What a component was given to draw; empty where it is not on the page."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return {}


def cards_of(page: AppTest, key: str) -> list[dict[str, Any]]:
    """What a grid was given to draw."""
    cards: list[dict[str, Any]] = data_of(page, key).get("cards", [])
    return cards


def groups_of(page: AppTest) -> list[dict[str, Any]]:
    """The groups in the list of who it could be."""
    groups: list[dict[str, Any]] = data_of(page, "answers").get("groups", [])
    return groups


def crops_in(group: dict[str, Any]) -> set[int]:
    return {group["id"], *(crop["id"] for crop in group["strip"])}


def fronts(page: AppTest) -> list[int]:
    return [group["id"] for group in groups_of(page)]


def decisions(workspace: Workspace) -> dict[int, str]:
    return {crop: one.decision for crop, one in verdicts.standing(workspace, CASE).items()}


def do(page: AppTest, key: str, what: str, **about: object) -> AppTest:
    """As the browser tells what was done in the list or in the comparison."""
    page.session_state[key] = {"did": [{"n": data_of(page, key)["taken"] + 1, "what": what, **about}]}
    return page.run()


def begin(page: AppTest, name: str = CASE, purpose: str = "A test") -> AppTest:
    """Fill in who decides, and where that is kept."""
    page.text_input(key="analyst").set_value("ann")
    page.text_input(key="case-name").set_value(name)
    page.text_input(key="case-new-purpose").set_value(purpose)
    return page.button(key="case-begin").click().run()


def file_of(workspace: Workspace, crop: int) -> bytes:
    row = workspace.catalogue.crops_of([crop]).iloc[0]
    return (Path(row["source"]) / row["path"]).read_bytes()


def noise(seed: int, height: int = 64, width: int = 32) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    return page.file_uploader[0].set_value([(name, data, "image/png")]).run()


def choose(page: AppTest, value: Any) -> None:
    """Press the pills or segments that are there: the only ones on the page."""
    group: Any = page.get("button_group")[0]
    group.set_value(value).run()
