"""Check the pages' JavaScript as a browser gets it: `python -m tests.house.javascript`, which `make check` runs.

A component's Python module joins its script from several files, and each file uses names of the others. So every
component is checked as a whole: by `node --check` for its syntax, by TypeScript for its names, properties and types.
"""

from __future__ import annotations

import importlib
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from streamlit.components import v2

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "pages"
TSC = Path(sys.prefix) / "typescript" / "node_modules" / "typescript" / "bin" / "tsc"  # `make` installs it there
OPTIONS = (
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--noFallthroughCasesInSwitch", "--pretty", "false",
    "--strictPropertyInitialization", "false",  # a skeleton is filled where its elements are made
    "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "esnext",
)  # fmt: skip


def missing() -> str:
    """What this machine lacks for the check, in a sentence; "" where it lacks nothing."""
    if shutil.which("node") is None:
        return "The JavaScript was not checked: there is no node on this machine."
    if not TSC.is_file():
        return "Only the syntax of the JavaScript was checked: npm is missing or could not fetch TypeScript."
    return ""


def components() -> dict[str, str]:
    """The whole script of each component, by its name. Imports the pages' components, which must not be there yet."""
    scripts: dict[str, str] = {}
    with patch.object(v2, "component", lambda name, *, js, **_: scripts.update({name: js})):
        for file in sorted(PAGES.rglob("*.py")):
            if "components.v2.component(" in file.read_text(encoding="utf-8"):
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return scripts


def problems(scripts: dict[str, str]) -> list[str]:
    """What is wrong in the scripts of these components, a line each that begins with file and line."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(PAGES.rglob("*.js"))}
    found = [
        f"{file.relative_to(ROOT)}: No component has this script."
        for file, text in texts.items()
        if not any(text in script for script in scripts.values())
    ]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.mjs" for name in scripts]
        for file, script in zip(files, scripts.values(), strict=True):
            file.write_text(script, encoding="utf-8")
        checks: list[list[str | Path]] = [["node", "--check", file] for file in files]
        if TSC.is_file():
            checks.append(["node", TSC, *OPTIONS, *files, *sorted(PAGES.rglob("*.d.ts"))])
        ended = [subprocess.run(check, cwd=folder, capture_output=True, text=True) for check in checks]
    said = "\n".join(one.stdout + one.stderr for one in ended if one.returncode)

    def placed(joined: re.Match[str]) -> str:
        line = int(joined["line"])
        for file, text in texts.items():
            before, there, _ = scripts[joined["name"]].partition(text)
            first = before.count("\n")
            if there and first < line <= first + text.count("\n"):
                return f"{file.relative_to(ROOT)}:{line - first}"
        return joined[0]

    found += re.sub(r"\S*\b(?P<name>\w+)\.mjs[(:](?P<line>\d+)(,\d+\))?", placed, said).splitlines()
    return [line for line in dict.fromkeys(found) if line]  # what several components share is wrong in each


def main() -> int:
    logging.disable(logging.WARNING)  # Streamlit's, that no server runs
    found = problems(components()) if shutil.which("node") else []
    print("\n".join(found or [missing() or "node and TypeScript find nothing wrong in the JavaScript of the pages."]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
