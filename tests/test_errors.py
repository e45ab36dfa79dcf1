from __future__ import annotations

import pytest

from reid_core.errors import MOST_OF_A_MESSAGE, MOST_OF_A_VALUE, ReidError, shortened, shown
from reid_core.images import BadImage


def test_a_short_value_is_shown_as_it_is() -> None:
    assert shown("door") == "'door'"
    assert shown(3.5) == "3.5"
    assert shown("a\nb") == r"'a\nb'"


def test_a_long_value_is_shown_by_both_ends() -> None:
    text = "begin" + "x" * 10_000_000 + "end"
    assert shown(text).startswith("'beginx")
    assert shown(text).endswith("xend'")
    assert len(shown(text)) == MOST_OF_A_VALUE + 2
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcde … jk"


@pytest.mark.parametrize(
    "value", [10**5_000, b"x" * 10_000, ["y" * 10_000] * 3, {"z" * 10_000: 1}, "\x00" * 10_000], ids=type
)
def test_no_value_is_long_to_show(value: object) -> None:
    assert len(shown(value)) <= 4 * MOST_OF_A_VALUE + 3


@pytest.mark.parametrize("kind", [ReidError, BadImage])
def test_a_message_stays_readable_whatever_it_quotes(kind: type[ReidError]) -> None:
    said = str(kind(f"There is no gallery {'9' * 5_000!r}. Import one."))
    assert said.startswith("There is no gallery '999")
    assert said.endswith("9'. Import one.")
    assert len(said) < 500
    assert len(str(kind(f"{'many short words ' * 100_000}. Do this."))) <= MOST_OF_A_MESSAGE
    assert str(kind("A path " + "x" * 300)) == "A path " + "x" * 300
