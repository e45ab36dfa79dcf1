"""JSON that comes from outside: whatever is wrong with it is a ValueError that says so in few words."""

from __future__ import annotations

import difflib
import json
import types
from collections.abc import Sequence
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from reid_core.errors import ReidError

Made = TypeVar("Made")
_PLAIN: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
}


def read_json(text: str | bytes) -> Any:
    """The values in the text. Raises ValueError, also where Python's reader has other errors for text that is nested
    thousands deep or has numbers of thousands of digits."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    except ValueError as error:  # of int(), which reads at most 4,300 digits
        raise ValueError("it has a number of thousands of digits") from error


def depth(values: Any, most: int) -> int:
    """How deep lists and objects are nested, counted no further than `most` + 1."""
    level, deep = [values], 0
    while deep <= most and (level := [one for one in level if isinstance(one, dict | list)]):
        level = [item for outer in level for item in (outer.values() if isinstance(outer, dict) else outer)]
        deep += 1
    return deep


def nearest_known(values: dict[str, Any], known: Sequence[str], what: str) -> None:
    """Raises ReidError for a key of `values` that is none of the `known`, with the one that comes nearest."""
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key[:60], known, n=1, cutoff=0.5)
            hint = f"; did it mean {near[0]!r}?" if near else ""
            raise ReidError(f"{key[:60]!r} is no entry of a {what}{hint}")


def checked(made: Made) -> Made:
    """The dataclass instance, once each field that is declared as text, a number or a truth holds one.

    A dataclass takes values of any kind, and a page that draws one finds out. Raises TypeError, naming the field.
    """
    for name, hint in get_type_hints(type(made)).items():
        kinds = get_args(hint) if get_origin(hint) is types.UnionType else (hint,)
        if not all(kind in _PLAIN for kind in kinds):
            continue
        value = getattr(made, name)
        wanted = (*kinds, int) if float in kinds else kinds
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(f"its {name!r} is not {' or '.join(_PLAIN[kind] for kind in kinds)}")
    return made
