"""The kinds of jobs in one table: what each is called, how its progress and its result read, and how it goes on.

A row is a command of `reid` that runs long. Pages start jobs, show them and go on with them by this table; commands
take from it how they go on. A new kind is a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from reid_core.errors import Damaged, NotThere
from reid_core.records import plural
from reid_core.training.run import Run
from reid_core.workspace import jobs
from reid_core.workspace.jobs import Job
from reid_core.workspace.layout import upload_of
from reid_core.workspace.workspace import Workspace

Results = Sequence[dict[str, Any]]  # what a job's command said that it did, oldest first
Arguments = list[str]


def _nothing(results: Results) -> str:
    return ""


def _the_same(workspace: Workspace, job: Job) -> Arguments | None:
    return list(job.arguments) or None


# --- what the results of a job say ---


def _imported(results: Results) -> str:
    """ "93 added, 2 left out, 93 embedded": of several starts together."""
    imported = [result for result in results if "added" in result]
    parts = []
    if imported:
        parts.append(f"{sum(result['added'] for result in imported):,} added")
        if left_out := imported[-1]["left_out"]:
            parts.append(f"{left_out:,} left out")
    return ", ".join(filter(None, [*parts, _embedded(results)]))


def _analysed(results: Results) -> str:
    """ "31 tracklets, 2 left out": of several starts together."""
    tracklets = sum(one["tracklets"] for result in results for one in result["recordings"])
    left_out = results[-1]["left_out"]
    return plural(tracklets, "tracklet") + (f", {left_out:,} left out" if left_out else "")


def _embedded(results: Results) -> str:
    embedded = [result["embedded"] for result in results if "embedded" in result]
    return f"{embedded[-1]['added'] + embedded[-1]['already']:,} embedded" if embedded else ""


def _evaluated(results: Results) -> str:
    found = results[-1]["evaluations"]
    return ", ".join(f"{one['model']} on {one['gallery_name']}: mAP {100 * one['mAP']:.1f} %" for one in found)


def _calibrated(results: Results) -> str:
    return f"measured on {plural(results[-1]['people'], 'person')}"


def _promoted(results: Results) -> str:
    left_out = results[-1]["left_out"]
    return "serves now" + (f", {plural(left_out, 'crop')} could not be embedded" if left_out else "")


def _trained(results: Results) -> str:
    share = results[-1]["best"].get("validation", {}).get("mAP")
    return "" if share is None else f"validation mAP {100 * share:.1f} %"


def _measured(results: Results) -> str:
    return f"{results[-1]['images_per_second']:.0f} images/s"


def _cut(results: Results) -> str:
    return f"{results[-1]['seconds']:.0f} s, {results[-1]['said']}"


def _deleted(results: Results) -> str:
    shown = results[-1].get("still_shown", 0)
    files = "" if not shown else ", 1 file still shows them" if shown == 1 else f", {shown:,} files still show them"
    return f"{plural(results[-1]['deleted'], 'crop')} deleted{files}"


def _blurred(results: Results) -> str:
    return f"{results[-1]['seconds']:,.1f} s are unrecognisable"


# --- how a job goes on ---


def _import_the_rest(workspace: Workspace, job: Job) -> Arguments | None:
    """An upload is gone once all of it is imported: then only embedding is left to do, or nothing."""
    path = Path(job.arguments[1])
    if upload_of(workspace.incoming, path) is None or path.exists():
        return list(job.arguments)
    options = options_of(job.arguments)
    imported = any(result.get("added", 0) + result.get("already", 0) for result in jobs.results(job.folder))
    if not imported or "--index-with" not in options:
        return None
    return ["index", options["--gallery"], f"--model={options['--index-with']}"]


def _delete_if_unread(workspace: Workspace, job: Job) -> Arguments | None:
    """Nothing is left of a deletion that has read its selection: it is whole or was refused."""
    selection = options_of(job.arguments).get("--selection")
    return None if selection is not None and not Path(selection).exists() else list(job.arguments)


def _resume_run(workspace: Workspace, job: Job) -> Arguments | None:
    """A run that is there goes on from its checkpoint; its name is taken for a new one."""
    name = run_of(job)
    if name is None or not (workspace.runs_folder / name).is_dir():
        return list(job.arguments) if "--resume" not in job.arguments else None
    try:
        resumes = Run(workspace.runs_folder / name).state().can_resume
    except (NotThere, Damaged):
        return None
    return ["train", "--resume", name] if resumes else None


# --- the table ---

SAME = "run the same command to go on."
AGAIN = "run the same command again."


@dataclass(frozen=True)
class JobKind:
    """A command of `reid` as a job. Words in braces are filled in by who starts it.

    `doing` stands at its bar, where `counts` is what the bar counts. `if_stopped` is what the command says when it was
    stopped; `keeps` whether what was done until then is kept, so that it goes on from there. `said` puts its results
    on one line. `go_on` gives the arguments to go on with, None where nothing is left to do.
    """

    word: str
    title: str
    doing: str
    counts: str = ""
    if_stopped: str = SAME
    keeps: bool = True
    said: Callable[[Results], str] = _nothing
    go_on: Callable[[Workspace, Job], Arguments | None] = _the_same


_ROWS = (
    JobKind("import", "Import {what} into {gallery}", "Importing", said=_imported, go_on=_import_the_rest),
    JobKind("video", "Analyse {what} into {gallery}", "Analysing", "s of video", said=_analysed),
    JobKind(
        "clip", "Convert clip {what} of {gallery}", "Converting", "%", if_stopped=AGAIN, keeps=False, said=_cut,
    ),
    JobKind("index", "Embed {gallery} with {model}", "Embedding", "crops", said=_embedded),
    JobKind("demo", "Build the demo", "Building the demo"),
    JobKind("check", "Check {gallery}", "Checking", if_stopped="run the same command to check again.", keeps=False),
    JobKind(
        "export", "Export {gallery}", "Writing", keeps=False,
        if_stopped="delete the folder and run the same command again.",
    ),
    JobKind(
        "delete", "Delete {crops} of {gallery}", "Deleting", "s of video", if_stopped=AGAIN, keeps=False, said=_deleted,
        go_on=_delete_if_unread,
    ),
    JobKind(
        "blur", "Blur {recording} of {gallery}", "Blurring", "s of video", if_stopped=AGAIN, keeps=False,
        said=_blurred,
    ),
    JobKind(
        "map", "Map {gallery}", "Making the map", keeps=False,
        if_stopped="`reid map {gallery}` begins again; what was finished is kept.",
    ),
    JobKind(
        "examine", "Look at labels of {gallery}", "Looking at labels", keeps=False,
        if_stopped="`reid examine {gallery}` begins again.",
    ),
    JobKind("inspect", "Look at {gallery}", "Comparing pictures", if_stopped=AGAIN, keeps=False),
    JobKind(
        "probe", "Measure how fast {gallery} trains", "Measuring the speed", keeps=False,
        if_stopped=AGAIN, said=_measured,
    ),
    JobKind(
        "train", "Train {run}", "Training", "steps",
        if_stopped="`reid train --resume {run}` goes on from step {step}.", said=_trained, go_on=_resume_run,
    ),
    JobKind("cross-validate", "Cross-validate on {gallery}", "Training the folds"),
    JobKind("tune", "Search for the best recipe on {gallery}", "Training the trials"),
    JobKind("evaluate", "Evaluate {models} on {galleries}", "Evaluating", said=_evaluated),
    JobKind("calibrate", "Calibrate {model} on {gallery}", "Calibrating", said=_calibrated),
    JobKind("compare", "Compare {model} with {other}", "Comparing", "crops"),
    JobKind(
        "promote", "Serve {gallery} by {model}", "Embedding; the present model serves meanwhile", "crops",
        if_stopped=f"the present model goes on serving; {SAME}", said=_promoted,
    ),
    JobKind("backbones", "List the networks", "Listing the networks", keeps=False),
)  # fmt: skip
KINDS = {kind.word: kind for kind in _ROWS}


def kind_of(job: Job) -> JobKind:
    """The row of the job's command; of one that has none, a row that knows only its title."""
    word = job.arguments[0] if job.arguments else ""
    return KINDS.get(word) or JobKind(word, job.title, "Working")


# --- of one job ---


def start(workspace: Workspace, word: str, arguments: Sequence[str], **names: str) -> Path:
    """Start `reid WORD ARGUMENTS` as a job, its title with these names filled in; returns its folder."""
    return jobs.start_new(workspace.path, word, title(word, **names), [word, *arguments])


def title(word: str, **names: str) -> str:
    """
    >>> title("index", gallery="door", model="reference")
    'Embed door with reference'
    """
    return KINDS[word].title.format(**names)


def title_of(job: Job) -> str:
    """As it was given; of a job that nobody gave one its kind's, where that needs no names."""
    kind = kind_of(job)
    return kind.title if job.title == job.folder.name and "{" not in kind.title else job.title


def standing(job: Job) -> str:
    """ "3 of 12 crops"; empty while nothing is counted."""
    progress, counts = job.progress, kind_of(job).counts
    return f"{progress.done:,} of {progress.total:,} {counts}".rstrip() if progress.total else ""


def result_line(job: Job) -> str:
    """What its results say on one line; empty for results of an older program that cannot be read."""
    results = jobs.results(job.folder)
    try:
        return kind_of(job).said(results) if results else ""
    except (LookupError, TypeError, ValueError, AttributeError):
        return ""


def to_go_on(workspace: Workspace, job: Job) -> Arguments | None:
    """The arguments of `reid` that go on with a job that has ended; None where nothing is left to do."""
    return kind_of(job).go_on(workspace, job) if job.arguments else None


def options_of(arguments: Sequence[str]) -> dict[str, str]:
    """What each option is given, of one that is repeated the last.

    >>> options_of(["import", "/srv/x", "--gallery=door", "--copy", "--format", "mars"])
    {'--gallery': 'door', '--format': 'mars'}
    """
    found = {}
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option.startswith("--") and (equals or (after and not after.startswith("--"))):
            found[option] = value if equals else after
    return found


def run_of(job: Job) -> str | None:
    """The run that a job trains."""
    options = options_of(job.arguments) if job.arguments[:1] == ("train",) else {}
    return options.get("--name") or options.get("--resume")


def galleries_of(job: Job) -> tuple[str, ...]:
    """The galleries that its command names: by `--gallery`, else before its options."""
    named = options_of(job.arguments).get("--gallery")
    return (named,) if named else tuple(takewhile(lambda word: not word.startswith("--"), job.arguments[1:]))


def embeds(job: Job) -> bool:
    """Whether its command is there to make a gallery searchable, by itself or after an import."""
    return job.arguments[:1] == ("index",) or "--index-with" in options_of(job.arguments)


# --- among all jobs ---


def of_kind(workspace: Workspace, *words: str) -> list[Job]:
    """The jobs that run these commands, newest first."""
    return [job for job in jobs.all_jobs(workspace.path) if job.arguments[:1] in [(word,) for word in words]]


def newest(workspace: Workspace, gallery: str, *words: str, model: str | None = None) -> Job | None:
    """The newest job that runs one of these commands on the gallery, and with the model where one is given."""
    found = (job for job in of_kind(workspace, *words) if gallery in galleries_of(job))
    return next((job for job in found if model in (None, options_of(job.arguments).get("--model"))), None)
