"""Where an import stands in this visit: what is to be imported, the choices for it, and the job that does it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.components.shared.session import kept
from reid_core.workspace.imports.previewing import Preview

CHOICES = "gal-choice-"  # keys of the fields with which an import is chosen begin with this


@dataclass
class ImportState:
    """`path` is what is to be imported, chosen at `asked` (ns); `job` the name of the folder of the job that does it.

    `drops` counts how often files were dropped: each time the uploader starts afresh. `looked` says that the address
    was read once, `refused` why an import was not started. `good` is the last preview that worked, `recognised` the
    format that it has by itself."""

    path: Path | None = None
    asked: int = 0
    job: str | None = None
    drops: int = 0
    trouble: str = ""
    looked: bool = False
    good: Preview | None = None
    recognised: str = ""
    refused: str = ""


def import_state() -> ImportState:
    return kept(ImportState)


def choose(path: Path | None) -> None:
    """Go to step 2 with this, or back to step 1. For callbacks, too."""
    for key in [key for key in st.session_state if str(key).startswith(CHOICES)]:
        del st.session_state[key]
    st.query_params.pop("import", None)
    now = import_state()
    now.trouble, now.job, now.good, now.recognised = "", None, None, ""
    now.drops += 1
    now.path, now.asked = path, 0 if path is None else time.time_ns()


def watch_job(folder: Path) -> None:
    """Show the job of that folder from now on. For callbacks, too."""
    import_state().job = st.query_params["import"] = folder.name
