from __future__ import annotations

from reid_core.workspace.search.saved_again import saved_again

LOOKS = {"same": 0b1111 << 60, "other": 0xFFFF << 20, "unmeasured": 0}
HITS = [(1, 0.99, "same"), (2, 0.98, "other"), (3, 0.97, "unmeasured")]


def test_a_hit_whose_look_differs_by_few_bits_is_the_photo_saved_again() -> None:
    assert saved_again([0b1101 << 60], HITS, LOOKS.__getitem__) == {1}  # one bit
    assert saved_again([(0b1101 << 60) - 2**64], HITS, LOOKS.__getitem__) == {1}  # signed, as it is measured
    assert saved_again([0xFF << 8], HITS, LOOKS.__getitem__) == set()  # twelve bits from the one, 24 from the other
    assert saved_again([0xFF << 8, 0b1111 << 60], HITS, LOOKS.__getitem__) == {1}


def test_a_photo_that_was_not_measured_is_nowhere() -> None:
    assert saved_again([0], HITS, LOOKS.__getitem__) == set()


def test_only_the_first_hits_are_looked_at_and_only_similar_ones() -> None:
    asked: list[str] = []

    def look_of(sha256: str) -> int:
        asked.append(sha256)
        return 0b1111 << 60

    similarities = [0.99, 0.95, 0.89, 0.8, 0.7, 0.99]
    hits = [(place, similarity, str(place)) for place, similarity in enumerate(similarities)]
    assert saved_again([0b1111 << 60], hits, look_of) == {0, 1}
    assert asked == ["0", "1"]
