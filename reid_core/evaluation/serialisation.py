"""Frozen dataclasses to plain values that JSON holds, and back."""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import cache
from typing import Any, TypeVar

from reid_core.errors import ReidError

Kind = TypeVar("Kind")


def to_plain(value: Any) -> dict[str, Any]:
    """A dataclass as nested dicts, lists and scalars."""
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def from_plain(kind: type[Kind], values: Any) -> Kind:
    """The dataclass that `to_plain` made these values from, tuples and all. Raises ReidError when they do not fit."""
    try:
        return typing.cast(Kind, _read(kind, values))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReidError(f"This is no {kind.__name__} of this version ({error}). Evaluate again.") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_plain(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@cache
def _fields(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = _fields(typing.cast(type, kind))
        if unknown := sorted(set(value) - set(hints)):
            raise ValueError(f"unknown: {', '.join(unknown)}")
        return typing.cast(Any, kind)(**{name: _read(hints[name], item) for name, item in value.items()})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(one, item) for one, item in zip(kinds, value, strict=True))
    if origin is dict:
        return {key: _read(inner[1], item) for key, item in value.items()}
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _read(next(one for one in inner if one is not types.NoneType), value)
    if value is not None and not isinstance(value, (int, float) if kind is float else kind):
        raise ValueError(f"{value!r} is not {kind.__name__}")
    return value
