"""What an import did, in words: added, left out, flaws; and what to do with the gallery now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import markup, wording
from pages.components.shared.embed_now import choose_and_embed
from pages.components.shared.tables import draw_table
from reid_core.records import plural
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.selection import FLAWS
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

_FLAW_WORDS = {"alike": "look like another picture of the gallery", "odd shape": "have an odd shape for a person"}
_SHOWN = 10


def draw_result(job: Job) -> str | None:
    """Returns the gallery that it was about, where the job said so."""
    results = jobs.results(job.folder)
    imported = [result for result in results if "added" in result]
    embedded = [result for result in results if "embedded" in result]
    if imported:
        _draw_imported(imported)
    if analysed := [result for result in results if "recordings" in result]:
        _draw_analysed(analysed)
    if embedded:
        last = embedded[-1]["embedded"]
        count = last["added"] + last["already"]
        left_out = f", {last['left_out']:,} could not be" if last["left_out"] else ""
        markup.text(
            '<p class="rt-text">{crops} of the gallery embedded by {model}{left_out}.</p>',
            crops=plural(count, "crop"), model=embedded[-1]["model"], left_out=left_out,
        )  # fmt: skip
    return next((str(result["gallery"]) for result in reversed(results) if "gallery" in result), None)


def can_be_searched(job: Job) -> bool:
    return any("embedded" in result or result.get("recordings") for result in jobs.results(job.folder))


def offer_embedding(workspace: Workspace, gallery: str) -> Path | None:
    """For a gallery that no model has embedded; the folder of the job that was just started to do it."""
    markup.text('<p class="rt-text">To be searched, its crops must be embedded by a model first.</p>')
    return choose_and_embed(workspace, gallery, key="gal-import-embed")


def _draw_imported(results: list[dict[str, Any]]) -> None:
    last = results[-1]
    added = sum(result["added"] for result in results)
    before = max(0, last["added"] + last["already"] - added)
    numbers = {"added": added, "left out": last["left_out"], "there before": before}
    numbers |= {"duplicates": sum(result["duplicates"] for result in results)}
    shown = {word: number for word, number in numbers.items() if number or word in ("added", "left out")}
    boxes = "".join(f"<div><b>{number:,}</b><span>{word}</span></div>" for word, number in shown.items())
    st.html(f'<div class="im-numbers">{boxes}</div>')
    sentences = []
    if numbers["duplicates"]:
        sentences.append("A duplicate is a picture that the gallery has already, with the same labels; one is kept.")
    if last["differing"]:
        sentences.append(
            f"{plural(last['differing'], 'crop')} have other labels in these files than in the gallery; the gallery's "
            "were kept."
        )
    if untimed := last.get("without_time", 0):
        sentences.append(f"{plural(untimed, 'crop')} came in without a time, because theirs could not be read.")
    sentences += flaw_sentences(last.get("flaws", {}), last["added"] + last["already"])
    if sentences:
        markup.text('<p class="rt-text">{words}</p>', words=" ".join(sentences))
    if last["left_out"] or last.get("without_time"):
        _draw_left_out(last)


def _draw_analysed(results: list[dict[str, Any]]) -> None:
    """Of several starts together: a later start goes on with recordings of an earlier one."""
    last = {one["recording"]: one for result in results for one in result["recordings"]}
    tracklets, crops = dict.fromkeys(last, 0), dict.fromkeys(last, 0)
    for one in (one for result in results for one in result["recordings"]):
        tracklets[one["recording"]] += one["tracklets"]
        crops[one["recording"]] += one["crops"]
    numbers = {"recordings": len(last), "tracklets": sum(tracklets.values()), "crops": sum(crops.values())}
    numbers |= {"left out": results[-1]["left_out"]} if results[-1]["left_out"] else {}
    boxes = "".join(
        f"<div><b>{number:,}</b><span>{word.removesuffix('s') if number == 1 else word}</span></div>"
        for word, number in numbers.items()
    )
    st.html(f'<div class="im-numbers">{boxes}</div>')
    if last:
        markup.text('<p class="rt-text">{words}</p>', words=_analysed_sentence(results[-1], last, numbers))
    rows: list[list[object]] = []
    for name, one in last.items():
        said = ["It was analysed before."] if one["already"] and not tracklets[name] else []
        said += [f"Stopped at {wording.shown_time(one['analysed'])}."] if one["stopped"] else []
        began = (one["start"] or "unknown").replace("T", " ").removesuffix("Z")
        rows.append([name, one["camera"], began, f"{tracklets[name]:,}", " ".join([*said, *one["problems"]])])
    headings = ["Recording", "Camera", "Began (UTC)", "Tracklets", "What to know"]
    filled = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    if rows:
        cells = [[row[place] for place in filled] for row in rows]
        draw_table([headings[place] for place in filled], cells, label="Recordings")
    for sentence in dict.fromkeys(sentence for result in results for sentence in result.get("clocks", [])):
        markup.text('<p class="rt-small">{sentence}</p>', sentence=sentence)
    if results[-1]["left_out"]:
        _draw_left_out(results[-1])


def _analysed_sentence(result: dict[str, Any], last: dict[str, dict[str, Any]], numbers: dict[str, int]) -> str:
    """ "2 recordings analysed: 12 tracklets with 40 crops of 2 cameras are in gallery town." """
    stopped = sum(bool(one["stopped"]) for one in last.values())
    many = plural(len(last), "recording")
    began = f"{many} analysed" if not stopped else f"{many}, of which {stopped:,} not to the end"
    if not numbers["tracklets"]:
        return f"{began}: no new tracklets."
    cameras = len({one["camera"] for one in last.values() if one["camera"]})
    whose = f" of {plural(cameras, 'camera')}" if cameras else ""
    found = f"{plural(numbers['tracklets'], 'tracklet')} with {plural(numbers['crops'], 'crop')}{whose}"
    are = "is" if numbers["tracklets"] == 1 else "are"
    return f"{began}: {found} {are} now in gallery {result['gallery']}."


def flaw_sentences(flaws: dict[str, int], crops: int) -> list[str]:
    """ "312 of 12,936 are blurred, 3 are dark." Nothing where there is nothing to say."""
    words = [f"{flaws[name]:,} {_flaw_word(name, flaws[name])}" for name in (*FLAWS, "alike") if flaws.get(name)]
    return [f"Of {plural(crops, 'crop')} {', '.join(words)}."] if words else []


def _flaw_word(name: str, count: int) -> str:
    words = _FLAW_WORDS.get(name)
    if words is None:
        return f"{'is' if count == 1 else 'are'} {name}"
    return words.replace("look ", "looks ", 1).replace("have ", "has ", 1) if count == 1 else words


def _draw_left_out(result: dict[str, Any]) -> None:
    if count := result["left_out"]:
        markup.text('<p class="rt-label">Left out: {files}</p>', files=plural(count, "file"))
        draw_table(
            ["File", "Why"], [[item["path"], item["reason"]] for item in result["skipped"][:_SHOWN]], label="Left out"
        )
    report = Path(result["report"]) if result.get("report") else None
    if report is not None and report.is_file():
        st.download_button(
            "Download the whole list", report.read_bytes(), "left-out.csv", "text/csv", on_click="ignore",
            key=f"gal-left-out-{report.name}",
        )  # fmt: skip
