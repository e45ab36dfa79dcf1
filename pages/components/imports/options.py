"""How pictures are read: the format, the columns of a table, times, and what their paths tell."""

from __future__ import annotations

import re
import zoneinfo

import streamlit as st

from pages.components.imports.state import CHOICES, import_state
from pages.components.shared import markup, wording
from pages.components.shared.tables import draw_table
from reid_core.datasets import READERS, TableDescription
from reid_core.datasets.choices import check_time_format, compile_camera_pattern, compile_identity_pattern
from reid_core.datasets.tables.table_files import COLUMN_NAMES
from reid_core.errors import ReidError
from reid_core.workspace.imports.previewing import Preview, Reading

NOT_THERE = ""
TIME_FIELD = "How times are written"
FORMATS = {key: reader.title for key, reader in READERS.items()}
RECOGNISED = {
    "table": FORMATS["table"], "folder per identity": FORMATS["identity-folders"],
    "flat folder": "Pictures only; nobody is named", "people by pattern": "People as your pattern finds them",
    "people by names": "People as the names tell them", "tracker's crops": FORMATS["tracker-crops"],
    "table of boxes": FORMATS["box-table"],
}  # fmt: skip
COLUMNS = {
    "image": "Picture", "identity": "Who", "camera": "Camera", "time": "When", "date": "Date, if apart",
    "tracklet": "Tracklet", "split": "Split",
}  # fmt: skip
OPTIONS = {
    "with --time-format": f"under “{TIME_FIELD}”:", "with --column date=…": "under “Date, if apart”",
    "--identity-pattern": "“Person from the path”", "--camera-pattern": "“Camera from the path”",
}  # fmt: skip
state = st.session_state


def chosen_reading(table: TableDescription | None) -> tuple[Reading, dict[str, str]]:
    """The choices as they stand, and what is wrong with them, by field."""
    errors = {}
    pattern = (state.get(CHOICES + "pattern") or "").strip() or None
    try:
        compile_camera_pattern(pattern)
    except ReidError as error:
        errors["pattern"] = str(error)
    person = (state.get(CHOICES + "person") or "").strip() or None
    try:
        compile_identity_pattern(person)
    except ReidError as error:
        errors["person"] = str(error)
    time_format = (state.get(CHOICES + "time-format") or "").strip() or None
    try:
        check_time_format(time_format)
    except ReidError as error:
        errors["time-format"] = str(error)
    columns: tuple[tuple[str, str], ...] = ()
    if table is not None:
        chosen = {kind: state.get(CHOICES + kind, table.guessed.get(kind, NOT_THERE)) for kind in COLUMN_NAMES}
        if any(chosen[kind] != table.guessed.get(kind, NOT_THERE) for kind in COLUMN_NAMES):
            columns = tuple(chosen.items())
    share = state.get(CHOICES + "share", 0) / 100
    zone = state.get(CHOICES + "zone", "UTC")
    format = state.get(CHOICES + "format") or None
    return Reading(format, columns, zone, pattern, person, share, time_format), errors


def in_words(message: str) -> str:
    """The library names formats by their keys and choices by their options; the page by what stands in its fields."""
    for key, words in FORMATS.items():
        message = message.replace(f"format '{key}'", f"format “{words}”").replace(f"--format {key}", f"“{words}”")
    message = message.replace("” or --identity-pattern", "” or write a pattern into --identity-pattern")
    message = re.sub(r"--identity-pattern '(.+)'", r"write \1 into “Person from the path”.", message)
    message = message.replace("give write", "write").replace("give “", "choose the format “")
    for option, words in OPTIONS.items():
        message = message.replace(option, words)
    return message


def asks_for_columns(preview: Preview, reading: Reading) -> bool:
    """A table that lies about in a published data set is not asked about."""
    if reading.columns or reading.format == "table":
        return True
    return reading.format is None and preview.dataset.format in RECOGNISED


def draw_columns(table: TableDescription, errors: dict[str, str]) -> None:
    if not state.get(CHOICES + "image", table.guessed.get("image")):
        markup.note("There is a table that is not used yet", "Say which column names the picture, and the rest.")
    markup.text('<p class="rt-label">What the table’s columns hold</p>')
    if "columns" in errors:
        markup.problem("The table cannot be read like this", errors["columns"])
    for row in (list(COLUMNS)[:3], list(COLUMNS)[3:]):
        for column, kind in zip(st.columns(len(row)), row, strict=True):
            state.setdefault(CHOICES + kind, table.guessed.get(kind, NOT_THERE))
            column.selectbox(
                COLUMNS[kind], [NOT_THERE, *table.columns], key=CHOICES + kind, persist_state="session",
                format_func=lambda name: name or "not there",
            )  # fmt: skip
    draw_table(table.columns, table.sample.to_numpy().tolist(), label="First rows of the table")


def draw_options(preview: Preview | None, reading: Reading, errors: dict[str, str]) -> None:
    markup.text('<p class="im-group">How it is read</p>')
    recognised = import_state().recognised
    if preview is not None and reading.columns:
        recognised = preview.dataset.format  # the columns that were named make it a table
    first = f"As recognised: {RECOGNISED.get(recognised, recognised)}" if recognised else "As recognised"
    state.setdefault(CHOICES + "format", "")
    st.selectbox(
        "Format",
        ["", *READERS],
        key=CHOICES + "format",
        persist_state="session",
        format_func=lambda key: FORMATS[key] if key else first,
    )
    if "format" in errors:
        markup.problem("It is not in this format", errors["format"])
    state.setdefault(CHOICES + "zone", "UTC")
    st.selectbox("Time zone of times that name none", _zones(), key=CHOICES + "zone", persist_state="session")
    _draw_time_format(preview, errors)
    st.text_input(
        "Camera from the path", key=CHOICES + "pattern", persist_state="session", placeholder=r"lobby-(\w+)",
        help=r"A regular expression whose one group is the camera: lobby-(\w+) finds camera 3 in lobby-3/0001.jpg. "
        "Leave it empty where the cameras are right.",
    )  # fmt: skip
    if "pattern" in errors:
        markup.problem("The pattern cannot be used", errors["pattern"])
    elif reading.camera_pattern and preview is not None and preview.samples:
        first_one = preview.samples[0]
        markup.text(
            '<p class="rt-small">{path}: {camera}</p>',
            path=first_one.path,
            camera=wording.camera_name(first_one.camera),
        )
    st.text_input(
        "Person from the path", key=CHOICES + "person", persist_state="session", placeholder=r"person(\d+)",
        help=r"A regular expression whose one group is the person: person(\d+) finds person 3 in cam1/person3_07.jpg. "
        "Leave it empty where the people are right.",
    )  # fmt: skip
    if "person" in errors:
        markup.problem("The pattern cannot be used", errors["person"])
    elif reading.identity_pattern and preview is not None and preview.samples:
        first_one = preview.samples[0]
        who = wording.person_name(first_one.identity) or "nobody named"
        markup.text('<p class="rt-small">{path}: {who}</p>', path=first_one.path, who=who)
    if preview is not None and not preview.is_divided:
        state.setdefault(CHOICES + "share", 0)
        share = st.slider(
            "People kept apart to train on",
            0,
            90,
            step=10,
            format="%d %%",
            key=CHOICES + "share",
            persist_state="session",
        )
        words = (
            "Everybody can be searched for, and nobody is kept apart. That is right for a site's own gallery."
            if share == 0
            else f"About {share} % of the people are kept apart to train a model on; the others test it, so that its "
            "figures are honest."
        )
        markup.text('<p class="rt-small">{words}</p>', words=words)


def _draw_time_format(preview: Preview | None, errors: dict[str, str]) -> None:
    """Only a table or a shard tells times in a way of its own."""
    if preview is not None and preview.dataset.format not in ("table", "WebDataset"):
        return
    st.text_input(
        TIME_FIELD, key=CHOICES + "time-format", persist_state="session", placeholder="%d/%m/%Y %H:%M",
        help="Only where they were not understood, or wrongly. A pattern of parts: %d day, %m month, %Y year, %H:%M:%S "
        "time, %I and %p for 8 PM. Or one of seconds, milliseconds, microseconds, nanoseconds (since 1970 or the "
        "start of a recording) and excel (a spreadsheet’s days).",
    )  # fmt: skip
    if "time-format" in errors:
        markup.problem("The times cannot be read like this", errors["time-format"])


@st.cache_data
def _zones() -> list[str]:
    return sorted(zoneinfo.available_timezones() | {"UTC"})
