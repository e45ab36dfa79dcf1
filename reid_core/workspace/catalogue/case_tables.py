"""Tables of investigations, the columns of crops for colours of clothing, and what keeps the logs append-only."""

# What analysts look for and decide. A verdict is a row for good, and taking it back is another row; rows go only with
# the crop or the investigation that they are about. `act` is shared by the rows that were given at once. An example's
# vector is kept, so that a search can be run again when its photo or its model is no longer there to look at.
INVESTIGATIONS = """
CREATE TABLE investigation (
    key INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL, notes TEXT NOT NULL,
    created TEXT NOT NULL, who TEXT NOT NULL
) STRICT;
CREATE TABLE saved_search (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE, name TEXT NOT NULL,
    at TEXT NOT NULL, who TEXT NOT NULL, gallery TEXT NOT NULL, model TEXT NOT NULL, model_name TEXT NOT NULL,
    parameters TEXT NOT NULL, seen INTEGER NOT NULL, UNIQUE (investigation, name)
) STRICT;
CREATE TABLE photo (
    sha256 BLOB NOT NULL, investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE,
    name TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (investigation, sha256)
) STRICT;
CREATE TABLE example (
    search INTEGER NOT NULL REFERENCES saved_search(key) ON DELETE CASCADE, place INTEGER NOT NULL,
    negative INTEGER NOT NULL, crop INTEGER REFERENCES crop(id) ON DELETE CASCADE, photo BLOB,
    float32 BLOB NOT NULL, PRIMARY KEY (search, place)
) STRICT;
CREATE INDEX example_crop ON example (crop);
CREATE TABLE verdict (
    key INTEGER PRIMARY KEY AUTOINCREMENT, act INTEGER NOT NULL,
    investigation INTEGER NOT NULL REFERENCES investigation(key) ON DELETE CASCADE,
    crop INTEGER NOT NULL REFERENCES crop(id) ON DELETE CASCADE, at TEXT NOT NULL, who TEXT NOT NULL,
    verdict TEXT NOT NULL, undoes INTEGER, note TEXT NOT NULL, model TEXT NOT NULL, similarity REAL, rank INTEGER,
    threshold REAL
) STRICT;
CREATE INDEX verdict_crop ON verdict (crop);
CREATE INDEX verdict_investigation ON verdict (investigation, crop);
CREATE INDEX verdict_undoes ON verdict (undoes) WHERE undoes NOT NULL;
CREATE TRIGGER verdict_is_final BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
CREATE TRIGGER verdict_is_kept BEFORE DELETE ON verdict
WHEN EXISTS (SELECT 1 FROM crop WHERE id = OLD.crop)
    AND EXISTS (SELECT 1 FROM investigation WHERE key = OLD.investigation)
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
"""

# INSERT OR REPLACE takes a row's place, and no trigger sees a DELETE.
NO_REPLACING = """
CREATE TRIGGER verdict_is_new BEFORE INSERT ON verdict WHEN EXISTS (SELECT 1 FROM verdict WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
CREATE TRIGGER audit_is_new BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""

COLOURS = """
ALTER TABLE crop ADD COLUMN upper TEXT;
ALTER TABLE crop ADD COLUMN upper_share REAL;
ALTER TABLE crop ADD COLUMN lower TEXT;
ALTER TABLE crop ADD COLUMN lower_share REAL;
"""
