"""Commands for cases: what is looked for and why, what was decided, and what is taken away of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.shared.console import print_json, print_table, say
from reid_core.cli.shared.options import JsonOption, WorkspaceOption, app, open_workspace
from reid_core.errors import ReidError
from reid_core.files import by_umask_of_user, write_atomically
from reid_core.records import LARGEST_WHOLE, plural

case_app = typer.Typer(no_args_is_help=True, help="Cases: searches that are kept, and verdicts on their hits.")
app.add_typer(case_app, name="case", rich_help_panel="Search")

NameArgument = Annotated[str, typer.Argument(help="Name of the case.")]
NoteOption = Annotated[str, typer.Option(help="Why you think so; kept with the verdict.")]


@case_app.command()
def new(
    name: NameArgument,
    purpose: Annotated[str, typer.Option(help="What it is for; each search in it is logged with that.")],
    notes: Annotated[str, typer.Option(help="Free text.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Begin a case."""
    from reid_core.workspace.cases.cases import create

    begun = create(open_workspace(workspace), name, purpose, notes)
    say(f"Case {begun.name} begun. Search in it with `reid search PHOTO --gallery G --case '{begun.name}'`.")


@case_app.command("list")
def list_cases(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show all cases with what they hold. They stay until they are deleted."""
    from reid_core.workspace.cases.cases import every

    found = every(open_workspace(workspace))
    if json:
        print_json({"investigations": [dataclasses.asdict(one) for one in found]})
        return
    print_table(
        ["case", "since", "who", "purpose", "holds"],
        [[one.name, one.created, one.who, one.purpose, one.describe()] for one in found],
    )


@case_app.command()
def show(name: NameArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what stands in a case, and its saved searches with how many crops are new to them."""
    from reid_core.workspace.cases import verdicts
    from reid_core.workspace.cases.cases import find
    from reid_core.workspace.search import saved_searches

    opened = open_workspace(workspace)
    found, searches = find(opened, name), saved_searches.every(opened, name)
    stands = verdicts.standing(opened, name)
    about = [(s, saved_searches.trouble(opened, s), saved_searches.count_new(opened, s)) for s in searches]
    if json:
        kept = [{"name": s.name, "gallery": s.gallery, "model": s.model, "trouble": t, "new": n} for s, t, n in about]
        judged = [{"crop": crop, "decision": one.decision} for crop, one in stands.items()]
        print_json({**dataclasses.asdict(found), "saved_searches": kept, "standing": judged})
        return
    say(f"{found.name}: {found.purpose}")
    say(f"{found.describe()}, since {found.created}. {verdicts.describe(stands)} stand.")
    if found.notes:
        say(found.notes)
    print_table(
        ["search", "gallery", "model", "saved", "new crops"],
        [[s.name, s.gallery, s.model_name, s.at, trouble or f"{new:,}"] for s, trouble, new in about],
    )
    print_table(
        ["crop", "stands", "said by"],
        [
            [crop, one.decision, ", ".join(f"{v.who}: {v.verdict}" for v in one.verdicts)]
            for crop, one in stands.items()
        ],
    )


@case_app.command()
def run(
    name: NameArgument,
    search: Annotated[str, typer.Option(help="Name of the saved search.")],
    new_only: Annotated[bool, typer.Option("--new", help="Only crops that it has not seen.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Run a saved search again, on all crops or on new ones only."""
    from reid_core.cli.search import meanings, print_hits
    from reid_core.workspace.search import saved_searches
    from reid_core.workspace.search.gallery_index import GalleryIndex
    from reid_core.workspace.search.hit_meaning import meant_by

    opened = open_workspace(workspace)
    kept = saved_searches.find(opened, name, search)
    if (problem := saved_searches.trouble(opened, kept)) is not None:
        raise ReidError(problem)
    answer = saved_searches.run(opened, GalleryIndex(opened, kept.gallery, kept.model), kept, new_only=new_only)
    card = next((entry.card for entry in opened.models() if entry.id == kept.model), None)
    calibration = None if card is None else card.calibration
    meant = meant_by(calibration, answer, gallery=kept.gallery, name=kept.model_name)
    if json:
        values = {"search": kept.name, "new_only": new_only, **meant.context()}
        print_json({**values, "hits": meanings(answer.hits(), meant)})
        return
    print_hits(answer.hits(), meant)
    say(f"{plural(len(answer.crops), 'hit')}{' among new crops' if new_only else ''}. A hit is a lead to check.")


@case_app.command()
def judge(
    name: NameArgument,
    crops: Annotated[
        list[int],
        typer.Argument(min=1, max=LARGEST_WHOLE, help="Numbers of the crops that the verdict is about."),
    ],
    verdict: Annotated[str, typer.Option(help="match, not, or 'cannot tell'.")],
    note: NoteOption = "",
    crops_only: Annotated[
        bool, typer.Option("--crops-only", help="Judge only these crops, not the rest of their tracklets.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Give a verdict on crops and the rest of their tracklets. `reid case undo` takes it back; the log keeps both."""
    from reid_core.workspace.cases import verdicts

    opened = open_workspace(workspace)
    seen = [verdicts.Seen(crop) for crop in crops]
    given = verdicts.give(opened, name, verdict, seen, note=note, crops_only=crops_only)
    if following := sum(one.follows is not None for one in given):
        named = len(given) - following
        tracklet = "its tracklet" if named == 1 else "the same tracklets"
        say(f"The verdict is on {plural(named, 'crop')} and on {following:,} more of {tracklet}.")
    say(f"{verdicts.describe(verdicts.standing(opened, name))} stand in {name}.")


@case_app.command()
def undo(name: NameArgument, workspace: WorkspaceOption = None) -> None:
    """Take back the last verdict that you gave and have not taken back."""
    from reid_core.workspace.cases import verdicts

    opened = open_workspace(workspace)
    taken = verdicts.undo(opened, name)
    said = f"Verdict on {plural(len(taken), 'crop')} taken back." if taken else "There is nothing to take back."
    say(f"{said} {verdicts.describe(verdicts.standing(opened, name))} stand.")


@case_app.command()
def export(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="Where to: report.html, verdicts.csv or case.json.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write a case to a file, by its suffix: a page with pictures, a table, or all values."""
    from reid_core.workspace.exports.case import collect
    from reid_core.workspace.exports.formats import CASE_FORMATS

    kind = file.suffix.lower().removeprefix(".")
    if kind not in CASE_FORMATS:
        raise ReidError(f"{file} has none of the suffixes that say how to write it: {', '.join(CASE_FORMATS)}.")
    opened = open_workspace(workspace)
    if file.resolve().is_relative_to(opened.path):
        raise ReidError(f"{file} is in the workspace, where a deletion would not look for it. Name another place.")
    text = CASE_FORMATS[kind].text(opened, collect(opened, name))
    try:
        with by_umask_of_user():
            write_atomically(file, lambda out: out.write(text.encode()))
    except OSError as error:
        raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
    say(f"Case {name} written to {file}. What is outside of the workspace no deletion reaches.")


@case_app.command()
def delete(
    name: NameArgument,
    purpose: Annotated[str, typer.Option(help="Why; the receipt keeps it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without being asked.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete a case with its photos, searches and verdicts for good. Crops stay in their galleries."""
    from reid_core.cli.deletion import confirm
    from reid_core.workspace.cases.cases import find
    from reid_core.workspace.deletion.cases import delete_case

    opened = open_workspace(workspace)
    say(f"{name}: {find(opened, name).describe()}.")
    confirm(yes)
    say(f"Receipt {delete_case(opened, name, purpose)}: the case is deleted.")
