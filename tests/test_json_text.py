"""JSON from outside: whatever is wrong with it is a ValueError of few words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reid_core.errors import ReidError
from reid_core.json_text import checked, depth, nearest_known, read_json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "too deep"),
        ("[" * 100_000 + "]" * 100_000, "too deep"),
        ('{"a":' * 50_000, "too deep"),
        ("1" * 5_000, "thousands of digits"),
        (b"\xff\xfe\xff", "UTF-8"),
        ("{", "property name"),
        ("", "Expecting value"),
    ],
)
def test_what_is_no_json_is_a_short_value_error(text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        read_json(text)
    assert len(str(raised.value)) < 200


def test_depth_counts_lists_and_tables_in_each_other() -> None:
    nested: list[object] = [1, [], [1], {"a": [{}]}, [[[[]]]]]
    assert [depth(values, 20) for values in nested] == [0, 1, 1, 3, 4]
    assert depth([[[[[]]]]], 2) == 3


def test_an_unknown_entry_names_the_nearest_known() -> None:
    nearest_known({"mean": 1}, ["mean", "std"], "card")
    with pytest.raises(ReidError, match=r"'maen' is no entry of a card; did it mean 'mean'\?"):
        nearest_known({"maen": 1}, ["mean", "std"], "card")


@dataclass(frozen=True)
class Held:
    name: str
    count: int = 0
    share: float = 0.5
    done: bool = False
    note: str | None = None
    parts: tuple[str, ...] = ()


def test_fields_hold_what_they_are_declared_as() -> None:
    checked(Held("a", 1, 1, True, None, ("x",)))
    for wrong in ({"name": 1}, {"count": "1"}, {"count": True}, {"share": "x"}, {"note": 3}, {"done": 1}):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            checked(Held(**{"name": "a", **wrong}))  # type: ignore[arg-type]
