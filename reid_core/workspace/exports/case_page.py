"""A case as one HTML file: pictures inside, nothing fetched, to be read and printed anywhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from reid_core.html_policy import META
from reid_core.images import BadImage, decode, thumbnail
from reid_core.records import plural
from reid_core.times import short_time
from reid_core.workspace.cases.verdicts import CANNOT_TELL, CONFLICT, MATCH, NOT, WORDS, Verdict, describe
from reid_core.workspace.exports.case import LEAD, NO_CALIBRATION, CaseReport, Found, pictures
from reid_core.workspace.search.coverage import saying
from reid_core.workspace.search.coverage.coverage import Coverage
from reid_core.workspace.search.coverage.words import filter_words
from reid_core.workspace.workspace import Workspace

ORDER = (
    "What was judged is not among them. They come in the order of what examples and verdicts ask for together; "
    "a similarity is that to the nearest example."
)
MOST = 100  # stretches without data that are listed of a search
TITLES = {
    MATCH: WORDS[MATCH], CONFLICT: "Conflict between analysts", CANNOT_TELL: WORDS[CANNOT_TELL], NOT: WORDS[NOT],
}  # fmt: skip


def to_html(workspace: Workspace, report: CaseReport) -> str:
    """The page. Every text of a person is escaped; the file holds no script and no link."""
    head = report.case
    judged = pictures(workspace, list(report.crops.values()))
    return _PAGE.substitute(
        policy=META,
        name=_text(head.name),
        purpose=_text(head.purpose),
        notes=_text(head.notes) or "None.",
        facts=_facts({
            "Begun": f"{head.created}, by {head.who}", "Exported": f"{report.at}, by {report.who}",
            "Verdicts": describe(report.standing), "Searches": str(len(report.found)),
        }),
        lead=LEAD,
        verdicts="".join(_verdicts(report, decision, judged) for decision in TITLES),
        searches="".join(_search(workspace, report, found) for found in report.found) or "<p>No search was kept.</p>",
        galleries="".join(_gallery(report, name, held) for name, held in report.unsaved.items()),
        log=_log(report),
        models="".join(_model(report, found) for found in _one_per_model(report.found)),
    )  # fmt: skip


def _verdicts(report: CaseReport, decision: str, jpegs: dict[str, bytes]) -> str:
    cards = []
    for crop, stands in report.standing.items():
        if stands.decision != decision:
            continue
        row = report.crops.get(crop)
        said = [f"{v.who}: {v.verdict}{f' – {v.note}' if v.note else ''}" for v in stands.verdicts]
        cards.append(_card(row, jpegs, f"Crop {crop}", said))
    return f"<h3>{TITLES[decision]}, {len(cards)}</h3><div class='strip'>{''.join(cards)}</div>" if cards else ""


def _search(workspace: Workspace, report: CaseReport, found: Found) -> str:
    search = found.search
    photos = []
    for number, example in enumerate(search.parameters.examples, start=1):
        role = "Counterexample" if example.negative else "Example"
        if example.photo is not None:
            try:
                picture = _picture(thumbnail(decode(example.photo)), example.name)
            except BadImage:
                picture = ""
            photos.append(
                f"<figure>{picture}<figcaption><b>{role} {number}</b>{_text(example.name)}</figcaption></figure>"
            )
        elif example.crop is not None:
            rows = workspace.catalogue.crops_of([example.crop]).to_dict("records")
            jpegs = pictures(workspace, rows)
            photos.append(_card(rows[0] if rows else None, jpegs, f"{role} {number}, crop {example.crop}", []))
    facts = {
        "Saved": f"{search.at}, by {search.who}", "Gallery": search.gallery,
        "Model": f"{search.model_name} ({search.model})", "Re-ranked": "yes" if search.parameters.rerank else "no",
        "Own camera": "kept" if search.parameters.same_camera else "left out where known",
        "Filters": filter_words(search.parameters.where),
    }  # fmt: skip
    body = f"<h3>{_text(search.name)}</h3><div class='strip'>{''.join(photos)}</div>{_facts(facts)}"
    if found.answer is None:
        return f"{body}<p class='trouble'>{_text(found.trouble or '')}</p>"
    rows = found.answer.crops.to_dict("records")
    jpegs, cards = pictures(workspace, rows), []
    for hit, row, meant in zip(found.answer.results.row(0), rows, found.meanings, strict=True):
        cards.append(
            _card(row, jpegs, f"Hit {hit.rank}", [f"similarity {hit.similarity:.3f}", *([meant] if meant else [])])
        )
    calibrated = any(found.meanings)
    meaning = "" if calibrated else f"<p>{NO_CALIBRATION}</p>"
    if said := found.warning or found.context.get("caution"):
        meaning = f"<p class='lead'>{_text(said)}</p>"
    looked_at = ""
    if found.coverage is not None:
        looked_at = _coverage(found.coverage, f"Searched, as of {report.at}", saying.sentence(found.coverage))
    among = f"{plural(len(cards), 'hit')} among {plural(found.answer.compared, 'crop')}. {ORDER}"
    return f"{body}{looked_at}<p>{among}</p>{meaning}<div class='strip'>{''.join(cards)}</div>"


def _gallery(report: CaseReport, name: str, held: Coverage) -> str:
    """Crops of it were judged, and no saved search says what was looked through."""
    about = f"<h3>Gallery {_text(name)}</h3><p>Crops of it were judged, and no search of it was saved.</p>"
    return about + _coverage(held, f"What it holds, as of {report.at}", saying.recorded(held))


def _coverage(coverage: Coverage, title: str, sentence: str) -> str:
    """What was searched, in that sentence, what limits it, by camera, and what is missing."""
    said = saying.warnings(coverage)
    limits = f"<p class='lead'>{_text(' '.join(said))}</p>" if said else ""
    heads = "".join(f"<th>{name}</th>" for name in saying.HEADINGS)
    lines = [saying.line_of(coverage, one) for one in coverage.cameras]
    rows = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in line)}</tr>" for line in lines)
    missing = saying.stretches(coverage)
    listed = "".join(
        f"<li>{_text(f'{who}: {when}, {length}, {what}')}</li>" for who, when, length, what in missing[:MOST]
    )
    more = f"<li>and {len(missing) - MOST:,} more; the JSON file has all of them</li>" if len(missing) > MOST else ""
    return (
        f"<h4>{_text(title)}</h4><p>{_text(sentence)}</p>{limits}"
        f"<div class='wide'><table><tr>{heads}</tr>{rows}</table></div>{f'<ul>{listed}{more}</ul>' if missing else ''}"
        f"<p>{_text(' '.join(saying.definitions(coverage)))}</p>"
    )


def _model(report: CaseReport, found: Found) -> str:
    search = found.search
    card = report.models.get(search.model)
    title = f"<h3>{_text(search.model_name)}</h3>"
    if card is None:
        return f"{title}<p>Model {_text(search.model)} is no longer in this workspace.</p>"
    metrics = ", ".join(_measured(card.metrics))
    facts = {
        "Id": search.model, "Trained on": card.trained_on, "Terms": card.terms, "Metrics": metrics or "not stated",
        "Calibration": "measured" if card.calibration else "none on the card",
    }  # fmt: skip
    return title + _facts(facts)


def _measured(metrics: Mapping[str, Any]) -> list[str]:
    """ "epoch 3", "validation mAP 0.903": figures of figures by both their names."""
    said = []
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            said += [f"{name} {figure}" for figure in _measured(value)]
        else:
            said.append(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}")
    return said


def _one_per_model(found: Sequence[Found]) -> list[Found]:
    return list({one.search.model: one for one in found}.values())


def _log(report: CaseReport) -> str:
    """A row for each crop that was looked at, or whose looked-at crop was deleted; it names those that follow it."""
    following: dict[tuple[int, int], list[int]] = {}
    for v in report.log:
        if v.follows is not None:
            following.setdefault((v.act, v.follows), []).append(v.crop)
    lines = [
        f"<tr><td>{v.key}</td><td>{_text(v.at)}</td><td>{_text(v.who)}</td><td>{_text(v.verdict)}"
        f"{f' of line {v.undoes}' if v.undoes else ''}</td><td>{_crops(v, following)}</td>"
        f"<td>{_number(v.rank, 'd')}</td><td>{_number(v.similarity, '.3f')}</td><td>{_text(v.model)}</td>"
        f"<td>{_text(v.note)}</td></tr>"
        for v in report.log
        if v.follows is None
    ]
    head = "".join(
        f"<th>{n}</th>" for n in ("Line", "When", "Who", "Verdict", "Crop", "Rank", "Similarity", "Model", "Note")
    )
    return (
        f"<div class='wide'><table><tr>{head}</tr>{''.join(lines)}</table></div>"
        if lines
        else "<p>No verdict was given.</p>"
    )


def _crops(verdict: Verdict, following: Mapping[tuple[int, int], list[int]]) -> str:
    """ "12", "12 and 3 more of its tracklet: 13, 14, 15"."""
    others = following.get((verdict.act, verdict.crop))
    if not others:
        return str(verdict.crop)
    return f"{verdict.crop} and {len(others):,} more of its tracklet: {', '.join(map(str, others))}"


def _card(row: dict[Any, Any] | None, jpegs: dict[str, bytes], title: str, lines: Sequence[str]) -> str:
    about: list[str | None] = []
    if row is not None:
        camera, time = row["camera"], short_time(row["time"])
        about = [f"camera {camera}" if camera and camera.isdigit() else camera]
        about += [time and time.replace("T", " ").replace("Z", " UTC"), row["identity"]]
    shown = "".join(f"<span>{_text(str(line))}</span>" for line in (*about, *lines) if line)
    picture = _picture(jpegs[row["sha256"]], title) if row is not None and row["sha256"] in jpegs else ""
    return f"<figure>{picture}<figcaption><b>{_text(title)}</b>{shown}</figcaption></figure>"


def _picture(jpeg: bytes, name: str) -> str:
    return f'<img alt="{_text(name)}" src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}">'


def _facts(facts: dict[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in facts.items()) + "</dl>"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _text(value: str) -> str:
    return html.escape(value)


_PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>$name</title>
$policy
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; padding-top: .8rem;
  border-top: 1px solid #d5d9de; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
h4 { font-size: .9rem; margin: .8rem 0 .2rem; } ul { font-size: .82rem; margin: .4rem 0; padding-left: 1.2rem; }
.lead { border-left: 3px solid #b7791f; padding: .3rem .8rem; background: #fdf8ee; }
.trouble { border-left: 3px solid #b42318; padding: .3rem .8rem; background: #fdf1f0; }
.strip { display: flex; flex-wrap: wrap; gap: .8rem; }
figure { margin: 0; width: 9rem; break-inside: avoid; } figure img { width: 100%; height: 12rem; object-fit: contain;
  background: #eef0f2; border-radius: 4px; } figcaption { font-size: .8rem; line-height: 1.35; }
figcaption b, figcaption span { display: block; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .1rem 1rem; margin: .6rem 0; } dt { color: #59636e; }
dd { margin: 0; } table { border-collapse: collapse; width: 100%; font-size: .82rem; }
td, th { text-align: left; padding: .2rem .5rem .2rem 0; border-bottom: 1px solid #e4e7ea; vertical-align: top; }
.wide { overflow-x: auto; } .notes { white-space: pre-wrap; } @media print { body { margin: 0; max-width: none; } }
</style></head><body>
<h1>$name</h1><p>$purpose</p>
<p class="lead">$lead The verdicts below are those of the people named beside them.</p>
$facts
<h2>Notes</h2><p class="notes">$notes</p>
<h2>Verdicts</h2>$verdicts
<h2>Searches</h2>$searches$galleries
<h2>Log of verdicts</h2>$log
<h2>Models</h2>$models
</body></html>
""")
