#!/bin/sh
# Four people in each; BoxMOT's handbag is none. Who, which cameras, which splits.
. "$(dirname "$0")/../said.sh"
said "== boxmot tracker's crops: .*4 identities; 1 skipped"
said 'exp/crops/handbag/91/frame_0.jpg: it shows a handbag, not a person'
said 'PRID 2011: .*4 identities, 2 cameras'
said 'i-LIDS-VID: .*4 identities, 2 cameras'
said '== prcc PRCC: 8 train, 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== occluded_reid Occluded-REID: 8 query, 8 gallery crops, 4 identities, 2 cameras'
said '== regdb RegDB: .*4 identities, 2 cameras'
said '== veri VeRi-776: 8 train, 4 query, 4 gallery crops, 4 identities, 2 cameras'
said '== last LaST: 8 train, 4 query, 4 gallery crops, 4 identities'
"$PYTHON" - "$CASE" <<'PYTHON' || FAILED=1
import sys
from pathlib import Path

from reid_core.datasets import doubts, read_dataset

case = Path(sys.argv[1])
four = {"boxmot": ["1", "2", "3", "4"], "regdb": ["1", "2", "3", "4"]}
four |= {"prid": ["0001", "0002", "0003", "0004"], "ilids": [f"person00{number}" for number in (1, 2, 3, 4)]}
four |= {name: [f"00{number}" for number in (1, 2, 3, 4)] for name in ("prcc", "occluded_reid")}
four |= {"veri": [f"000{number}" for number in (1, 2, 3, 4)], "last": [f"00000{number}" for number in (1, 2, 3, 4)]}
for name, people in four.items():
    assert read_dataset(case / name).records.identities() == people, name
table = read_dataset(case / "prcc").records.table
tested = table[table["split"] != "train"]
assert set(zip(tested["camera"], tested["split"])) == {("A", "gallery"), ("C", "query")}
# As folders that no layout describes, they are asked about.
asked = doubts(read_dataset(case / "boxmot", format="identity-folders"))
assert "2 people: handbag and person. That are" not in asked[0] and "handbag and person" in asked[0], asked
told = read_dataset(case / "boxmot", format="identity-folders", identity_pattern=r"person/(\d+)/")
assert told.records.identities() == ["1", "2", "3", "4"]
PYTHON
finish
