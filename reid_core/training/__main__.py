"""`torchrun --nproc_per_node 2 -m reid_core.training GALLERY …`: `reid train` by several processes.

The one place of this package that knows the command line, which knows it: they are two doors to one room.
"""

from __future__ import annotations

import sys

from reid_core.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["train"]
    main()
