"""Step 2 of an import: what was recognised, some of its pictures, and how it is to be read and kept.

The choices are read from the session first, then the data set, and only then is anything drawn: so an error stands
beside the field that it concerns, and what was read last stays in sight meanwhile.
"""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from pages.components.imports.destination import Where, draw_where
from pages.components.imports.options import (
    RECOGNISED,
    asks_for_columns,
    chosen_reading,
    draw_columns,
    draw_options,
    in_words,
)
from pages.components.imports.state import CHOICES, import_state
from pages.components.shared import markup, wording
from pages.components.shared.tables import draw_table
from reid_core.datasets import TableDescription, doubts
from reid_core.errors import ReidError
from reid_core.records import SPLITS, plural
from reid_core.workspace.imports import previewing
from reid_core.workspace.imports.previewing import Preview, Reading
from reid_core.workspace.imports.video.tables import TableRow
from reid_core.workspace.workspace import Workspace

SHOWN = 10  # files that cannot be used
NOTES = 12  # sentences on how it was read
UNNAMED = (
    "flat folder",
    "folder per identity",
    "people by pattern",
    "people by names",
)  # formats that tell what they tell by names alone


@dataclass(frozen=True)
class Order:
    """An import that is ready to start: gallery, arguments of `reid import`, names of its title, words for people.

    With `rows` it is an analysis of these recordings, and the arguments are those of `reid video` besides them.
    """

    gallery: str
    arguments: list[str]
    names: dict[str, str]
    summary: str
    button: str
    is_usual: bool = True  # and not something that one should think about once more
    rows: tuple[TableRow, ...] = ()


def draw_check(workspace: Workspace, path: Path, uploaded: bool) -> Order | None:
    """Draws the step; None while something has to be corrected first."""
    if not os.path.exists(path):
        markup.problem("The files are gone", f"{path} is not there any more. Choose something else.")
        return None
    table = _table(str(path), _stamp(path))
    reading, errors = chosen_reading(table)
    now = import_state()
    good = now.good
    if not errors:
        try:
            with st.spinner("Looking through the names"):
                good = now.good = _preview(str(path), _stamp(path), reading)
        except ReidError as error:
            field = "columns" if reading.columns else "format" if reading.format else "path"
            field = (
                "person" if str(error).startswith("The identity pattern") or ": The identity" in str(error) else field
            )
            errors[field] = in_words(str(error))
    if good is not None and reading == Reading():
        now.recognised = good.dataset.format
    if "path" in errors:
        markup.problem("This cannot be imported as it is", errors["path"])
    if good is None:
        with st.expander("Read it another way", expanded=bool(errors.keys() - {"path"}), key="imp-otherwise"):
            if table is not None:
                draw_columns(table, errors)
            draw_options(good, reading, errors)
        return None
    left, right = st.columns([7, 5], gap="large")
    unused = table is not None and good.dataset.format in UNNAMED and asks_for_columns(good, reading)
    with left:
        _draw_facts(good)
        if errors:
            markup.text('<p class="rt-small">This is how it was read before your last change.</p>')
        if table is not None and unused:
            draw_columns(table, errors)
        _draw_samples(good)
        if table is not None and not unused and asks_for_columns(good, reading):
            draw_columns(table, errors)
    with right:
        where = draw_where(workspace, path, uploaded, good)
        draw_options(good, reading, errors)
    order = None if errors or where is None else _order(path, uploaded, good, reading, where)
    if order is not None and unused:
        return replace(order, button=f"{order.button} without the table", is_usual=False)
    return order


# --- what is read ---


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does, and whenever it is chosen anew: of a folder only its own list of names is dated."""
    return path.stat().st_mtime_ns, import_state().asked


@st.cache_resource(max_entries=6, show_spinner=False)
def _preview(path: str, stamp: tuple[int, int], reading: Reading) -> Preview:
    return previewing.preview(Path(path), reading)


@st.cache_resource(max_entries=4, show_spinner=False)
def _table(path: str, stamp: tuple[int, int]) -> TableDescription | None:
    try:
        return previewing.find_table(Path(path))
    except ReidError:  # reading it says so, with its reason
        return None


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
        markup.note("Please check", in_words(doubt))
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
        markup.text('<p class="rt-small">{note}</p>', note=in_words(note))
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
    return Order(where.gallery, arguments, {"what": name, "gallery": where.gallery}, summary, f"Import {crops}")
