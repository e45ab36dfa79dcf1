"""Models that people bring: cards, and zips of a model."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from random import Random
from typing import Any

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.embedder.exchange import add_zip, zip_model
from reid_core.errors import ReidError
from reid_core.evaluation.calibration.calibration import Calibration
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, make_tiny_model, make_tiny_onnx
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target


def _cards(prepared: Path) -> Attempt:
    model = make_tiny_model(make_tiny_onnx(prepared / "tiny.onnx"), prepared / "model")
    card = json.loads((model / CARD_NAME).read_text())
    workspace = Workspace(prepared / "workspace", TESTER)
    place = workspace.models_folder / "odd"
    shutil.copytree(model, place)

    def attempt(random: Random, folder: Path) -> None:
        data = _card(random, json.loads(json.dumps(card)))
        (folder / CARD_NAME).write_bytes(data)
        (place / CARD_NAME).write_bytes(data)
        workspace.models()
        with contextlib.suppress(ReidError):
            found = ModelCard.read(folder)
            found.identity()
            found.write(folder)
            for kept in (found.calibration or {}).values():
                Calibration.from_dict(kept)

    return attempt


def _card(random: Random, card: dict[str, Any]) -> bytes:
    kind = random.random()
    if kind < 0.05:
        return random.choice((b"[" * 100_000, b'{"a":' * 100_000, b"", b"\xff\xfe", b"9" * 5_000, b"null", b"[]"))
    for _ in range(random.randrange(1, 4)):
        inside = card["preprocessing"] if random.random() < 0.5 and isinstance(card["preprocessing"], dict) else card
        key = random.choice(list(inside)) if inside and random.random() < 0.9 else odd.text(random)[:99]
        inside[key] = odd.value(random)
        if not isinstance(card.get("preprocessing"), dict):
            break
    data = json.dumps(card, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    return odd.damaged(random, data) if random.random() < 0.3 else data


def _zips(prepared: Path) -> Attempt:
    model = make_tiny_model(make_tiny_onnx(prepared / "tiny.onnx"), prepared / "model")
    card = json.loads((model / CARD_NAME).read_text())
    onnx = (model / "model.onnx").read_bytes()
    whole = zip_model(model)

    def attempt(random: Random, folder: Path) -> None:
        if random.random() < 0.5:
            data = odd.damaged(random, whole)
        else:
            content = io.BytesIO()
            with zipfile.ZipFile(content, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as packed:
                top = random.choice(("", "x/", "../", "/", "x/y/", "./"))
                packed.writestr(f"{top}card.json", _card(random, json.loads(json.dumps(card))))
                packed.writestr(f"{top}model.onnx", odd.damaged(random, onnx) if random.random() < 0.7 else onnx)
                if random.random() < 0.3:
                    packed.writestr(f"{top}weights.safetensors", odd.damaged(random, onnx))
            data = content.getvalue()
        (folder / "model.zip").write_bytes(data)
        add_zip(folder / "model.zip", folder / "added")

    return attempt


TARGETS = (Target("cards", _cards), Target("model-zips", _zips))
