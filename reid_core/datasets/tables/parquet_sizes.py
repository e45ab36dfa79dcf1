"""What each column of a Parquet file unpacks to, in bytes, by the file's own word.

pyarrow reads the sizes of a damaged file's columns in C++ that ends the process where it should raise (26.0.1:
"Definition level histogram size mismatch"). So they are read in a process of its own, which may end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reid_core.own_process import in_own_process

SECONDS = 60.0
_MEMORY, _MEMORY_PER_BYTE = 2**32, 3  # of the file's bytes: they arrive, and what they say of columns is unpacked


def sizes_of_columns(data: bytes) -> Mapping[str, int]:
    """Column -> bytes unpacked. Raises ValueError where the file is too damaged to say."""
    memory = _MEMORY + _MEMORY_PER_BYTE * len(data)
    try:
        sizes = in_own_process(_read_sizes, data, memory=memory, seconds=SECONDS)
        return {str(column): int(size) for column, size in sizes.items()}
    except TimeoutError as error:
        raise ValueError("its columns take too long to look at") from error
    except (ChildProcessError, MemoryError, AttributeError, TypeError) as error:
        raise ValueError("what it says of its columns is damaged") from error


def _read_sizes(data: bytes) -> dict[str, int] | None:
    """None where pyarrow says itself that it is damaged."""
    import pyarrow as pa
    from pyarrow import parquet

    sizes: Counter[str] = Counter()
    try:
        metadata = parquet.ParquetFile(pa.BufferReader(data)).metadata
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                sizes[chunk.path_in_schema] += chunk.total_uncompressed_size
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError):
        return None
    return sizes
