"""The Evaluation page without a browser: nothing yet, at work, failed, and what it makes of kept reports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.evaluation.start import evaluation_arguments
from pages.components.widgets.threshold.threshold import _panel
from reid_core.evaluation.report import EvaluationReport, Protocol
from reid_core.evaluation.report_parts import BIN_WIDTH
from reid_core.workspace import jobs
from reid_core.workspace.evaluations.measuring import evaluate_model
from reid_core.workspace.jobs import Job, Progress
from reid_core.workspace.models.calibration import calibrate_model
from reid_core.workspace.workspace import VARIABLE, ModelEntry, Workspace
from tests.conftest import TINY_MODEL
from tests.pages.imports.import_page import words
from tests.support.simulated_site import add_site

Open = Callable[..., AppTest]
PAGE = str(Path(__file__).parents[2] / "pages" / "evaluation.py")


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    def opened(path: Path, **query: str) -> AppTest:
        monkeypatch.setenv(VARIABLE, str(path))
        st.cache_data.clear()
        st.cache_resource.clear()
        page = AppTest.from_file(PAGE, default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        return page

    return opened


@pytest.fixture
def site(tiny_workspace: Workspace) -> Workspace:
    add_site(tiny_workspace)
    return tiny_workspace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Arguments of the jobs that the page starts, which are not run."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(jobs, "start_new", lambda _, word, title, arguments: found.append(tuple(arguments)))
    return found


def model_of(workspace: Workspace) -> ModelEntry:
    return next(entry for entry in workspace.models() if entry.name == TINY_MODEL)


def evaluated(workspace: Workspace, **protocol: Any) -> EvaluationReport:
    return evaluate_model(workspace, "site", model_of(workspace), Protocol(**protocol))


def test_an_empty_workspace_says_what_to_do(open_page: Open, tmp_path: Path) -> None:
    assert "Import crops of labelled people on the Gallery page first" in words(open_page(tmp_path / "new"))


def test_before_anything_was_measured_the_page_offers_it(
    open_page: Open, site: Workspace, started: list[tuple[str, ...]]
) -> None:
    page = open_page(site.path, gallery="site")
    assert "Nothing was measured on site yet" in words(page)
    assert page.multiselect(key="eval-new-models-site").value == [TINY_MODEL]
    page.toggle(key="eval-new-same-camera").set_value(True).run()
    page.button(key="eval-new-start").click().run()
    assert started == [("evaluate", "site", "--models", TINY_MODEL, "--same-camera")]


def test_the_job_is_given_every_gallery_and_model() -> None:
    arguments = evaluation_arguments(["a", "b"], ["m", "n"], rerank=True, multi_query=True)
    assert arguments == ["a", "b", "--models", "m", "--models", "n", "--rerank", "--multi-query"]


def test_kept_figures_open_at_once(open_page: Open, site: Workspace) -> None:
    report = evaluated(site)
    page = open_page(site.path, gallery="site")
    said = words(page)
    for name in ("mAP", "rank1", "mINP"):
        assert f"{100 * report.figures[name].value:.1f} <small>" in said
    assert "has changed since" not in said
    buttons: list[Any] = list(page.get("download_button"))
    assert {button.label for button in buttons} == {"Report", "CSV", "JSON"}


def test_figures_of_a_changed_gallery_say_so(open_page: Open, site: Workspace) -> None:
    evaluated(site)
    add_site(site, "another", seed=1)  # no change of this one
    assert "has changed since" not in words(open_page(site.path, gallery="site"))
    add_site(site, seed=2)
    assert "The gallery has changed since stripes was measured" in words(open_page(site.path, gallery="site"))
    assert "site has changed since it was measured" in words(open_page(site.path, gallery="site", view="galleries"))


def test_protocols_are_kept_apart(open_page: Open, site: Workspace) -> None:
    plain, ranked, drawn = evaluated(site), evaluated(site, rerank=True), evaluated(site, seed=3)
    page = open_page(site.path, gallery="site")
    for choice, report in (("Plain ranking", plain), ("Re-ranked", ranked), ("Seed 3", drawn)):
        page.selectbox(key="eval-protocol").set_value(choice).run()
        assert f"{100 * report.figures['mAP'].value:.1f} <small>" in words(page)
    page.selectbox(key="eval-protocol").set_value("Re-ranked").run()
    page = page.segmented_control(key="eval-view").set_value("Threshold").run()
    assert "Re-ranked figures have no threshold" in words(page)


def test_the_threshold_panel_counts_what_the_report_counts(site: Workspace) -> None:
    report = evaluated(site)
    verified = report.verification
    assert verified is not None
    panel = _panel(report, verified)
    assert panel["range"][0] < panel["line"] < panel["range"][1]
    for threshold in (-0.2, 0.31, 0.77):
        edge = round((threshold + 1) / BIN_WIDTH)  # what the browser does
        assert panel["different"][edge] / panel["different"][0] == pytest.approx(verified.fmr(threshold))
        assert 1 - panel["same"][edge] / panel["same"][0] == pytest.approx(verified.fnmr(threshold))
        assert panel["closest_other"][edge] == sum(verified.closest_other[edge:])  # searches with a false hit


@pytest.mark.parametrize("view", ["Threshold", "Cameras", "Groups", "Failures", "Galleries", "Calibration"])
def test_every_view_can_be_linked_to(open_page: Open, site: Workspace, view: str) -> None:
    evaluated(site)
    page = open_page(site.path, gallery="site", view=view.lower())
    assert page.session_state["eval-view"] == view
    assert page.query_params["view"] in (view.lower(), [view.lower()])
    assert not [element for element in page.get("html") if "This did not work" in element.proto.body]


def test_failures_are_listed_with_why_the_worst_first(open_page: Open, site: Workspace) -> None:
    report = evaluated(site)
    page = open_page(site.path, gallery="site", view="failures")
    shown = [button.key for button in page.button if button.label == "Mend its label"]
    assert shown == [f"eval-mend-{one.crop}" for one in report.failures[:12]]
    assert report.failures[0].why in words(page).replace("&#x27;", "'")
    reason = min(report.failure_counts, key=lambda name: report.failure_counts[name])
    page.pills(key=f"eval-failures-reason-{report.tested.model}").set_value(reason).run()
    chosen = [one for one in report.failures if one.reasons[0] == reason]
    shown = [button.key for button in page.button if button.label == "Mend its label"]
    assert shown == [f"eval-mend-{one.crop}" for one in chosen[:12]]


def test_a_calibration_is_offered_then_shown_and_asked(
    open_page: Open, site: Workspace, started: list[tuple[str, ...]]
) -> None:
    page = open_page(site.path, gallery="site", view="calibration")
    assert "Model stripes has no calibration" in words(page)
    page.button(key="eval-cal-start").click().run()
    assert started == [("calibrate", "site", "--model", TINY_MODEL)]

    found = calibrate_model(site, "site", TINY_MODEL)
    page = open_page(site.path, gallery="site", view="calibration")
    threshold = found.thresholds[0]
    assert threshold.false_matches is not None
    assert threshold.false_matches.describe() in words(page)
    assert "If 1 in" not in words(page)  # no prior, no probability
    page.number_input(key="eval-cal-similarity").set_value(0.9).run()
    page.number_input(key="eval-cal-prior").set_value(50).run()
    assert f"is this person with {100 * found.probability(0.9, 1 / 50):.1f} %" in words(page)


def _job(workspace: Workspace, status: str, message: str = "") -> Job:
    folder = jobs.new_folder(workspace.path, "evaluate")
    running = {"process": 0, "process_started": 0.0}
    if status == "running":
        from reid_core.training.run import this_process

        running = dict(zip(("process", "process_started"), this_process(), strict=True))
    content = {"arguments": ["evaluate", "site", "--models", "stripes"], "title": "Evaluate stripes on site", **running}
    (folder / "job.json").write_text(json.dumps({**content, "started": "2026-11-25T10:00:00Z"}))
    progress = Progress(status, "Evaluating stripes on site", 2, 5, message=message)
    (folder / "progress.json").write_text(json.dumps(vars(progress)))
    found = jobs.find(folder)
    assert found is not None
    return found


def test_a_running_evaluation_is_followed(open_page: Open, site: Workspace) -> None:
    _job(site, "running")
    said = words(open_page(site.path, gallery="site"))
    assert "Evaluate stripes on site" in said
    assert "2 of 5" in said


def test_why_an_evaluation_failed_is_said_until_it_is_put_away(open_page: Open, site: Workspace) -> None:
    _job(site, "failed", "All crops of gallery 'site' are of camera 'c1'. Let matches of the same camera count.")
    assert "All crops of gallery" not in words(open_page(site.path, gallery="tiny"))
    page = open_page(site.path, gallery="site")
    assert "All crops of gallery &#x27;site&#x27; are of camera" in words(page)
    page.button(key="eval-put-away").click().run()
    assert "All crops of gallery" not in words(page)


def test_a_gallery_that_is_not_there_falls_back_to_one_that_is(open_page: Open, site: Workspace) -> None:
    page = open_page(site.path, gallery="nobody", view="nothing")
    assert page.session_state["gallery"] in ("site", "tiny")
    assert page.session_state["eval-view"] == "Figures"


def test_colours_stay_with_their_models(site: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.components.evaluation import state as places

    monkeypatch.setenv(VARIABLE, str(site.path))
    evaluated(site)
    kept = places.reports(site, "site")
    assert places.colours(site, "site", kept) == [0]
    assert np.unique([one.report.tested.model for one in kept]).size == 1


def test_figures_without_cameras_say_so_in_every_view(open_page: Open, site: Workspace) -> None:
    with sqlite3.connect(site.catalogue.path) as database:
        database.execute("UPDATE crop SET camera = NULL")
    evaluated(site)
    for view in ("figures", "threshold", "groups"):
        assert "No crop says its camera: matches of the same moment count" in words(
            open_page(site.path, gallery="site", view=view)
        )
    assert "no cameras known" in words(open_page(site.path, gallery="site", view="galleries"))


@pytest.mark.parametrize("protocol", [{"rerank": True}, {"multi_query": True}, {"same_camera": True}])
def test_every_view_is_drawn_whatever_the_protocol(open_page: Open, site: Workspace, protocol: dict[str, bool]) -> None:
    evaluated(site, **protocol)
    for view in ("figures", "threshold", "cameras", "groups", "failures", "galleries", "calibration"):
        page = open_page(site.path, gallery="site", view=view)
        assert not page.exception, view
        assert "Something unexpected" not in words(page)
