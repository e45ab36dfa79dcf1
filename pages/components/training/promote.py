"""From a run to the model that a gallery is searched by: compared, put in place, and taken back if need be."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.shared import cached, markup
from pages.components.shared.job_card import draw_no_progress, time_left
from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import model_id
from reid_core.evaluation.comparison import Difference
from reid_core.records import plural
from reid_core.training.run import Run
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.jobs import Job
from reid_core.workspace.models.promotion import BETTER, UNDECIDED, Compared, kept_comparison, present_model
from reid_core.workspace.workspace import ModelEntry, Workspace

COMPARE, PROMOTE = "compare", "promote"  # commands, and what their jobs are called by
WHY = "trn-prom-why"  # key of the field for a reason
state = st.session_state


def draw_promote(workspace: Workspace, run_name: str) -> None:
    """Where the run's model may serve: comparison, verdict, and the step itself."""
    run = Run(workspace.runs_folder / run_name)
    if not run.model.is_dir():
        markup.note("There is no model yet", "It comes with the end of the run, or when the run is stopped.")
        return
    model = ModelEntry(run_name, run.model, model_id(run.model), ModelCard.read(run.model))
    names = [info.name for info in cached.galleries(workspace)]
    own = run.state().gallery
    if not names:
        markup.note("There is no gallery to serve", "Import crops on the Gallery page first.")
        return
    first = names.index(own) if own in names else 0
    gallery = (
        st.selectbox("Gallery", names, index=first, key="trn-prom-gallery", width=260) if len(names) > 1 else names[0]
    )
    job = _newest_job(workspace, gallery, model.name)
    if job is not None and job.progress.status == "running":
        st.fragment(_draw_running, run_every=1.0)(workspace, gallery, model.name)
        return
    present = present_model(workspace, gallery)
    _draw_trouble(job)
    if present is None:
        markup.text(
            '<p class="rt-text">No model serves <b>{gallery}</b> yet, so there is nothing to compare with.</p>',
            gallery=gallery,
        )
        _serve_button(workspace, gallery, model, "")
    elif present.id == model.id:
        _draw_serving(workspace, gallery, model)
    else:
        _draw_gate(workspace, gallery, model, present)


def _draw_gate(workspace: Workspace, gallery: str, model: ModelEntry, present: ModelEntry) -> None:
    found = kept_comparison(workspace, gallery, model.id, present.id)
    markup.text(
        '<p class="rt-text"><b>{present}</b> serves {gallery} now. Before <b>{candidate}</b> takes its place, both are '
        "asked the same queries, of people who were kept out of training.</p>",
        present=present.name,
        gallery=gallery,
        candidate=model.name,
    )
    label = "Compare again" if found else f"Compare with {present.name}"
    if st.button(label, type="secondary" if found else "primary", key="trn-prom-compare"):
        arguments = [gallery, "--model", model.name]
        _start(workspace, COMPARE, arguments, model=model.name, other=present.name)
    if found is None:
        return
    _draw_comparison(found)
    if found.verdict == BETTER:
        _serve_button(workspace, gallery, model, "")
        return
    reason = st.text_input(
        "It was not found better. Why shall it serve all the same?", key=WHY, max_chars=300, width=520
    )
    _serve_button(workspace, gallery, model, reason.strip(), needs_reason=True)


def _serve_button(
    workspace: Workspace, gallery: str, model: ModelEntry, reason: str, *, needs_reason: bool = False
) -> None:
    disabled = needs_reason and not reason
    if st.button(f"Serve {gallery} by this model", type="primary", key="trn-prom-serve", disabled=disabled):
        arguments = [gallery, "--model", model.name, *(["--even-so", reason] if reason else [])]
        _start(workspace, PROMOTE, arguments, gallery=gallery, model=model.name)
    markup.text(
        '<p class="rt-small">Its crops are embedded anew in the background. The present model serves until the last '
        "one is done; its vectors stay, so that it can be taken back.</p>"
    )


def _start(workspace: Workspace, word: str, arguments: Sequence[str], **names: str) -> None:
    job_kinds.start(workspace, word, arguments, **names)
    state.pop(WHY, None)
    st.rerun()


def _newest_job(workspace: Workspace, gallery: str, model: str) -> Job | None:
    return job_kinds.newest(workspace, gallery, COMPARE, PROMOTE, model=model)


def _draw_running(workspace: Workspace, gallery: str, model: str) -> None:
    job = _newest_job(workspace, gallery, model)
    if job is None or job.progress.status != "running":
        st.rerun()
    progress = job.progress
    share = progress.done / progress.total if progress.total else 0.0
    markup.text(
        '<div class="tr-standing running"><i></i><b>{what}</b><span>{where}</span></div>'
        '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
        'aria-label="{what}"><div style="width:{percent}%"></div></div>',
        what=job_kinds.kind_of(job).doing,
        where=f"{job_kinds.standing(job)} · {time_left(progress.seconds_left)}" if progress.total else "getting ready",
        percent=round(100 * share, 1),
    )
    draw_no_progress(progress)
    if st.button("Stop", key="trn-prom-stop"):
        jobs.stop(job.folder)


def _draw_trouble(job: Job | None) -> None:
    if job is None:
        return
    said = {
        "failed": job.progress.message or "Its log says more.",
        "lost": "Its process ended without a word. Press the button again; what it has embedded is kept.",
        "stopped": "It was stopped. Press the button again, and it goes on from there.",
    }.get(job.progress.status)
    if said:
        markup.problem("Nothing was changed", said)


def _draw_serving(workspace: Workspace, gallery: str, model: ModelEntry) -> None:
    markup.note(f"It serves {gallery}", "Searches there are answered by this run’s model.")
    former = next(
        (line for line in workspace.catalogue.audit(1000) if line["action"] == "serve" and line["gallery"] == gallery),
        None,
    )
    before = next(
        (entry for entry in cached.models_here(workspace) if former and entry.id == former.get("former")), None
    )
    if before is not None and before.id != model.id:
        if found := kept_comparison(workspace, gallery, model.id, before.id):
            _draw_comparison(found)
        if st.button(f"Take {before.name} back", key="trn-prom-back"):
            arguments = [gallery, "--model", before.name, "--even-so", f"{model.name} was taken back"]
            _start(workspace, PROMOTE, arguments, gallery=gallery, model=before.name)


def _draw_comparison(found: Compared) -> None:
    rows = "".join(_row(name, one) for name, one in (("mAP", found.mAP), ("Rank-1", found.rank1)))
    head = markup.filled(
        "<tr><th></th><th>{present}</th><th>{candidate}</th><th>Difference, 95 % interval</th><th></th></tr>",
        present=found.present[1],
        candidate=found.candidate[1],
    )
    markup.text(f'<p class="tr-verdict {found.verdict}">{{words}}</p>', words=_words(found))
    st.html(f'<div class="tr-wide"><table class="tr-gate">{head}{rows}</table></div>')
    markup.text(
        '<p class="rt-small">{queries} of {people}, {crops} in all, on {at} UTC. People were drawn anew 2,000 times: '
        "95 % of the differences lay in the interval.</p>",
        queries=plural(found.queries, "query"),
        people=plural(found.people, "person"),
        crops=plural(found.crops, "crop"),
        at=found.at[:16].replace("T", " "),
    )
    for sentence in found.caveats:
        markup.text('<div class="rt-hint">{sentence}</div>', sentence=sentence)


def _words(found: Compared) -> str:
    present, candidate = found.present[1], found.candidate[1]
    points = f"{100 * abs(found.mAP.difference):.1f} points of mAP"
    if found.verdict == UNDECIDED:
        return f"These people do not tell {candidate} and {present} apart."
    return f"{candidate} is {found.verdict} than {present}, by {points}."


def _row(name: str, one: Difference) -> str:
    reach = max(abs(one.low), abs(one.high), 0.01) * 1.15
    place = {key: round(50 + 50 * value / reach, 2) for key, value in vars(one).items() if key in _ON_THE_LINE}
    picture = markup.filled(
        '<span class="interval" role="img" aria-label="{words}"><i class="zero"></i>'
        '<i class="reach" style="left:{low}%;width:{wide}%"></i><i class="here" style="left:{difference}%"></i></span>',
        words=f"difference {100 * one.difference:+.1f}, from {100 * one.low:+.1f} to {100 * one.high:+.1f} points",
        wide=round(place["high"] - place["low"], 2),
        low=place["low"],
        difference=place["difference"],
    )
    return (
        markup.filled(
            "<tr><th>{name}</th><td>{present} %</td><td>{candidate} %</td><td>{difference} ({low} to {high})</td>",
            name=name,
            present=f"{100 * one.present:.1f}",
            candidate=f"{100 * one.candidate:.1f}",
            difference=f"{100 * one.difference:+.1f}",
            low=f"{100 * one.low:+.1f}",
            high=f"{100 * one.high:+.1f}",
        )
        + f"<td>{picture}</td></tr>"
    )


_ON_THE_LINE = ("low", "high", "difference")
