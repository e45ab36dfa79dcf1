"""`make bench`: how fast the hot paths are, each as a ratio to what one would otherwise run, in one process run.

Nothing here is asserted: figures depend on the machine. The settings that move them are printed first.
"""

from __future__ import annotations

import os
import platform
import time

from tests.benchmarks import (
    dashboard,
    embedding,
    evaluation,
    feedback,
    importing,
    index_at_scale,
    map_view,
    migrating,
    projecting,
    training,
)
from tests.benchmarks.video import (
    detecting,
    drawn_site,
    killing,
    lasting,
    purity,
    recordings,
    small_people,
    tracking,
    watching,
)


def main() -> None:
    settings = {name: os.environ.get(name, "unset") for name in ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE")}
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {settings}, {time.strftime('%Y-%m-%d')}"
    )
    evaluation.run()
    index_at_scale.run()
    feedback.run()
    embedding.run()
    detecting.run()
    importing.run()
    migrating.run()
    training.run()
    dashboard.run()
    projecting.run()
    map_view.run()
    drawn_site.run()
    small_people.run()
    recordings.run()
    lasting.run()
    killing.run()
    tracking.run()
    purity.run()
    watching.run()


if __name__ == "__main__":
    main()
