#!/bin/sh
# Four people in each, with the splits of the folders.
. "$(dirname "$0")/../said.sh"
said '== ltcc LTCC: 8 train, 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== nkup NKUP: 8 train, 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== vc-clothes VC-Clothes: 8 train, 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== celeb Celeb-reID: 8 train, 4 query, 4 gallery crops, 4 identities'
said '== grid GRID: 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== own folder per identity: 8 train, 2 query, 6 gallery crops, 4 identities, 2 cameras'
said '8 pictures in no person.s folder: their names tell the person'
unsaid 'skipped'
"$PYTHON" - "$CASE" <<'PYTHON' || FAILED=1
import sys
from pathlib import Path

from reid_core.datasets import doubts, read_dataset

case = Path(sys.argv[1])
people = {name: [f"000{number}" for number in (1, 2, 3, 4)] for name in ("nkup", "vc-clothes", "grid")}
people |= {"ltcc": ["001", "002", "003", "004"], "celeb": ["1", "2", "3", "4"]}
people |= {"own": ["person01", "person02", "person03", "person04"]}
for name, four in people.items():
    dataset = read_dataset(case / name)
    assert dataset.records.identities() == four, name
    assert dataset.records.of_split("train").identities() == ([] if name == "grid" else four[:2]), name
    assert dataset.records.of_split("query").identities() == (four if name == "grid" else four[2:]), name
flat = case / "ltcc" / "LTCC_ReID" / "train"
(doubt,) = doubts(read_dataset(flat))
assert "the names look like PERSON_" in doubt and "--identity-pattern" in doubt, doubt
assert read_dataset(flat, identity_pattern=r"^(\d+)_").records.identities() == ["001", "002"]
PYTHON
finish
