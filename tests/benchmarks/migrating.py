"""How long a workspace of a million crops takes to come from version 6 to 7, which knows recordings; with kill -9.

Half of the crops are embedded, with 512 numbers each: that is what the backup has to copy.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue import database as databases
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.database import backups
from tests.workspace.catalogue.older import as_version_6

CROPS = int(os.environ.get("MIGRATING_CROPS", "1_000_000"))
KILLED_AFTER = (0.05, 0.3)  # seconds from the moment that a backup is begun

_OPEN = """
import sys
from pathlib import Path
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.catalogue import Catalogue
Catalogue(Path(sys.argv[1]), system_user())
"""


def run() -> None:
    print(f"Version 6 to 7, {CROPS:,} crops, half of them with vectors, wall-clock")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.sqlite"
        _fill(path)
        as_version_6(path)
        size = path.stat().st_size
        for seconds in KILLED_AFTER:
            _kill(path, seconds)
        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA user_version").fetchone()[0] == 6, "the kills came before its end"
        spent: dict[str, float] = {}
        for name in ("_back_up", "run_script"):
            _time(name, spent)
        began = time.perf_counter()
        Catalogue(path, system_user())
        whole = time.perf_counter() - began
        (backup,) = backups(path)
        copied = f"of it the backup, {backup.stat().st_size / 1e6:,.0f} MB of {size / 1e6:,.0f} MB"
        print(f"  {f'killed {len(KILLED_AFTER)} times within the backup, then opened':<50}{whole:8.2f} s")
        print(f"  {copied:<50}{spent['_back_up']:8.2f} s")
        print(f"  {'and the upgrade itself':<50}{spent['run_script']:8.2f} s")
        began = time.perf_counter()
        Catalogue(path, system_user())
        print(f"  {'opened again':<50}{time.perf_counter() - began:8.2f} s")
        with sqlite3.connect(path) as database:
            assert database.execute("SELECT COUNT(*) FROM crop").fetchone()[0] == CROPS


def _fill(path: Path) -> None:
    Catalogue(path, system_user())
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO gallery (key, name, created) VALUES (1, 'town', '2026-01-05T00:00:00Z')")
        database.execute("INSERT INTO source VALUES (1, 1, '/data', 'table', '2026-01-05T00:00:00Z', 0)")
        database.execute("INSERT INTO model VALUES (1, 'm1', 'model', 512)")
        numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        database.execute(
            f"{numbers} INSERT INTO crop (gallery, path, identity, camera, time, tracklet, split, width, height, "
            "sha256, source, sharpness, brightness, contrast, look) SELECT 1, 'cam' || (i % 50) || '/' || i || '.jpg', "
            "CASE WHEN i % 4 THEN 'p' || (i / 20) END, 'cam' || (i % 50), 1.7e9 + i, 't' || (i / 5), 'gallery', 64, "
            "128, randomblob(32), 1, 0.5, 0.5, 0.5, random() FROM n",
            (CROPS,),
        )
        database.execute(f"{numbers} INSERT INTO vector SELECT i, 1, 1, 2 * i, randomblob(1024) FROM n", (CROPS // 2,))
    database.close()


def _kill(path: Path, seconds: float) -> None:
    """A process that opens it, killed so long after it began to write its backup."""
    process = subprocess.Popen([sys.executable, "-c", _OPEN, str(path)])
    while process.poll() is None and not list(path.parent.glob(".writing-*")):
        time.sleep(0.02)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was at its end before it was killed"


def _time(name: str, spent: dict[str, float]) -> None:
    """Count the seconds of that function of `database` from now on."""
    function = getattr(databases, name)

    def timed(*given: object) -> object:
        began = time.perf_counter()
        try:
            return function(*given)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began

    setattr(databases, name, timed)


if __name__ == "__main__":
    run()
