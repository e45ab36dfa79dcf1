"""A new model takes over a gallery only when found better, or when somebody says why; the old one serves till then."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable

import pytest

from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.evaluation.comparison import Difference
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.evaluations.measuring import SPLITS
from reid_core.workspace.models.choosing import choose_model
from reid_core.workspace.models.promotion import Compared, compare_models, kept_comparison, present_model, promote
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL, Ended


@pytest.fixture
def candidate(tiny_workspace: Workspace) -> Embedder:
    """The same network with a card that differs by a hair, which is another model. One crop in two becomes a query."""
    with connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'query' WHERE path LIKE '%-0.png'")
    folder = tiny_workspace.models_folder / "new"
    shutil.copytree(tiny_workspace.models_folder / TINY_MODEL, folder)
    card = json.loads((folder / "card.json").read_text())
    card["preprocessing"]["std"] = [0.25, 0.25, 0.2500001]
    (folder / "card.json").write_text(json.dumps({**card, "name": "new"}))
    return Embedder(folder, "cpu")


@pytest.fixture
def present(tiny_workspace: Workspace) -> Embedder:
    return Embedder(tiny_workspace.models_folder / TINY_MODEL, "cpu")


def compared(workspace: Workspace, candidate: Embedder, present: Embedder) -> Compared:
    workspace.catalogue.keep_serving(TINY_GALLERY, present.id)
    embed_gallery(workspace, TINY_GALLERY, candidate, splits=SPLITS, stop=StopRequest())
    return compare_models(workspace, TINY_GALLERY, candidate, present)


def serving(workspace: Workspace) -> str:
    entry = present_model(workspace, TINY_GALLERY)
    assert entry is not None
    return entry.name


def test_two_models_that_find_the_same_cannot_be_told_apart(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    found = compared(tiny_workspace, candidate, present)
    assert found.verdict == "undecided"
    assert (found.mAP.difference, found.mAP.low, found.mAP.high) == (0, 0, 0)
    assert found.queries > 0
    assert len(found.caveats) == 2  # neither was trained here
    assert kept_comparison(tiny_workspace, TINY_GALLERY, candidate.id, present.id) == found
    assert kept_comparison(tiny_workspace, TINY_GALLERY, present.id, candidate.id) is None


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.01, 0.1, "better"), (-0.1, 0.1, "undecided"), (-0.2, -0.1, "worse")]
)
def test_the_verdict_is_whether_the_interval_leaves_out_nothing(low: float, high: float, verdict: str) -> None:
    one = Difference(0.5, 0.6, (low + high) / 2, low, high, 0.0)
    assert Compared("g", ("a", "a"), ("b", "b"), one, one, 9, 9, 9, "").verdict == verdict


def test_a_comparison_of_other_crops_is_forgotten(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    found = compared(tiny_workspace, candidate, present)
    file = next((tiny_workspace.path / "comparisons").iterdir())
    file.write_text(json.dumps({**dataclasses.asdict(found), "crops": found.crops + 1}))
    assert kept_comparison(tiny_workspace, TINY_GALLERY, candidate.id, present.id) is None
    file.write_text("{")
    assert kept_comparison(tiny_workspace, TINY_GALLERY, candidate.id, present.id) is None


def test_a_comparison_goes_with_its_gallery_for_another_may_get_its_name(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    compared(tiny_workspace, candidate, present)
    file = next((tiny_workspace.path / "comparisons").iterdir())
    other = file.with_name(f"other-{file.name}")
    other.write_bytes(file.read_bytes())
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    assert file.exists()
    delete(tiny_workspace, TINY_GALLERY, Selection(), "test")
    assert list((tiny_workspace.path / "comparisons").iterdir()) == [other]


def test_a_model_that_was_not_compared_or_not_found_better_needs_a_reason(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    with pytest.raises(ReidError, match="was not compared with"):
        promote(tiny_workspace, TINY_GALLERY, candidate, purpose="", stop=StopRequest())
    compared(tiny_workspace, candidate, present)
    with pytest.raises(ReidError, match="not told apart"):
        promote(tiny_workspace, TINY_GALLERY, candidate, purpose="", stop=StopRequest())
    assert serving(tiny_workspace) == TINY_MODEL
    promote(tiny_workspace, TINY_GALLERY, candidate, purpose="case 12", even_so="it is smaller", stop=StopRequest())
    assert serving(tiny_workspace) == "new"
    assert choose_model(tiny_workspace, TINY_GALLERY, None).id == candidate.id
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["action"], line["purpose"], line["even_so"], line["former"]) == (
        "serve",
        "case 12",
        "it is smaller",
        present.id,
    )


def test_the_old_model_serves_until_the_new_one_has_embedded_all(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    compared(tiny_workspace, candidate, present)
    stop = StopRequest()

    def on_progress(done: int, total: int) -> None:
        assert serving(tiny_workspace) == TINY_MODEL
        stop.requested = True

    report = promote(
        tiny_workspace, TINY_GALLERY, candidate, purpose="", even_so="test", stop=stop, on_progress=on_progress
    )
    if report.stopped:
        assert serving(tiny_workspace) == TINY_MODEL
    version = tiny_workspace.catalogue.version()
    promote(tiny_workspace, TINY_GALLERY, candidate, purpose="", even_so="test", stop=StopRequest())
    assert serving(tiny_workspace) == "new"
    assert tiny_workspace.catalogue.version() > version  # pages hear of it
    promote(tiny_workspace, TINY_GALLERY, present, purpose="", even_so="taken back", stop=StopRequest())
    assert serving(tiny_workspace) == TINY_MODEL


def test_a_model_that_embedded_as_much_does_not_take_over_by_itself_once_one_was_chosen(
    tiny_workspace: Workspace, candidate: Embedder, present: Embedder
) -> None:
    tiny_workspace.catalogue.keep_serving(TINY_GALLERY, present.id)
    embed_gallery(tiny_workspace, TINY_GALLERY, candidate, stop=StopRequest())
    assert serving(tiny_workspace) == TINY_MODEL


def test_a_model_beside_itself_is_refused(tiny_workspace: Workspace, present: Embedder) -> None:
    with pytest.raises(ReidError, match="already"):
        compare_models(tiny_workspace, TINY_GALLERY, present, present)


def test_the_commands_compare_refuse_and_promote(
    tiny_workspace: Workspace, candidate: Embedder, run_command: Callable[..., Ended]
) -> None:
    path = tiny_workspace.path
    found = run_command(path, "compare", TINY_GALLERY, "--model", "new", "--json")
    assert found.code == 0
    assert found.json()["verdict"] == "undecided"
    refused = run_command(path, "promote", TINY_GALLERY, "--model", "new", "--json")
    assert refused.code == 1
    assert "--even-so" in refused.json()["error"]
    done = run_command(path, "promote", TINY_GALLERY, "--model", "new", "--even-so", "smaller", "--json")
    assert done.code == 0
    assert serving(tiny_workspace) == "new"
