"""The floors of the pages, read from their imports: pages, sections, what they share and our own components."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "pages"
COMPONENTS = "pages.components"
MOST_FILES, MOST_LINES = 16, 300  # of code in a folder; in a file


def files() -> dict[str, Path]:
    """Each module of the pages by its dotted name."""
    found = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PAGES.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


def imports() -> dict[str, set[str]]:
    """What each module imports of the pages, also inside of functions; not what only the type checker reads."""
    known = files()
    return {name: _imported(ast.parse(path.read_text(encoding="utf-8")), known) for name, path in known.items()}


def _imported(tree: ast.AST, known: dict[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole & known.keys() or {node.module}
    return found & known.keys()


def section(module: str) -> str:
    """The folder in pages/components that the module is in; "" for a page itself."""
    parts = module.split(".")
    return parts[2] if module.startswith(f"{COMPONENTS}.") and len(parts) > 3 else ""


def test_a_component_of_ours_imports_nothing_of_a_page_or_a_section() -> None:
    wrong = {
        (module, other)
        for module, others in imports().items()
        for other in others
        if section(module) == "widgets" and section(other) not in ("widgets", "shared")
    }
    assert not wrong


def test_what_is_shared_imports_no_section() -> None:
    wrong = {
        (module, other)
        for module, others in imports().items()
        for other in others
        if section(module) == "shared" and section(other) != "shared"
    }
    assert not wrong


def test_no_section_imports_a_page() -> None:
    wrong = {(module, other) for module, others in imports().items() if section(module) for other in others
             if not section(other)}  # fmt: skip
    assert not wrong


def test_modules_and_sections_form_no_circle() -> None:
    TopologicalSorter(imports()).prepare()
    sections: dict[str, set[str]] = {}
    for module, others in imports().items():
        if section(module):
            sections.setdefault(section(module), set()).update(map(section, others))
    TopologicalSorter({name: others - {name} for name, others in sections.items()}).prepare()


def test_the_session_has_no_key_that_is_written_down_where_it_is_used() -> None:
    """What a page keeps is an object of its `state.py`, which also names the keys of fields."""
    filters = {
        f"{COMPONENTS}.search.filters",
        f"{COMPONENTS}.search.address",
    }  # fields of each gallery
    wrong = {
        (module, key)
        for module, path in files().items()
        if module not in filters and not module.endswith(".state")
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


def test_folders_and_files_stay_small_enough_to_read() -> None:
    folders = [folder for folder in (PAGES, *PAGES.rglob("*")) if folder.is_dir()]
    crowded = [folder for folder in folders if len([*folder.glob("*.py"), *folder.glob("*.js")]) > MOST_FILES]
    long = [name for name, path in files().items() if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES]
    assert not crowded
    assert not long
