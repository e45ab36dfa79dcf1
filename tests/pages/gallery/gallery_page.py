"""The Gallery page in a test: what it shows, and how it is used."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.components.gallery.state import GalleryState
from pages.components.shared.session import key_of
from reid_core.workspace.workspace import Workspace


def state_of(page: AppTest) -> GalleryState:
    found: GalleryState = page.session_state[key_of(GalleryState)]
    return found


def words_on(page: AppTest) -> str:
    """All that is written on the page by our own markup."""
    return "\n".join(element.proto.body for element in page.get("html"))


def grid_of(page: AppTest, key: str = "gal-grid") -> dict[str, Any]:
    """What a grid was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return {"cards": [], "marks": {"chosen": [], "any": False, "edit": 0}}


def shown_ids(page: AppTest) -> list[int]:
    return [card["id"] for card in grid_of(page)["cards"]]


def mark(page: AppTest, *on: int) -> AppTest:
    """Choose exactly these of the cards that are in sight, as the browser tells it."""
    edit = grid_of(page)["marks"]["edit"] + 1
    off = [crop for crop in shown_ids(page) if crop not in on]
    page.session_state["gal-grid"] = {"chosen": {"edit": edit, "on": list(on), "off": off, "clear": False}}
    return page.run()


def type_in(page: AppTest, text: str, key: str = "gal-field") -> None:
    page.session_state[key] = {"typed": text}


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def keys_of(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key}


def see(page: AppTest, value: str) -> AppTest:
    group: Any = next(group for group in page.get("button_group") if (group.key or "").startswith("gal-by-"))
    seen: AppTest = group.set_value(value).run()
    return seen


def column_of(workspace: Workspace, crop: int, name: str = "identity") -> Any:
    return workspace.catalogue.crops_of([crop]).iloc[0][name]


def run_sql(workspace: Workspace, statement: str, *values: object) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute(statement, values)
        database.execute("UPDATE counter SET seq = seq + 1")
