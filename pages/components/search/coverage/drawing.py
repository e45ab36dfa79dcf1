"""Below an answer: what was searched in one sentence, and by camera over time when it is opened."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.shared import markup
from reid_core.records import plural
from reid_core.workspace.search.coverage import saying
from reid_core.workspace.search.coverage.coverage import CameraCoverage, Coverage
from reid_core.workspace.search.coverage.spans import Span, Spans, hull
from reid_core.workspace.search.coverage.words import camera_name, stretch_words

STRETCHES = 40  # that are listed; the export of a case has them all
_SLIVER = 0.001  # of the width: what is closer together is drawn as one
# Under the class that draws each.
LEGEND = {
    "seen": "searched", "crops": "hour with an imported crop", "gaps": "gap in a recording",
    "waiting": "not analysed yet", "missing": "no recording",
}  # fmt: skip
_NOTHING = ("none", "not known")


def draw_coverage(covered: Coverage) -> None:
    """The sentence, what limits it, and the rest folded below."""
    said = [markup.filled('<p class="rt-small">{sentence}</p>', sentence=saying.sentence(covered))]
    _draw([*said, *_limits(covered), _details(covered, is_open=False)])


def say_nobody(covered: Coverage, advice: str) -> None:
    """Instead of hits: whether there was nobody or nothing to search, and what was searched, open at once."""
    title = "No data for these filters" if covered.is_empty and covered.cameras else "No crop passes these filters"
    said = saying.sentence(covered).removeprefix("No data: ")
    markup.note(title, f"{said[:1].upper()}{said[1:]} {advice}")
    _draw([*_limits(covered), _details(covered, is_open=True)])


def draw_open(covered: Coverage) -> None:
    """All of it, where the answer is that there is nobody else."""
    said = [markup.filled('<p class="rt-small">{sentence}</p>', sentence=saying.sentence(covered))]
    _draw([*said, *_limits(covered), _details(covered, is_open=True)])


def _draw(parts: Sequence[str]) -> None:
    st.html(f'<div class="rt-cover">{"".join(parts)}</div>')


def _limits(covered: Coverage) -> list[str]:
    said = " ".join(saying.warnings(covered))
    return [markup.filled('<p class="rt-small limits"><b>Limits:</b> {said}</p>', said=said)] if said else []


def _details(covered: Coverage, *, is_open: bool) -> str:
    parts = [_cameras(covered), _legend(covered), _list(covered), _definitions(covered)]
    return (
        f'<details class="rt-small"{" open" * is_open}><summary>What was searched, by camera</summary>'
        f"{''.join(parts)}</details>"
    )


def _cameras(covered: Coverage) -> str:
    """A row for each camera: a bar over time, and the same in words."""
    axis = _axis(covered)
    lines = [saying.line_of(covered, one) for one in covered.cameras]
    kept = [
        column
        for column in range(1, len(saying.HEADINGS))
        if column == 1 or any(line[column] not in _NOTHING for line in lines)
    ]
    heads = ["Camera", *(["Time (UTC)"] if axis else []), *(saying.HEADINGS[column] for column in kept)]
    rows = []
    for one, line in zip(covered.cameras, lines, strict=True):
        said = "; ".join(f"{saying.HEADINGS[column].lower()} {line[column]}" for column in kept)
        bar = f"<td>{_bar(one, axis, f'{line[0]}: {said}')}</td>" if axis else ""
        cells = "".join(markup.filled("<td>{cell}</td>", cell=line[column]) for column in kept)
        rows.append(markup.filled('<tr><th scope="row">{camera}</th>', camera=line[0]) + f"{bar}{cells}</tr>")
    ends = ""
    if axis:
        first, _, last = stretch_words(axis).partition(" to ")
        shown = markup.filled("<span>{first}</span><span>{last}</span>", first=first, last=last)
        ends = f'<tr class="ends" aria-hidden="true"><td></td><td><div>{shown}</div></td>{"<td></td>" * len(kept)}</tr>'
    head = "".join(markup.filled('<th scope="col">{name}</th>', name=name) for name in heads)
    return (
        '<div class="wide" role="region" aria-label="What was searched, by camera" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}{ends}</tbody></table></div>"
    )


def _axis(covered: Coverage) -> Span | None:
    stretches = [
        span for one in covered.cameras for spans in _kinds(one).values() for span in spans
    ]  # what was not asked for stays blank
    whole = hull(stretches)
    return whole[0] if whole else None


def _kinds(one: CameraCoverage) -> dict[str, Spans]:
    """The stretches that are drawn, by their class; later ones lie above earlier ones."""
    imported = () if one.imported is None else one.imported.hours
    return {"missing": one.missing, "waiting": one.waiting, "seen": one.seen, "gaps": one.gaps, "crops": imported}


def _bar(one: CameraCoverage, axis: Span, said: str) -> str:
    begin, width = axis[0], axis[1] - axis[0]
    marks = []
    for kind, spans in _kinds(one).items():
        for first, last in _thinned(spans, width * _SLIVER):
            left, wide = (first - begin) / width, (last - first) / width
            marks.append(f'<i class="{kind}" style="left:{100 * left:.3f}%;width:{100 * wide:.3f}%"></i>')
    return markup.filled('<div class="bar" role="img" aria-label="{said}">', said=said) + f"{''.join(marks)}</div>"


def _thinned(spans: Spans, close: float) -> list[Span]:
    """Stretches that lie too close together to be told apart are one."""
    found: list[Span] = []
    for first, last in spans:
        if found and first - found[-1][1] < close:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _legend(covered: Coverage) -> str:
    there = {kind for one in covered.cameras for kind, spans in _kinds(one).items() if spans}
    marks = [
        markup.filled('<span><i class="{kind}"></i>{words}</span>', kind=kind, words=words)
        for kind, words in LEGEND.items()
        if kind in there
    ]
    return f'<p class="legend" aria-hidden="true">{"".join(marks)}</p>' if marks else ""


def _list(covered: Coverage) -> str:
    """The stretches that are missing, one by one."""
    found = saying.stretches(covered)
    lines = [
        markup.filled("<li>{camera}: {when}, {length}, {what}</li>", camera=camera, when=when, length=length, what=what)
        for camera, when, length, what in found[:STRETCHES]
    ]
    if len(found) > STRETCHES:
        more = plural(len(found) - STRETCHES, "more stretch", number=True)
        lines.append(markup.filled("<li>and {more}; the export of a case has all of them</li>", more=more))
    never = [one for one in covered.cameras if one.imported is not None and one.imported.empty_hours]
    lines += [
        markup.filled(
            "<li>{camera}: {crops}</li>", camera=camera_name(one.camera), crops=saying.imported_words(one.imported)
        )
        for one in never
        if one.imported is not None
    ]
    return f"<p><b>Missing</b></p><ul>{''.join(lines)}</ul>" if lines else ""


def _definitions(covered: Coverage) -> str:
    said = " ".join(saying.definitions(covered))
    return markup.filled("<p>{said}</p>", said=said) if said else ""
