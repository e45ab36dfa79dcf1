#!/bin/sh
# Each table is read as its maker meant it: who, which camera, when (or unknown, and said so), which split; and what was
# guessed and not used is said.
. "$(dirname "$0")/../said.sh"
said "row-number-id table: .* 4 identities, 2 cameras .*person from 'name', camera from 'cam_id'; not used: 'id'\."
said "'id' is not taken for the person: every row has another value"
said "year table: [^=]*16 without their time"
said "16 crops come in without a time: '2019' is a year, which says no day \(row 2 of labels.csv and 15 more\)"
said "dates, at midnight \('20260302' is 2026-03-02T00:00:00Z\)"
said "a spreadsheet's days since 1899-12-30 \('46084.3' is 2026-03-03T07:12:00Z\)"
said "Unix milliseconds \('1772439091123' is 2026-03-02T08:11:31Z\)"
said "date of the time from 'date'"
said "dates with the month first \('3/25/2026 8:01 AM' is 2026-03-25T08:01:00Z\)"
said "\('2026:03:02 08:01:01' is 2026-03-02T08:01:01Z\)"
unsaid 'not there|leads out|no column that names|left out|Error:'
WS=$(ls -d "$TMPDIR"/tmp.*/in | head -1)
"$PYTHON" - "$(dirname "$WS")" <<'PYTHON' || FAILED=1
import sys
from datetime import datetime
from pathlib import Path

from reid_core.workspace.actor import system_user
from reid_core.workspace.workspace import Workspace

catalogue = Workspace(Path(sys.argv[1]), system_user()).catalogue
START = datetime(1970, 1, 1)
seconds = lambda *moment: (datetime(*moment) - START).total_seconds()
tables = {info.name: catalogue.crops(info.name) for info in catalogue.galleries()}
assert len(tables) == 12, sorted(tables)
for name, table in tables.items():
    assert len(table) == (4 if name == "nfd" else 16), name
    by_file = table.assign(file=[path.rpartition("/")[2] for path in table["path"]]).set_index("file")
    if name == "nfd":
        assert sorted(table["identity"]) == ["1", "1", "2", "2"]
        continue
    for file, row in by_file.iterrows():
        person, camera, shot = file[1], file[4], int(file[6])
        assert row["identity"] == (f"person {person}" if name == "row-number-id" else person), (name, file)
        assert name == "oml" or row["camera"] == camera, (name, file)
        expected = {
            "yyyymmdd": seconds(2026, 3, 2),
            "excel-serial": seconds(2026, 3, 2 + int(camera), 7, 12),  # 46023 is 1 January 2026
            "unix-ms": 1772439090.123 + int(camera),
            "date-and-time": seconds(2026, 3, 2, 8, int(camera), shot),
            "exif-time": seconds(2026, 3, 2, 8, int(camera), shot),
            "us-time": seconds(2026, 3, 25, 8, shot),
        }.get(name)
        assert row["time"] == expected or (expected is None and row["time"] != row["time"]), (name, file, row["time"])
        if name == "oml":
            split = "train" if person in "12" else "query" if shot == 1 else "gallery"
            assert row["split"] == split, (file, row["split"])
PYTHON
finish
