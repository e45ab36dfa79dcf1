"""The commands as a user gives them: what they print, and with which code they end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from reid_core.cli import STOPPED
from reid_core.datasets.synthetic import SiteConfig, write_site
from tests.conftest import Ended, formulas_in, png_bytes, tiny_picture

TINY_NETWORK = ["--backbone", "test_efficientnet", "--weights", "none", "--height", "64", "--width", "32"]


@pytest.fixture
def reid(tmp_path: Path, run_command: Callable[..., Ended]) -> Callable[..., Ended]:
    return partial(run_command, tmp_path / "workspace")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen drawn people in three cameras."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, SiteConfig(identities=16, cameras=3, crops_per_visit=(2, 3)))
    return folder


def test_the_whole_journey_from_a_folder_to_a_figure(reid: Callable[..., Ended], site: Path) -> None:
    imported = reid("import", site, "--gallery", "site", "--json").json()
    assert imported["added"] > 80
    assert imported["description"].startswith("table: ")
    assert reid("import", site, "--gallery", "site", "--json").json()["added"] == 0

    trained = reid(
        "train", "site", *TINY_NETWORK, "--epochs", 2, "--validation", 0.3, "--name", "first", "--json"
    ).json()
    assert (trained["status"], trained["run"]) == ("finished", "first")
    assert trained["step"] == trained["steps"] > 4

    indexed = reid("index", "site", "--model", "first", "--json").json()
    assert indexed["added"] == imported["added"]
    assert reid("index", "site", "--json").json()["already"] == imported["added"]

    photo = next(site.rglob("*.jpg"))
    answer = reid("search", photo, "--gallery", "site", "--top", 5, "--json").json()
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3, 4, 5]
    assert {"rank", "similarity", "path", "identity", "camera", "time"} <= set(answer["hits"][0])
    assert str(photo.relative_to(site)) not in [hit["path"] for hit in answer["hits"]]

    figures = reid("evaluate", "site", "--model", "first", "--json").json()
    for name in ("mAP", "rank1", "rank5", "rank10", "rank20", "mINP"):
        assert 0 <= figures[name] <= 1
    assert figures["queries"] > 0
    assert figures["gallery"] > figures["queries"]
    assert reid("evaluate", "site", "--rerank", "--json").json()["rerank"] is True

    lists = reid("list", "--json").json()
    assert [gallery["name"] for gallery in lists["galleries"]] == ["site"]
    assert "first" in [model["name"] for model in lists["models"]]
    assert [line["action"] for line in reid("audit", "--json").json()["audit"]] == ["search"]


def test_a_training_whose_weights_cannot_be_fetched_says_what_to_do_and_leaves_no_run(
    reid: Callable[..., Ended], site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "nothing"))
    assert reid("import", site, "--gallery", "site").code == 0
    ended = reid("train", "site", "--recipe", "reference")
    assert ended.code == 1
    assert "--weights none" in ended.err
    assert reid("list", "--json").json()["runs"] == []


def test_what_people_read_names_the_model_and_says_that_a_hit_is_no_proof(
    reid: Callable[..., Ended], tiny_workspace_for_cli: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(png_bytes(tiny_picture(2, 77)))
    ended = reid("search", photo, "--gallery", "tiny", "--workspace", tiny_workspace_for_cli, "--camera", "hall,stairs")
    assert ended.code == 0
    assert "stripes" in ended.out
    assert "no probability" in ended.out
    hits, _, searched = ended.out.partition("Searched 2 of 3 cameras")
    assert "entrance" not in hits
    assert "Not searched: entrance." in " ".join(searched.split())


@pytest.fixture
def tiny_workspace_for_cli(tiny_workspace) -> Path:
    return tiny_workspace.path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "nowhere", "--gallery", "x"], "nowhere"),
        (["import", "EMPTY", "--gallery", "x"], "no pictures"),
        (["import", "CSV", "--gallery", "x", "--column", "image=picture"], "picture"),
        (["index", "nobody", "--model", "x"], "no gallery 'nobody'"),
        (["index", "tiny", "--model", "strips"], "There are: stripes"),
        (["search", "TEXT", "--gallery", "tiny"], "not a picture"),
        (["search", "NONE", "--gallery", "tiny"], "photo.jpg"),
        (["search", "PHOTO", "--gallery", "tiny", "--camera", "roof"], "no camera 'roof'"),
        (["search", "PHOTO", "--gallery", "tiny", "--after", "noon"], "--after 'noon'"),
        (["evaluate", "tiny"], "0 query"),
        (["train", "tiny"], "no labelled training crops"),
        (["train", "tiny", "--recipe", "best"], "There are: reference"),
        (["train", "tiny", "--epoch", "3"], "Did you mean epochs"),
        (["train"], "--resume"),
        (["train", "--resume", "nothing"], "no run nothing"),
        (["model", "add", "TEXT"], "text.jpg"),
        (["model", "add", "TEXT", "--size", "256"], "--size"),
    ],
)
def test_bad_input_gets_one_sentence_and_code_one(
    reid: Callable[..., Ended], tiny_workspace_for_cli: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "table.csv").write_text("path,identity\na.jpg,1\n")
    Image.new("RGB", (32, 64)).save(tmp_path / "ok.png")
    places = {"EMPTY": "empty", "TEXT": "text.jpg", "CSV": "table.csv", "NONE": "photo.jpg", "PHOTO": "ok.png"}
    given = [str(tmp_path / places[text]) if text in places else text for text in arguments]
    ended = reid(*given, "--workspace", tiny_workspace_for_cli)
    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_with_json_an_error_is_an_object_too(reid: Callable[..., Ended]) -> None:
    ended = reid("evaluate", "nobody", "--json")
    assert ended.code == 1
    assert "nobody" in ended.json()["error"]
    assert ended.json()["kind"] == "not there"


def test_a_training_that_is_told_to_stop_keeps_a_checkpoint_and_resumes(site: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "REID_WORKSPACE": str(tmp_path / "workspace"), "OMP_NUM_THREADS": "1"}

    def command(*arguments: object) -> list[str]:
        return [sys.executable, "-m", "reid_core.cli", *map(str, arguments)]

    subprocess.run(command("import", site, "--gallery", "site"), env=environment, check=True, capture_output=True)
    training = subprocess.Popen(
        command("train", "site", *TINY_NETWORK, "--epochs", 400, "--name", "long"),
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    curve = tmp_path / "workspace" / "runs" / "long" / "steps.csv"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and (not curve.is_file() or curve.stat().st_size < 200):
        time.sleep(0.1)
    training.send_signal(signal.SIGTERM)
    _, err = training.communicate(timeout=60)
    assert training.returncode == STOPPED, err
    assert "--resume long" in err
    assert (curve.parent / "last.pt").is_file()
    assert json.loads((curve.parent / "run.json").read_text())["status"] == "stopped"

    resumed = subprocess.Popen(
        command("train", "--resume", "long"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    log = curve.parent / "log.txt"
    while time.monotonic() < deadline and "resumed at step" not in log.read_text():
        time.sleep(0.1)
    resumed.send_signal(signal.SIGINT)
    resumed.communicate(timeout=60)
    assert resumed.returncode == STOPPED
    assert "resumed at step" in log.read_text()


def test_a_guess_is_said_before_it_is_taken_and_formulas_in_the_report_are_quoted(
    reid: Callable[..., Ended], tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a", "b", "c"):
        Image.new("RGB", (32, 64), (200, 30, 40 * ord(name) % 256)).save(folder / f"{name}.jpg")
    for name in ("=cmd.jpg", "a;=cmd.jpg"):
        (folder / name).write_bytes(b"no picture")
    rows = "a.jpg,1,ada,03/02/2026\nb.jpg,2,ada,03/02/2026\nc.jpg,3,bo,04/04/2026\n=cmd.jpg,4,bo,\na;=cmd.jpg,5,bo,\n"
    (folder / "t.csv").write_text(f"image,id,name,date,remark\n{rows.replace(chr(10), ',x' + chr(10))}")
    said = reid("import", folder, "--gallery", "g", "--dry-run").out
    assert "person from 'name'" in said
    assert "not used: 'id' and 'remark'" in said
    assert "2 crops come in without a time: '03/02/2026' has the day or the month first" in said
    result = reid("import", folder, "--gallery", "g", "--json").json()
    assert result["without_time"] == 2
    report = Path(result["report"]).read_text(encoding="utf-8")
    named = [row[0] for row in csv.reader(report.splitlines())]
    assert named == ["path", "'=cmd.jpg", "a;'=cmd.jpg", "row 2 of t.csv", "row 3 of t.csv"]
    assert formulas_in(report) == []
    said = reid("import", folder, "--gallery", "h", "--time-format", "%m/%d/%Y", "--dry-run").out
    assert "%m/%d/%Y ('03/02/2026' is 2026-03-02T00:00:00Z)" in said


def test_a_dry_run_says_what_would_come_in_and_makes_nothing(
    reid: Callable[..., Ended], site: Path, tmp_path: Path
) -> None:
    said = reid("import", site, "--gallery", "site", "--dry-run", "--json").json()
    assert said["crops"] == len(list(site.rglob("*.jpg")))
    assert said["description"].startswith("table: ")
    assert not (tmp_path / "workspace").exists()


def test_drawing_people_is_a_command(reid: Callable[..., Ended], tmp_path: Path) -> None:
    ended = reid("draw", tmp_path / "people", "--identities", 2, "--cameras", 2, "--json").json()
    assert ended["crops"] == len(list((tmp_path / "people").rglob("*.jpg")))
