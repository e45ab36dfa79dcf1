"""Records as a Parquet file that any program reads, and that `read_dataset` reads back exactly."""

from __future__ import annotations

from pathlib import Path

from reid_core.datasets.tables.table_files import export_schema
from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.records import Records
from reid_core.sources.tar import is_shard_folder


def records_to_parquet(records: Records, path: Path, *, source: Path | None = None) -> None:
    """Write one row per crop with the columns path, identity, camera, time, tracklet and split.

    Paths are relative to the folder of `path`: give the `source` of the data set where the file goes elsewhere than
    into that folder. `time` is float64 seconds, NaN where unknown; labels that are unknown are null. A file that is
    there is replaced only once the new one is whole.

    Raises ReidError when the pictures do not lie below the file's folder, are inside an archive, or the file cannot
    be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema = export_schema()
    prefix = _prefix(Path(source), Path(path)) if source is not None else ""
    table = records.table.assign(path=[f"{prefix}{name}" for name in records.table["path"]])
    try:
        columns = [pa.array(table[field.name].to_list(), field.type) for field in schema]
        whole = pa.Table.from_arrays(columns, schema=schema)
        write_atomically(Path(path), lambda file: parquet.write_table(whole, file))
    except UnicodeEncodeError as error:
        raise ReidError(f"{path} cannot be written: {error.object!r} is not text in Unicode. Rename it.") from error
    except OSError as error:
        raise ReidError(f"{path} cannot be written ({error.strerror or error}).") from error


def _prefix(source: Path, path: Path) -> str:
    """What leads from the file's folder to the pictures: "" or "set/"."""
    folder, real = path.parent.resolve(), source.resolve()
    if not real.is_dir():
        raise ReidError(
            f"The pictures are inside {source}, where no table's paths lead. Unpack it and import the folder."
        )
    if is_shard_folder(real) and real != folder:
        raise ReidError(f"The pictures are in shards. Write the file beside them, to {source / path.name}.")
    if not real.is_relative_to(folder):
        raise ReidError(
            f"The pictures lie in {source}, which is not below {path.parent}. Write the file to {source / path.name}."
        )
    inside = real.relative_to(folder).as_posix()
    return "" if inside == "." else f"{inside}/"
