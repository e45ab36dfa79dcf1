"""Our own markup: headings, boxes and notes; errors as sentences."""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from reid_core.errors import ReidError, disk_full, is_full
from reid_core.workspace.layout import APP_LOG
from reid_core.workspace.workspace import default_path


def text(markup: str, **values: object) -> None:
    """Our own markup with values put in as text, never as markup."""
    st.html(filled(markup, **values))


def filled(markup: str, **values: object) -> str:
    return markup.format(**{name: html.escape(str(value)) for name, value in values.items()})


def numbers(shown: Sequence[tuple[str, str]]) -> None:
    """Names and their values on one calm line."""
    parts = "".join(filled("<div><dt>{name}</dt><dd>{value}</dd></div>", name=name, value=v) for name, v in shown)
    st.html(f'<dl class="rt-numbers">{parts}</dl>')


def heading(words: str, beside: str = "") -> None:
    """A heading, with quieter words on the same line where there is room."""
    text(
        '<div class="rt-head"><p class="rt-title" role="heading" aria-level="2">{words}</p><span>{beside}</span></div>',
        words=words,
        beside=beside,
    )


def taking_turns(keys: Sequence[str], shown: str) -> DeltaGenerator:
    """The place of one of several views that take turns, under its key.

    What is left of another one goes at once. Streamlit would keep it until the run ends, and then move what is below.
    """
    places = {key: st.container(key=key) if key == shown else st.empty() for key in keys}
    return places[shown]


def problem(title: str, sentence: str) -> None:
    """What went wrong and what to do, as a calm box."""
    text('<div class="rt-problem" role="alert"><b>{title}</b><p>{sentence}</p></div>', title=title, sentence=sentence)


def note(title: str, sentence: str) -> None:
    """Something to know that is nobody's fault."""
    text('<div class="rt-problem rt-note"><b>{title}</b><p>{sentence}</p></div>', title=title, sentence=sentence)


def explain(error: Exception) -> bool:
    """Show an error as a sentence; one that nobody foresaw is written to the log. True: it has been shown."""
    if is_full(error):
        problem("The disk is full", str(disk_full(error) if isinstance(error, OSError) else error))
    elif isinstance(error, ReidError):
        problem("This did not work", str(error))
    else:
        place = _write_log(error)
        problem("Something unexpected happened", f"Reload the page to go on. What happened is written in {place}.")
    return True


def _write_log(error: Exception) -> str:
    log, file = logging.getLogger("retrace"), default_path().absolute() / APP_LOG
    try:
        handler = RotatingFileHandler(file, maxBytes=2**20, backupCount=1, encoding="utf-8")
    except OSError:
        log.error("The page failed", exc_info=error)
        return "the terminal that Retrace was started from"
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    try:
        log.error("The page failed", exc_info=error)
    finally:  # the next one may be of another workspace, and a deletion may take the file
        log.removeHandler(handler)
        handler.close()
    return str(file)
