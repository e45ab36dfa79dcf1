"""The import in a test: what it shows, and how it is used."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from streamlit.testing.v1 import AppTest

from reid_core.workspace import jobs
from tests.conftest import png_bytes, tiny_picture

SCRIPT = """
from pages.components.shared import cached
from pages.components.imports.wizard import draw_import

draw_import(cached.open_workspace())
"""
Open = Callable[..., AppTest]
Started = list[tuple[str, list[str]]]


def make_job(
    workspace: Path, status: str, title: str, arguments: list[str], *results: dict[str, object], message: str = ""
) -> Path:
    """A job's folder as the job itself leaves it; "lost" has a process that is no more."""
    folder = workspace / jobs.FOLDER / f"made-{status}"
    folder.mkdir(parents=True, exist_ok=True)
    process = {"process": os.getpid(), "process_started": psutil.Process().create_time()}
    if status == "lost":
        process["process_started"] = 1.0
    job = {"arguments": arguments, "title": title, "started": "2026-03-02T08:00:00Z", **process}
    (folder / "job.json").write_text(json.dumps(job))
    progress = {"status": "running" if status == "lost" else status, "message": message, "stage": "Importing"}
    (folder / "progress.json").write_text(json.dumps({**progress, "done": 3, "total": 12, "seconds_left": 200.0}))
    (folder / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results))
    (folder / "log.txt").write_text("first line\nlast line\n")
    return folder


def words(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def look_at(page: AppTest, path: Path) -> AppTest:
    choose_way(page, "path")
    page.text_input(key="gal-import-text").set_value(str(path))
    next(button for button in page.button if button.label == "Look at it").click()
    return page.run()


def choose_way(page: AppTest, value: str) -> None:
    """Press a segment or a pill: there is one group of them."""
    group: Any = page.get("button_group")[0]
    group.set_value(value).run()


def site(folder: Path) -> Path:
    """Two people, each in a folder of her own, two pictures each."""
    for person in ("anna", "ben"):
        for number in range(2):
            (folder / person).mkdir(parents=True, exist_ok=True)
            picture = png_bytes(tiny_picture(len(person), number))
            (folder / person / f"cam{number + 1}_{number}.png").write_bytes(picture)
    return folder


def drop(page: AppTest, *names: str) -> AppTest:
    files = [(name, png_bytes(tiny_picture(7, place)), "image/png") for place, name in enumerate(names)]
    return page.file_uploader[0].set_value(files).run()


def has_button(page: AppTest, key: str) -> bool:
    return key in [button.key for button in page.button]
