"""What goes of the catalogue's own rows with crops: vectors, the crops, their sources, a gallery of which all go."""

from __future__ import annotations

from reid_core.workspace.catalogue.audit_trail import forget_crops, forget_recordings
from reid_core.workspace.catalogue.rows import next_numbers
from reid_core.workspace.deletion.keeper import Going

DOOMED = "IN (SELECT id FROM doomed)"


def forget_in_log(going: Going) -> None:
    going.log_lines = forget_crops(going.database, going.gallery, going.people, everything=going.whole)
    going.log_lines += forget_recordings(going.database, going.recordings)


def forget_vectors(going: Going) -> None:
    """Each crop leaves its number, so that indexes of other processes hear of it."""
    ids = [id for (id,) in going.database.execute("SELECT id FROM doomed ORDER BY id")]
    first = next_numbers(going.database, len(ids) + 1)
    going.database.executemany(
        "INSERT INTO tombstone (seq, crop) VALUES (?, ?)", [(first + place, crop) for place, crop in enumerate(ids)]
    )
    going.database.execute(f"DELETE FROM vector WHERE crop {DOOMED}")


def forget_crop_rows(going: Going) -> None:
    """With what hangs on them by the tables' own rules, and the hashes of those that looked like them."""
    going.database.execute(f"UPDATE crop SET alike = NULL WHERE alike IN (SELECT sha256 FROM crop WHERE id {DOOMED})")
    going.database.execute(f"DELETE FROM edit_row WHERE crop {DOOMED}")
    going.database.execute(f"DELETE FROM crop WHERE id {DOOMED}")


def forget_sources(going: Going) -> None:
    """A source that lost its last crop goes with its name, which may be a person's; not while its recording stays."""
    going.database.executemany(
        "DELETE FROM source WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM crop WHERE crop.source = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM recording WHERE recording.source = ?1)",
        [(key,) for key in going.sources],
    )


def forget_gallery(going: Going) -> None:
    if going.whole:
        going.database.execute("DELETE FROM gallery WHERE key = ?", (going.key,))
