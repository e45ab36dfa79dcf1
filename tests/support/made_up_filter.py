"""A filter that nobody offers: one row more, to find out who answers it without a change of his own."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.retrieval.filters import ANY_OF, COLOUR, Filter, row


@dataclass(frozen=True)
class WithShoes(Filter):
    """Shoes have the colour of what is worn below."""

    shoes: frozenset[str] | None = row(
        None, ANY_OF, "lower", or_unknown="unclear_colours", kind=COLOUR, option="--shoes",
        help="Only hits with shoes of these colours.", control="clothes", title="Shoes", address=("shoes",),
    )  # fmt: skip
