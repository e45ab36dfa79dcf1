"""The index from ten thousand to a million crops: opening, searching, changing, and what it holds in memory.

The plain way beside it is a float32 matrix in memory: one product with all of it, what the filter leaves out masked
afterwards, `argpartition`. Times are wall times, as the analyst waits for them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.exact.snapshot import write_snapshot
from reid_core.retrieval.filters import Columns, Filter

SIZES = (10_000, 100_000, 1_000_000)
DIMENSION = 512
HITS = 20
CHANGED = 1_000
SEARCHES = 30
PLAIN_SEARCHES = 7
CHUNK = 20_000
CAMERAS = 50
RANDOM = np.random.default_rng(0)


def unit_vectors(rows: int) -> np.ndarray:
    vectors = RANDOM.standard_normal((rows, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def columns(first: int, rows: int) -> Columns:
    """One of 50 cameras is 2 % of the crops; times fall evenly within [0, 1)."""
    numbers = np.arange(first, first + rows)
    return Columns(
        camera=(numbers % CAMERAS).astype(str),
        identity=(numbers // 20).astype(str),
        split=np.full(rows, "gallery"),
        time=RANDOM.random(rows),
        height=RANDOM.integers(64, 512, rows, dtype=np.int32),
        sharpness=RANDOM.random(rows, dtype=np.float32),
    )


def memory() -> dict[str, int]:
    """Resident MB of this process by kind; empty where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    pairs = (line.split(":", 1) for line in status.read_text().splitlines())
    return {name: int(value.split()[0]) >> 10 for name, value in pairs if name in ("VmRSS", "RssAnon", "RssFile")}


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def line(name: str, text: str) -> None:
    print(f"    {name:<26} {text}", flush=True)


def build(rows: int) -> ExactIndex:
    index = ExactIndex("bench", DIMENSION)
    for first in range(0, rows, CHUNK):
        count = min(CHUNK, rows - first)
        index.add(np.arange(first, first + count), unit_vectors(count), columns(first, count))
    return index


def searches(index: ExactIndex, rows: int, taken: np.ndarray) -> None:
    matrix = np.empty((rows, DIMENSION), dtype=np.float32)
    for first in range(0, rows, CHUNK):
        matrix[first : first + CHUNK] = index.vectors(np.arange(first, min(first + CHUNK, rows)))
    queries = unit_vectors(SEARCHES)
    cases = (
        ("search, no filter", Filter(), None),
        ("search, 2 % pass", Filter(cameras=frozenset({"7"})), np.arange(rows) % CAMERAS == 7),
        ("search, 25 % pass", Filter(before=0.25), taken <= 0.25),
    )
    for name, where, mask in cases:

        def plain(query: np.ndarray, mask: np.ndarray | None = mask) -> np.ndarray:
            similarities = matrix @ query
            if mask is not None:
                similarities[~mask] = -np.inf
            best = np.argpartition(-similarities, HITS)[:HITS]
            return best[np.argsort(-similarities[best])]

        found = index.search(queries[:1], HITS, where).ids[0]
        assert len(set(found) & set(plain(queries[0]))) >= HITS - 1  # float16 may swap the last place
        ours = [seconds(lambda q=query, w=where: index.search(q[None], HITS, w)) for query in queries]  # type: ignore[misc]
        other = np.median([seconds(lambda q=query: plain(q)) for query in queries[:PLAIN_SEARCHES]])  # type: ignore[misc]
        p50, p99 = np.percentile(ours, [50, 99]) * 1e3
        line(
            name,
            f"p50 {p50:7.2f} ms  p99 {p99:7.2f} ms  {other * 1e3 / p50:5.1f}x less than plain ({other * 1e3:.1f} ms)",
        )


def measure(rows: int, folder: Path) -> None:
    print(f"  {rows:,} crops x {DIMENSION}")
    index = build(rows)
    line("write the snapshot", f"{seconds(lambda: write_snapshot(folder, index.contents(), 1)):7.3f} s")
    times = index.contents().columns.arrays["time"]
    del index
    before = memory()
    began = time.perf_counter()
    index = ExactIndex.open(folder, "bench", DIMENSION)
    line("open, with verification", f"{time.perf_counter() - began:7.3f} s")
    assert len(index) == rows
    after_open = memory()
    index.search(unit_vectors(1), HITS)
    after_search = memory()
    for name, after in (("memory after opening", after_open), ("memory after a search", after_search)):
        grown = {kind: after[kind] - before[kind] for kind in after}
        line(name, ", ".join(f"{kind} {after[kind]} MB (+{grown[kind]})" for kind in after))
    searches(index, rows, times)
    fresh, known = unit_vectors(CHANGED), columns(rows, CHANGED)
    new = np.arange(rows, rows + CHANGED)
    some = RANDOM.choice(rows, CHANGED, replace=False)
    line(f"add {CHANGED:,}", f"{seconds(lambda: index.add(new, fresh, known)) * 1e3:7.2f} ms")
    line(f"relabel {CHANGED:,}", f"{seconds(lambda: index.relabel(some, known)) * 1e3:7.2f} ms")
    line(f"remove {CHANGED:,}", f"{seconds(lambda: index.remove(some)) * 1e3:7.2f} ms")
    query = unit_vectors(1)
    again = np.median([seconds(lambda: index.search(query, HITS)) for _ in range(PLAIN_SEARCHES)])
    line("search after the changes", f"p50 {again * 1e3:7.2f} ms")


def run() -> None:
    print(f"Index at scale, one query, {HITS} hits (plain: numpy float32 product, filter applied after, argpartition)")
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            measure(rows, Path(folder))


if __name__ == "__main__":
    run()
