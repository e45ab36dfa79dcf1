"""What `make wheel` has built, installed into an environment of its own, with no checkout in reach.

The environment borrows its dependencies from the one that runs the tests. pip would take minutes to bring them again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.imports.demo_assets import CROPS, TABLE, VECTORS
from reid_core.workspace.workspace import VARIABLE
from tests.e2e import foreign_requests
from tests.e2e.conftest import ROOT, SLOW, OpenPage, RunServer, wait_until_settled

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]

WITHOUT_CHECKOUT = ["env", "--unset=PYTHONPATH"]


@pytest.fixture(scope="module")
def wheel() -> Path:
    found = list((ROOT / "dist").glob("retrace_reid-*.whl"))
    if len(found) != 1:
        pytest.skip("there is not one wheel in dist/: run `make wheel`")
    return found[0]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the environment's commands."""
    environment = tmp_path_factory.mktemp("installed")
    folder = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(environment)}))
    commands = Path(sysconfig.get_path("scripts", "venv", vars={"base": str(environment)}))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip = [*WITHOUT_CHECKOUT, sys.executable, "-m", "pip", "--python", str(commands / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], cwd=environment, check=True)
    # Python reads no .pth files of a folder that a .pth file names: an editable installation there stays out of sight.
    (folder / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (folder / "pages").mkdir()  # as another package may bring it
    (folder / "pages" / "__init__.py").write_text("raise ImportError('this is of another package')")
    return commands


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("of_the_user") / "workspace"


def run(installed: Path, workspace: Path, *command: str) -> str:
    """What a command of that environment prints, run where its user stands."""
    workspace.mkdir(exist_ok=True)
    full = [*WITHOUT_CHECKOUT, str(installed / command[0]), *command[1:]]
    environment = {**os.environ, VARIABLE: str(workspace)}
    done = subprocess.run(full, cwd=workspace.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def reid(installed: Path, workspace: Path, *arguments: str) -> dict[str, Any]:
    return json.loads(run(installed, workspace, "reid", *arguments, "--json"))


def test_it_holds_one_package_and_nothing_that_another_may_be_called(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"reid_core", "retrace_reid"}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]
    shipped = {f"reid_core/_app/assets/demo/{name}" for name in (CROPS, TABLE, VECTORS)}
    shipped |= {f"reid_core/_app/assets/detectors/nanodet/{name}" for name in ("card.json", "model.onnx", "NOTICE")}
    shipped |= {f"reid_core/_app/{file.relative_to(ROOT).as_posix()}" for file in (ROOT / "pages").rglob("*.css")}
    assert shipped <= set(names)
    assert {"reid_core/py.typed", "reid_core/_app/app.py", "reid_core/_app/.streamlit/config.toml"} <= set(names)


def test_what_is_imported_is_what_was_installed(installed: Path, workspace: Path) -> None:
    code = "import reid_core; from reid_core.packaging.installed import APP; print(reid_core.__file__, APP, sep='\\n')"
    package, app = map(Path, run(installed, workspace, "python", "-c", code).splitlines())
    assert package.is_relative_to(installed.parent)
    assert app == package.parent / "_app"


def test_demo_search_and_evaluation_work_with_the_shipped_models(installed: Path, workspace: Path) -> None:
    assert reid(installed, workspace, "demo", "--no-videos") == {"gallery": "demo", "recordings": "demo-recordings"}
    there = reid(installed, workspace, "recordings", "demo-recordings")["recordings"]
    assert [recording["camera"] for recording in there] == ["camera-1", "camera-2", "camera-3", "camera-4"]
    detectors = reid(installed, workspace, "detector", "list")["detectors"]
    assert [(detector["name"], detector["shipped"]) for detector in detectors] == [("nanodet", True)]
    listed = reid(installed, workspace, "list")
    assert [model["name"] for model in listed["models"]] == ["market", "synthetic"]
    assert reid(installed, workspace, "search", "--gallery", "demo", "--crop", "1", "--purpose", "trial")["hits"]
    measured = reid(installed, workspace, "evaluate", "demo", "--model", "market", "--model", "synthetic")
    assert all(0.6 < report["mAP"] < 1 for report in measured["evaluations"])


@pytest.mark.browser
def test_the_app_opens_builds_its_demo_and_searches(
    installed: Path, run_server: RunServer, open_page: OpenPage, tmp_path: Path
) -> None:
    """A fresh start: the demo is a job, a process that finds the installed package from wherever the server stands."""
    command = [*WITHOUT_CHECKOUT, str(installed / "reid"), "app", "--no-browser", "--port", "PORT"]
    address = run_server(command, tmp_path / "workspace", tmp_path)
    page = open_page(address)
    page.locator(".answer .card").first.wait_for(timeout=200_000)
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"IBM Plex Sans"')
    for name in ("Gallery", "Map", "Training", "Evaluation"):
        page.get_by_role("link", name=name).first.click(timeout=SLOW)
        page.wait_for_url(f"{address}/{name.lower()}*", timeout=SLOW)
        wait_until_settled(page)
        assert page.locator("[data-testid=stMain]").inner_text().strip()
        assert page.locator(".rt-problem[role=alert]").count() == 0
    assert page.errors == []


def test_the_app_has_its_door_its_fonts_and_its_style(
    installed: Path, workspace: Path, run_server: RunServer, tmp_path: Path
) -> None:
    command = [*WITHOUT_CHECKOUT, str(installed / "reid"), "app", "--no-browser", "--port", "PORT"]
    address = run_server(command, workspace, tmp_path)
    with urllib.request.urlopen(f"{address}/assets/fonts/ibm-plex-sans-latin.woff2") as font:
        assert font.headers["Content-Type"] == "font/woff2"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": "text/html"})) as page:
        (sheet,) = re.findall(r'href="(/assets/styles/[0-9a-f]{64}\.css)"', page.read().decode())
    with urllib.request.urlopen(f"{address}{sheet}") as style:
        assert b".rt-problem" in style.read()
    status, headers = foreign_requests.ask(int(address.rpartition(":")[2]), "GET", "/", {"Host": "evil.example"})
    assert status == 403
    assert headers["x-content-type-options"] == "nosniff"
