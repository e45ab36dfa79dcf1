"""The options that narrow a search down, made from the rows of `Filter` so that none can be forgotten."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer

from reid_core.cli.shared.options import colours, hours_of_the_day, identities, labels, moment, weekdays
from reid_core.retrieval.filters import (
    COLOUR,
    DAYS,
    FLAG,
    HOURS,
    MOMENT,
    NUMBER,
    PEOPLE,
    TEXTS,
    WHOLE,
    YES_OR_NO,
    Filter,
    Row,
    rows,
)
from reid_core.workspace.workspace import Workspace

PARAMETER = "filters"

# How the text of an option becomes the filter's value; what is not here, Typer reads.
_READ: dict[str, Callable[[Workspace, str, str, str | None], Any]] = {
    TEXTS: lambda workspace, gallery, option, text: labels(text),
    PEOPLE: lambda workspace, gallery, option, text: identities(workspace, gallery, text),
    COLOUR: lambda workspace, gallery, option, text: colours(text, option),
    MOMENT: lambda workspace, gallery, option, text: moment(text, option),
    DAYS: lambda workspace, gallery, option, text: weekdays(text),
    HOURS: lambda workspace, gallery, option, text: hours_of_the_day(text),
}
_TYPES: dict[str, Any] = {WHOLE: int | None, NUMBER: float | None, YES_OR_NO: bool | None, FLAG: bool}


def with_filters(command: Callable[..., None], filters: type[Filter] = Filter) -> Callable[..., None]:
    """The command with an option for each filter in place of its parameter `filters`, which holds what was given."""
    signature = inspect.signature(command, eval_str=True)
    options = [_option(name, row) for name, row in rows(filters).items() if row.option]
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += options if parameter.name == PARAMETER else [parameter]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in options}
        command(**values, **{PARAMETER: given})

    wrapped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapped


def filter_of(workspace: Workspace, gallery: str, given: Mapping[str, Any], filters: type[Filter] = Filter) -> Filter:
    """The filter that these options ask for. Raises ReidError, naming the option, for text that says nothing."""
    known, values = rows(filters), dict(given)
    for name, value in given.items():
        if (read := _READ.get(known[name].kind)) is not None:
            values[name] = read(workspace, gallery, known[name].option, value)
    return filters(**{name: value for name, value in values.items() if value is not None})


def _option(name: str, row: Row) -> inspect.Parameter:
    default = typer.Option(
        False if row.kind == FLAG else None, row.option, help=row.help, min=1 if row.kind == WHOLE else None
    )
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(name, kind, default=default, annotation=_TYPES.get(row.kind, str | None))
