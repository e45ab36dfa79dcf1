"""An engineer asks how good a model is: measures, moves the threshold, calibrates, and mends a suspicious label."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_MODEL
from tests.e2e.conftest import SLOW

JOB = 120_000


@pytest.fixture
def site(tmp_path: Path, tiny_model: Path) -> Workspace:
    """Forty drawn people in three cameras, embedded by an embedder of a few numbers, which errs often."""
    write_site(tmp_path / "site", SiteConfig(identities=40, cameras=3, crops_per_visit=(2, 2)))
    workspace = Workspace(tmp_path / "workspace", TESTER)
    shutil.copytree(tiny_model, workspace.models_folder / TINY_MODEL)
    dataset = read_dataset(tmp_path / "site", format="table", train_share=0.0)
    import_dataset(workspace, dataset, "site", stop=StopRequest())
    embed_gallery(workspace, "site", Embedder(workspace.find_model(TINY_MODEL), "cpu"), stop=StopRequest())
    return workspace


def value(page: Any, name: str) -> float:
    """The number under that name beside the line."""
    cell = page.locator(".st-key-eval-threshold, [data-testid=stBidiComponentRegular]").locator("dl div", has_text=name)
    return float(re.sub(r"[^\d.].*$", "", cell.locator("dd").first.inner_text().replace(",", "")))


@pytest.mark.browser
def test_from_measuring_to_mending(
    site: Workspace, serve: Callable[[Path], str], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(f"{serve(site.path)}/evaluation?gallery=site")
    page.get_by_text("Nothing was measured on site yet").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_role("button", name="Start").click(timeout=SLOW)
    page.get_by_text("equal error").wait_for(timeout=JOB)
    page.locator("svg[aria-label^=CMC]").wait_for(timeout=SLOW)

    with page.expect_download(timeout=SLOW) as download:
        page.get_by_role("button", name="Report").click()
    report = Path(download.value.path()).read_text()
    assert report.startswith("<!doctype html>")
    assert "stripes" in report

    page.get_by_text("Threshold", exact=True).click()
    line = page.get_by_role("slider", name=re.compile("Threshold for stripes"))
    line.wait_for(timeout=SLOW)
    missed, matched = value(page, "One person is missed"), value(page, "Different people match")
    bounds = line.bounding_box()
    page.mouse.move(bounds["x"] + 0.5 * bounds["width"], bounds["y"] + 60)
    page.mouse.down()
    page.mouse.move(bounds["x"] + 0.97 * bounds["width"], bounds["y"] + 60, steps=4)
    page.mouse.up()
    assert value(page, "One person is missed") > missed
    assert value(page, "Different people match") < matched
    line.press("PageDown")
    at = float(line.get_attribute("aria-valuenow"))
    page.get_by_text("Cameras", exact=True).click()
    page.get_by_text("query camera").wait_for(timeout=SLOW)
    page.get_by_text("Threshold", exact=True).click()
    line.wait_for(timeout=SLOW)
    assert float(line.get_attribute("aria-valuenow")) == pytest.approx(at)  # it stands where it was left

    page.get_by_text("Calibration", exact=True).click()
    page.get_by_text("has no calibration").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Calibrate").click()
    page.get_by_text("What does a similarity mean?").wait_for(timeout=JOB)

    page.get_by_text("Failures", exact=True).click()
    page.get_by_role("button", name="Mend its label").first.click(timeout=SLOW)
    page.wait_for_url(re.compile(r"/gallery\?.*crop=\d+"), timeout=SLOW)
    asked = [address for address in page.asked if not address.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert asked == []
    assert [error for error in page.errors if "404" not in error] == []
