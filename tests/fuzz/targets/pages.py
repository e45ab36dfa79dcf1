"""Addresses of the pages, drawn without a browser."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from random import Random

import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.workspace.cases import cases
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TESTER, TINY_GALLERY, make_tiny_dataset, make_tiny_model, make_tiny_onnx, make_tiny_workspace
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

APP = Path(__file__).parents[3] / "app.py"
PAGES = ("search", "gallery", "map", "training", "evaluation")
NAMES = ("crop", "not", "saved", "investigation", "view", "run", "import", "of", "camera", "from", "to", "model")


def _addresses(prepared: Path) -> Attempt:
    logging.disable()
    model = make_tiny_model(make_tiny_onnx(prepared / "tiny.onnx"), prepared / "model")
    data = prepared / "data"
    data.mkdir()
    workspace = Workspace(make_tiny_workspace(make_tiny_dataset(data), model, prepared / "workspace"), TESTER)
    cases.create(workspace, "Case", "A test")
    os.environ[VARIABLE] = str(workspace.path)

    def attempt(random: Random, folder: Path) -> None:
        query = {name: _value(random) for name in random.sample(NAMES, random.randrange(1, 4))}
        if random.random() < 0.8:
            query["gallery"] = TINY_GALLERY if random.random() < 0.8 else odd.text(random)
        page = random.choice(PAGES)
        (folder / "address.txt").write_text(f"{page} {query!r}", encoding="utf-8", errors="replace")
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, [one.stack_trace for one in app.exception]
        words = "".join(block.proto.body for block in app.main if block.type == "html")
        assert "Something unexpected" not in words
        st.cache_data.clear()

    return attempt


def _value(random: Random) -> str:
    if random.random() < 0.3:
        return random.choice(("1", "1,2", "24", "browse", "Import", "runs", "map", "2,2,٣", "1,x"))
    return odd.text(random).encode("utf-8", "replace").decode()


TARGETS = (Target("addresses", _addresses),)
