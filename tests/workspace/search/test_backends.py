"""A search takes any index: who asks knows none of them by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reid_core.embedder.inference import Embedder
from reid_core.retrieval.backends import BACKENDS, Backend
from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import add_vectors, last_deletion, read_changes
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries import editing
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY
from tests.retrieval.plain_index import PlainIndex

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("rerank", [False, True])
def test_another_backend_answers_like_the_exact_one(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, rerank: bool
) -> None:
    monkeypatch.setitem(BACKENDS, "plain", Backend(PlainIndex))
    embedder = Embedder(tiny_workspace.find_model("stripes"), "cpu")
    question = Question((Example(crop=1),), where=Filter(splits=frozenset({"gallery"})), group="camera", rerank=rerank)
    exact, plain = (
        search(tiny_workspace, GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id, backend), embedder, question)
        for backend in ("exact", "plain")
    )
    assert np.array_equal(exact.results.ids, plain.results.ids)
    np.testing.assert_allclose(exact.results.similarities, plain.results.similarities, atol=1e-5)
    assert (exact.searched, exact.compared) == (plain.searched, plain.compared)


def test_no_module_outside_of_retrieval_names_the_exact_index() -> None:
    modules = [path for top in ("reid_core", "pages") for path in (ROOT / top).rglob("*.py")]
    names = {path.relative_to(ROOT) for path in modules if "retrieval.exact" in path.read_text(encoding="utf-8")}
    assert all(name.is_relative_to("reid_core/retrieval") for name in names)


def test_a_deletion_asks_each_backend_to_remove_what_is_stale(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves what a backend keeps that has seen it."""
    asked: list[tuple[str, int]] = []
    plain = Backend(PlainIndex, ("plain.*",), lambda folder, last: asked.append((folder.name, last)))
    monkeypatch.setitem(BACKENDS, "plain", plain)
    folder = tiny_workspace.index_folder(TINY_GALLERY, "someone")
    folder.mkdir(parents=True)
    (folder / "plain.rows").write_text("rows", encoding="utf-8")
    receipt = delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    assert receipt.finished is not None
    assert ("tiny@someone", last_deletion(tiny_workspace.catalogue)) in asked
    assert (folder / "plain.rows").exists()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_catalogues_changes_reach_every_index(backend: str, tmp_path: Path) -> None:
    """Rows, labels, new vectors and deletions as the workspace writes them."""
    index = BACKENDS[backend].open(tmp_path / "index", "model", 4)
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    catalogue = workspace.catalogue
    catalogue.add_gallery("site")
    source = catalogue.add_source("site", "/pictures", "flat folder")
    catalogue.add_crops(
        "site",
        source,
        [NewCrop(f"{n}.jpg", f"p{n}", "gate", 5.0, None, "gallery", 64, 128, bytes([n] * 32)) for n in range(6)],
    )
    catalogue.add_model("model", "model", 4)
    ids, vectors = (
        catalogue.crops("site")["id"].tolist(),
        np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32),
    )

    def follow() -> list[int]:
        index.sync(read_changes(catalogue, "site", "model", index.seq))
        assert index.seq == catalogue.version()
        found = index.search(vectors[:1], 10, Filter(cameras=frozenset({"gate"}))).ids[0]
        return sorted(found[found >= 0].tolist())

    add_vectors(catalogue, "model", ids[:4], vectors[:4])
    assert follow() == ids[:4]
    editing.relabel(catalogue, "site", Selection(ids=frozenset({ids[1]})), "camera", "roof")
    add_vectors(catalogue, "model", ids[4:], vectors[4:])
    assert follow() == [ids[0], *ids[2:]]
    delete(workspace, "site", Selection(ids=frozenset({ids[0], ids[5]})), "test")
    add_vectors(catalogue, "model", [ids[2]], vectors[5:])  # embedded again, to another direction
    assert follow() == ids[2:5]
    np.testing.assert_array_equal(index.vectors(np.array([ids[2]])), vectors[5:].astype(np.float16))
