"""Step 2 of an import: what was recognised, some of its pictures, and how it is to be read and kept.

The choices are read from the session first, then the data set, and only then is anything drawn: so an error stands
beside the field that it concerns, and what was read last stays in sight meanwhile.
"""

from __future__ import annotations

import base64
import html
import os
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from pages.components.imports.destination import CHOICES, Where, draw_where
from pages.components.jobs.job_card import draw_table
from pages.components.shared import markup, wording
from reid_core.datasets import READERS, TableDescription, doubts
from reid_core.datasets.choices import check_time_format, compile_camera_pattern, compile_identity_pattern
from reid_core.datasets.layouts import DESCRIBED
from reid_core.datasets.tables.table_files import COLUMN_NAMES
from reid_core.errors import ReidError
from reid_core.records import SPLITS, plural
from reid_core.workspace.imports import previewing
from reid_core.workspace.imports.previewing import Preview, Reading
from reid_core.workspace.workspace import Workspace

NOT_THERE = ""
SHOWN = 10  # files that cannot be used
NOTES = 12  # sentences on how it was read
TIME_FIELD = "How times are written"
FORMATS = {
    "market1501": "Market-1501", "msmt17": "MSMT17", "mars": "MARS", "viper": "VIPeR", "cuhk01": "CUHK01",
    "cuhk03-detected": "CUHK03, detected", "cuhk03-labeled": "CUHK03, labelled",
    **{key: layout.name for key, layout in DESCRIBED.items()}, "tracker-crops": "Crops of a tracker (BoxMOT, YOLO)",
    "webdataset": "Tar shards (WebDataset)",
    "table": "A table with pictures", "identity-folders": "A folder for each person", "flat": "Pictures only",
}  # fmt: skip
RECOGNISED = {
    "table": FORMATS["table"], "folder per identity": FORMATS["identity-folders"],
    "flat folder": "Pictures only; nobody is named", "people by pattern": "People as your pattern finds them",
    "people by names": "People as the names tell them", "tracker's crops": FORMATS["tracker-crops"],
}  # fmt: skip
UNNAMED = (
    "flat folder",
    "folder per identity",
    "people by pattern",
    "people by names",
)  # formats that tell what they tell by names alone
COLUMNS = {
    "image": "Picture", "identity": "Who", "camera": "Camera", "time": "When", "date": "Date, if apart",
    "tracklet": "Tracklet", "split": "Split",
}  # fmt: skip
OPTIONS = {
    "with --time-format": f"under “{TIME_FIELD}”:", "with --column date=…": "under “Date, if apart”",
    "--identity-pattern": "“Person from the path”", "--camera-pattern": "“Camera from the path”",
}  # fmt: skip
state = st.session_state


@dataclass(frozen=True)
class Order:
    """An import that is ready to start: arguments of `reid import`, what its title names, and words for people."""

    arguments: list[str]
    names: dict[str, str]
    summary: str
    button: str
    is_usual: bool = True  # and not something that one should think about once more


def draw_check(workspace: Workspace, path: Path, uploaded: bool) -> Order | None:
    """Draws the step; None while something has to be corrected first."""
    if not os.path.exists(path):
        markup.problem("The files are gone", f"{path} is not there any more. Choose something else.")
        return None
    table = _table(str(path), _stamp(path))
    reading, errors = _reading(table)
    good: Preview | None = state.get(CHOICES + "good")
    if not errors:
        try:
            with st.spinner("Looking through the names"):
                good = state[CHOICES + "good"] = _preview(str(path), _stamp(path), reading)
        except ReidError as error:
            field = "columns" if reading.columns else "format" if reading.format else "path"
            field = (
                "person" if str(error).startswith("The identity pattern") or ": The identity" in str(error) else field
            )
            errors[field] = _in_words(str(error))
    if good is not None and reading == Reading():
        state[CHOICES + "recognised"] = good.dataset.format
    if "path" in errors:
        markup.problem("This cannot be imported as it is", errors["path"])
    if good is None:
        with st.expander("Read it another way", expanded=bool(errors.keys() - {"path"}), key="imp-otherwise"):
            if table is not None:
                _draw_columns(table, errors)
            _draw_reading(good, reading, errors)
        return None
    left, right = st.columns([7, 5], gap="large")
    unused = table is not None and good.dataset.format in UNNAMED and _asks_for_columns(good, reading)
    with left:
        _draw_facts(good)
        if errors:
            markup.text('<p class="rt-small">This is how it was read before your last change.</p>')
        if table is not None and unused:
            _draw_columns(table, errors)
        _draw_samples(good)
        if table is not None and not unused and _asks_for_columns(good, reading):
            _draw_columns(table, errors)
    with right:
        where = draw_where(workspace, path, uploaded, good)
        _draw_reading(good, reading, errors)
    order = None if errors or where is None else _order(path, uploaded, good, reading, where)
    if order is not None and unused:
        return replace(order, button=f"{order.button} without the table", is_usual=False)
    return order


# --- what is read ---


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does, and whenever it is chosen anew: of a folder only its own list of names is dated."""
    return path.stat().st_mtime_ns, state.get(CHOICES + "asked", 0)


@st.cache_resource(max_entries=6, show_spinner=False)
def _preview(path: str, stamp: tuple[int, int], reading: Reading) -> Preview:
    return previewing.preview(Path(path), reading)


@st.cache_resource(max_entries=4, show_spinner=False)
def _table(path: str, stamp: tuple[int, int]) -> TableDescription | None:
    try:
        return previewing.find_table(Path(path))
    except ReidError:  # reading it says so, with its reason
        return None


def _reading(table: TableDescription | None) -> tuple[Reading, dict[str, str]]:
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


def _in_words(message: str) -> str:
    """The library names formats by their keys and choices by their options; the page by what stands in its fields."""
    for key, words in FORMATS.items():
        message = message.replace(f"format '{key}'", f"format “{words}”").replace(f"--format {key}", f"“{words}”")
    message = message.replace("” or --identity-pattern", "” or write a pattern into --identity-pattern")
    message = re.sub(r"--identity-pattern '(.+)'", r"write \1 into “Person from the path”.", message)
    message = message.replace("give write", "write").replace("give “", "choose the format “")
    for option, words in OPTIONS.items():
        message = message.replace(option, words)
    return message


def _draw_facts(preview: Preview) -> None:
    table = preview.dataset.records.table
    unnamed = int(table["identity"].isna().sum())
    people = plural(len(preview.dataset.records.identities()), "person").replace("persons", "people")
    cameras = preview.dataset.records.cameras()
    facts = {"Recognised as": RECOGNISED.get(preview.dataset.format, preview.dataset.format)}
    facts["Crops"] = f"{len(table):,}"
    facts["People"] = (
        "nobody is named" if unnamed == len(table) else people + (f"; {unnamed:,} crops name nobody" if unnamed else "")
    )
    named = ", ".join(wording.camera_name(camera) for camera in cameras[:6])
    facts["Cameras"] = (f"{len(cameras)}: {named}, …" if len(cameras) > 6 else named) or "not known"
    times = table["time"].dropna()
    facts["Times"] = (
        f"{wording.shown_time(times.min())} to {wording.shown_time(times.max())}"
        + (" UTC" if wording.is_clock_time(float(times.min())) else " of recordings")
        if len(times)
        else "not known"
    )
    if unread := len(preview.dataset.incomplete):
        facts["Times"] += f"; {plural(unread, 'crop')} without, though one stands there"
    if preview.is_divided and (table["split"] != "gallery").any():
        sizes = table["split"].value_counts()
        facts["Splits"] = ", ".join(f"{sizes[split]:,} {split}" for split in SPLITS if split in sizes)
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in facts.items())
    st.html(f'<table class="rt-facts">{rows}</table>')
    _draw_notes(preview.dataset.notes)
    for doubt in doubts(preview.dataset):
        markup.note("Please check", _in_words(doubt))
    skipped = preview.dataset.skipped
    if skipped:
        with st.expander(f"{plural(len(skipped), 'file')} cannot be used", key=CHOICES + "skipped"):
            draw_table(["File", "Why"], [[item.path, item.reason] for item in skipped[:SHOWN]], label="Left out")
            if len(skipped) > SHOWN:
                markup.text(
                    '<p class="rt-small">… and {more} more. After the import all are in its report.</p>',
                    more=f"{len(skipped) - SHOWN:,}",
                )


def _draw_notes(notes: Sequence[str]) -> None:
    """What was guessed, and which columns are not used, before anything is imported."""
    if not notes:
        return
    markup.text('<p class="rt-label">How it was read</p>')
    for note in notes[:NOTES]:
        markup.text('<p class="rt-small">{note}</p>', note=_in_words(note))
    if len(notes) > NOTES:
        markup.text('<p class="rt-small">… and {more} more.</p>', more=f"{len(notes) - NOTES:,}")


def _draw_samples(preview: Preview) -> None:
    cards = []
    for sample in preview.samples:
        lines = [wording.person_name(sample.identity) or "nobody named", wording.camera_name(sample.camera)]
        lines += [wording.shown_time(sample.time)] if sample.time == sample.time else []
        words = "".join(f"<span>{html.escape(line)}</span>" for line in lines)
        if sample.picture is None:
            inside = f"<p>{html.escape(sample.reason)}</p>"
        else:
            picture = base64.b64encode(sample.picture).decode()
            inside = f'<img src="data:image/jpeg;base64,{picture}" alt="{html.escape(", ".join(lines))}">'
        cards.append(
            f'<figure title="{html.escape(sample.path)}"><div>{inside}</div><figcaption>{words}</figcaption></figure>'
        )
    label = f"{len(cards)} of {plural(len(preview.dataset.records), 'crop')}, with what was read of each"
    markup.text('<p class="rt-label">{label}</p>', label=label)
    st.html(f'<div class="im-samples">{"".join(cards)}</div>')


# --- how it is read ---


def _asks_for_columns(preview: Preview, reading: Reading) -> bool:
    """A table that lies about in a published data set is not asked about."""
    if reading.columns or reading.format == "table":
        return True
    return reading.format is None and preview.dataset.format in RECOGNISED


def _draw_columns(table: TableDescription, errors: dict[str, str]) -> None:
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


def _draw_reading(preview: Preview | None, reading: Reading, errors: dict[str, str]) -> None:
    markup.text('<p class="im-group">How it is read</p>')
    recognised = state.get(CHOICES + "recognised")
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


def _order(path: Path, uploaded: bool, preview: Preview, reading: Reading, where: Where) -> Order:
    # Each option in one word with its value: a value that begins with a dash stays a value.
    arguments = [str(path), f"--gallery={where.gallery}", f"--train-share={reading.train_share}"]
    arguments += [f"--format={reading.format}"] if reading.format else []
    arguments += [f"--column={kind}={column}" for kind, column in reading.columns]
    arguments += [f"--time-zone={reading.time_zone}"]
    arguments += [f"--camera-pattern={reading.camera_pattern}"] if reading.camera_pattern else []
    arguments += [f"--time-format={reading.time_format}"] if reading.time_format else []
    arguments += [f"--identity-pattern={reading.identity_pattern}"] if reading.identity_pattern else []
    arguments += ["--copy"] if where.copy and not uploaded else []
    arguments += [f"--index-with={where.model}"] if where.model else []
    crops = plural(len(preview.dataset.records), "crop")
    name = plural(len(preview.dataset.records), "picture") if uploaded and path.is_dir() else path.name
    summary = f"{crops} for {'the new gallery' if where.is_new else 'gallery'} {where.gallery}, "
    summary += f"embedded by {where.model}." if where.model else "not embedded yet."
    return Order(arguments, {"what": name, "gallery": where.gallery}, summary, f"Import {crops}")
