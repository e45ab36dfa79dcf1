"""Run as a program, by its path: prints what each column of the Parquet file on standard input unpacks to, in bytes.

pyarrow reads the sizes of a damaged file's columns in C++ that ends the process where it should raise (26.0.1:
"Definition level histogram size mismatch"). So this is a process of its own, which may end.
"""

from __future__ import annotations

import json
import sys
from collections import Counter


def main() -> None:
    import pyarrow as pa
    from pyarrow import parquet

    metadata = parquet.ParquetFile(pa.BufferReader(sys.stdin.buffer.read())).metadata
    sizes: Counter[str] = Counter()
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            sizes[chunk.path_in_schema] += chunk.total_uncompressed_size
    json.dump(sizes, sys.stdout)


if __name__ == "__main__":
    main()
