"""The house: which floor may import which, how large rooms and files are, and that its map says what is there.

`reid_core/ARCHITECTURE.md` draws the same floors for people. What is larger than usual is named there, with a reason.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = ROOT / "reid_core" / "ARCHITECTURE.md"
MOST_FILES = 16
MOST_LINES = {"reid_core": 300, "pages": 300, "tests": 450}  # tests of one subject stay together for longer

# From the ground up. A module may import its own floor and those below; rooms on one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "reid_core.errors", "reid_core.records", "reid_core.times", "reid_core.images", "reid_core.quality",
        "reid_core.colours", "reid_core.files", "reid_core.temporary", "reid_core.json_text", "reid_core.own_process",
        "reid_core.signals", "reid_core.blocks", "reid_core.html_policy", "reid_core.packaging",
        "reid_core.openvino_networks",
    ),
    ("reid_core.sources",),
    ("reid_core.picture_reader",),
    ("reid_core.datasets",),
    ("reid_core.embedder", "reid_core.retrieval", "reid_core.evaluation", "reid_core.projection", "reid_core.video"),
    ("reid_core.training",),
    ("reid_core.workspace",),
    ("reid_core.cli",),
    ("pages.components.shared",),
    ("pages.components.widgets",),
    ("pages.components",),
    ("pages.server",),
    ("pages",),
    ("app",),
)  # fmt: skip
BY_NAME = "reid_core.packaging.public_names"  # what a package offers is imported when it is asked for
NOT_INSTALLED_HERE = {"pillow_heif", "mlflow"}  # extras, by the names of their modules
TWO_DOORS = ("reid_core.training.__main__", "reid_core.cli")  # `torchrun -m reid_core.training` is `reid train`
# Capitals only: sentences say "select … from", and all of our SQL is written so.
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)
OF_DATABASES = {"execute", "executemany", "executescript", "cursor", "fetchall", "fetchone"}
OF_ALGEBRA = {"linalg", "dot", "vdot", "inner", "outer", "einsum", "matmul", "tensordot", "norm"}
NOT_IN_PAGES = ("sqlite3", "scipy", "faiss", "numpy.linalg", "reid_core.workspace.catalogue.database")
HEAVY = ("torch", "timm", "umap", "numba", "openvino", "onnx", "sklearn")


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the program by its dotted name."""
    files = [ROOT / "app.py", *(file for top in ("reid_core", "pages") for file in (ROOT / top).rglob("*.py"))]
    files = [file for file in files if "_app" not in file.parts]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom | ast.Call]:
    """Imports and calls that are executed: not what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from statements(ast.Module(node.orelse, []))
            continue
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            yield node
        yield from statements(node)


@functools.cache
def imports(name: str, source: str | None = None) -> frozenset[str]:
    """What a module imports, anywhere in it, by dotted names: modules of ours to the file, others as they are written.

    Relative imports and imports by a computed name are none that can be read here, so nobody may use them.
    """
    source = modules()[name].read_text(encoding="utf-8") if source is None else source
    found: set[str] = set()
    for node in statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively; name the module in full"
            for alias in node.names:
                found.add(home_of(str(node.module), alias.name))
        elif isinstance(node.func, ast.Attribute | ast.Name) and ast.unparse(node.func).endswith("import_module"):
            assert name == BY_NAME, f"{name} imports by a name that is computed"
    return frozenset(found - {name})


def home_of(module: str, name: str) -> str:
    """The module that `from module import name` reaches: one of that name, or the one that a package offers it from."""
    whole = f"{module}.{name}"
    if whole in modules():
        return whole
    if module in modules() and modules()[module].name == "__init__.py":
        found = re.search(
            rf"^    from ([\w.]+) import .*\b{name}\b", modules()[module].read_text(encoding="utf-8"), re.MULTILINE
        )
        return found[1] if found else module
    return module


def floor_of(name: str) -> tuple[int, str]:
    """The floor of a module, by the longest name that fits, and its room there."""
    fits = [
        (len(room), level, room)
        for level, rooms in enumerate(FLOORS)
        for room in rooms
        if name == room or name.startswith(room + ".")
    ]
    assert fits, f"{name} stands on no floor: give it one in FLOORS and in {MAP.name}"
    _, level, room = max(fits)
    return level, room


def ours(name: str) -> list[str]:
    """The modules of ours that it imports."""
    return sorted(other for other in imports(name) if other in modules())


def test_imports_go_down_the_floors_and_never_up_or_across() -> None:
    wrong = []
    for name in modules():
        if name == "reid_core":
            continue
        level, room = floor_of(name)
        for other in ours(name):
            other_level, other_room = floor_of(other)
            across = other_level == level and other_room != room and level > 0
            if (other_level > level or across) and (name, other) != TWO_DOORS:
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name: {other for other in ours(name) if (name, other) != TWO_DOORS} for name in modules()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def room_of(name: str, inside: str) -> str | None:
    """The room below `inside` that a module stands in; a file there is a room of its own."""
    return name.removeprefix(inside + ".").split(".")[0] if name.startswith(inside + ".") else None


@pytest.mark.parametrize("inside", ["reid_core.workspace", "pages.components"])
def test_rooms_do_not_know_each_other_in_a_circle(inside: str) -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for name in modules():
        room = room_of(name, inside)
        if room is not None:
            graph[room] |= {other for each in ours(name) if (other := room_of(each, inside)) and other != room}
    TopologicalSorter(graph).prepare()


def test_deletion_stands_on_top_of_the_workspace() -> None:
    below = [name for name in modules() if name.startswith("reid_core.workspace.") and ".deletion" not in name]
    knows = [name for name in below if any(other.startswith("reid_core.workspace.deletion") for other in ours(name))]
    assert knows == ["reid_core.workspace.opening"]


def test_whatever_is_imported_is_declared() -> None:
    """What another package happens to bring goes when that package changes its mind."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = told["project"]["optional-dependencies"]
    declared = [*told["project"]["dependencies"], *(one for name in extras if name != "dev" for one in extras[name])]
    names = {
        re.split(r"[^\w.-]", one)[0].lower().replace("_", "-") for one in [*declared, *told["build-system"]["requires"]]
    }
    brought_by = packages_distributions()
    ours = {"reid_core", "pages", "app"}
    tops = {other.split(".")[0] for name in modules() for other in imports(name)} - set(sys.stdlib_module_names) - ours
    missing = {top for top in tops if not names & {one.lower().replace("_", "-") for one in brought_by.get(top, [top])}}
    assert missing <= NOT_INSTALLED_HERE


def test_the_library_knows_nothing_of_streamlit() -> None:
    library = [name for name in modules() if name.startswith("reid_core")]
    assert [name for name in library if any(other.split(".")[0] == "streamlit" for other in imports(name))] == []


def test_pages_start_without_what_is_slow_to_import() -> None:
    pages = [name for name in modules() if name.startswith(("pages", "app"))]
    assert [(name, other) for name in pages for other in imports(name) if other.split(".")[0] in HEAVY] == []


def faults_of_a_page(source: str) -> list[str]:
    """SQL, databases and linear algebra in it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if SQL.search(text):
                found.append(text)
            case ast.JoinedStr() if SQL.search(ast.unparse(node)):
                found.append(ast.unparse(node))
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                found.append(ast.unparse(node))
            case ast.Attribute(attr=name) if name in OF_DATABASES | OF_ALGEBRA:
                found.append(ast.unparse(node))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                whole = {f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".") for alias in names}
                found += [name for name in whole if name.startswith(NOT_IN_PAGES)]
    return found


def test_pages_draw_and_leave_sql_and_linear_algebra_to_the_library() -> None:
    pages = [name for name in modules() if name.startswith(("pages", "app"))]
    found = {name: faults_of_a_page(modules()[name].read_text(encoding="utf-8")) for name in pages}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "source",
    [
        "database.execute(question)", "database.executemany(question, rows)", "'SELECT id FROM crop'",
        "f'UPDATE {name} SET split = 1'", "import sqlite3", "from numpy.linalg import norm", "similarity = a @ b",
        "a @= b", "np.inner(a, b)", "np.tensordot(a, b)", "a.dot(b)",
        "from reid_core.workspace.catalogue.database import connect",
    ],
)  # fmt: skip
def test_a_page_that_does_more_than_draw_is_found(source: str) -> None:
    assert faults_of_a_page(source)


def test_imports_are_seen_however_they_are_written() -> None:
    name = "reid_core.retrieval.rerank"
    assert imports(name, "from reid_core import open_workspace") == {"reid_core.workspace.opening"}
    assert imports(name, "from reid_core.workspace import Actor") == {"reid_core.workspace.actor"}
    assert imports(name, "def late():\n    import reid_core.cli") == {"reid_core.cli"}
    assert imports(name, "if TYPE_CHECKING:\n    import reid_core.cli\nelse:\n    import torch") == {"torch"}
    for hidden in ("from .. import workspace", "from ..cli import main", "import_module('streamlit')"):
        with pytest.raises(AssertionError):
            imports(name, hidden)


def named_as_larger() -> set[str]:
    """What the map names as larger than usual: the lines `- `path`: reason` of that section."""
    section = MAP.read_text(encoding="utf-8").partition("## Larger than usual")[2].partition("\n## ")[0]
    return set(re.findall(r"^- `([^`]+)`: \w.{20,}", section, re.MULTILINE))


def code_files() -> list[Path]:
    found = [
        file for top in ("reid_core", "pages", "tests") for end in ("*.py", "*.js") for file in (ROOT / top).rglob(end)
    ]
    return [file for file in found if "_app" not in file.parts]


def test_rooms_and_files_are_small_but_those_that_the_map_names() -> None:
    folders: dict[str, int] = defaultdict(int)
    for file in code_files():
        folders[file.parent.relative_to(ROOT).as_posix()] += 1
    large = {folder for folder, count in folders.items() if count > MOST_FILES}
    large |= {
        file.relative_to(ROOT).as_posix()
        for file in code_files()
        if len(file.read_text(encoding="utf-8").splitlines()) > MOST_LINES[file.relative_to(ROOT).parts[0]]
    }
    assert large == named_as_larger()


def test_every_file_that_the_map_names_is_there() -> None:
    text = MAP.read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./<>-]+)`", text) if "/" in name or name.endswith((".py", ".js"))}
    named = {name for name in named if "<" not in name and not name.startswith("/")}
    assert named
    assert [name for name in sorted(named) if not any((ROOT / top / name).exists() for top in ("", "reid_core"))] == []


def test_the_session_has_no_key_that_is_written_down_where_it_is_used() -> None:
    """What a page keeps is an object of its `state.py`, which also names the keys of fields."""
    filters = {"pages.components.search.filters", "pages.components.search.address"}  # fields of each gallery
    wrong = {
        (module, key)
        for module, path in modules().items()
        if module.startswith("pages") and module not in filters and not module.endswith(".state")
        for key in _literal_keys(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not wrong


def _literal_keys(tree: ast.AST) -> set[str]:
    """Texts under which something is read from the session or written into it."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_session(node.value):
            found.append(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_session(node.func.value):
            found += node.args[:1]
        elif isinstance(node, ast.Compare) and any(map(_is_session, node.comparators)):
            found.append(node.left)
    return {str(key.value) for key in found if isinstance(key, ast.Constant)}


def _is_session(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "state") or (
        isinstance(node, ast.Attribute) and node.attr == "session_state"
    )
